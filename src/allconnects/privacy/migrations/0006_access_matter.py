"""A reading under a case names the case."""

from __future__ import annotations

from django.db import migrations


class Migration(migrations.Migration):
    dependencies = [("privacy", "0005_access_scopes")]
    operations = [
        migrations.RunSQL("ALTER TABLE privacy_access ADD COLUMN matter uuid", migrations.RunSQL.noop),
    ]
