"""Ranges that must not overlap, and keys that hold rows to their organisation: plain SQL."""

from __future__ import annotations

from django.db import migrations

from allconnects.kit.sql import run_file


class Migration(migrations.Migration):
    dependencies = [("fleet", "0001_initial"), ("telemetry", "0003_segments")]
    operations = [run_file("allconnects.fleet", "schema.sql")]
