-- Trips and stops of people whose data are withheld stay in their leaf, which goes once nothing in it is withheld: as
-- positions do. Statements are run one at a time and end at a blank line.

CREATE FUNCTION trips_part_expired(parent text, leaf text) RETURNS boolean
LANGUAGE sql SET search_path = pg_catalog, public AS $$
    SELECT public.telemetry_part_leaf(
        parent, leaf, 7, 'trip',
        '(EXISTS (SELECT FROM public.telemetry_held(''trip'') w '
        'WHERE w.organisation_id = p.organisation_id AND w.person = p.person))',
        'bit_xor(hashint8extended(id, hashint8extended('
        '(date_part(''epoch'', start_at) * 1000)::bigint, device_id)))::text',
        'sum(pg_column_size(p.*))', false)
$$;

-- As before, but for what is withheld.
CREATE OR REPLACE FUNCTION trips_drop_expired(before date) RETURNS SETOF text
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
        CONTINUE WHEN public.trips_part_expired(parent, leaf);
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

REVOKE ALL ON FUNCTION trips_part_expired(text, text) FROM PUBLIC
