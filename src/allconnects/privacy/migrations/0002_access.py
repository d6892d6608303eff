"""The access log: plain SQL."""

from __future__ import annotations

from importlib.resources import files

from django.db import migrations
from django.db.backends.base.schema import BaseDatabaseSchemaEditor


def create(_apps: object, editor: BaseDatabaseSchemaEditor) -> None:
    """Run schema.sql one statement at a time; statements end at a blank line."""
    text = (files("allconnects.privacy") / "access" / "schema.sql").read_text()
    for statement in text.split(";\n\n"):
        editor.execute(statement.rstrip().rstrip(";"), params=None)


class Migration(migrations.Migration):
    dependencies = [("privacy", "0001_audit")]
    operations = [migrations.RunPython(create, migrations.RunPython.noop)]
