"""AT-02: a column that is called not personal though its table reaches a person fails the build."""

from __future__ import annotations

import pytest

from allconnects.kit import db
from allconnects.kit.labels import NOT_PERSONAL, Table, tables
from allconnects.privacy import inventory


def told(statements: list[str], labels: dict[str, Table]) -> list[str]:
    """What the build says to that schema with these labels."""
    with db.connect("owner") as connection:
        for statement in statements:
            connection.execute(statement.encode())
        found = inventory.problems(connection, {**tables(), **labels})
        connection.rollback()
    return found


def plain(table: str, *columns: str) -> dict[str, Table]:
    return {table: Table(table, dict.fromkeys(columns, NOT_PERSONAL))}


@pytest.mark.parametrize(("target", "key"), [("fleet_person", "id"), ("accounts_account", "id")])
def test_at_02_a_note_beside_a_person_is_personal(target: str, key: str, database: None) -> None:
    with db.connect("owner") as connection:
        row = connection.execute(
            "SELECT format_type(atttypid, NULL) FROM pg_attribute WHERE attrelid = %s::regclass AND attname = %s",
            (target, key),
        ).fetchone()
    assert row is not None
    made = [f"CREATE TABLE remarks (who {row[0]} REFERENCES {target} ({key}), notes text)"]
    reason = "labelled not personal, but its table reaches a person"
    assert told(made, plain("remarks", "who", "notes")) == [f"remarks.notes: {reason}", f"remarks.who: {reason}"]


def test_at_02_also_over_a_table_between(database: None) -> None:
    made = [
        "CREATE TABLE near (id integer PRIMARY KEY, account integer REFERENCES accounts_account (id))",
        "CREATE TABLE far (near integer REFERENCES near (id), notes text)",
    ]
    found = told(made, {**plain("near", "id", "account"), **plain("far", "near", "notes")})
    assert {line.partition(":")[0] for line in found} == {"near.id", "near.account", "far.near", "far.notes"}


def test_at_02_what_reaches_nobody_may_be_so(database: None) -> None:
    assert told(["CREATE TABLE colours (name text)"], plain("colours", "name")) == []
