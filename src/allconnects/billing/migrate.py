"""Billing's tables, brought to this version, where the operator bills."""

from __future__ import annotations

import psycopg

from allconnects.billing.labels import grants
from allconnects.kit import bootstrap, config, db, sql
from allconnects.kit.errors import AllconnectsError

STEPS = ("schema.sql",)
"""The files that make the schema, in order; a new version of it is a new file."""
_LOCK = 0x616C6C62


class BillingError(AllconnectsError):
    """The database of billing cannot be used by this version."""

    code = "billing"


def migrate() -> None:
    """Make what is missing; nothing where nothing is billed. Raises BootstrapError or BillingError in one line."""
    if config.current().billing_file is None:
        return
    bootstrap.bootstrap_side(db.BILLING)
    with psycopg.connect(db.side_admin_conninfo(db.BILLING), autocommit=True) as connection, connection.transaction():
        connection.execute("SELECT pg_advisory_xact_lock(%s)", (_LOCK,))
        connection.execute(f"SET LOCAL ROLE {db.BILLING.owner}".encode())
        connection.execute("CREATE TABLE IF NOT EXISTS billing_schema (version integer PRIMARY KEY)")
        row = connection.execute("SELECT coalesce(max(version), 0) FROM billing_schema").fetchone()
        version = int(row[0]) if row else 0
        if version > len(STEPS):
            raise BillingError(
                "the database of billing was made by a newer version of allconnects; install that version"
            )
        for number, name in enumerate(STEPS[version:], version + 1):
            for statement in sql.statements("allconnects.billing", name):
                connection.execute(statement.encode())
            connection.execute("INSERT INTO billing_schema (version) VALUES (%s)", (number,))
        for statement in grants():
            connection.execute(statement.encode())
