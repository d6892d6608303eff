"""The gate: private and recorded times of devices."""

from __future__ import annotations

from django.db import migrations, models

from allconnects.kit.sql import run_file


class Migration(migrations.Migration):
    dependencies = [("telemetry", "0006_commands")]
    operations = [
        migrations.AddField(
            "device", "scheduled", models.BooleanField(default=False, db_default=False, editable=False)
        ),
        migrations.AddField("device", "gate_version", models.IntegerField(default=0, db_default=0, editable=False)),
        run_file("allconnects.telemetry", "store/gate.sql"),
    ]
