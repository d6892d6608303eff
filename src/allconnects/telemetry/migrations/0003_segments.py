"""Segments, occupancy, what must still be sealed, certificates: plain SQL."""

from __future__ import annotations

from importlib.resources import files

from django.db import migrations
from django.db.backends.base.schema import BaseDatabaseSchemaEditor


def create(_apps: object, editor: BaseDatabaseSchemaEditor) -> None:
    """Run segments.sql one statement at a time; statements end at a blank line."""
    text = (files("allconnects.telemetry") / "store" / "segments.sql").read_text()
    for statement in text.split(";\n\n"):
        editor.execute(statement.rstrip().rstrip(";"), params=None)


class Migration(migrations.Migration):
    dependencies = [("telemetry", "0002_positions")]
    operations = [migrations.RunPython(create, migrations.RunPython.noop)]
