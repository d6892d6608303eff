"""Erasures, marks, what is withheld, exports: plain SQL."""

from __future__ import annotations

from django.db import migrations

from allconnects.kit.sql import run_file


class Migration(migrations.Migration):
    initial = True
    dependencies = [("accounts", "0001_initial"), ("privacy", "0002_access"), ("telemetry", "0007_gate")]
    operations = [run_file("allconnects.privacy.erasure", "schema.sql")]
