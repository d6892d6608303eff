-- One row for each reading of one person's positions or trips, or of everybody's at once (person empty). Leaves by
-- month; the default one catches what no leaf was made for. Statements end at a blank line.
CREATE TABLE privacy_access (
    organisation_id integer     NOT NULL,
    at              timestamptz NOT NULL,
    id              bigint      GENERATED ALWAYS AS IDENTITY,
    person          uuid,
    actor           text        NOT NULL CHECK (actor ~ '^(account|token|process|operator):[a-z0-9-]+$'),
    role            text        NOT NULL,
    purpose         text        NOT NULL,
    scope           text        NOT NULL CHECK (scope IN ('live', 'track', 'trips', 'report', 'export')),
    first_day       date        NOT NULL,
    last_day        date        NOT NULL CHECK (last_day >= first_day),
    size            integer     NOT NULL CHECK (size >= 0),
    PRIMARY KEY (organisation_id, at, id)
) PARTITION BY RANGE (at);

CREATE INDEX privacy_access_person ON privacy_access (organisation_id, person, at DESC);

CREATE TABLE privacy_access_rest PARTITION OF privacy_access DEFAULT;

CREATE FUNCTION privacy_make_access_partition(day date) RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public AS $$
DECLARE
    first date := date_trunc('month', day)::date;
    leaf text := 'privacy_access_' || to_char(first, 'YYYYMM');
BEGIN
    IF day < current_date - 40 OR day > current_date + 70 THEN
        RAISE EXCEPTION 'no partition for that day';
    END IF;
    PERFORM pg_advisory_xact_lock(hashtext('privacy_access'));
    IF EXISTS (SELECT FROM pg_class WHERE relname = leaf AND relnamespace = 'public'::regnamespace) THEN
        RETURN;
    END IF;
    -- What the default leaf holds of that month keeps it from being made: it stays there and goes with its time.
    IF EXISTS (SELECT FROM public.privacy_access_rest WHERE at >= first AND at < first + interval '1 month') THEN
        RETURN;
    END IF;
    EXECUTE format('CREATE TABLE public.%I PARTITION OF public.privacy_access FOR VALUES FROM (%L) TO (%L)',
                   leaf, first, first + interval '1 month');
    EXECUTE format('REVOKE ALL ON public.%I FROM PUBLIC', leaf);
END $$;

CREATE FUNCTION privacy_drop_access(before date) RETURNS SETOF text
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public AS $$
DECLARE
    leaf text;
BEGIN
    IF before > current_date - 300 THEN
        RAISE EXCEPTION 'the access log is kept longer';
    END IF;
    FOR leaf IN
        SELECT c.relname FROM pg_inherits i JOIN pg_class c ON c.oid = i.inhrelid
        WHERE i.inhparent = 'public.privacy_access'::regclass AND c.relname ~ '_[0-9]{6}$'
          AND to_date(right(c.relname, 6), 'YYYYMM') + interval '1 month' <= before
        ORDER BY 1
    LOOP
        EXECUTE format('DROP TABLE public.%I', leaf);
        RETURN NEXT leaf;
    END LOOP;
    DELETE FROM public.privacy_access_rest WHERE at < before;
END $$;

REVOKE ALL ON FUNCTION privacy_make_access_partition(date), privacy_drop_access(date) FROM PUBLIC;

GRANT EXECUTE ON FUNCTION privacy_make_access_partition(date), privacy_drop_access(date) TO allconnects_worker;
