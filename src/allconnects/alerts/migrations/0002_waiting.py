"""How far each organisation's positions were looked at, and which devices wait for a moment."""

import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("accounts", "0002_functions"), ("alerts", "0001_initial")]
    operations = [
        migrations.DeleteModel(name="Progress"),
        migrations.CreateModel(
            name="Progress",
            fields=[
                (
                    "organisation",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.CASCADE,
                        primary_key=True,
                        serialize=False,
                        to="accounts.organisation",
                    ),
                ),
                ("looked_to", models.DateTimeField()),
            ],
        ),
        migrations.CreateModel(
            name="Waiting",
            fields=[
                ("id", models.AutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("device", models.IntegerField()),
                ("due_at", models.DateTimeField()),
                (
                    "organisation",
                    models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, to="accounts.organisation"),
                ),
            ],
            options={
                "constraints": [models.UniqueConstraint(fields=("organisation", "device"), name="alert_waiting_once")]
            },
        ),
    ]
