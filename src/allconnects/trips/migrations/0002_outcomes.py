"""What became of corrections: plain SQL."""

from __future__ import annotations

from importlib.resources import files

from django.db import migrations
from django.db.backends.base.schema import BaseDatabaseSchemaEditor


def create(_apps: object, editor: BaseDatabaseSchemaEditor) -> None:
    """Run outcomes.sql one statement at a time; statements end at a blank line."""
    text = (files("allconnects.trips") / "store" / "outcomes.sql").read_text()
    for statement in text.split(";\n\n"):
        editor.execute(statement.rstrip().rstrip(";"), params=None)


class Migration(migrations.Migration):
    dependencies = [("trips", "0001_initial"), ("fleet", "0002_ranges")]
    operations = [migrations.RunPython(create, migrations.RunPython.noop)]
