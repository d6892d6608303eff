"""What people say against hours that were computed of them."""

from __future__ import annotations

import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models

import allconnects.kit.clock


class Migration(migrations.Migration):
    dependencies = [
        ("accounts", "0006_scopes"),
        ("fleet", "0005_location"),
        ("reports", "0003_uses"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name="Contest",
            fields=[
                ("id", models.AutoField(primary_key=True, serialize=False)),
                ("month", models.DateField()),
                ("day", models.DateField(null=True)),
                ("reason", models.CharField(max_length=500)),
                ("figures", models.JSONField()),
                ("digest", models.CharField(max_length=64)),
                ("said_at", models.DateTimeField(default=allconnects.kit.clock.now)),
                (
                    "outcome",
                    models.CharField(
                        blank=True,
                        choices=[
                            ("", "Waits for an answer"),
                            ("corrected", "Corrected"),
                            ("kept", "Stays as it is"),
                            ("withdrawn", "Withdrawn"),
                        ],
                        default="",
                        max_length=10,
                    ),
                ),
                ("answer", models.CharField(blank=True, default="", max_length=500)),
                ("answered_figures", models.JSONField(null=True)),
                ("answered_at", models.DateTimeField(null=True)),
                (
                    "answered_by",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.SET_NULL,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "organisation",
                    models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, to="accounts.organisation"),
                ),
                (
                    "person",
                    models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name="+", to="fleet.person"),
                ),
            ],
            options={
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(("outcome__in", ["", "corrected", "kept", "withdrawn"])),
                        name="contest_outcome_known",
                    ),
                    models.UniqueConstraint(
                        condition=models.Q(("outcome", "")),
                        fields=("organisation", "person", "month", "day"),
                        name="contest_open_once",
                        nulls_distinct=False,
                    ),
                ],
            },
        ),
        migrations.RunSQL(
            "ALTER TABLE reports_contest ADD CONSTRAINT contest_person_of_organisation FOREIGN KEY "
            "(organisation_id, person_id) REFERENCES fleet_person (organisation_id, id) DEFERRABLE INITIALLY DEFERRED",
            migrations.RunSQL.noop,
        ),
    ]
