-- Hot rows and live state. Statements are run one at a time (Citus refuses several in one string).
-- Missing values have a sentinel, so that every row of a batch has one width: NaN for altitude, speed and
-- course, -2147483648 for lat_e7 and lon_e7, -1 for satellites. The bits of flags are in store/rows.py.

CREATE TABLE telemetry_position (
    fix_time        timestamptz NOT NULL,
    received_at     timestamptz NOT NULL,
    content         bigint      NOT NULL,
    organisation_id integer     NOT NULL,
    device_id       integer     NOT NULL,
    lat_e7          integer     NOT NULL,
    lon_e7          integer     NOT NULL,
    altitude_m      real        NOT NULL,
    speed_kmh       real        NOT NULL,
    course_deg      real        NOT NULL,
    satellites      smallint    NOT NULL,
    flags           smallint    NOT NULL,
    attributes      bytea       NOT NULL
) PARTITION BY RANGE (received_at);

CREATE TABLE telemetry_live (
    organisation_id integer     NOT NULL,
    device_id       integer     NOT NULL,
    report_at       timestamptz NOT NULL,
    fix_time        timestamptz,
    lat_e7          integer,
    lon_e7          integer,
    altitude_m      real,
    speed_kmh       real,
    course_deg      real,
    satellites      smallint,
    flags           smallint,
    attributes_time timestamptz,
    attributes      bytea,
    PRIMARY KEY (organisation_id, device_id),
    FOREIGN KEY (organisation_id, device_id) REFERENCES telemetry_device (organisation_id, id) ON DELETE CASCADE
) WITH (fillfactor = 60);

-- A leaf carries the identity of a position as a unique index; ingest writes leaves directly (COPY is refused
-- on tables under row-level security), everybody else reads through the parent, whose policies hold.
CREATE FUNCTION telemetry_make_partition(day date) RETURNS text
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public AS $$
DECLARE
    leaf text := 'telemetry_position_' || to_char(day, 'YYYYMMDD');
BEGIN
    IF day < date '2020-01-01' OR day > current_date + 400 THEN
        RAISE EXCEPTION 'no partition for that day';
    END IF;
    IF to_regclass('public.' || leaf) IS NOT NULL THEN
        RETURN leaf;
    END IF;
    PERFORM pg_advisory_xact_lock(hashtext('telemetry_position'));
    -- A query, not to_regclass: that may answer from a cache older than the wait for the lock.
    IF EXISTS (SELECT FROM pg_class WHERE relname = leaf AND relnamespace = 'public'::regnamespace) THEN
        RETURN leaf;
    END IF;
    EXECUTE format('CREATE TABLE public.%I (LIKE public.telemetry_position INCLUDING DEFAULTS)', leaf);
    EXECUTE format('CREATE UNIQUE INDEX %I ON public.%I (organisation_id, device_id, fix_time, content)',
                   leaf || '_identity', leaf);
    EXECUTE format('ALTER TABLE public.telemetry_position ATTACH PARTITION public.%I FOR VALUES FROM (%L) TO (%L)',
                   leaf, to_char(day, 'YYYY-MM-DD') || ' 00:00:00+00', to_char(day + 1, 'YYYY-MM-DD') || ' 00:00:00+00');
    EXECUTE format('REVOKE ALL ON public.%I FROM PUBLIC', leaf);
    EXECUTE format('GRANT INSERT ON public.%I TO allconnects_ingest', leaf);
    RETURN leaf;
END $$;

-- Retention is a dropped partition, by date of receipt. Returns the names of those that went.
CREATE FUNCTION telemetry_drop_partitions(before date) RETURNS SETOF text
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public AS $$
DECLARE
    leaf text;
BEGIN
    IF before > current_date - 1 THEN
        RAISE EXCEPTION 'partitions of today and yesterday are in use';
    END IF;
    FOR leaf IN
        SELECT c.relname FROM pg_inherits i JOIN pg_class c ON c.oid = i.inhrelid
        WHERE i.inhparent = 'public.telemetry_position'::regclass
          AND c.relname < 'telemetry_position_' || to_char(before, 'YYYYMMDD')
        ORDER BY 1
    LOOP
        EXECUTE format('DROP TABLE public.%I', leaf);
        RETURN NEXT leaf;
    END LOOP;
END $$;

-- What a device has sent goes with it, on request of its organisation only. The lock waits for batches that are
-- being written and holds up the next ones until the device is gone: ingest then refuses its positions.
CREATE FUNCTION telemetry_forget_device(device integer) RETURNS bigint
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public AS $$
DECLARE
    gone bigint;
BEGIN
    LOCK TABLE public.telemetry_position IN SHARE ROW EXCLUSIVE MODE;
    DELETE FROM public.telemetry_position
    WHERE organisation_id = current_setting('app.organisation')::integer AND device_id = device;
    GET DIAGNOSTICS gone = ROW_COUNT;
    RETURN gone;
END $$;

REVOKE ALL ON FUNCTION telemetry_make_partition(date) FROM PUBLIC;

REVOKE ALL ON FUNCTION telemetry_drop_partitions(date) FROM PUBLIC;

REVOKE ALL ON FUNCTION telemetry_forget_device(integer) FROM PUBLIC;

GRANT EXECUTE ON FUNCTION telemetry_make_partition(date) TO allconnects_ingest, allconnects_worker;

GRANT EXECUTE ON FUNCTION telemetry_drop_partitions(date) TO allconnects_worker;

GRANT EXECUTE ON FUNCTION telemetry_forget_device(integer) TO allconnects_web;

-- The gateway keeps the devices in memory: it hears of every change once it is committed.
CREATE FUNCTION telemetry_device_changed() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    PERFORM pg_notify('telemetry_devices', coalesce(NEW.id, OLD.id)::text || ' ' || coalesce(NEW.organisation_id, OLD.organisation_id)::text);
    RETURN NULL;
END $$;

CREATE TRIGGER telemetry_device_changed AFTER INSERT OR UPDATE OR DELETE ON telemetry_device
FOR EACH ROW EXECUTE FUNCTION telemetry_device_changed();
