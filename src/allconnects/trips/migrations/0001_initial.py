"""Trips, stops, corrections, rules and what is pending: plain SQL."""

from __future__ import annotations

from django.db import migrations

from allconnects.kit.sql import run_file


class Migration(migrations.Migration):
    initial = True
    dependencies = [("telemetry", "0003_segments")]
    operations = [run_file("allconnects.trips", "store/schema.sql")]
