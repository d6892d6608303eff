"""The ledger and its words only grow; an act goes when it ran out five years ago, not before."""

from __future__ import annotations

from django.db import migrations

STATEMENTS = (
    """
CREATE FUNCTION privacy_consents_kept() RETURNS trigger
LANGUAGE plpgsql SET search_path = pg_catalog, public AS $$
BEGIN
    IF TG_OP = 'DELETE' AND coalesce(OLD.expires_at, OLD.at) < current_timestamp - interval '1826 days' THEN
        RETURN OLD;
    END IF;
    RAISE EXCEPTION '% only grows', TG_TABLE_NAME USING ERRCODE = 'restrict_violation';
END $$""",
    """
CREATE TRIGGER consents_act_grows BEFORE UPDATE OR DELETE ON privacy_consents_act
FOR EACH ROW EXECUTE FUNCTION privacy_consents_kept()""",
    """
CREATE TRIGGER consents_act_not_emptied BEFORE TRUNCATE ON privacy_consents_act
FOR EACH STATEMENT EXECUTE FUNCTION privacy_append_only()""",
    """
CREATE TRIGGER consents_wording_grows BEFORE UPDATE OR DELETE ON privacy_consents_wording
FOR EACH ROW EXECUTE FUNCTION privacy_append_only()""",
)


class Migration(migrations.Migration):
    dependencies = [("privacy_consents", "0001_initial"), ("privacy", "0002_access")]
    operations = [migrations.RunSQL(statement, migrations.RunSQL.noop) for statement in STATEMENTS]
