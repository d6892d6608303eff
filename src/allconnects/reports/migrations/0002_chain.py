"""Rows of the logbook that stay, and keys that hold rows to their organisation: plain SQL."""

from __future__ import annotations

from django.db import migrations

from allconnects.kit.sql import run_file


class Migration(migrations.Migration):
    dependencies = [("reports", "0001_initial"), ("fleet", "0002_ranges")]
    operations = [run_file("allconnects.reports", "schema.sql")]
