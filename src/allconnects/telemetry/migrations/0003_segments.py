"""Segments, occupancy, what must still be sealed, certificates: plain SQL."""

from __future__ import annotations

from django.db import migrations

from allconnects.kit.sql import run_file


class Migration(migrations.Migration):
    dependencies = [("telemetry", "0002_positions")]
    operations = [run_file("allconnects.telemetry", "store/segments.sql")]
