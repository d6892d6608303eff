-- What is withheld (restricted, or held for a claim) does not go with its leaf: the other rows go, and once nothing in
-- the leaf is withheld any more it goes whole, in the next round. Sources: GDPR art. 17(3)(e), 18(2). Statements are run
-- one at a time and end at a blank line.

-- Rows whose time was over and that stayed because they are withheld.
ALTER TABLE telemetry_certificate ADD COLUMN held bigint NOT NULL DEFAULT 0;

-- Whose rows of a class of data stay. The planner takes it apart; with nobody in it everything below is as fast as before.
CREATE FUNCTION telemetry_held(class text) RETURNS TABLE (organisation_id integer, person uuid)
LANGUAGE sql STABLE AS $$
    SELECT w.organisation_id, w.person FROM public.privacy_withheld w
    WHERE w.ended_at IS NULL AND w.person IS NOT NULL AND class = ANY (w.classes)
$$;

-- Whether a leaf that is due stays. If so what is not withheld goes, with its proof: for all organisations, and where
-- `each` for every one that lost rows. A round that finds nothing to take writes none. held, digest and bytes: SQL over
-- rows `p`. Called by the functions that drop leaves only.
CREATE FUNCTION telemetry_part_leaf(
    dataset text, leaf text, days integer, class text, held text, digest text, bytes text, "each" boolean) RETURNS boolean
LANGUAGE plpgsql SET search_path = pg_catalog, public SET lock_timeout = '500ms' AS $$
DECLARE
    first date := to_date(right(leaf, 8), 'YYYYMMDD');
    stays boolean;
BEGIN
    IF NOT EXISTS (SELECT FROM public.telemetry_held(class)) THEN
        RETURN false;
    END IF;
    EXECUTE format('SELECT EXISTS (SELECT FROM public.%I p WHERE %s)', leaf, held) INTO stays;
    IF NOT stays THEN
        RETURN false;
    END IF;
    EXECUTE format(
        'WITH stay AS (SELECT organisation_id, count(*) AS held FROM public.%1$I p WHERE %2$s GROUP BY 1), '
        'gone AS (DELETE FROM public.%1$I p WHERE NOT %2$s RETURNING p.*), '
        'parts AS (SELECT organisation_id, count(*) AS count, %3$s AS bytes, %4$s AS digest FROM gone p GROUP BY 1) '
        'INSERT INTO public.telemetry_certificate '
        '(dataset, leaf, first_day, end_day, reason, count, bytes, digest, organisation_id, held) '
        'SELECT %5$L, %6$L, %7$L::date, %8$L::date, ''retention'', count, bytes, '
        'encode(sha256(convert_to(digest, ''UTF8'')), ''hex''), organisation_id, coalesce(held, 0) '
        'FROM parts LEFT JOIN stay USING (organisation_id) WHERE %9$L '
        'UNION ALL SELECT %5$L, %6$L, %7$L::date, %8$L::date, ''retention'', sum(count), sum(bytes), '
        'encode(sha256(convert_to(string_agg(digest, '','' ORDER BY organisation_id), ''UTF8'')), ''hex''), NULL, '
        '(SELECT sum(held) FROM stay) FROM parts HAVING count(*) > 0',
        leaf, held, bytes, digest, dataset, leaf, first, first + days, "each");
    RETURN true;
END $$;

-- Positions are of whoever had the device at their time, segments of their subject.
CREATE FUNCTION telemetry_part_expired(dataset text, leaf text) RETURNS boolean
LANGUAGE sql SET search_path = pg_catalog, public AS $$
    SELECT CASE dataset WHEN 'telemetry_position' THEN public.telemetry_part_leaf(
        dataset, leaf, 1, 'raw_position',
        '(EXISTS (SELECT FROM public.telemetry_occupancy o JOIN public.telemetry_held(''raw_position'') w '
        'ON w.organisation_id = o.organisation_id AND w.person = o.person WHERE o.organisation_id = p.organisation_id '
        'AND o.device_id = p.device_id AND o.during @> p.fix_time))',
        'bit_xor(hashint8extended(content, hashint8extended('
        '(date_part(''epoch'', fix_time) * 1000)::bigint, device_id)))::text',
        'sum(pg_column_size(p.*))', true)
    ELSE public.telemetry_part_leaf(
        dataset, leaf, 1, 'raw_position',
        '(EXISTS (SELECT FROM public.telemetry_held(''raw_position'') w '
        'WHERE w.organisation_id = p.organisation_id AND w.person::text = p.subject))',
        'string_agg(encode(sha256(data), ''hex''), '''' ORDER BY device_id, subject)',
        'sum(length(data))', true)
    END
$$;

CREATE OR REPLACE FUNCTION telemetry_drop_expired(dataset text, before date) RETURNS SETOF text
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
        CONTINUE WHEN public.telemetry_part_expired(dataset, leaf);
        PERFORM public.telemetry_drop_leaf(dataset, leaf, 'retention');
        RETURN NEXT leaf;
    END LOOP;
END $$;

-- As before, without the days and segments of people whose data are withheld.
CREATE OR REPLACE FUNCTION telemetry_drop_segments_of(organisation integer, since date, before date) RETURNS SETOF date
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public AS $$
DECLARE
    gone date;
    people text[];
BEGIN
    IF before > current_date - 1 THEN
        RAISE EXCEPTION 'segments of today and yesterday are in use';
    END IF;
    people := ARRAY(SELECT w.person::text FROM public.telemetry_held('raw_position') w
                    WHERE w.organisation_id = organisation);
    FOR gone IN
        SELECT DISTINCT s.day FROM public.telemetry_segment s
        WHERE s.organisation_id = organisation AND s.day >= since AND s.day < before AND s.subject <> ALL (people)
        ORDER BY 1 LIMIT 31
    LOOP
        WITH deleted AS (
            DELETE FROM public.telemetry_segment s
            WHERE s.organisation_id = organisation AND s.day = gone AND s.subject <> ALL (people)
            RETURNING s.device_id, s.subject, s.data)
        INSERT INTO public.telemetry_certificate
            (dataset, leaf, first_day, end_day, reason, count, bytes, digest, organisation_id, held)
        SELECT 'telemetry_segment', 'telemetry_segment_' || to_char(gone, 'YYYYMMDD'), gone, gone + 1, 'retention',
               count(*), coalesce(sum(length(data)), 0), encode(sha256(convert_to(coalesce(
                   string_agg(encode(sha256(data), 'hex'), '' ORDER BY device_id, subject), ''), 'UTF8')), 'hex'),
               organisation, (SELECT count(*) FROM public.telemetry_segment s
                              WHERE s.organisation_id = organisation AND s.day = gone AND s.subject = ANY (people))
        FROM deleted;
        RETURN NEXT gone;
    END LOOP;
END $$;

REVOKE ALL ON FUNCTION telemetry_held(text), telemetry_part_leaf(text, text, integer, text, text, text, text, boolean),
    telemetry_part_expired(text, text) FROM PUBLIC
