-- What a trip was for is said in one place, trips_classification; trips_trip holds the word in force. Statements are
-- run one at a time and end at a blank line.
ALTER TABLE reports_classification RENAME TO trips_classification;

ALTER INDEX reports_classification_during RENAME TO trips_classification_during;

ALTER TABLE trips_classification ALTER COLUMN reason TYPE varchar(500);

ALTER TABLE trips_classification DROP CONSTRAINT classification_use_known;

ALTER TABLE trips_classification ADD CONSTRAINT classification_use_known
    CHECK (use IN ('', 'business', 'commute', 'private'));

ALTER TABLE trips_trip ADD COLUMN purpose_by text NOT NULL DEFAULT '' CHECK (purpose_by IN ('', 'driver', 'manager'));

-- Purposes that were said as corrections are words like the others; newer ones win. What was taken back is not said.
INSERT INTO trips_classification (organisation_id, device_id, vehicle_id, person_id, during, use, voice, account_id, reason, at)
SELECT c.organisation_id, c.device_id, v.id, p.id, tstzrange(c.start_at, c.end_at, '[]'), c.purpose,
       'manager', a.id, c.reason, c.made_at
FROM trips_correction c
LEFT JOIN LATERAL (
    SELECT t.vehicle, t.person FROM trips_trip t
    WHERE t.organisation_id = c.organisation_id AND t.device_id = c.device_id AND t.shown
      AND t.start_at > c.start_at - interval '15 days' AND t.start_at < c.end_at AND t.end_at > c.start_at
    ORDER BY least(t.end_at, c.end_at) - greatest(t.start_at, c.start_at) DESC LIMIT 1) t ON true
LEFT JOIN fleet_vehicle v ON v.organisation_id = c.organisation_id AND v.id = t.vehicle
LEFT JOIN fleet_person p ON p.organisation_id = c.organisation_id AND p.id = coalesce(c.person, t.person)
LEFT JOIN accounts_account a ON 'account:' || a.id = c.made_by
WHERE c.kind = 'correct' AND c.purpose IS NOT NULL
  AND NOT EXISTS (SELECT FROM trips_correction u WHERE u.organisation_id = c.organisation_id AND u.undoes = c.id)
ORDER BY c.id;

UPDATE trips_trip t SET purpose = said.use, purpose_by = CASE WHEN said.use = '' THEN '' ELSE said.voice END
FROM (SELECT DISTINCT ON (t.organisation_id, t.device_id, t.start_at) t.organisation_id, t.device_id, t.start_at, c.use, c.voice
      FROM trips_classification c
      JOIN trips_trip t ON t.organisation_id = c.organisation_id AND t.device_id = c.device_id AND t.shown
          AND t.start_at > lower(c.during) - interval '15 days' AND t.start_at <= upper(c.during)
          AND c.during @> (t.start_at + (t.end_at - t.start_at) / 2)
      WHERE c.voice <> 'rule'
      ORDER BY t.organisation_id, t.device_id, t.start_at, c.at DESC, c.id DESC) said
WHERE t.organisation_id = said.organisation_id AND t.device_id = said.device_id AND t.start_at = said.start_at AND t.shown;

-- A word whose trip nothing knows any more, because it came from a correction that found none, says nothing.
UPDATE trips_trip SET purpose_by = 'manager' WHERE shown AND purpose <> '' AND purpose_by = '';

-- Which trips of a time were private, to keep their places from others.
CREATE INDEX trips_trip_private ON trips_trip (organisation_id, device_id, start_at) WHERE shown AND purpose = 'private'
