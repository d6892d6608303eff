from django.db import migrations

from allconnects.accounts import jobs_sql


def make(apps, schema_editor):
    for statement in jobs_sql.statements():
        schema_editor.execute(statement, params=None)


class Migration(migrations.Migration):
    dependencies = [("accounts", "0002_functions"), ("procrastinate", "0041_post_retry_failed_job")]
    operations = [migrations.RunPython(make, migrations.RunPython.noop)]
