"""Why a person is told of a case later, in words."""

from __future__ import annotations

from django.db import migrations, models


class Migration(migrations.Migration):
    """A column."""

    dependencies = [("privacy_investigations", "0001_initial")]

    operations = [
        migrations.AddField("investigation", "delay_because", models.CharField(blank=True, default="", max_length=400)),
    ]
