"""AT-26: the application's roles cannot connect to billing, billing's not to the rest, and the vault's to neither."""

from __future__ import annotations

from pathlib import Path

import psycopg
import pytest

from allconnects.kit import db
from tests.billing.conftest import _migrated, billing  # noqa: F401


def test_at_26_no_role_reaches_two_databases(billing: Path) -> None:  # noqa: F811
    """Refused when it connects where PostgreSQL is ours; on a server all sign in as one user, and tables are closed."""
    main = psycopg.conninfo.conninfo_to_dict(db.conninfo("web"))
    other = psycopg.conninfo.conninfo_to_dict(db.conninfo("billing"))
    for role, database, table in (
        ("web", other["dbname"], "billing_invoice"), ("ingest", other["dbname"], "billing_customer"),
        ("worker", other["dbname"], "billing_payment"), ("vault", other["dbname"], "billing_licence"),
        ("billing", main["dbname"], "accounts_organisation"),
    ):  # fmt: skip
        given = {**main, "dbname": database}
        if "options" in main:
            given["options"] = f"-c role=allconnects_{role}"
        else:
            given["user"] = f"allconnects_{role}"
        refused = pytest.raises((psycopg.OperationalError, psycopg.errors.InsufficientPrivilege))
        with refused, psycopg.connect(**given) as connection:
            connection.execute(f"SELECT * FROM public.{table} LIMIT 1".encode())
