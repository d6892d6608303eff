"""A target remembers the commits that it was looked at for, beside the receipt."""

from __future__ import annotations

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("forwarding", "0001_initial"), ("telemetry", "0009_news")]
    operations = [migrations.AddField("target", "seen", models.TextField(blank=True, default=""))]
