"""Setting a hold and taking rows away exclude each other; a device or place with held rows is not deleted."""

from __future__ import annotations

from django.db import migrations

from allconnects.kit.sql import run_file


class Migration(migrations.Migration):
    dependencies = [("telemetry", "0012_holds")]
    operations = [run_file("allconnects.telemetry", "store/held.sql")]
