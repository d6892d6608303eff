"""What became of corrections: plain SQL."""

from __future__ import annotations

from django.db import migrations

from allconnects.kit.sql import run_file


class Migration(migrations.Migration):
    dependencies = [("trips", "0001_initial"), ("fleet", "0002_ranges")]
    operations = [run_file("allconnects.trips", "store/outcomes.sql")]
