"""Which commits brought positions, for who looks at what is new."""

from __future__ import annotations

from django.db import migrations

from allconnects.kit.sql import run_file


class Migration(migrations.Migration):
    dependencies = [("telemetry", "0008_sight")]
    operations = [run_file("allconnects.telemetry", "store/news.sql")]
