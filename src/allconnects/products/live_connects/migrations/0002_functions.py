from django.db import migrations

from allconnects.products.live_connects import functions


def make(apps, schema_editor):
    for statement in functions.statements():
        schema_editor.execute(statement)


class Migration(migrations.Migration):
    dependencies = [("live_connects", "0001_initial")]
    operations = [migrations.RunPython(make, migrations.RunPython.noop)]
