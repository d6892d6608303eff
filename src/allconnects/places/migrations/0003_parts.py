"""Visits in leaves by week: plain SQL. What is there is taken along."""

from __future__ import annotations

from django.db import migrations

from allconnects.kit.sql import run_file


class Migration(migrations.Migration):
    dependencies = [("places", "0002_visits"), ("telemetry", "0003_segments")]
    operations = [run_file("allconnects.places", "parts.sql")]
