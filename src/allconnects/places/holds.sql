-- Visits of people whose data are withheld outlive their leaf, among the rest, and go from there once they are not
-- withheld any more. Statements are run one at a time and end at a blank line.

CREATE OR REPLACE FUNCTION places_drop_expired(before date) RETURNS SETOF text
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public SET lock_timeout = '500ms' AS $$
DECLARE
    leaf text;
    monday date;
    rows bigint;
    digest text;
    stay bigint;
    held constant text := '(EXISTS (SELECT FROM public.telemetry_held(''trip'') w '
        'WHERE w.organisation_id = p.organisation_id AND w.person = p.person))';
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
        stay := 0;
        IF EXISTS (SELECT FROM public.telemetry_held('trip')) THEN
            EXECUTE format('WITH kept AS (DELETE FROM public.%I p WHERE leave < %L AND %s RETURNING p.*) '
                           'INSERT INTO public.places_visit SELECT * FROM kept', leaf, before, held);
            GET DIAGNOSTICS stay = ROW_COUNT;
        END IF;
        EXECUTE format('WITH kept AS (DELETE FROM public.%I WHERE leave >= %L RETURNING *) '
                       'INSERT INTO public.places_visit SELECT * FROM kept', leaf, before);
        EXECUTE format(
            'SELECT count(*), coalesce(bit_xor(hashint8extended(place_id, hashint8extended('
            '(date_part(''epoch'', enter) * 1000)::bigint, device_id))), 0)::text FROM public.%I', leaf)
        INTO rows, digest;
        INSERT INTO public.telemetry_certificate (dataset, leaf, first_day, end_day, reason, count, bytes, digest, held)
        VALUES ('places_visit', leaf, monday, monday + 7, 'retention', rows, pg_total_relation_size('public.' || leaf),
                encode(sha256(convert_to(digest, 'UTF8')), 'hex'), stay);
        EXECUTE format('DROP TABLE public.%I', leaf);
        RETURN NEXT leaf;
    END LOOP;
    DELETE FROM public.places_visit_rest p WHERE p.leave < places_drop_expired.before AND NOT EXISTS (
        SELECT FROM public.telemetry_held('trip') w
        WHERE w.organisation_id = p.organisation_id AND w.person = p.person);
END $$;
