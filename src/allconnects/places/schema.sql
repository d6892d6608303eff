-- Who was where when, what must still be worked out, and addresses that were asked for. Statements are run one at a
-- time and end at a blank line.

-- A stay of a device inside a place. enter and leave: the first and last fix seen inside. before and after: the fixes
-- beside them that were seen outside; NULL before: none is known; NULL after: it is still there as far as is known.
CREATE TABLE places_visit (
    organisation_id integer     NOT NULL,
    device_id       integer     NOT NULL,
    place_id        integer     NOT NULL,
    enter           timestamptz NOT NULL,
    leave           timestamptz NOT NULL,
    before          timestamptz,
    after           timestamptz,
    fixes           integer     NOT NULL,
    vehicle         integer,
    material        integer,
    person          uuid,
    PRIMARY KEY (organisation_id, device_id, enter, place_id),
    FOREIGN KEY (organisation_id, device_id) REFERENCES telemetry_device (organisation_id, id) ON DELETE CASCADE,
    FOREIGN KEY (organisation_id, place_id) REFERENCES places_place (organisation_id, id) ON DELETE CASCADE,
    CONSTRAINT visit_in_order CHECK (
        enter <= leave AND (before IS NULL OR before <= enter) AND (after IS NULL OR after >= leave))
);

CREATE INDEX places_visit_of_place ON places_visit (organisation_id, place_id, enter);

CREATE INDEX places_visit_of_person ON places_visit (organisation_id, person, enter) WHERE person IS NOT NULL;

-- Devices whose visits must be worked out again, from a moment on.
CREATE TABLE places_due (
    organisation_id integer     NOT NULL,
    device_id       integer     NOT NULL,
    since           timestamptz NOT NULL,
    PRIMARY KEY (organisation_id, device_id),
    FOREIGN KEY (organisation_id, device_id) REFERENCES telemetry_device (organisation_id, id) ON DELETE CASCADE
);

-- Up to which time of receipt positions have been looked through.
CREATE TABLE places_progress (
    organisation_id integer     NOT NULL PRIMARY KEY REFERENCES accounts_organisation (id),
    looked_to       timestamptz NOT NULL
);

-- What the address server said of a cell of a grid of 0.0005 degrees; text NULL: still to be asked.
CREATE TABLE places_address (
    organisation_id integer     NOT NULL,
    lat_cell        integer     NOT NULL,
    lon_cell        integer     NOT NULL,
    language        text        NOT NULL,
    text            text,
    wanted_at       timestamptz NOT NULL,
    asked_at        timestamptz,
    failures        smallint    NOT NULL DEFAULT 0,
    PRIMARY KEY (organisation_id, lat_cell, lon_cell, language),
    FOREIGN KEY (organisation_id) REFERENCES accounts_organisation (id)
);

CREATE INDEX places_address_to_ask ON places_address (organisation_id, wanted_at) WHERE text IS NULL;

-- Who or what had a device says whose visits they are.
CREATE FUNCTION places_device_elsewhere() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public AS $$
BEGIN
    INSERT INTO public.places_due AS d (organisation_id, device_id, since)
    SELECT v.organisation_id, v.id, min(lower(o.during)) FROM (
        SELECT OLD.organisation_id, OLD.device_id, OLD.during WHERE TG_OP <> 'INSERT'
        UNION ALL
        SELECT NEW.organisation_id, NEW.device_id, NEW.during WHERE TG_OP <> 'DELETE') o
    JOIN public.telemetry_device v ON v.organisation_id = o.organisation_id AND v.id = o.device_id
    GROUP BY 1, 2
    ON CONFLICT (organisation_id, device_id) DO UPDATE SET since = least(d.since, excluded.since);
    RETURN NULL;
END $$;

CREATE TRIGGER places_device_elsewhere AFTER INSERT OR UPDATE OR DELETE ON telemetry_occupancy
FOR EACH ROW EXECUTE FUNCTION places_device_elsewhere();

CREATE TRIGGER places_device_elsewhere AFTER INSERT OR UPDATE OR DELETE ON fleet_installation
FOR EACH ROW EXECUTE FUNCTION places_device_elsewhere();

REVOKE ALL ON FUNCTION places_device_elsewhere() FROM PUBLIC
