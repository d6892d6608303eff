"""What is withheld does not go with its leaf."""

from __future__ import annotations

from django.db import migrations

from allconnects.kit.sql import run_file


class Migration(migrations.Migration):
    dependencies = [("telemetry", "0011_forget_times"), ("erasure", "0001_initial")]
    operations = [run_file("allconnects.telemetry", "store/holds.sql")]
