-- Visits in leaves by week of their beginning, as trips: a leaf goes when its first day is due. Statements are run one at
-- a time and end at a blank line.

ALTER TABLE places_visit RENAME TO places_visit_whole;

ALTER TABLE places_visit_whole RENAME CONSTRAINT places_visit_pkey TO places_visit_whole_pkey;

DROP INDEX places_visit_of_place;

DROP INDEX places_visit_of_person;

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
) PARTITION BY RANGE (enter);

CREATE INDEX places_visit_of_place ON places_visit (organisation_id, place_id, enter);

CREATE INDEX places_visit_of_person ON places_visit (organisation_id, person, enter) WHERE person IS NOT NULL;

-- What no leaf was made for, and stays of which the leaf is gone and that go on all the same.
CREATE TABLE places_visit_rest PARTITION OF places_visit DEFAULT;

CREATE FUNCTION places_make_partition(day date) RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public AS $$
DECLARE
    monday date := date_trunc('week', day)::date;
    leaf text := 'places_visit_' || to_char(monday, 'YYYYMMDD');
BEGIN
    -- Older ones are about to go, or are stays that go on: they have their place in the leaf of the rest.
    IF day < current_date - 380 OR day > current_date + 30 OR to_regclass('public.' || leaf) IS NOT NULL THEN
        RETURN;
    END IF;
    PERFORM pg_advisory_xact_lock(hashtext('places_visit'));
    IF EXISTS (SELECT FROM pg_class WHERE relname = leaf AND relnamespace = 'public'::regnamespace)
       OR EXISTS (SELECT FROM public.places_visit_rest WHERE enter >= (monday || ' 00:00:00+00')::timestamptz
                  AND enter < (monday + 7 || ' 00:00:00+00')::timestamptz) THEN
        RETURN;
    END IF;
    EXECUTE format('CREATE TABLE public.%I PARTITION OF public.places_visit FOR VALUES FROM (%L) TO (%L)', leaf,
                   to_char(monday, 'YYYY-MM-DD') || ' 00:00:00+00', to_char(monday + 7, 'YYYY-MM-DD') || ' 00:00:00+00');
    EXECUTE format('REVOKE ALL ON public.%I FROM PUBLIC', leaf);
END $$;

-- Retention is a dropped leaf with a certificate. Of its stays those that go on, or ended after the day, are taken along.
CREATE FUNCTION places_drop_expired(before date) RETURNS SETOF text
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public SET lock_timeout = '500ms' AS $$
DECLARE
    leaf text;
    monday date;
    rows bigint;
    digest text;
BEGIN
    IF before > current_date - 14 THEN
        RAISE EXCEPTION 'partitions of the last two weeks are in use';
    END IF;
    FOR leaf IN
        SELECT c.relname FROM pg_inherits i JOIN pg_class c ON c.oid = i.inhrelid
        WHERE i.inhparent = 'public.places_visit'::regclass AND c.relname ~ '_[0-9]{8}$'
          AND c.relname < 'places_visit_' || to_char(before, 'YYYYMMDD')
        ORDER BY 1
    LOOP
        monday := to_date(right(leaf, 8), 'YYYYMMDD');
        EXECUTE format('ALTER TABLE public.places_visit DETACH PARTITION public.%I', leaf);
        EXECUTE format('WITH kept AS (DELETE FROM public.%I WHERE leave >= %L RETURNING *) '
                       'INSERT INTO public.places_visit SELECT * FROM kept', leaf, before);
        EXECUTE format(
            'SELECT count(*), coalesce(bit_xor(hashint8extended(place_id, hashint8extended('
            '(date_part(''epoch'', enter) * 1000)::bigint, device_id))), 0)::text FROM public.%I', leaf)
        INTO rows, digest;
        INSERT INTO public.telemetry_certificate (dataset, leaf, first_day, end_day, reason, count, bytes, digest)
        VALUES ('places_visit', leaf, monday, monday + 7, 'retention', rows, pg_total_relation_size('public.' || leaf),
                encode(sha256(convert_to(digest, 'UTF8')), 'hex'));
        EXECUTE format('DROP TABLE public.%I', leaf);
        RETURN NEXT leaf;
    END LOOP;
    DELETE FROM public.places_visit_rest r WHERE r.leave < places_drop_expired.before;
END $$;

SELECT places_make_partition(day::date) FROM generate_series(current_date - 378, current_date + 14, interval '7 days') AS day;

INSERT INTO places_visit SELECT * FROM places_visit_whole;

DROP TABLE places_visit_whole;

REVOKE ALL ON FUNCTION places_make_partition(date), places_drop_expired(date) FROM PUBLIC;

GRANT EXECUTE ON FUNCTION places_make_partition(date) TO allconnects_web, allconnects_worker;

GRANT EXECUTE ON FUNCTION places_drop_expired(date) TO allconnects_worker
