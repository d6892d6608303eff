"""What trips were for belongs to the room of trips now, table and rows."""

from __future__ import annotations

from django.db import migrations


class Migration(migrations.Migration):
    dependencies = [("reports", "0002_chain"), ("trips", "0004_uses")]
    operations = [migrations.SeparateDatabaseAndState(state_operations=[migrations.DeleteModel(name="Classification")])]
