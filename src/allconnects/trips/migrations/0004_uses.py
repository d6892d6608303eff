"""What a trip was for is said in one table of this room, which reports had before."""

from __future__ import annotations

from importlib.resources import files

import django.contrib.postgres.fields.ranges
import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models
from django.db.backends.base.schema import BaseDatabaseSchemaEditor

import allconnects.kit.clock


def change(_apps: object, editor: BaseDatabaseSchemaEditor) -> None:
    """Run uses.sql one statement at a time; statements end at a blank line."""
    text = (files("allconnects.trips") / "store" / "uses.sql").read_text()
    for statement in text.split(";\n\n"):
        editor.execute(statement.rstrip().rstrip(";"), params=None)


def key(to: str, **more: object) -> models.ForeignKey:
    """A reference without the way back."""
    return models.ForeignKey(related_name="+", to=to, **{"on_delete": django.db.models.deletion.DO_NOTHING, **more})


MODEL = migrations.CreateModel(
    name="Classification",
    fields=[
        ("id", models.BigAutoField(primary_key=True, serialize=False)),
        ("during", django.contrib.postgres.fields.ranges.DateTimeRangeField()),
        ("use", models.CharField(
            blank=True, choices=[("business", "Business"), ("commute", "Home to work"), ("private", "Private")],
            max_length=10,
        )),
        ("voice", models.CharField(
            choices=[("rule", "Rule"), ("driver", "Driver"), ("manager", "Manager")], max_length=10
        )),
        ("reason", models.CharField(blank=True, default="", max_length=500)),
        ("at", models.DateTimeField(default=allconnects.kit.clock.now)),
        ("account", key(settings.AUTH_USER_MODEL, null=True, on_delete=django.db.models.deletion.SET_NULL)),
        ("device", key("telemetry.device")),
        ("organisation", models.ForeignKey(
            on_delete=django.db.models.deletion.CASCADE, to="accounts.organisation"
        )),
        ("person", key("fleet.person", null=True)),
        ("vehicle", key("fleet.vehicle", null=True)),
    ],
    options={
        "indexes": [models.Index(fields=["organisation", "device", "-at"], name="classification_of_device")],
        "constraints": [
            models.CheckConstraint(
                condition=models.Q(("use__in", ["", "business", "commute", "private"])),
                name="classification_use_known",
            ),
            models.CheckConstraint(
                condition=models.Q(("voice__in", ["rule", "driver", "manager"])), name="classification_voice_known"
            ),
        ],
    },
)  # fmt: skip


class Migration(migrations.Migration):
    dependencies = [
        ("trips", "0003_use"),
        ("reports", "0002_chain"),
        ("fleet", "0003_looked"),
        ("telemetry", "0003_segments"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]
    operations = [
        migrations.SeparateDatabaseAndState(
            database_operations=[migrations.RunPython(change, migrations.RunPython.noop)], state_operations=[MODEL]
        )
    ]
