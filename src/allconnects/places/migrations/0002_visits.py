"""Visits, what is due, addresses: plain SQL."""

from __future__ import annotations

from django.db import migrations

from allconnects.kit.sql import run_file


class Migration(migrations.Migration):
    dependencies = [("places", "0001_initial"), ("telemetry", "0003_segments"), ("fleet", "0002_ranges")]
    operations = [run_file("allconnects.places", "schema.sql")]
