"""The gate: private and recorded times of devices."""

from __future__ import annotations

from importlib.resources import files

from django.db import migrations, models
from django.db.backends.base.schema import BaseDatabaseSchemaEditor


def create(_apps: object, editor: BaseDatabaseSchemaEditor) -> None:
    """Run gate.sql one statement at a time; statements end at a blank line."""
    text = (files("allconnects.telemetry") / "store" / "gate.sql").read_text()
    for statement in text.split(";\n\n"):
        editor.execute(statement.rstrip().rstrip(";"), params=None)


class Migration(migrations.Migration):
    dependencies = [("telemetry", "0006_commands")]
    operations = [
        migrations.AddField(
            "device", "scheduled", models.BooleanField(default=False, db_default=False, editable=False)
        ),
        migrations.AddField("device", "gate_version", models.IntegerField(default=0, db_default=0, editable=False)),
        migrations.RunPython(create, migrations.RunPython.noop),
    ]
