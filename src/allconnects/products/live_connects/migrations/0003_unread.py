"""Messages of programs, and mails about those that nobody read."""

import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("live_connects", "0002_functions"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]
    operations = [
        migrations.RemoveConstraint("message", "message_once"),
        migrations.AddField("message", "mailed_at", models.DateTimeField(null=True)),
        migrations.AlterField(
            "message",
            "sender",
            models.ForeignKey(
                null=True,
                on_delete=django.db.models.deletion.CASCADE,
                related_name="+",
                to=settings.AUTH_USER_MODEL,
            ),
        ),
        migrations.AddConstraint(
            "message",
            models.UniqueConstraint(
                fields=["organisation", "sender", "client_id"], name="message_once", nulls_distinct=False
            ),
        ),
        migrations.AddIndex(
            "message",
            models.Index(fields=["organisation", "at"], condition=models.Q(read_at=None), name="message_unread"),
        ),
    ]
