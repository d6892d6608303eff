"""How jobs come into procrastinate's table: through two functions, so that ``web`` needs no right on a table that
all tenants share, and can ask for work only on behalf of the organisation it speaks for.

``key`` and the table's own unique index make one waiting job out of many requests. Whoever finds one waiting holds it
until the transaction ends: no worker takes it before it can see what was written.
"""

from __future__ import annotations

from allconnects.kit.db import role_name

_TAKES = "task varchar, queue varchar, organisation integer, arguments jsonb, key text, serial text, due timestamptz"
_TYPES = "(varchar, varchar, integer, jsonb, text, text, timestamptz)"
_HEAD = "LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS"

_PUT = f"""
CREATE OR REPLACE FUNCTION jobs_put({_TAKES}) RETURNS bigint {_HEAD} $$
DECLARE number bigint;
BEGIN
    IF EXISTS (SELECT 1 FROM jsonb_each_text(arguments) e WHERE e.value !~ '^[A-Za-z0-9:+._-]{{1,40}}$') THEN
        RAISE 'arguments of a job are ids, days and short words' USING ERRCODE = 'check_violation';
    END IF;
    LOOP
        INSERT INTO procrastinate_jobs (queue_name, task_name, lock, queueing_lock, args, scheduled_at)
        VALUES (queue, task, serial, key, arguments || jsonb_build_object('organisation', organisation), due)
        ON CONFLICT (queueing_lock) WHERE status = 'todo' DO NOTHING RETURNING id INTO number;
        EXIT WHEN number IS NOT NULL;
        SELECT j.id INTO number FROM procrastinate_jobs j WHERE j.queueing_lock = key AND j.status = 'todo'
        FOR KEY SHARE;
        EXIT WHEN number IS NOT NULL;
    END LOOP;
    RETURN number;
END $$"""
_DEFER = f"""
CREATE OR REPLACE FUNCTION jobs_defer({_TAKES}) RETURNS bigint {_HEAD} $$
BEGIN
    IF organisation IS DISTINCT FROM current_setting('app.organisation')::integer THEN
        RAISE 'a job is asked for by the organisation that it is about' USING ERRCODE = 'insufficient_privilege';
    END IF;
    RETURN jobs_put(task, queue, organisation, arguments, key, serial, due);
END $$"""
_BEGUN = """
CREATE OR REPLACE FUNCTION jobs_begun() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    NEW.queueing_lock := NULL;
    RETURN NEW;
END $$"""
_TRIGGER = """
CREATE TRIGGER jobs_begun BEFORE UPDATE OF status ON procrastinate_jobs
FOR EACH ROW WHEN (OLD.status = 'todo' AND NEW.status = 'doing') EXECUTE FUNCTION jobs_begun()"""


def statements() -> list[str]:
    """SQL that makes the functions. A job that has begun gives its key back: one that is tried again meets no other."""
    return [
        _PUT,
        _DEFER,
        f"REVOKE ALL ON FUNCTION jobs_put{_TYPES} FROM PUBLIC",
        f"REVOKE ALL ON FUNCTION jobs_defer{_TYPES} FROM PUBLIC",
        f"GRANT EXECUTE ON FUNCTION jobs_put{_TYPES} TO {role_name('worker')}",
        f"GRANT EXECUTE ON FUNCTION jobs_defer{_TYPES} TO {role_name('web')}",
        _BEGUN,
        _TRIGGER,
    ]
