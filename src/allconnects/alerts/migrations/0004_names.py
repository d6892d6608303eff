"""Deliveries of alerts have a name of their own at their organisation: those of reports are called the same."""

import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("accounts", "0001_initial"),
        ("alerts", "0003_seen"),
    ]

    operations = [
        migrations.AlterField(
            model_name="delivery",
            name="organisation",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.CASCADE, related_name="alert_deliveries", to="accounts.organisation"
            ),
        ),
    ]
