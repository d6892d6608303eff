"""AT-25: each role reaches what the labels say; no row of another tenant, whatever a pooled connection did before.

Every address and operation is asked as stranger, as other tenant and as each role in ``tests/permissions``; here is
what holds below the pages.
"""

from __future__ import annotations

from typing import Any

import psycopg
import pytest
from django.db import connection, transaction

from allconnects.accounts.models import Organisation
from allconnects.accounts.tenancy import speaking_for
from allconnects.kit import db, labels
from allconnects.privacy import inventory

SERVING = ("web", "ingest", "worker")


def test_at_25_every_cell_of_role_and_table_is_as_declared(owner_connection: psycopg.Connection[Any]) -> None:
    assert inventory.problems(owner_connection) == []


def test_at_25_no_serving_role_owns_a_table_or_passes_its_policies(owner_connection: psycopg.Connection[Any]) -> None:
    names = [db.role_name(role) for role in SERVING]  # type: ignore[arg-type]
    mighty = owner_connection.execute(
        "SELECT rolname FROM pg_roles WHERE rolname = ANY(%s) AND (rolsuper OR rolbypassrls OR rolcreaterole)", (names,)
    ).fetchall()
    owned = owner_connection.execute(
        "SELECT relname FROM pg_class c JOIN pg_roles r ON r.oid = c.relowner WHERE rolname = ANY(%s)", (names,)
    ).fetchall()
    assert (mighty, owned) == ([], [])


def _tenants() -> list[str]:
    return sorted(name for name, table in labels.tables().items() if table.tenant == "organisation_id" and table.web)


def test_at_25_a_connection_that_was_used_before_shows_nothing_of_that_tenant(
    organisation: Organisation, other_organisation: Organisation
) -> None:
    with speaking_for(organisation.pk), connection.cursor() as cursor:
        cursor.execute("SELECT pg_backend_pid()")
        first = cursor.fetchone()
    with speaking_for(other_organisation.pk), connection.cursor() as cursor:
        cursor.execute("SELECT pg_backend_pid()")
        assert cursor.fetchone() == first, "the pool gave another connection: nothing is tried here"
        for table in _tenants():
            if "SELECT" not in labels.tables()[table].web:
                continue
            cursor.execute(f"SELECT count(*) FROM {table} WHERE organisation_id = %s", [organisation.pk])
            assert cursor.fetchone() == (0,), table


def test_at_25_who_forgets_to_say_for_whom_gets_an_error(organisation: Organisation) -> None:
    with speaking_for(organisation.pk):
        pass
    with pytest.raises(Exception, match=r"integer|unrecognized"), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM telemetry_device")
