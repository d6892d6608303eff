-- Trips and stops as people see them, what people corrected, the rules of an organisation, and what must be computed
-- anew. Statements are run one at a time and end at a blank line.

-- shown and computed: as the detector found it, and nobody corrected it. Computed only: what a correction stands in
-- the place of. Shown only: made by a correction.
CREATE TABLE trips_trip (
    organisation_id     integer          NOT NULL,
    id                  bigint           NOT NULL,
    device_id           integer          NOT NULL,
    person              uuid,
    vehicle             uuid,
    material            uuid,
    start_at            timestamptz      NOT NULL,
    end_at              timestamptz      NOT NULL,
    start_lat_e7        integer          NOT NULL,
    start_lon_e7        integer          NOT NULL,
    end_lat_e7          integer          NOT NULL,
    end_lon_e7          integer          NOT NULL,
    start_place         text             NOT NULL,
    end_place           text             NOT NULL,
    distance_m          double precision NOT NULL,
    distance_why        text             NOT NULL,
    distance_gps_m      double precision NOT NULL,
    distance_odometer_m double precision,
    moving_s            double precision NOT NULL,
    idle_s              double precision NOT NULL,
    max_speed_kmh       double precision,
    max_speed_source    text             NOT NULL,
    start_estimated     boolean          NOT NULL,
    end_estimated       boolean          NOT NULL,
    still_open          boolean          NOT NULL,
    purpose             text             NOT NULL,
    shown               boolean          NOT NULL,
    computed            boolean          NOT NULL,
    changed             boolean          NOT NULL,
    corrections         bigint[]         NOT NULL,
    rules_version       text             NOT NULL,
    why                 jsonb            NOT NULL,
    computed_at         timestamptz      NOT NULL,
    PRIMARY KEY (organisation_id, device_id, start_at, shown),
    FOREIGN KEY (organisation_id, device_id) REFERENCES telemetry_device (organisation_id, id) ON DELETE CASCADE,
    CONSTRAINT trip_ends_after_it_starts CHECK (end_at >= start_at),
    CONSTRAINT trip_is_something CHECK (shown OR computed),
    CONSTRAINT trip_purpose_known CHECK (purpose IN ('', 'business', 'private', 'commute'))
) PARTITION BY RANGE (start_at);

CREATE INDEX trips_trip_id ON trips_trip (organisation_id, id);

CREATE INDEX trips_trip_time ON trips_trip (organisation_id, start_at);

CREATE INDEX trips_trip_person ON trips_trip (organisation_id, person, start_at) WHERE person IS NOT NULL;

CREATE INDEX trips_trip_vehicle ON trips_trip (organisation_id, vehicle, start_at) WHERE vehicle IS NOT NULL;

CREATE INDEX trips_trip_long ON trips_trip (organisation_id, end_at) WHERE end_at - start_at >= interval '15 days';

CREATE TABLE trips_stop (
    organisation_id integer     NOT NULL,
    id              bigint      NOT NULL,
    device_id       integer     NOT NULL,
    person          uuid,
    vehicle         uuid,
    material        uuid,
    start_at        timestamptz NOT NULL,
    end_at          timestamptz NOT NULL,
    lat_e7          integer     NOT NULL,
    lon_e7          integer     NOT NULL,
    still_open      boolean     NOT NULL,
    shown           boolean     NOT NULL,
    rules_version   text        NOT NULL,
    why             jsonb       NOT NULL,
    computed_at     timestamptz NOT NULL,
    PRIMARY KEY (organisation_id, device_id, start_at),
    FOREIGN KEY (organisation_id, device_id) REFERENCES telemetry_device (organisation_id, id) ON DELETE CASCADE,
    CONSTRAINT stop_ends_after_it_starts CHECK (end_at >= start_at)
) PARTITION BY RANGE (start_at);

CREATE INDEX trips_stop_id ON trips_stop (organisation_id, id);

CREATE INDEX trips_stop_time ON trips_stop (organisation_id, start_at);

CREATE INDEX trips_stop_person ON trips_stop (organisation_id, person, start_at) WHERE person IS NOT NULL;

CREATE INDEX trips_stop_long ON trips_stop (organisation_id, end_at) WHERE end_at - start_at >= interval '15 days';

CREATE SEQUENCE trips_number;

-- What people said, never changed: to take one back is another row. start_at and end_at are those of the trip that
-- was corrected as the person saw it, so that it is found again after late data.
CREATE TABLE trips_correction (
    organisation_id integer     NOT NULL,
    id              bigint      GENERATED ALWAYS AS IDENTITY,
    device_id       integer     NOT NULL,
    kind            text        NOT NULL CHECK (kind IN ('merge', 'split', 'correct', 'undo')),
    start_at        timestamptz NOT NULL,
    end_at          timestamptz NOT NULL,
    split_at        timestamptz,
    start_place     text,
    end_place       text,
    distance_m      double precision CHECK (distance_m >= 0 AND distance_m < 1e8),
    person          uuid,
    nobody          boolean     NOT NULL,
    purpose         text        CHECK (purpose IN ('', 'business', 'private', 'commute')),
    seen_distance_m double precision,
    reason          text        NOT NULL CHECK (length(btrim(reason)) BETWEEN 3 AND 500),
    made_by         text        NOT NULL,
    made_at         timestamptz NOT NULL,
    undoes          bigint,
    PRIMARY KEY (organisation_id, id),
    UNIQUE (organisation_id, undoes),
    FOREIGN KEY (organisation_id, device_id) REFERENCES telemetry_device (organisation_id, id) ON DELETE CASCADE,
    CONSTRAINT correction_ends_after_it_starts CHECK (end_at >= start_at),
    CONSTRAINT correction_says_what CHECK ((kind = 'split') = (split_at IS NOT NULL)
        AND (kind = 'undo') = (undoes IS NOT NULL))
);

CREATE INDEX trips_correction_of ON trips_correction (organisation_id, device_id, start_at);

-- Numbers that an organisation sets over the rules of a profile, from a Brussels day on; never changed either.
CREATE TABLE trips_rules (
    organisation_id integer     NOT NULL,
    id              bigint      GENERATED ALWAYS AS IDENTITY,
    scope           text        NOT NULL CHECK (scope IN ('organisation', 'class', 'device')),
    key             text        NOT NULL,
    from_day        date        NOT NULL,
    rules           jsonb       NOT NULL,
    made_by         text        NOT NULL,
    made_at         timestamptz NOT NULL,
    PRIMARY KEY (organisation_id, id),
    CONSTRAINT rules_of_something CHECK ((scope = 'organisation') = (key = ''))
);

CREATE INDEX trips_rules_of ON trips_rules (organisation_id, scope, key, from_day);

-- Days of devices with fixes that no trip knows of yet.
CREATE TABLE trips_pending (
    organisation_id integer     NOT NULL,
    device_id       integer     NOT NULL,
    day             date        NOT NULL,
    first_at        timestamptz NOT NULL,
    last_at         timestamptz NOT NULL,
    since           timestamptz NOT NULL,
    retry_after     timestamptz,
    PRIMARY KEY (organisation_id, device_id, day),
    FOREIGN KEY (organisation_id, device_id) REFERENCES telemetry_device (organisation_id, id) ON DELETE CASCADE
);

CREATE INDEX trips_pending_since ON trips_pending (since);

-- Leaves hold a week, Monday to Sunday in UTC, of trips or stops by their start.
CREATE FUNCTION trips_make_partition(day date) RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public AS $$
DECLARE
    monday date := date_trunc('week', day)::date;
    parent text;
    leaf text;
BEGIN
    IF day < current_date - 2300 OR day > current_date + 400 THEN
        RAISE EXCEPTION 'no partition for that day';
    END IF;
    FOREACH parent IN ARRAY ARRAY['trips_trip', 'trips_stop'] LOOP
        leaf := parent || '_' || to_char(monday, 'YYYYMMDD');
        CONTINUE WHEN to_regclass('public.' || leaf) IS NOT NULL;
        PERFORM pg_advisory_xact_lock(hashtext('trips_trip'));
        CONTINUE WHEN EXISTS (SELECT FROM pg_class WHERE relname = leaf AND relnamespace = 'public'::regnamespace);
        EXECUTE format('CREATE TABLE public.%I (LIKE public.%I INCLUDING DEFAULTS INCLUDING CONSTRAINTS)', leaf, parent);
        EXECUTE format('ALTER TABLE public.%I ATTACH PARTITION public.%I FOR VALUES FROM (%L) TO (%L)', parent, leaf,
                       to_char(monday, 'YYYY-MM-DD') || ' 00:00:00+00', to_char(monday + 7, 'YYYY-MM-DD') || ' 00:00:00+00');
        EXECUTE format('REVOKE ALL ON public.%I FROM PUBLIC', leaf);
    END LOOP;
END $$;

-- Retention is a dropped leaf with a certificate. A leaf goes when its first day is due, so nothing stays longer.
CREATE FUNCTION trips_drop_expired(before date) RETURNS SETOF text
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public SET lock_timeout = '500ms' AS $$
DECLARE
    parent text;
    leaf text;
    monday date;
    rows bigint;
    digest text;
BEGIN
    IF before > current_date - 14 THEN
        RAISE EXCEPTION 'partitions of the last two weeks are in use';
    END IF;
    FOR parent, leaf IN
        SELECT p.relname, c.relname FROM pg_inherits i JOIN pg_class c ON c.oid = i.inhrelid
        JOIN pg_class p ON p.oid = i.inhparent
        WHERE i.inhparent IN ('public.trips_trip'::regclass, 'public.trips_stop'::regclass)
          AND c.relname < p.relname || '_' || to_char(before, 'YYYYMMDD')
        ORDER BY 2
    LOOP
        monday := to_date(right(leaf, 8), 'YYYYMMDD');
        EXECUTE format('LOCK TABLE public.%I IN SHARE MODE', leaf);
        EXECUTE format(
            'SELECT count(*), coalesce(bit_xor(hashint8extended(id, hashint8extended('
            '(date_part(''epoch'', start_at) * 1000)::bigint, device_id))), 0)::text FROM public.%I', leaf)
        INTO rows, digest;
        INSERT INTO public.telemetry_certificate (dataset, leaf, first_day, end_day, reason, count, bytes, digest)
        VALUES (parent, leaf, monday, monday + 7, 'retention', rows, pg_total_relation_size('public.' || leaf),
                encode(sha256(convert_to(digest, 'UTF8')), 'hex'));
        EXECUTE format('DROP TABLE public.%I', leaf);
        RETURN NEXT leaf;
    END LOOP;
END $$;

-- Who drives decides where a trip is cut: a change of it computes anew what it touches, and no more.
CREATE FUNCTION trips_occupancy_changed() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public AS $$
DECLARE
    whose record;
    touched tstzmultirange;
BEGIN
    IF TG_OP = 'INSERT' THEN
        whose := NEW;
        touched := tstzmultirange(NEW.during);
    ELSIF TG_OP = 'DELETE' THEN
        whose := OLD;
        touched := tstzmultirange(OLD.during);
    ELSE
        whose := NEW;
        touched := tstzmultirange(OLD.during) + tstzmultirange(NEW.during);
        IF OLD.person = NEW.person AND OLD.device_id = NEW.device_id THEN
            touched := touched - tstzmultirange(OLD.during) * tstzmultirange(NEW.during);
        END IF;
    END IF;
    INSERT INTO public.trips_pending AS p (organisation_id, device_id, day, first_at, last_at, since)
    SELECT whose.organisation_id, whose.device_id, (t.start_at AT TIME ZONE 'Europe/Brussels')::date,
           min(t.start_at), max(t.end_at), now()
    FROM (SELECT device_id, organisation_id, start_at, end_at FROM public.trips_trip
          UNION ALL SELECT device_id, organisation_id, start_at, end_at FROM public.trips_stop) t
    JOIN public.telemetry_device d ON d.organisation_id = t.organisation_id AND d.id = t.device_id
    WHERE t.organisation_id = whose.organisation_id AND t.device_id = whose.device_id
      AND touched && tstzrange(t.start_at, t.end_at, '[]')
    GROUP BY 3
    ON CONFLICT (organisation_id, device_id, day) DO UPDATE SET first_at = least(p.first_at, excluded.first_at),
        last_at = greatest(p.last_at, excluded.last_at), retry_after = NULL;
    RETURN NULL;
END $$;

CREATE TRIGGER trips_occupancy_changed AFTER INSERT OR UPDATE OR DELETE ON telemetry_occupancy
FOR EACH ROW EXECUTE FUNCTION trips_occupancy_changed();

REVOKE ALL ON FUNCTION trips_make_partition(date), trips_drop_expired(date), trips_occupancy_changed() FROM PUBLIC;

GRANT EXECUTE ON FUNCTION trips_make_partition(date) TO allconnects_web, allconnects_worker;

GRANT EXECUTE ON FUNCTION trips_drop_expired(date) TO allconnects_worker;
