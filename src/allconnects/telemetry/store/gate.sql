-- What may be recorded of a device. Statements are run one at a time and end at a blank line.

-- Times in which nothing is recorded: private time of whoever has the device.
CREATE TABLE telemetry_private (
    organisation_id integer   NOT NULL,
    device_id       integer   NOT NULL,
    during          tstzrange NOT NULL,
    reason          text      NOT NULL CHECK (reason IN ('driver', 'leave', 'input')),
    PRIMARY KEY (organisation_id, device_id, during),
    FOREIGN KEY (organisation_id, device_id) REFERENCES telemetry_device (organisation_id, id) ON DELETE CASCADE,
    CONSTRAINT private_from_until CHECK (
        NOT isempty(during) AND lower_inc(during) AND NOT upper_inc(during) AND isfinite(lower(during))),
    CONSTRAINT private_once EXCLUDE USING gist (int4range(device_id, device_id, '[]') WITH &&, during WITH &&)
);

-- Times in which a device with a schedule is recorded; outside them it is not.
CREATE TABLE telemetry_recorded (
    organisation_id integer   NOT NULL,
    device_id       integer   NOT NULL,
    during          tstzrange NOT NULL,
    PRIMARY KEY (organisation_id, device_id, during),
    FOREIGN KEY (organisation_id, device_id) REFERENCES telemetry_device (organisation_id, id) ON DELETE CASCADE,
    CONSTRAINT recorded_from_until CHECK (
        NOT isempty(during) AND lower_inc(during) AND NOT upper_inc(during) AND isfinite(lower(during))),
    CONSTRAINT recorded_once EXCLUDE USING gist (int4range(device_id, device_id, '[]') WITH &&, during WITH &&)
);

-- Takes what was recorded of a device in a time out of the hot rows and of the latest state, and has sealed days cut
-- anew. On request of its organisation only.
CREATE FUNCTION telemetry_forget_time(device integer, span tstzrange) RETURNS bigint
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public AS $$
DECLARE
    organisation integer := current_setting('app.organisation')::integer;
    gone bigint;
BEGIN
    DELETE FROM public.telemetry_position p
    WHERE p.organisation_id = organisation AND p.device_id = device AND p.fix_time <@ span
      AND p.received_at >= lower(span) - interval '2 days';
    GET DIAGNOSTICS gone = ROW_COUNT;
    UPDATE public.telemetry_live l SET fix_time = NULL, lat_e7 = NULL, lon_e7 = NULL, altitude_m = NULL,
        speed_kmh = NULL, course_deg = NULL, satellites = NULL, flags = NULL, attributes = NULL, attributes_time = NULL
    WHERE l.organisation_id = organisation AND l.device_id = device AND (l.fix_time <@ span OR span @> now());
    INSERT INTO public.telemetry_unsealed AS u
        (organisation_id, device_id, day, since, last_received, count, urgent)
    SELECT DISTINCT s.organisation_id, s.device_id, s.day, now(), now(), 0, true
    FROM public.telemetry_segment s
    WHERE s.organisation_id = organisation AND s.device_id = device
      AND s.day >= (lower(span) AT TIME ZONE 'Europe/Brussels')::date
      AND s.day <= coalesce((upper(span) AT TIME ZONE 'Europe/Brussels')::date, 'infinity')
    ON CONFLICT (organisation_id, device_id, day) DO UPDATE SET urgent = true, retry_after = NULL;
    RETURN gone;
END $$;

REVOKE ALL ON FUNCTION telemetry_forget_time(integer, tstzrange) FROM PUBLIC;

GRANT EXECUTE ON FUNCTION telemetry_forget_time(integer, tstzrange) TO allconnects_web;
