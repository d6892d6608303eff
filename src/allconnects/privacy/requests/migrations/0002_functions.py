"""What is asked before it is known whose case it is."""

from __future__ import annotations

from django.db import migrations
from django.db.backends.base.schema import BaseDatabaseSchemaEditor

from allconnects.privacy.requests.functions import statements


def create(_apps: object, editor: BaseDatabaseSchemaEditor) -> None:
    """One statement at a time."""
    for statement in statements():
        editor.execute(statement, params=None)


class Migration(migrations.Migration):
    dependencies = [("privacy_requests", "0001_requests")]
    operations = [migrations.RunPython(create, migrations.RunPython.noop)]
