-- What people asked to be taken out, what is withheld, and what was handed over. Statements are run one at a time and
-- end at a blank line.

-- One erasure. person and account are emptied when it is done: then the mark alone says that there was somebody.
CREATE TABLE privacy_erasure (
    organisation_id integer     NOT NULL REFERENCES accounts_organisation (id) ON DELETE CASCADE,
    id              uuid        NOT NULL,
    case_id         uuid        NOT NULL,
    person          uuid,
    account         integer,
    asked_by        integer,
    state           text        NOT NULL DEFAULT 'waiting' CHECK (state IN ('waiting', 'running', 'partial', 'done')),
    steps           jsonb       NOT NULL DEFAULT '[]',
    kept            jsonb       NOT NULL DEFAULT '[]',
    mark            bytea,
    asked_at        timestamptz NOT NULL,
    tried_at        timestamptz,
    attempts        integer     NOT NULL DEFAULT 0,
    done_at         timestamptz,
    PRIMARY KEY (organisation_id, id),
    CONSTRAINT erasure_of_somebody CHECK (state = 'done' OR person IS NOT NULL OR account IS NOT NULL),
    CONSTRAINT erasure_done_forgets CHECK (state <> 'done' OR (person IS NULL AND account IS NULL))
);

CREATE UNIQUE INDEX privacy_erasure_once ON privacy_erasure (organisation_id, case_id);

-- Keyed hashes of who was erased: late data and a next import are held against them. Nothing in here names anybody.
CREATE TABLE privacy_mark (
    organisation_id integer     NOT NULL REFERENCES accounts_organisation (id) ON DELETE CASCADE,
    kind            text        NOT NULL CHECK (kind IN ('person', 'account', 'number', 'name', 'email')),
    tag             bytea       NOT NULL CHECK (length(tag) = 32),
    made_at         timestamptz NOT NULL,
    PRIMARY KEY (organisation_id, tag)
);

-- Data that are stored and not shown: restricted by the person (GDPR art. 18), or held for a claim (art. 17(3)(e)).
CREATE TABLE privacy_withheld (
    organisation_id integer     NOT NULL REFERENCES accounts_organisation (id) ON DELETE CASCADE,
    id              uuid        NOT NULL,
    person          uuid,
    account         integer,
    mode            text        NOT NULL CHECK (mode IN ('restricted', 'held')),
    classes         text[]      NOT NULL,
    ground          text        NOT NULL CHECK (length(btrim(ground)) > 0),
    review_on       date,
    set_by          integer,
    since           timestamptz NOT NULL,
    noticed_at      timestamptz,
    ended_at        timestamptz,
    ended_by        integer,
    PRIMARY KEY (organisation_id, id),
    CONSTRAINT withheld_of_somebody CHECK (ended_at IS NOT NULL OR person IS NOT NULL OR account IS NOT NULL),
    CONSTRAINT withheld_hold_is_reviewed CHECK (mode <> 'held' OR review_on IS NOT NULL),
    CONSTRAINT withheld_lifted_after_notice CHECK (mode <> 'restricted' OR ended_at IS NULL OR noticed_at IS NOT NULL)
);

CREATE UNIQUE INDEX privacy_withheld_once ON privacy_withheld (organisation_id, mode, person, account)
    WHERE ended_at IS NULL;

-- Copies of somebody's data that wait to be fetched, once.
CREATE TABLE privacy_export (
    organisation_id integer     NOT NULL REFERENCES accounts_organisation (id) ON DELETE CASCADE,
    id              uuid        NOT NULL,
    case_id         uuid        NOT NULL,
    person          uuid,
    account         integer,
    scope           text        NOT NULL CHECK (scope IN ('access', 'portability')),
    language        text        NOT NULL DEFAULT 'en',
    state           text        NOT NULL DEFAULT 'waiting' CHECK (state IN ('waiting', 'ready', 'opened', 'gone', 'failed')),
    token_hash      text        NOT NULL DEFAULT '',
    bytes           bigint      NOT NULL DEFAULT 0,
    asked_at        timestamptz NOT NULL,
    ready_at        timestamptz,
    expires_at      timestamptz,
    opened_at       timestamptz,
    PRIMARY KEY (organisation_id, id)
);

-- The people of the organisation in this transaction whose data are withheld now: policies ask. A transaction that
-- only stores (art. 18(2)) says so and is shown everything.
CREATE FUNCTION privacy_withheld_people() RETURNS uuid[]
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, public AS $$
    SELECT CASE WHEN current_setting('app.storing', true) = 'on' THEN '{}'::uuid[] ELSE
        coalesce((SELECT array_agg(DISTINCT person) FROM public.privacy_withheld
                  WHERE organisation_id = current_setting('app.organisation')::integer AND ended_at IS NULL
                    AND person IS NOT NULL), '{}') END
$$;

-- Whether one of them had a device at some time in a span.
CREATE FUNCTION privacy_withheld_device(device integer, span tstzrange) RETURNS boolean
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, public AS $$
    SELECT EXISTS (
        SELECT FROM public.telemetry_occupancy h
        WHERE h.organisation_id = current_setting('app.organisation')::integer AND h.device_id = device
          AND h.during && span AND h.person = ANY (public.privacy_withheld_people()))
$$;

-- All erasures that are not done, for whoever takes them up again; and marks, for a start that looks for a restore.
REVOKE ALL ON FUNCTION privacy_withheld_people(), privacy_withheld_device(integer, tstzrange) FROM PUBLIC;

GRANT EXECUTE ON FUNCTION privacy_withheld_people(), privacy_withheld_device(integer, tstzrange) TO allconnects_web
