"""Looks remember the snapshot that they saw."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("alerts", "0002_waiting"), ("telemetry", "0009_news")]
    operations = [migrations.AddField("progress", "seen", models.TextField(blank=True, default=""))]
