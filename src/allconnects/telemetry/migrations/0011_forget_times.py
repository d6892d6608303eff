"""Many times of one device are taken out in one transaction."""

from __future__ import annotations

from django.db import migrations

from allconnects.kit.sql import run_file


class Migration(migrations.Migration):
    dependencies = [("telemetry", "0010_erased")]
    operations = [run_file("allconnects.telemetry", "store/forget_times.sql")]
