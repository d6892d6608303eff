"""Counts of days for the overview, and who put the first steps away."""

import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("accounts", "0003_jobs"),
        ("fleet", "0003_looked"),
        ("live_connects", "0003_unread"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name="FirstHour",
            fields=[
                ("id", models.AutoField(primary_key=True, serialize=False)),
                ("dismissed_at", models.DateTimeField()),
                (
                    "account",
                    models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, to=settings.AUTH_USER_MODEL),
                ),
                (
                    "organisation",
                    models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, to="accounts.organisation"),
                ),
            ],
            options={
                "db_table": "live_first_hour",
                "constraints": [models.UniqueConstraint(fields=("organisation", "account"), name="first_hour_once")],
            },
        ),
        migrations.CreateModel(
            name="Use",
            fields=[
                ("id", models.BigAutoField(primary_key=True, serialize=False)),
                ("day", models.DateField()),
                ("trips", models.IntegerField()),
                ("distance_m", models.FloatField()),
                ("driving_s", models.FloatField()),
                ("idle_s", models.FloatField()),
                (
                    "organisation",
                    models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, to="accounts.organisation"),
                ),
                (
                    "vehicle",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE, related_name="+", to="fleet.vehicle"
                    ),
                ),
            ],
            options={
                "db_table": "live_use",
                "constraints": [models.UniqueConstraint(fields=("organisation", "day", "vehicle"), name="use_once")],
            },
        ),
    ]
