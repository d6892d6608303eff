"""From which day on the use of a person's data is allowed again, as he was told."""

from __future__ import annotations

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("privacy_requests", "0002_functions")]
    operations = [migrations.AddField("case", "lifts_on", models.DateField(null=True))]
