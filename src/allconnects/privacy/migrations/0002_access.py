"""The access log: plain SQL."""

from __future__ import annotations

from django.db import migrations

from allconnects.kit.sql import run_file


class Migration(migrations.Migration):
    dependencies = [("privacy", "0001_audit")]
    operations = [run_file("allconnects.privacy", "access/schema.sql")]
