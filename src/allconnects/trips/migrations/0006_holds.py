"""What is withheld does not go with its leaf."""

from __future__ import annotations

from django.db import migrations

from allconnects.kit.sql import run_file


class Migration(migrations.Migration):
    dependencies = [("trips", "0005_idle"), ("telemetry", "0012_holds")]
    operations = [run_file("allconnects.trips", "store/holds.sql")]
