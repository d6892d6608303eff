"""The leavings of an organisation are found in its audit chain without reading all of it."""

from __future__ import annotations

from django.db import migrations


class Migration(migrations.Migration):
    dependencies = [("privacy", "0002_access")]
    operations = [
        migrations.RunSQL(
            "CREATE INDEX privacy_audit_leaving ON privacy_audit (organisation_id, number DESC) "
            "WHERE action = 'leaving.done'",
            "DROP INDEX privacy_audit_leaving",
        )
    ]
