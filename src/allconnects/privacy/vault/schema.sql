CREATE TABLE vault_meta (
    one boolean PRIMARY KEY DEFAULT true CHECK (one),
    vault uuid NOT NULL,
    root uuid NOT NULL,
    secret bytea NOT NULL,
    made_at timestamptz NOT NULL
);

CREATE TABLE vault_key (
    id uuid PRIMARY KEY,
    parent uuid NOT NULL,
    organisation_id integer NOT NULL,
    kind text NOT NULL CHECK (kind IN ('organisation', 'person', 'device')),
    subject text NOT NULL CHECK (subject ~ '^[0-9a-f-]{1,36}$'),
    class text NOT NULL CHECK (class ~ '^([a-z_]{1,32}|[*])$'),
    state text NOT NULL CHECK (state IN ('active', 'restricted', 'held', 'destroyed')),
    wrapped bytea CHECK (octet_length(wrapped) BETWEEN 60 AND 4096),
    created_at timestamptz NOT NULL,
    changed_at timestamptz NOT NULL,
    UNIQUE (organisation_id, kind, subject, class),
    CHECK ((state = 'destroyed') = (wrapped IS NULL)),
    CHECK (kind <> 'organisation' OR (subject = organisation_id::text AND class = '*'))
);

-- What a destroyed key leaves behind in a page goes with the next vacuum, so it comes after a single one.
ALTER TABLE vault_key SET (autovacuum_vacuum_threshold = 1, autovacuum_vacuum_scale_factor = 0);

CREATE INDEX vault_key_organisations ON vault_key (organisation_id, parent) WHERE kind = 'organisation';

-- Rules of states.py that even a wrong program cannot break.
CREATE FUNCTION vault_key_guard() RETURNS trigger LANGUAGE plpgsql SET search_path = pg_catalog, public AS $$
BEGIN
    IF TG_OP <> 'UPDATE' THEN
        RAISE EXCEPTION 'keys are destroyed, never deleted';
    END IF;
    IF OLD.state = 'destroyed' THEN
        RAISE EXCEPTION 'a destroyed key is final';
    END IF;
    IF OLD.state = 'held' AND NEW.state = 'destroyed' THEN
        RAISE EXCEPTION 'a held key is not destroyed';
    END IF;
    RETURN NEW;
END $$;

CREATE TRIGGER vault_key_guard BEFORE UPDATE OR DELETE ON vault_key FOR EACH ROW EXECUTE FUNCTION vault_key_guard();

CREATE TRIGGER vault_key_guard_all BEFORE TRUNCATE ON vault_key
    FOR EACH STATEMENT EXECUTE FUNCTION vault_key_guard();

CREATE TABLE vault_erased (
    tag bytea PRIMARY KEY CHECK (octet_length(tag) = 32),
    erased_at timestamptz NOT NULL
);

CREATE TABLE vault_change (
    at timestamptz NOT NULL,
    organisation_id integer NOT NULL,
    key_id uuid NOT NULL,
    was text NOT NULL,
    became text NOT NULL,
    who text NOT NULL,
    reason text NOT NULL
);

CREATE INDEX vault_change_key ON vault_change (key_id, at);

CREATE TABLE vault_unwrap (
    minute timestamptz NOT NULL,
    organisation_id integer NOT NULL,
    key_id uuid NOT NULL,
    who text NOT NULL,
    purpose text NOT NULL,
    count integer NOT NULL CHECK (count > 0)
) PARTITION BY RANGE (minute);

CREATE INDEX vault_unwrap_key ON vault_unwrap (key_id, minute);

CREATE INDEX vault_unwrap_who ON vault_unwrap (who, minute);

CREATE TABLE vault_backup (
    at timestamptz NOT NULL,
    keys bigint NOT NULL
);

CREATE FUNCTION vault_make_partition(day date) RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public AS $$
DECLARE
    first timestamptz := date_trunc('month', day::timestamp) AT TIME ZONE 'UTC';
    leaf text := 'vault_unwrap_' || to_char(day, 'YYYYMM');
BEGIN
    IF to_regclass('public.' || leaf) IS NOT NULL THEN
        RETURN;
    END IF;
    PERFORM pg_advisory_xact_lock(1635281000);
    EXECUTE format('CREATE TABLE IF NOT EXISTS public.%I PARTITION OF public.vault_unwrap FOR VALUES FROM (%L) TO (%L)',
        leaf, first, (date_trunc('month', day::timestamp) + interval '1 month') AT TIME ZONE 'UTC');
END $$;

CREATE FUNCTION vault_drop_partitions(before date) RETURNS SETOF text
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public AS $$
DECLARE
    leaf text;
BEGIN
    IF before > (now() - interval '30 days')::date THEN
        RAISE EXCEPTION 'the log of the vault is kept for 30 days at least';
    END IF;
    FOR leaf IN
        SELECT c.relname FROM pg_inherits JOIN pg_class c ON c.oid = inhrelid
        WHERE inhparent = 'public.vault_unwrap'::regclass
          AND to_date(right(c.relname, 6), 'YYYYMM') + interval '1 month' <= before
    LOOP
        EXECUTE format('DROP TABLE public.%I', leaf);
        RETURN NEXT leaf;
    END LOOP;
END $$;
