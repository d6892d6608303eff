"""A token is good only while who made it belongs to the organisation."""

from __future__ import annotations

from django.db import migrations
from django.db.backends.base.schema import BaseDatabaseSchemaEditor

from allconnects.accounts import functions


def make(_apps: object, editor: BaseDatabaseSchemaEditor) -> None:
    """Replace the functions by those of now."""
    for statement in functions.statements():
        editor.execute(statement)


class Migration(migrations.Migration):
    dependencies = [("accounts", "0003_jobs")]
    operations = [migrations.RunPython(make, migrations.RunPython.noop)]
