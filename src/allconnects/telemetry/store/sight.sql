-- How much of a person others see. Statements are run one at a time and end at a blank line.

-- One row for each person of whom less is shown than everything. account: whose own track this is, and who sees all of
-- it. grid_e7: width of the cells of which the middle is shown in place of a position (0: as measured). days: how far
-- back (empty: as long as it is kept). The fleet room maintains it, as it does telemetry_occupancy.
CREATE TABLE telemetry_sight (
    organisation_id integer NOT NULL,
    person          uuid    NOT NULL,
    account         integer,
    grid_e7         integer NOT NULL CHECK (grid_e7 >= 0),
    days            integer CHECK (days >= 1),
    PRIMARY KEY (organisation_id, person)
);

-- When the device was last certainly under way: a place where it stands since private time may be somebody's home.
ALTER TABLE telemetry_live ADD COLUMN moved_at timestamptz;

ALTER TABLE telemetry_private DROP CONSTRAINT telemetry_private_reason_check;

ALTER TABLE telemetry_private ADD CONSTRAINT telemetry_private_reason_check
    CHECK (reason IN ('driver', 'leave', 'input', 'schedule'));

-- A switch in the vehicle begins (is_on) or ends private time: called by the gateway before it writes what came with it.
CREATE FUNCTION telemetry_switch_private(organisation integer, device integer, is_on boolean, since timestamptz,
                                         until timestamptz) RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public AS $$
DECLARE
    first timestamptz := since;
    last timestamptz := coalesce(until, 'infinity');
    why text := 'input';
    known record;
BEGIN
    PERFORM pg_advisory_xact_lock(1734440037, organisation % 64);
    IF NOT EXISTS (SELECT FROM public.telemetry_device d WHERE d.id = device AND d.organisation_id = organisation
                   AND d.private_input <> '') THEN
        RETURN;
    END IF;
    IF is_on THEN
        FOR known IN
            DELETE FROM public.telemetry_private p WHERE p.organisation_id = organisation AND p.device_id = device
              AND (p.during && tstzrange(since, until) OR p.during -|- tstzrange(since, until))
            RETURNING lower(p.during) AS lo, coalesce(upper(p.during), 'infinity') AS hi, p.reason
        LOOP
            first := least(first, known.lo);
            last := greatest(last, known.hi);
            why := CASE WHEN known.reason = 'driver' THEN 'driver' ELSE why END;
        END LOOP;
        INSERT INTO public.telemetry_private (organisation_id, device_id, during, reason)
        VALUES (organisation, device, tstzrange(first, nullif(last, 'infinity')), why);
        PERFORM set_config('app.organisation', organisation::text, true);
        PERFORM public.telemetry_forget_time(device, tstzrange(first, nullif(last, 'infinity')));
    ELSE
        UPDATE public.telemetry_private p SET during = tstzrange(lower(p.during), since)
        WHERE p.organisation_id = organisation AND p.device_id = device AND p.reason = 'input'
          AND p.during @> since AND lower(p.during) < since;
    END IF;
    UPDATE public.telemetry_device SET gate_version = gate_version + 1 WHERE id = device;
END $$;

REVOKE ALL ON FUNCTION telemetry_switch_private(integer, integer, boolean, timestamptz, timestamptz) FROM PUBLIC;

GRANT EXECUTE ON FUNCTION telemetry_switch_private(integer, integer, boolean, timestamptz, timestamptz)
    TO allconnects_ingest;
