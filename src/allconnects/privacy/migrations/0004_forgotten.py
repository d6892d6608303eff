"""Old entries of the audit chain, and old readings of the access log to the day, go when their time is over."""

from __future__ import annotations

from django.db import migrations

STATEMENTS = (
    """
CREATE FUNCTION privacy_audit_kept() RETURNS trigger
LANGUAGE plpgsql SET search_path = pg_catalog, public AS $$
BEGIN
    IF TG_OP = 'DELETE' AND OLD.at < current_timestamp - interval '729 days' THEN
        RETURN OLD;
    END IF;
    RAISE EXCEPTION '% only grows', TG_TABLE_NAME USING ERRCODE = 'restrict_violation';
END $$""",
    """
CREATE OR REPLACE TRIGGER privacy_audit_grows BEFORE UPDATE OR DELETE ON privacy_audit
FOR EACH ROW EXECUTE FUNCTION privacy_audit_kept()""",
    """
CREATE OR REPLACE FUNCTION privacy_drop_access(before date) RETURNS SETOF text
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
    -- The days of the month in which the term ends, and what stands in the leaf of the rest.
    DELETE FROM public.privacy_access WHERE at < before;
END $$""",
)


class Migration(migrations.Migration):
    dependencies = [("privacy", "0003_leavings")]
    operations = [migrations.RunSQL(statement, migrations.RunSQL.noop) for statement in STATEMENTS]
