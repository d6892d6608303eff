"""The labels are the truth about the schema, and each rule notices when they are not."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import psycopg
import pytest

from allconnects.kit import config, db
from allconnects.kit.labels import NOT_PERSONAL, Label, Table, tables
from allconnects.privacy import inventory
from allconnects.privacy.retention import RULES, Rule


@pytest.fixture
def draft(database: None) -> Iterator[psycopg.Connection[Any]]:
    """The owner in a transaction that is thrown away."""
    connection = db.connect("owner")
    yield connection
    connection.rollback()
    connection.close()


def changed(table: str, column: str, **fields: Any) -> dict[str, Table]:
    """All labels, with one column's label changed."""
    known = tables()
    old = known[table]
    columns = {**old.columns, column: replace(old.columns[column], **fields)}
    return {**known, table: replace(old, columns=columns)}


def test_the_inventory_is_the_truth(draft: psycopg.Connection[Any]) -> None:
    assert inventory.problems(draft) == []
    assert len(tables()) > 10


def test_a_table_without_labels_is_noticed(draft: psycopg.Connection[Any]) -> None:
    draft.execute("CREATE TABLE notes (id integer, text text)")
    assert inventory.problems(draft) == ["notes.id: no label", "notes.text: no label"]


def test_a_new_column_of_a_labelled_table_is_noticed(draft: psycopg.Connection[Any]) -> None:
    draft.execute("ALTER TABLE accounts_account ADD COLUMN phone text")
    assert inventory.problems(draft) == ["accounts_account.phone: no label"]


def test_a_view_needs_labels_too(draft: psycopg.Connection[Any]) -> None:
    draft.execute("CREATE VIEW addresses AS SELECT email FROM accounts_account")
    assert "addresses.email: no label" in inventory.problems(draft)


def test_a_label_without_column_is_noticed(draft: psycopg.Connection[Any]) -> None:
    draft.execute("ALTER TABLE accounts_account DROP COLUMN theme")
    assert inventory.problems(draft) == ["accounts_account.theme: labelled, but there is no such column"]


@pytest.mark.parametrize("target", ["accounts_account", "telemetry_device", "accounts_membership"])
def test_what_reaches_a_person_is_personal(draft: psycopg.Connection[Any], target: str) -> None:
    draft.execute(f"CREATE TABLE near (id integer PRIMARY KEY, target_id integer REFERENCES {target} (id))")
    draft.execute("CREATE TABLE far (near_id integer REFERENCES near (id))")
    plain = {
        "near": Table("near", {"id": NOT_PERSONAL, "target_id": NOT_PERSONAL}),
        "far": Table("far", {"near_id": NOT_PERSONAL}),
    }
    reason = "labelled not personal, but its table reaches a person"
    assert inventory.problems(draft, {**tables(), **plain}) == [
        f"far.near_id: {reason}", f"near.id: {reason}", f"near.target_id: {reason}",
    ]  # fmt: skip


def test_a_mislabelled_column_is_noticed(draft: psycopg.Connection[Any]) -> None:
    known = tables()
    old = known["accounts_account"]
    known["accounts_account"] = replace(old, columns={**old.columns, "last_login": NOT_PERSONAL})
    assert inventory.problems(draft, known) == [
        "accounts_account.last_login: labelled not personal, but its table reaches a person"
    ]


@pytest.mark.parametrize(
    ("table", "column", "fields", "problem"),
    [
        ("accounts_apitoken", "scopes", {"schema": ""}, "needs a schema in its label"),
        ("mfa_authenticator", "data", {"schema": ""}, "jsonb needs a schema in its label"),
        ("accounts_account", "email", {"erasure": "nullify"}, "cannot be nullified, it is NOT NULL"),
        ("accounts_account", "email", {"erasure": "replace_token"}, "cannot take a fixed token, it is unique"),
        ("accounts_account", "name", {"erasure": "delete_chunk+shred:raw_position"}, "only ciphertext"),
        ("accounts_account", "name", {"purpose": "none"}, "a personal column needs"),
        ("accounts_account", "name", {"erasure": "none"}, "a personal column needs"),
        ("accounts_account", "password", {"excluded_because": ""}, "left out of the export without a reason"),
        ("accounts_organisation", "slug", {"retention": "relation"}, "labelled as if it were"),
        ("telemetry_position", "lat_e7", {"basis": "consent"}, "location is not processed on consent"),
    ],
)
def test_each_rule_about_one_label(
    draft: psycopg.Connection[Any], table: str, column: str, fields: dict[str, Any], problem: str
) -> None:
    (found,) = inventory.problems(draft, changed(table, column, **fields))
    assert found.startswith(f"{table}.{column}: ")
    assert problem in found


def test_no_label_takes_an_unknown_erasure() -> None:
    with pytest.raises(ValueError, match="not an erasure strategy"):
        replace(NOT_PERSONAL, erasure="forget")


@pytest.mark.parametrize(
    ("rule", "problem"),
    [(Rule(90, 60, "x"), "beyond its cap"), (Rule(1, 4000, "x"), "beyond its cap"), (Rule(1, 1, ""), "no ground")],
)
def test_retention_has_caps(monkeypatch: pytest.MonkeyPatch, rule: Rule, problem: str) -> None:
    monkeypatch.setitem(RULES, "raw_position", rule)
    assert list(inventory.unkept()) == [f"retention raw_position: {problem}"]


def test_retention_of_positions_is_the_setting() -> None:
    assert config.Settings().position_days == RULES["raw_position"].default_days


@pytest.mark.parametrize(
    ("statement", "problem"),
    [
        ("ALTER TABLE telemetry_device DISABLE ROW LEVEL SECURITY", "telemetry_device: row-level security is off"),
        ("DROP POLICY tenant ON telemetry_device", "telemetry_device: the policy of allconnects_web"),
        ("ALTER POLICY tenant ON telemetry_device USING (true)", "telemetry_device: the policy of allconnects_web"),
        ("GRANT TRUNCATE ON telemetry_live TO allconnects_web", "telemetry_live: allconnects_web has"),
        ("GRANT SELECT ON accounts_account TO PUBLIC", "accounts_account: allconnects_ingest has"),
        (
            "CREATE FUNCTION f() RETURNS integer LANGUAGE sql SECURITY DEFINER AS 'SELECT 1'",
            "function f: everybody may call it",
        ),
    ],
)
def test_each_rule_about_the_guard(draft: psycopg.Connection[Any], statement: str, problem: str) -> None:
    draft.execute(statement)  # type: ignore[call-overload]
    assert any(found.startswith(problem) for found in inventory.problems(draft))


def test_a_tenants_table_must_be_declared(draft: psycopg.Connection[Any]) -> None:
    draft.execute("CREATE TABLE plain (organisation_id integer)")
    known = {**tables(), "plain": Table("plain", {"organisation_id": NOT_PERSONAL})}
    assert inventory.problems(draft, known) == ["plain: has an organisation, but is not under row-level security"]


def test_nobody_reads_a_partition_beside_its_parent(draft: psycopg.Connection[Any]) -> None:
    draft.execute("SELECT telemetry_make_partition(current_date)")
    assert inventory.problems(draft) == []
    (leaf,) = draft.execute("SELECT 'telemetry_position_' || to_char(current_date, 'YYYYMMDD')").fetchone()  # type: ignore[misc]
    draft.execute(f"GRANT SELECT ON {leaf} TO allconnects_web")
    assert inventory.problems(draft) == [f"{leaf}: allconnects_web reaches a partition beside its policies"]


def test_personal_is_what_identifies_however_weakly() -> None:
    label = Label(
        "user.account", "account", "account_holder", "pseudonymous", "account.provide", "contract", "relation",
        "delete_row", "derived",
    )  # fmt: skip
    assert label.personal
    assert not replace(label, identifiability="aggregate").personal
