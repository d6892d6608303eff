-- How long each organisation keeps its positions; what goes earlier than its leaf goes by organisation and day. Statements
-- are run one at a time and end at a blank line.

ALTER TABLE telemetry_certificate ADD COLUMN organisation_id integer;

CREATE INDEX telemetry_certificate_of ON telemetry_certificate (organisation_id, id DESC);

-- How far the days of an organisation have gone under which decision, so that old leaves are not searched every minute.
CREATE TABLE telemetry_keeping_progress (
    organisation_id integer PRIMARY KEY REFERENCES accounts_organisation ON DELETE CASCADE,
    decision        bigint  NOT NULL,
    gone_before     date    NOT NULL
);

-- Days that an organisation keeps positions: its newest decision, else what the operator has set.
CREATE FUNCTION telemetry_days_kept(organisation integer, otherwise integer) RETURNS integer
LANGUAGE sql STABLE AS $$
    SELECT coalesce((SELECT days FROM telemetry_keeping WHERE organisation_id = organisation ORDER BY id DESC LIMIT 1),
                    otherwise)
$$;

-- Positions that an old law still asks for may be brought in: as far back as anybody may keep them.
CREATE OR REPLACE FUNCTION telemetry_make_segment_partition(day date) RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public AS $$
DECLARE
    leaf text := 'telemetry_segment_' || to_char(day, 'YYYYMMDD');
BEGIN
    IF day < current_date - 2200 OR day > current_date + 400 THEN
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

-- As before, and beside the proof of the whole leaf one for each organisation, which that organisation sees.
CREATE OR REPLACE FUNCTION telemetry_drop_leaf(dataset text, leaf text, reason text) RETURNS void
LANGUAGE plpgsql SET search_path = pg_catalog, public SET lock_timeout = '500ms' AS $$
DECLARE
    day date := to_date(right(leaf, 8), 'YYYYMMDD');
    parts text;
BEGIN
    EXECUTE format('LOCK TABLE public.%I IN SHARE MODE', leaf);
    IF dataset = 'telemetry_position' THEN
        parts := format(
            'SELECT organisation_id, count(*) AS count, sum(pg_column_size(p.*)) AS bytes, '
            'bit_xor(hashint8extended(content, hashint8extended('
            '(date_part(''epoch'', fix_time) * 1000)::bigint, device_id)))::text AS digest '
            'FROM public.%I p GROUP BY 1', leaf);
    ELSE
        parts := format(
            'SELECT organisation_id, count(*) AS count, sum(length(data)) AS bytes, '
            'string_agg(encode(sha256(data), ''hex''), '''' ORDER BY device_id, subject) AS digest '
            'FROM public.%I GROUP BY 1', leaf);
    END IF;
    EXECUTE format(
        'WITH parts AS (%s) INSERT INTO public.telemetry_certificate '
        '(dataset, leaf, first_day, end_day, reason, count, bytes, digest, organisation_id) '
        'SELECT %L, %L, %L::date, %L::date + 1, %L, count, bytes, '
        'encode(sha256(convert_to(digest, ''UTF8'')), ''hex''), organisation_id FROM parts WHERE %L '
        'UNION ALL SELECT %L, %L, %L::date, %L::date + 1, %L, coalesce(sum(count), 0), pg_total_relation_size(%L), '
        'encode(sha256(convert_to(coalesce(string_agg(digest, '','' ORDER BY organisation_id), ''''), ''UTF8'')), ''hex''), '
        'NULL FROM parts',
        parts, dataset, leaf, day, day, reason, reason = 'retention',
        dataset, leaf, day, day, reason, 'public.' || leaf);
    EXECUTE format('DROP TABLE public.%I', leaf);
END $$;

-- Days of one organisation that go before their leaf does, each with its proof; at most a month of days in one transaction.
CREATE FUNCTION telemetry_drop_segments_of(organisation integer, since date, before date) RETURNS SETOF date
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public AS $$
DECLARE
    gone date;
BEGIN
    IF before > current_date - 1 THEN
        RAISE EXCEPTION 'segments of today and yesterday are in use';
    END IF;
    FOR gone IN
        SELECT DISTINCT s.day FROM public.telemetry_segment s
        WHERE s.organisation_id = organisation AND s.day >= since AND s.day < before ORDER BY 1 LIMIT 31
    LOOP
        WITH deleted AS (
            DELETE FROM public.telemetry_segment s WHERE s.organisation_id = organisation AND s.day = gone
            RETURNING s.device_id, s.subject, s.data)
        INSERT INTO public.telemetry_certificate
            (dataset, leaf, first_day, end_day, reason, count, bytes, digest, organisation_id)
        SELECT 'telemetry_segment', 'telemetry_segment_' || to_char(gone, 'YYYYMMDD'), gone, gone + 1, 'retention',
               count(*), coalesce(sum(length(data)), 0), encode(sha256(convert_to(coalesce(
                   string_agg(encode(sha256(data), 'hex'), '' ORDER BY device_id, subject), ''), 'UTF8')), 'hex'),
               organisation
        FROM deleted;
        RETURN NEXT gone;
    END LOOP;
END $$;

REVOKE ALL ON FUNCTION telemetry_drop_segments_of(integer, date, date) FROM PUBLIC;

GRANT EXECUTE ON FUNCTION telemetry_drop_segments_of(integer, date, date) TO allconnects_worker;
