"""Who may connect where, who may do what there, and labels for every column of the vault."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import psycopg
import pytest

from allconnects.kit import config, db
from allconnects.kit.bootstrap import statements_for_administrator
from allconnects.kit.labels import NOT_PERSONAL, tables
from allconnects.privacy import inventory
from allconnects.privacy.vault import Vault, person
from allconnects.privacy.vault.labels import TABLES
from allconnects.site.migrate import migrate
from tests.privacy.vault.conftest import WHO

OTHERS: tuple[db.Role, ...] = ("owner", "web", "ingest", "worker")


@pytest.fixture
def draft(database: None) -> Iterator[psycopg.Connection[Any]]:
    """The database of the vault, as whoever administers it, in a transaction that is thrown away."""
    connection = psycopg.connect(db.vault_admin_conninfo())
    yield connection
    connection.rollback()
    connection.close()


def embedded() -> bool:
    return not config.current().database_url


def as_role(role: db.Role, vault: bool) -> psycopg.Connection:
    """A connection of a role to the vault's database or to the main one, tried as that role's process would."""
    own, other = db.conninfo(role), db.conninfo("vault" if vault else "web")
    if vault == (role == "vault"):
        return psycopg.connect(own, autocommit=True)
    database = psycopg.conninfo.conninfo_to_dict(other)["dbname"]
    return psycopg.connect(own, dbname=str(database), autocommit=True)


@pytest.mark.parametrize("role", OTHERS)
def test_no_other_role_reaches_the_vault(vault: Vault, tenant: int, role: db.Role) -> None:
    vault.key_for_sealing(tenant, person(1), "trip", who=WHO)
    if embedded():
        with pytest.raises(psycopg.OperationalError, match="permission denied for database"):
            as_role(role, vault=True)
        return
    with as_role(role, vault=True) as connection:
        for table in TABLES:
            with pytest.raises((psycopg.errors.InsufficientPrivilege, psycopg.errors.UndefinedTable)):
                connection.execute(f"SELECT * FROM {table}".encode())
            with pytest.raises(psycopg.errors.InsufficientPrivilege):
                connection.execute(f"SELECT * FROM public.{table}".encode())


def test_the_role_of_the_vault_reaches_nothing_else(database: None) -> None:
    if embedded():
        for name in (db.DATABASE, "postgres", "template1"):
            with pytest.raises(psycopg.OperationalError, match="permission denied for database"):
                psycopg.connect(db.conninfo("vault"), dbname=name)
        return
    with as_role("vault", vault=False) as connection:
        for table in tables():
            with pytest.raises(psycopg.errors.InsufficientPrivilege):
                connection.execute(f"SELECT * FROM public.{table}".encode())


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE vault_unwrap SET count = 1",
        "DELETE FROM vault_unwrap",
        "DELETE FROM vault_change",
        "UPDATE vault_change SET who = ''",
        "DELETE FROM vault_erased",
        "DELETE FROM vault_key",
        "TRUNCATE vault_key",
        "UPDATE vault_key SET subject = '1'",
        "UPDATE vault_key SET organisation_id = 1",
        "DROP TABLE vault_unwrap",
        "ALTER TABLE vault_key DISABLE TRIGGER ALL",
        "CREATE TABLE mine (x integer)",
        "SELECT vault_drop_partitions(current_date)",
        "SET ROLE allconnects_vault_owner",
        "SET ROLE allconnects_owner",
    ],
)
def test_the_role_of_the_vault_cannot_undo_what_it_wrote(vault: Vault, statement: str) -> None:
    if "SET ROLE" in statement and not embedded():
        pytest.skip("on a server every process signs in as one user, which may take each role")
    with (
        psycopg.connect(db.conninfo("vault"), autocommit=True) as connection,
        pytest.raises((psycopg.errors.InsufficientPrivilege, psycopg.errors.RaiseException)),
    ):
        connection.execute(statement.encode())


def test_the_table_itself_holds_the_two_rules(vault: Vault, admin: psycopg.Connection, tenant: int) -> None:
    vault.key_for_sealing(tenant, person(1), "trip", who=WHO)
    vault.set_state(tenant, person(1), "held", who=WHO, reason="x")
    end = "UPDATE vault_key SET state = 'destroyed', wrapped = NULL WHERE organisation_id = %s"
    with pytest.raises(psycopg.errors.RaiseException, match="a held key is not destroyed"):
        admin.execute(end, (tenant,))
    vault.set_state(tenant, person(1), "active", who=WHO, reason="x")
    vault.destroy(tenant, person(1), who=WHO, reason="x")
    for change in (
        "state = 'active', wrapped = decode(repeat('00', 61), 'hex')",
        "changed_at = now()",
    ):
        with pytest.raises(psycopg.errors.RaiseException, match="final"):
            admin.execute(
                f"UPDATE vault_key SET {change} WHERE organisation_id = %s AND subject = '1'".encode(), (tenant,)
            )
    with pytest.raises(psycopg.errors.RaiseException, match="never deleted"):
        admin.execute("DELETE FROM vault_key WHERE organisation_id = %s", (tenant,))


def test_every_column_of_the_vault_has_a_label(draft: psycopg.Connection[Any]) -> None:
    assert inventory.vault_problems(draft) == []
    draft.execute("SELECT vault_make_partition(current_date)")
    assert inventory.vault_problems(draft) == []
    assert len(TABLES) == 9


@pytest.mark.parametrize(
    ("statement", "problem"),
    [
        ("ALTER TABLE vault_key ADD COLUMN name text", "vault_key.name: no label"),
        ("CREATE TABLE extra (id integer)", "extra.id: no label"),
        ("GRANT SELECT ON vault_key TO allconnects_web", "vault_key: allconnects_web has"),
        ("GRANT DELETE ON vault_unwrap TO allconnects_vault", "vault_unwrap: allconnects_vault has"),
        ("ALTER TABLE vault_key OWNER TO allconnects_vault", "vault_key: owned by somebody else"),
        ("ALTER FUNCTION vault_make_partition(date) RESET search_path", "function vault_make_partition: its search"),
        ("GRANT EXECUTE ON FUNCTION vault_make_partition(date) TO PUBLIC", "function vault_make_partition: everybody"),
    ],
)
def test_the_inventory_of_the_vault_notices(draft: psycopg.Connection[Any], statement: str, problem: str) -> None:
    draft.execute("GRANT CREATE ON SCHEMA public TO allconnects_vault")
    draft.execute(statement.encode())
    assert any(found.startswith(problem) for found in inventory.vault_problems(draft))


def test_a_wrong_label_of_the_vault_is_noticed(draft: psycopg.Connection[Any]) -> None:
    table = TABLES["vault_key"]
    bare = replace(table, columns={**table.columns, "wrapped": replace(NOT_PERSONAL)})
    assert inventory.vault_problems(draft, {**TABLES, "vault_key": bare}) == [
        "vault_key.wrapped: bytea needs a schema in its label"
    ]


def test_labels_of_the_vault_are_not_those_of_the_main_database() -> None:
    assert not set(TABLES) & set(tables())


def test_a_newer_vault_is_refused(admin: psycopg.Connection) -> None:
    admin.execute("INSERT INTO vault_schema (version) VALUES (99)")
    try:
        with pytest.raises(Exception, match="newer version of allconnects"):
            migrate()
    finally:
        admin.execute("DELETE FROM vault_schema WHERE version = 99")
    migrate()


def test_an_administrator_is_told_all_that_is_needed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DATABASE_URL", "postgresql://me@localhost/shop")
    monkeypatch.delenv("ALLCONNECTS_VAULT_DATABASE_URL", raising=False)
    config.current.cache_clear()
    try:
        said = "\n".join(statements_for_administrator())
    finally:
        monkeypatch.undo()
        config.current.cache_clear()
    assert 'CREATE DATABASE "shop_vault" OWNER "me";' in said
    assert "CREATE ROLE allconnects_vault NOLOGIN;" in said
    assert "CREATE ROLE allconnects_vault_owner NOLOGIN;" in said
