-- Sealed history, who had which device when, and what must still be sealed. Statements are run one at a time and
-- end at a blank line.

-- Who had a device, from its beginning on, until before its end. A device number as a range of one lets the
-- exclusion do without an extension.
CREATE TABLE telemetry_occupancy (
    organisation_id integer   NOT NULL,
    device_id       integer   NOT NULL,
    person          uuid      NOT NULL,
    during          tstzrange NOT NULL,
    PRIMARY KEY (organisation_id, device_id, during),
    FOREIGN KEY (organisation_id, device_id) REFERENCES telemetry_device (organisation_id, id) ON DELETE CASCADE,
    CONSTRAINT occupancy_from_until CHECK (
        NOT isempty(during) AND lower_inc(during) AND NOT upper_inc(during) AND isfinite(lower(during))),
    CONSTRAINT occupancy_one_at_a_time EXCLUDE USING gist (int4range(device_id, device_id, '[]') WITH &&, during WITH &&)
);

-- One row for a device, a Brussels day and a subject: a person, or nobody ('').
CREATE TABLE telemetry_segment (
    organisation_id integer     NOT NULL,
    device_id       integer     NOT NULL,
    day             date        NOT NULL,
    subject         text        NOT NULL,
    format          smallint    NOT NULL,
    generation      integer     NOT NULL,
    count           integer     NOT NULL,
    received_from   timestamptz NOT NULL,
    received_to     timestamptz NOT NULL,
    sealed_at       timestamptz NOT NULL,
    data            bytea       NOT NULL,
    PRIMARY KEY (organisation_id, device_id, day, subject),
    FOREIGN KEY (organisation_id, device_id) REFERENCES telemetry_device (organisation_id, id) ON DELETE CASCADE
) PARTITION BY RANGE (day);

-- What is encrypted does not shrink.
ALTER TABLE telemetry_segment ALTER COLUMN data SET STORAGE EXTERNAL;

-- Days of devices with hot rows that no segment holds yet. urgent: the day must be cut anew now.
CREATE TABLE telemetry_unsealed (
    organisation_id integer     NOT NULL,
    device_id       integer     NOT NULL,
    day             date        NOT NULL,
    since           timestamptz NOT NULL,
    last_received   timestamptz NOT NULL,
    count           bigint      NOT NULL,
    urgent          boolean     NOT NULL,
    retry_after     timestamptz,
    PRIMARY KEY (organisation_id, device_id, day),
    FOREIGN KEY (organisation_id, device_id) REFERENCES telemetry_device (organisation_id, id) ON DELETE CASCADE
);

-- How far receipt has been looked through for such days.
CREATE TABLE telemetry_seal_progress (
    one        boolean     PRIMARY KEY DEFAULT true CHECK (one),
    looked_to  timestamptz NOT NULL
);

INSERT INTO telemetry_seal_progress (looked_to) VALUES ('2020-01-01 00:00:00+00');

-- Proof of what went: of whole partitions, for all organisations at once.
CREATE TABLE telemetry_certificate (
    id         bigint      GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    dataset    text        NOT NULL,
    leaf       text        NOT NULL,
    first_day  date        NOT NULL,
    end_day    date        NOT NULL,
    reason     text        NOT NULL CHECK (reason IN ('retention', 'sealed')),
    count      bigint      NOT NULL,
    bytes      bigint      NOT NULL,
    digest     text        NOT NULL,
    at         timestamptz NOT NULL DEFAULT now()
);

-- Rows come in order of receipt, so that this index of a few pages finds the newest without reading the others.
CREATE INDEX telemetry_position_received ON telemetry_position USING brin (received_at) WITH (autosummarize = on);

-- Attaching a finished leaf locks nobody out of the others.
CREATE FUNCTION telemetry_make_segment_partition(day date) RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public AS $$
DECLARE
    leaf text := 'telemetry_segment_' || to_char(day, 'YYYYMMDD');
BEGIN
    IF day < current_date - 400 OR day > current_date + 400 THEN
        RAISE EXCEPTION 'no partition for that day';
    END IF;
    IF to_regclass('public.' || leaf) IS NOT NULL THEN
        RETURN;
    END IF;
    PERFORM pg_advisory_xact_lock(hashtext('telemetry_segment'));
    IF EXISTS (SELECT FROM pg_class WHERE relname = leaf AND relnamespace = 'public'::regnamespace) THEN
        RETURN;
    END IF;
    EXECUTE format('CREATE TABLE public.%I (LIKE public.telemetry_segment INCLUDING DEFAULTS INCLUDING STORAGE)', leaf);
    EXECUTE format('ALTER TABLE public.telemetry_segment ATTACH PARTITION public.%I FOR VALUES FROM (%L) TO (%L)',
                   leaf, day, day + 1);
    EXECUTE format('REVOKE ALL ON public.%I FROM PUBLIC', leaf);
END $$;

-- Writes the proof, then drops. Called by the two functions below only. A wait for the lock holds up everybody who
-- comes behind it, so it is short: the caller tries again later.
CREATE FUNCTION telemetry_drop_leaf(dataset text, leaf text, reason text) RETURNS void
LANGUAGE plpgsql SET search_path = pg_catalog, public SET lock_timeout = '500ms' AS $$
DECLARE
    day date := to_date(right(leaf, 8), 'YYYYMMDD');
    rows bigint;
    digest text;
BEGIN
    EXECUTE format('LOCK TABLE public.%I IN SHARE MODE', leaf);
    IF dataset = 'telemetry_position' THEN
        EXECUTE format(
            'SELECT count(*), coalesce(bit_xor(hashint8extended(content, hashint8extended('
            '(date_part(''epoch'', fix_time) * 1000)::bigint, device_id))), 0)::text FROM public.%I', leaf)
        INTO rows, digest;
    ELSE
        EXECUTE format(
            'SELECT count(*), coalesce(string_agg(encode(sha256(data), ''hex''), '''' '
            'ORDER BY organisation_id, device_id, subject), '''') FROM public.%I', leaf)
        INTO rows, digest;
    END IF;
    INSERT INTO public.telemetry_certificate (dataset, leaf, first_day, end_day, reason, count, bytes, digest)
    VALUES (dataset, leaf, day, day + 1, reason, rows, pg_total_relation_size('public.' || leaf),
            encode(sha256(convert_to(digest, 'UTF8')), 'hex'));
    EXECUTE format('DROP TABLE public.%I', leaf);
END $$;

-- Holds writers out of a hot leaf until the transaction ends, while it is compared with the segments.
CREATE FUNCTION telemetry_hold_positions(day date) RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public SET lock_timeout = '500ms' AS $$
BEGIN
    IF day > current_date - 2 THEN
        RAISE EXCEPTION 'partitions of the last two days are in use';
    END IF;
    EXECUTE format('LOCK TABLE public.%I IN SHARE MODE', 'telemetry_position_' || to_char(day, 'YYYYMMDD'));
END $$;

CREATE FUNCTION telemetry_drop_sealed_positions(day date) RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public AS $$
BEGIN
    IF day > current_date - 2 THEN
        RAISE EXCEPTION 'partitions of the last two days are in use';
    END IF;
    PERFORM public.telemetry_drop_leaf('telemetry_position', 'telemetry_position_' || to_char(day, 'YYYYMMDD'), 'sealed');
END $$;

-- Retention is a dropped partition with a certificate: hot rows by receipt, segments by the day they are of.
CREATE FUNCTION telemetry_drop_expired(dataset text, before date) RETURNS SETOF text
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public AS $$
DECLARE
    leaf text;
BEGIN
    IF before > current_date - 1 THEN
        RAISE EXCEPTION 'partitions of today and yesterday are in use';
    END IF;
    IF dataset NOT IN ('telemetry_position', 'telemetry_segment') THEN
        RAISE EXCEPTION 'no such data';
    END IF;
    FOR leaf IN
        SELECT c.relname FROM pg_inherits i JOIN pg_class c ON c.oid = i.inhrelid
        WHERE i.inhparent = ('public.' || dataset)::regclass AND c.relname < dataset || '_' || to_char(before, 'YYYYMMDD')
        ORDER BY 1
    LOOP
        PERFORM public.telemetry_drop_leaf(dataset, leaf, 'retention');
        RETURN NEXT leaf;
    END LOOP;
END $$;

CREATE OR REPLACE FUNCTION telemetry_drop_partitions(before date) RETURNS SETOF text
LANGUAGE sql SECURITY DEFINER SET search_path = pg_catalog, public AS $$
    SELECT public.telemetry_drop_expired('telemetry_position', before)
$$;

-- A corrected occupancy cuts the sealed days that it touches anew.
CREATE FUNCTION telemetry_occupancy_changed() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public AS $$
DECLARE
    changed record;
BEGIN
    FOR changed IN
        SELECT o.organisation_id, o.device_id, o.during FROM (
            SELECT OLD.organisation_id, OLD.device_id, OLD.during WHERE TG_OP <> 'INSERT'
            UNION ALL
            SELECT NEW.organisation_id, NEW.device_id, NEW.during WHERE TG_OP <> 'DELETE') o
    LOOP
        INSERT INTO public.telemetry_unsealed AS u
            (organisation_id, device_id, day, since, last_received, count, urgent)
        SELECT DISTINCT s.organisation_id, s.device_id, s.day, now(), now(), 0, true
        FROM public.telemetry_segment s
        JOIN public.telemetry_device d ON d.organisation_id = s.organisation_id AND d.id = s.device_id
        WHERE s.organisation_id = changed.organisation_id AND s.device_id = changed.device_id
          AND s.day >= (lower(changed.during) AT TIME ZONE 'Europe/Brussels')::date
          AND s.day <= coalesce((upper(changed.during) AT TIME ZONE 'Europe/Brussels')::date, 'infinity')
        ON CONFLICT (organisation_id, device_id, day) DO UPDATE SET urgent = true, retry_after = NULL;
    END LOOP;
    RETURN NULL;
END $$;

CREATE TRIGGER telemetry_occupancy_changed AFTER INSERT OR UPDATE OR DELETE ON telemetry_occupancy
FOR EACH ROW EXECUTE FUNCTION telemetry_occupancy_changed();

REVOKE ALL ON FUNCTION telemetry_make_segment_partition(date), telemetry_drop_leaf(text, text, text),
    telemetry_hold_positions(date), telemetry_drop_sealed_positions(date), telemetry_drop_expired(text, date),
    telemetry_occupancy_changed() FROM PUBLIC;

GRANT EXECUTE ON FUNCTION telemetry_make_segment_partition(date), telemetry_hold_positions(date),
    telemetry_drop_sealed_positions(date), telemetry_drop_expired(text, date) TO allconnects_worker;
