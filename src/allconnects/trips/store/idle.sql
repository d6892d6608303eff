ALTER TABLE trips_stop ADD COLUMN idle timestamptz[] NOT NULL DEFAULT '{}';

ALTER TABLE trips_stop ADD CONSTRAINT stop_idles_from_to CHECK (cardinality(idle) % 2 = 0);

CREATE INDEX trips_stop_idle ON trips_stop (organisation_id, start_at) WHERE shown AND idle <> '{}';

-- When engines ran in stops between two instants, cut at midnights of Brussels. Whose it was: until the engine went off
-- after arriving, and on the rest of that day, of who arrived; before leaving, of who left; else of nobody.
CREATE FUNCTION trips_idle(organisation integer, since timestamptz, until timestamptz)
RETURNS TABLE (device_id integer, vehicle integer, person uuid, day date, idle_s double precision)
LANGUAGE sql STABLE
AS $$
    SELECT s.device_id, s.vehicle,
        CASE WHEN s.idle[n] = s.start_at THEN s.person
             WHEN s.idle[n + 1] = s.end_at AND NOT s.still_open THEN (
                 SELECT t.person FROM trips_trip t
                 WHERE t.organisation_id = s.organisation_id AND t.device_id = s.device_id AND t.start_at = s.end_at
                   AND t.shown)
             WHEN days.at::date = (s.start_at AT TIME ZONE 'Europe/Brussels')::date THEN s.person END,
        days.at::date,
        extract(epoch FROM least(ran.until, (days.at + interval '1 day') AT TIME ZONE 'Europe/Brussels')
            - greatest(ran.since, days.at AT TIME ZONE 'Europe/Brussels'))::double precision
    FROM trips_stop s
    CROSS JOIN LATERAL generate_series(1, cardinality(s.idle), 2) AS n
    CROSS JOIN LATERAL (SELECT greatest(s.idle[n], $2) AS since, least(s.idle[n + 1], $3) AS until) AS ran
    CROSS JOIN LATERAL generate_series(
        date_trunc('day', ran.since AT TIME ZONE 'Europe/Brussels'),
        (ran.until AT TIME ZONE 'Europe/Brussels') - interval '1 millisecond', interval '1 day') AS days (at)
    WHERE s.organisation_id = $1 AND s.shown AND s.idle <> '{}' AND s.material IS NULL
      AND s.start_at < $3 AND s.end_at > $2
      AND (s.start_at > $2 - interval '15 days' OR s.end_at - s.start_at >= interval '15 days')
      AND ran.since < ran.until
$$
