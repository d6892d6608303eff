"""Visits, events of rules, who was in what, and hours are readings too."""

from __future__ import annotations

from django.db import migrations

SCOPES = "'live', 'track', 'trips', 'report', 'export', 'visits', 'alerts', 'presence', 'hours'"


class Migration(migrations.Migration):
    dependencies = [("privacy", "0004_forgotten")]
    operations = [
        migrations.RunSQL(
            "ALTER TABLE privacy_access DROP CONSTRAINT privacy_access_scope_check, "
            f"ADD CONSTRAINT privacy_access_scope_check CHECK (scope IN ({SCOPES}))",
            migrations.RunSQL.noop,
        )
    ]
