"""How much of a person others see, and a switch in the vehicle that begins private time."""

from __future__ import annotations

from django.db import migrations, models

from allconnects.kit.sql import run_file


class Migration(migrations.Migration):
    dependencies = [("telemetry", "0007_gate")]
    operations = [
        migrations.AddField(
            "device",
            "private_input",
            models.CharField(max_length=20, default="", db_default="", blank=True, editable=False),
        ),
        migrations.AlterField(
            model_name="event",
            name="kind",
            field=models.CharField(
                choices=[
                    ("seen_twice", "Seen from two places at once"),
                    ("wrong_secret", "Wrong device secret"),
                    ("limit", "Too many connections"),
                    ("crash", "Crash reported in private time"),
                ],
                max_length=20,
            ),
        ),
        run_file("allconnects.telemetry", "store/sight.sql"),
    ]
