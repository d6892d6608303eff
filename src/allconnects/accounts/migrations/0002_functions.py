from django.db import migrations

from allconnects.accounts import functions


def make(apps, schema_editor):
    for statement in functions.statements():
        schema_editor.execute(statement)


class Migration(migrations.Migration):
    dependencies = [("accounts", "0001_initial")]
    operations = [migrations.RunPython(make, migrations.RunPython.noop)]
