"""AT-01: a migration that adds a column without a label fails the build, which names what is missing where."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import psycopg
import pytest

from allconnects.kit import db
from allconnects.kit.labels import tables
from allconnects.privacy import inventory


def migrated(statement: str) -> list[str]:
    """What the build says after a migration, which is thrown away."""
    with db.connect("owner") as connection:
        connection.execute(statement.encode())
        found = inventory.problems(connection)
        connection.rollback()
    return found


@pytest.mark.parametrize("table", ["accounts_account", "telemetry_device", "fleet_person", "privacy_consents_act"])
def test_at_01_an_unlabelled_column_is_named(table: str, database: None) -> None:
    assert migrated(f"ALTER TABLE {table} ADD COLUMN notes text") == [f"{table}.notes: no label"]


def test_at_01_a_new_table_is_named_column_by_column(database: None) -> None:
    assert migrated("CREATE TABLE diary (id integer, notes text)") == ["diary.id: no label", "diary.notes: no label"]


@pytest.mark.parametrize("field", ["group", "subject", "purpose", "basis", "retention", "erasure"])
def test_at_01_each_missing_field_of_a_label_is_named(field: str, database: None) -> None:
    known = tables()
    old = known["accounts_account"]
    missing: Any = {field: "none"}
    columns = {**old.columns, "name": replace(old.columns["name"], **missing)}
    with db.connect("owner") as connection:
        found = inventory.problems(connection, {**known, "accounts_account": replace(old, columns=columns)})
    assert len(found) == 1
    assert found[0].startswith("accounts_account.name: a personal column needs")
    assert field in found[0]


def test_at_01_nothing_is_wrong_today(database: None) -> None:
    with db.connect("owner") as connection:
        assert isinstance(connection, psycopg.Connection)
        assert inventory.problems(connection) == []
