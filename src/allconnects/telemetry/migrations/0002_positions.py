"""Hot rows, live state and the functions that keep them: plain SQL."""

from __future__ import annotations

from django.db import migrations

from allconnects.kit.sql import run_file


class Migration(migrations.Migration):
    dependencies = [("telemetry", "0001_initial")]
    operations = [run_file("allconnects.telemetry", "store/schema.sql")]
