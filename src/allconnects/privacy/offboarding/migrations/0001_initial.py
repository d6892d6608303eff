"""The leaving of organisations: plain SQL."""

from __future__ import annotations

from django.db import migrations

from allconnects.kit.sql import run_file


class Migration(migrations.Migration):
    initial = True
    dependencies = [("privacy", "0004_forgotten"), ("reports", "0003_uses")]
    operations = [run_file("allconnects.privacy.offboarding", "schema.sql")]
