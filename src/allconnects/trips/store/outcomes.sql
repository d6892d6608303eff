-- Vehicles and materials are numbered.
ALTER TABLE trips_trip ALTER COLUMN vehicle TYPE integer USING NULL::integer;

ALTER TABLE trips_trip ALTER COLUMN material TYPE integer USING NULL::integer;

ALTER TABLE trips_stop ALTER COLUMN vehicle TYPE integer USING NULL::integer;

ALTER TABLE trips_stop ALTER COLUMN material TYPE integer USING NULL::integer;

-- What became of a correction when the trips around it were last computed.
CREATE TABLE trips_outcome (
    organisation_id integer     NOT NULL,
    correction      bigint      NOT NULL,
    state           text        NOT NULL CHECK (state IN ('applied', 'changed', 'conflict')),
    since           timestamptz NOT NULL,
    PRIMARY KEY (organisation_id, correction),
    FOREIGN KEY (organisation_id, correction) REFERENCES trips_correction (organisation_id, id) ON DELETE CASCADE
);

CREATE INDEX trips_outcome_open ON trips_outcome (organisation_id, correction) WHERE state <> 'applied';

-- What was sealed before there were trips is computed once.
INSERT INTO trips_pending (organisation_id, device_id, day, first_at, last_at, since)
SELECT DISTINCT s.organisation_id, s.device_id, s.day, s.day::timestamp AT TIME ZONE 'Europe/Brussels',
       (s.day + 1)::timestamp AT TIME ZONE 'Europe/Brussels', now()
FROM telemetry_segment s;

-- What a device was in splits its trips as its driver does.
CREATE FUNCTION trips_installation_changed() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public AS $$
DECLARE
    whose record;
BEGIN
    FOR whose IN
        SELECT o.organisation_id, o.device_id, o.during FROM (
            SELECT OLD.organisation_id, OLD.device_id, OLD.during WHERE TG_OP <> 'INSERT'
            UNION ALL
            SELECT NEW.organisation_id, NEW.device_id, NEW.during WHERE TG_OP <> 'DELETE') o
    LOOP
        INSERT INTO public.trips_pending AS p (organisation_id, device_id, day, first_at, last_at, since)
        SELECT whose.organisation_id, whose.device_id, (t.start_at AT TIME ZONE 'Europe/Brussels')::date,
               min(t.start_at), max(t.end_at), now()
        FROM (SELECT device_id, organisation_id, start_at, end_at FROM public.trips_trip
              UNION ALL SELECT device_id, organisation_id, start_at, end_at FROM public.trips_stop) t
        JOIN public.telemetry_device d ON d.organisation_id = t.organisation_id AND d.id = t.device_id
        WHERE t.organisation_id = whose.organisation_id AND t.device_id = whose.device_id
          AND whose.during && tstzrange(t.start_at, t.end_at, '[]')
        GROUP BY 3
        ON CONFLICT (organisation_id, device_id, day) DO UPDATE SET first_at = least(p.first_at, excluded.first_at),
            last_at = greatest(p.last_at, excluded.last_at), retry_after = NULL;
    END LOOP;
    RETURN NULL;
END $$;

CREATE TRIGGER trips_installation_changed AFTER INSERT OR UPDATE OR DELETE ON fleet_installation
FOR EACH ROW EXECUTE FUNCTION trips_installation_changed();

REVOKE ALL ON FUNCTION trips_installation_changed() FROM PUBLIC;
