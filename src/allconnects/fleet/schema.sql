-- What Django cannot say: ranges that must not overlap, and rows that refer to their own organisation only.
-- Statements are run one at a time and end at a blank line. A number as a range of one lets exclusions do without an
-- extension; the ranges of people have a type of their own, because their keys are no numbers.

CREATE TYPE fleet_personrange AS RANGE (subtype = uuid);

ALTER TABLE fleet_installation ADD CONSTRAINT installation_from_until CHECK (
    NOT isempty(during) AND lower_inc(during) AND NOT upper_inc(during) AND isfinite(lower(during)));

ALTER TABLE fleet_installation ADD CONSTRAINT installation_device_once
    EXCLUDE USING gist (int4range(device_id, device_id, '[]') WITH &&, during WITH &&);

ALTER TABLE fleet_installation ADD CONSTRAINT installation_vehicle_once
    EXCLUDE USING gist (int4range(vehicle_id, vehicle_id, '[]') WITH &&, during WITH &&)
    WHERE (main AND vehicle_id IS NOT NULL);

ALTER TABLE fleet_installation ADD CONSTRAINT installation_material_once
    EXCLUDE USING gist (int4range(material_id, material_id, '[]') WITH &&, during WITH &&)
    WHERE (main AND material_id IS NOT NULL);

ALTER TABLE fleet_installation ADD CONSTRAINT installation_person_once
    EXCLUDE USING gist (fleet_personrange(person_id, person_id, '[]') WITH &&, during WITH &&)
    WHERE (main AND person_id IS NOT NULL);

ALTER TABLE fleet_occupancy ADD CONSTRAINT occupancy_bounded CHECK (
    NOT isempty(during) AND lower_inc(during) AND NOT upper_inc(during) AND isfinite(lower(during)));

ALTER TABLE fleet_occupancy ADD CONSTRAINT occupancy_one_driver
    EXCLUDE USING gist (int4range(vehicle_id, vehicle_id, '[]') WITH &&, during WITH &&)
    WHERE (role = 'driver') DEFERRABLE INITIALLY DEFERRED;

ALTER TABLE fleet_occupancy ADD CONSTRAINT occupancy_person_once
    EXCLUDE USING gist (fleet_personrange(person_id, person_id, '[]') WITH &&, during WITH &&)
    DEFERRABLE INITIALLY DEFERRED;

ALTER TABLE fleet_claim ADD CONSTRAINT claim_from_until CHECK (
    NOT isempty(during) AND lower_inc(during) AND NOT upper_inc(during) AND isfinite(lower(during)));

CREATE INDEX claim_of_vehicle ON fleet_claim USING gist (int4range(vehicle_id, vehicle_id, '[]'), during);

CREATE INDEX claim_of_person ON fleet_claim USING gist (fleet_personrange(person_id, person_id, '[]'), during);

ALTER TABLE fleet_custody ADD CONSTRAINT custody_from_until CHECK (
    NOT isempty(during) AND lower_inc(during) AND NOT upper_inc(during) AND isfinite(lower(during)));

ALTER TABLE fleet_custody ADD CONSTRAINT custody_one_holder
    EXCLUDE USING gist (int4range(material_id, material_id, '[]') WITH &&, during WITH &&);

ALTER TABLE fleet_teammember ADD CONSTRAINT team_member_once
    EXCLUDE USING gist (int4range(team_id, team_id, '[]') WITH &&, fleet_personrange(person_id, person_id, '[]') WITH &&,
                        daterange(since, until, '[]') WITH &&);

CREATE INDEX vehicle_search ON fleet_vehicle (organisation_id, lower(name), id);

CREATE INDEX material_search ON fleet_material (organisation_id, lower(name), id);

CREATE INDEX person_search ON fleet_person (organisation_id, lower(last_name), lower(first_name), id);

-- The foreign keys above look past row-level security; these hold a row to its own organisation.
ALTER TABLE fleet_installation ADD CONSTRAINT installation_device_of_organisation
    FOREIGN KEY (organisation_id, device_id) REFERENCES telemetry_device (organisation_id, id) DEFERRABLE INITIALLY DEFERRED;

ALTER TABLE fleet_installation ADD CONSTRAINT installation_vehicle_of_organisation
    FOREIGN KEY (organisation_id, vehicle_id) REFERENCES fleet_vehicle (organisation_id, id) DEFERRABLE INITIALLY DEFERRED;

ALTER TABLE fleet_installation ADD CONSTRAINT installation_material_of_organisation
    FOREIGN KEY (organisation_id, material_id) REFERENCES fleet_material (organisation_id, id) DEFERRABLE INITIALLY DEFERRED;

ALTER TABLE fleet_installation ADD CONSTRAINT installation_person_of_organisation
    FOREIGN KEY (organisation_id, person_id) REFERENCES fleet_person (organisation_id, id) DEFERRABLE INITIALLY DEFERRED;

ALTER TABLE fleet_badge ADD CONSTRAINT badge_person_of_organisation
    FOREIGN KEY (organisation_id, person_id) REFERENCES fleet_person (organisation_id, id) DEFERRABLE INITIALLY DEFERRED;

ALTER TABLE fleet_occupancy ADD CONSTRAINT occupancy_vehicle_of_organisation
    FOREIGN KEY (organisation_id, vehicle_id) REFERENCES fleet_vehicle (organisation_id, id) DEFERRABLE INITIALLY DEFERRED;

ALTER TABLE fleet_occupancy ADD CONSTRAINT occupancy_person_of_organisation
    FOREIGN KEY (organisation_id, person_id) REFERENCES fleet_person (organisation_id, id) DEFERRABLE INITIALLY DEFERRED;

ALTER TABLE fleet_driverevent ADD CONSTRAINT driverevent_vehicle_of_organisation
    FOREIGN KEY (organisation_id, vehicle_id) REFERENCES fleet_vehicle (organisation_id, id) DEFERRABLE INITIALLY DEFERRED;

ALTER TABLE fleet_driverevent ADD CONSTRAINT driverevent_person_of_organisation
    FOREIGN KEY (organisation_id, person_id) REFERENCES fleet_person (organisation_id, id) DEFERRABLE INITIALLY DEFERRED;

ALTER TABLE fleet_claim ADD CONSTRAINT claim_vehicle_of_organisation
    FOREIGN KEY (organisation_id, vehicle_id) REFERENCES fleet_vehicle (organisation_id, id) DEFERRABLE INITIALLY DEFERRED;

ALTER TABLE fleet_claim ADD CONSTRAINT claim_person_of_organisation
    FOREIGN KEY (organisation_id, person_id) REFERENCES fleet_person (organisation_id, id) DEFERRABLE INITIALLY DEFERRED;

ALTER TABLE fleet_question ADD CONSTRAINT question_vehicle_of_organisation
    FOREIGN KEY (organisation_id, vehicle_id) REFERENCES fleet_vehicle (organisation_id, id) DEFERRABLE INITIALLY DEFERRED;

ALTER TABLE fleet_question ADD CONSTRAINT question_person_of_organisation
    FOREIGN KEY (organisation_id, person_id) REFERENCES fleet_person (organisation_id, id) DEFERRABLE INITIALLY DEFERRED;

ALTER TABLE fleet_document ADD CONSTRAINT document_vehicle_of_organisation
    FOREIGN KEY (organisation_id, vehicle_id) REFERENCES fleet_vehicle (organisation_id, id) DEFERRABLE INITIALLY DEFERRED;

ALTER TABLE fleet_document ADD CONSTRAINT document_material_of_organisation
    FOREIGN KEY (organisation_id, material_id) REFERENCES fleet_material (organisation_id, id) DEFERRABLE INITIALLY DEFERRED;

ALTER TABLE fleet_document ADD CONSTRAINT document_person_of_organisation
    FOREIGN KEY (organisation_id, person_id) REFERENCES fleet_person (organisation_id, id) DEFERRABLE INITIALLY DEFERRED;

ALTER TABLE fleet_custody ADD CONSTRAINT custody_material_of_organisation
    FOREIGN KEY (organisation_id, material_id) REFERENCES fleet_material (organisation_id, id) DEFERRABLE INITIALLY DEFERRED;

ALTER TABLE fleet_custody ADD CONSTRAINT custody_vehicle_of_organisation
    FOREIGN KEY (organisation_id, vehicle_id) REFERENCES fleet_vehicle (organisation_id, id) DEFERRABLE INITIALLY DEFERRED;

ALTER TABLE fleet_custody ADD CONSTRAINT custody_person_of_organisation
    FOREIGN KEY (organisation_id, person_id) REFERENCES fleet_person (organisation_id, id) DEFERRABLE INITIALLY DEFERRED;

ALTER TABLE fleet_tag ADD CONSTRAINT tag_material_of_organisation
    FOREIGN KEY (organisation_id, material_id) REFERENCES fleet_material (organisation_id, id) DEFERRABLE INITIALLY DEFERRED;

ALTER TABLE fleet_teammember ADD CONSTRAINT teammember_team_of_organisation
    FOREIGN KEY (organisation_id, team_id) REFERENCES fleet_team (organisation_id, id) DEFERRABLE INITIALLY DEFERRED;

ALTER TABLE fleet_teammember ADD CONSTRAINT teammember_person_of_organisation
    FOREIGN KEY (organisation_id, person_id) REFERENCES fleet_person (organisation_id, id) DEFERRABLE INITIALLY DEFERRED;

ALTER TABLE fleet_person ADD CONSTRAINT person_employer_of_organisation
    FOREIGN KEY (organisation_id, employer_id) REFERENCES fleet_employer (organisation_id, id) DEFERRABLE INITIALLY DEFERRED;
