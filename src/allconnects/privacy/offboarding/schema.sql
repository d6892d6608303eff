-- The leaving of an organisation. It has no foreign key: it stays when the organisation is gone, as a stone without names.
-- Statements end at a blank line.
CREATE TABLE privacy_offboarding (
    organisation_id integer     NOT NULL PRIMARY KEY,
    id              uuid        NOT NULL,
    state           text        NOT NULL CHECK (state IN ('proposed', 'waiting', 'erasing', 'partial', 'done')),
    asked_by        integer,
    agreed_by       integer,
    answer_to       text        NOT NULL DEFAULT '',
    language        text        NOT NULL DEFAULT 'en',
    asked_at        timestamptz NOT NULL,
    due_at          timestamptz,
    ended_at        timestamptz,
    done_at         timestamptz,
    copy_state      text        NOT NULL DEFAULT '' CHECK (copy_state IN ('', 'waiting', 'ready', 'failed')),
    copy_done       integer     NOT NULL DEFAULT 0,
    copy_all        integer     NOT NULL DEFAULT 0,
    copy_at         timestamptz,
    accounts        integer[]   NOT NULL DEFAULT '{}',
    steps           jsonb       NOT NULL DEFAULT '[]',
    kept            jsonb       NOT NULL DEFAULT '[]',
    mark            bytea,
    CONSTRAINT offboarding_done_forgets CHECK (
        state <> 'done' OR (asked_by IS NULL AND agreed_by IS NULL AND answer_to = '' AND accounts = '{}')),
    CONSTRAINT offboarding_agreed_by_another CHECK (agreed_by IS NULL OR agreed_by <> asked_by),
    CONSTRAINT offboarding_has_its_day CHECK (state = 'proposed' OR due_at IS NOT NULL)
);

-- Whether the rows of an organisation are being taken out now: only then what otherwise only grows may go with it.
CREATE FUNCTION privacy_departing(organisation integer) RETURNS boolean
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, public AS $$
    SELECT EXISTS (SELECT FROM public.privacy_offboarding
                   WHERE organisation_id = organisation AND state IN ('erasing', 'partial'))
$$;

-- Called off while it waits: nobody who serves pages may delete the row otherwise. Returns its number.
CREATE FUNCTION offboarding_call_off(organisation integer) RETURNS uuid
LANGUAGE sql SECURITY DEFINER SET search_path = pg_catalog, public AS $$
    DELETE FROM public.privacy_offboarding WHERE organisation_id = organisation AND state IN ('proposed', 'waiting')
        AND organisation = current_setting('app.organisation')::integer RETURNING id
$$;

REVOKE ALL ON FUNCTION offboarding_call_off(integer) FROM PUBLIC;

GRANT EXECUTE ON FUNCTION offboarding_call_off(integer) TO allconnects_web;

REVOKE ALL ON FUNCTION privacy_departing(integer) FROM PUBLIC;

GRANT EXECUTE ON FUNCTION privacy_departing(integer) TO allconnects_rights;

CREATE OR REPLACE FUNCTION privacy_audit_kept() RETURNS trigger
LANGUAGE plpgsql SET search_path = pg_catalog, public AS $$
BEGIN
    IF TG_OP = 'DELETE' AND OLD.at < current_timestamp - interval '729 days' THEN
        RETURN OLD;
    END IF;
    -- One condition within the other: who may not ask the function must not meet it at all.
    IF TG_OP = 'DELETE' AND current_user = 'allconnects_rights' THEN
        IF public.privacy_departing(OLD.organisation_id) THEN
            RETURN OLD;
        END IF;
    END IF;
    RAISE EXCEPTION '% only grows', TG_TABLE_NAME USING ERRCODE = 'restrict_violation';
END $$;

CREATE OR REPLACE FUNCTION reports_logbook_stays() RETURNS trigger LANGUAGE plpgsql SET search_path = pg_catalog, public AS $$
BEGIN
    IF TG_OP = 'DELETE' AND OLD.made_at < now() - interval '2185 days' THEN
        RETURN OLD;
    END IF;
    -- One condition within the other: who may not ask the function must not meet it at all.
    IF TG_OP = 'DELETE' AND current_user = 'allconnects_rights' THEN
        IF public.privacy_departing(OLD.organisation_id) THEN
            RETURN OLD;
        END IF;
    END IF;
    RAISE EXCEPTION 'rows of the logbook are never changed' USING ERRCODE = 'restrict_violation';
END $$
