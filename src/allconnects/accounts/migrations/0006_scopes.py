"""Reading asks for scopes of its own: tokens that could read under a scope that changes things still can."""

from __future__ import annotations

from django.db import migrations

GAINED = {
    "rules:write": "rules:read", "webhooks:write": "webhooks:read", "devices:write": "devices:waiting",
    "devices:command": "commands:read", "trips:rules": "trips:read",
}  # fmt: skip
WIDEN = """
    UPDATE accounts_apitoken SET scopes = array_append(scopes, '{gained}')
    WHERE '{held}' = ANY(scopes) AND NOT '{gained}' = ANY(scopes)"""


class Migration(migrations.Migration):
    dependencies = [("accounts", "0005_support")]
    operations = [
        migrations.RunSQL(WIDEN.format(held=held, gained=gained), migrations.RunSQL.noop)
        for held, gained in GAINED.items()
    ]
