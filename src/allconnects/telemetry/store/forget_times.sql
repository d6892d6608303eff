-- Takes what was recorded of a device in many times out at once: whoever is erased drove hundreds of times, and a
-- transaction for each costs a flush of the log for each. As telemetry_forget_time does for one. Statements end at a blank line.
CREATE FUNCTION telemetry_forget_times(device integer, spans tstzrange[]) RETURNS bigint
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public AS $$
DECLARE
    organisation integer := current_setting('app.organisation')::integer;
    days date[];
    gone bigint;
BEGIN
    IF EXISTS (SELECT FROM unnest(spans) span WHERE isempty(span) OR lower_inf(span) OR upper_inf(span)) THEN
        RAISE EXCEPTION 'times to forget begin and end';
    END IF;
    DELETE FROM public.telemetry_position p USING unnest(spans) AS span
    WHERE p.organisation_id = organisation AND p.device_id = device
      AND p.fix_time >= lower(span) AND p.fix_time < upper(span)
      AND p.received_at >= lower(span) - interval '2 days';
    GET DIAGNOSTICS gone = ROW_COUNT;
    UPDATE public.telemetry_live l SET fix_time = NULL, lat_e7 = NULL, lon_e7 = NULL, altitude_m = NULL,
        speed_kmh = NULL, course_deg = NULL, satellites = NULL, flags = NULL, attributes = NULL, attributes_time = NULL
    WHERE l.organisation_id = organisation AND l.device_id = device
      AND EXISTS (SELECT FROM unnest(spans) span WHERE l.fix_time <@ span OR span @> now());
    SELECT array_agg(DISTINCT day::date) INTO days
    FROM unnest(spans) span CROSS JOIN LATERAL generate_series(
        (lower(span) AT TIME ZONE 'Europe/Brussels')::date, (upper(span) AT TIME ZONE 'Europe/Brussels')::date,
        interval '1 day') day;
    INSERT INTO public.telemetry_unsealed AS u
        (organisation_id, device_id, day, since, last_received, count, urgent)
    SELECT DISTINCT s.organisation_id, s.device_id, s.day, now(), now(), 0, true
    FROM public.telemetry_segment s
    WHERE s.organisation_id = organisation AND s.device_id = device AND s.day = ANY (days)
    ON CONFLICT (organisation_id, device_id, day) DO UPDATE SET urgent = true, retry_after = NULL;
    RETURN gone;
END $$;

REVOKE ALL ON FUNCTION telemetry_forget_times(integer, tstzrange[]) FROM PUBLIC;

GRANT EXECUTE ON FUNCTION telemetry_forget_times(integer, tstzrange[]) TO allconnects_rights;
