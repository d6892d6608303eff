-- What Django cannot say. Statements are run one at a time and end at a blank line.

-- A row of the logbook stays as it was written, whoever asks; rows whose time is over go by retention alone.
CREATE FUNCTION reports_logbook_stays() RETURNS trigger LANGUAGE plpgsql SET search_path = pg_catalog, public AS $$
BEGIN
    IF TG_OP = 'DELETE' AND OLD.made_at < now() - interval '2185 days' THEN
        RETURN OLD;
    END IF;
    RAISE EXCEPTION 'rows of the logbook are never changed' USING ERRCODE = 'restrict_violation';
END $$;

CREATE TRIGGER reports_logbook_stays BEFORE UPDATE OR DELETE ON reports_logbookrow
FOR EACH ROW EXECUTE FUNCTION reports_logbook_stays();

CREATE TRIGGER reports_logbook_stays_whole BEFORE TRUNCATE ON reports_logbookrow
FOR EACH STATEMENT EXECUTE FUNCTION reports_logbook_stays();

CREATE INDEX reports_classification_during ON reports_classification
    USING gist (int4range(device_id, device_id, '[]'), during);

-- The foreign keys that Django makes look past row-level security; these hold a row to its own organisation. What was
-- said of a trip goes with its device, vehicle or person: by the database, since nobody who serves pages may delete it.
ALTER TABLE reports_classification ADD CONSTRAINT classification_device_of_organisation
    FOREIGN KEY (organisation_id, device_id) REFERENCES telemetry_device (organisation_id, id)
    ON DELETE CASCADE DEFERRABLE INITIALLY DEFERRED;

ALTER TABLE reports_classification ADD CONSTRAINT classification_vehicle_of_organisation
    FOREIGN KEY (organisation_id, vehicle_id) REFERENCES fleet_vehicle (organisation_id, id)
    ON DELETE CASCADE DEFERRABLE INITIALLY DEFERRED;

ALTER TABLE reports_classification ADD CONSTRAINT classification_person_of_organisation
    FOREIGN KEY (organisation_id, person_id) REFERENCES fleet_person (organisation_id, id)
    ON DELETE CASCADE DEFERRABLE INITIALLY DEFERRED;

ALTER TABLE reports_logbookrow ADD CONSTRAINT logbook_vehicle_of_organisation
    FOREIGN KEY (organisation_id, vehicle_id) REFERENCES fleet_vehicle (organisation_id, id) DEFERRABLE INITIALLY DEFERRED;

ALTER TABLE reports_payrollmonth ADD CONSTRAINT payroll_person_of_organisation
    FOREIGN KEY (organisation_id, person_id) REFERENCES fleet_person (organisation_id, id) DEFERRABLE INITIALLY DEFERRED;

ALTER TABLE reports_workinghours ADD CONSTRAINT hours_team_of_organisation
    FOREIGN KEY (organisation_id, team_id) REFERENCES fleet_team (organisation_id, id) DEFERRABLE INITIALLY DEFERRED
