"""Who may see and change what the store holds: the database itself refuses, whatever a query forgot."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import psycopg
import pytest

from allconnects.accounts.tenancy import speak_for
from allconnects.kit import db
from tests.telemetry.store.hot import NOON, Yard, at

TABLES = ("telemetry_position", "telemetry_live", "telemetry_device", "telemetry_event")


@pytest.fixture
def web(database: None) -> Iterator[psycopg.Connection[Any]]:
    """A connection of the role that serves pages."""
    with psycopg.connect(db.conninfo("web")) as connection:
        yield connection
        connection.rollback()


@pytest.fixture
def ingest(database: None) -> Iterator[psycopg.Connection[Any]]:
    """A connection of the role that the gateway has."""
    with psycopg.connect(db.conninfo("ingest"), autocommit=True) as connection:
        yield connection


@pytest.fixture
def neighbour(yard: Yard, other_organisation: Any) -> Iterator[Yard]:
    """Another organisation on the same server."""
    made = Yard(yard.owner, other_organisation.pk, yard.conninfo)
    yield made
    made.close()


def leaf() -> str:
    from tests.telemetry.store.test_hot import as_time

    return f"telemetry_position_{as_time(NOON):%Y%m%d}"


@pytest.mark.parametrize("table", ["telemetry_position", "telemetry_live"])
def test_pages_see_one_organisation(yard: Yard, neighbour: Yard, web: psycopg.Connection[Any], table: str) -> None:
    own, other = yard.device(), neighbour.device()
    yard.send(own, at(NOON))
    neighbour.send(other, at(NOON))
    for who in (yard, neighbour):
        speak_for(web, who.organisation)
        rows = web.execute(f"SELECT organisation_id, device_id FROM {table}").fetchall()
        assert rows == [(who.organisation, (own if who is yard else other).id)]
        web.commit()


@pytest.mark.parametrize("table", TABLES)
def test_who_forgot_to_say_for_whom_gets_an_error(yard: Yard, web: psycopg.Connection[Any], table: str) -> None:
    yard.send(yard.device(), at(NOON))
    with pytest.raises(psycopg.Error, match=r"app\.organisation|invalid input syntax"):
        web.execute(f"SELECT * FROM {table}")
    web.rollback()
    speak_for(web, yard.organisation)
    web.commit()
    with pytest.raises(psycopg.Error, match=r"app\.organisation|invalid input syntax"):
        web.execute(f"SELECT * FROM {table}")


def test_pages_reach_no_partition_past_the_policies(yard: Yard, web: psycopg.Connection[Any]) -> None:
    yard.send(yard.device(), at(NOON))
    speak_for(web, yard.organisation)
    with pytest.raises(psycopg.errors.InsufficientPrivilege):
        web.execute(f"SELECT * FROM {leaf()}")


@pytest.mark.parametrize(
    "statement",
    [
        "DELETE FROM telemetry_position",
        "UPDATE telemetry_position SET lat_e7 = 0",
        "INSERT INTO telemetry_live (organisation_id, device_id, report_at) VALUES (1, 1, now())",
        "SELECT telemetry_drop_partitions(current_date - 30)",
        "SELECT telemetry_make_partition(current_date)",
    ],
)
def test_pages_do_not_write_positions(yard: Yard, web: psycopg.Connection[Any], statement: str) -> None:
    speak_for(web, yard.organisation)
    with pytest.raises(psycopg.errors.InsufficientPrivilege):
        web.execute(statement)


def test_a_device_of_another_organisation_is_not_forgotten(
    yard: Yard, neighbour: Yard, web: psycopg.Connection[Any]
) -> None:
    device = neighbour.device()
    neighbour.send(device, at(NOON))
    speak_for(web, yard.organisation)
    assert web.execute("SELECT telemetry_forget_device(%s)", (device.id,)).fetchone() == (0,)
    web.commit()
    assert neighbour.times(device) == [NOON]


@pytest.mark.parametrize("role", ["web", "ingest", "worker"])
def test_whoever_serves_owns_nothing(database: None, owner_connection: psycopg.Connection[Any], role: str) -> None:
    query = """
        SELECT c.relname FROM pg_class c JOIN pg_roles r ON r.oid = c.relowner
        JOIN pg_namespace n ON n.oid = c.relnamespace
        WHERE r.rolname = %s AND n.nspname NOT LIKE 'pg_temp%%' AND n.nspname NOT LIKE 'pg_toast%%'"""
    assert owner_connection.execute(query, (db.role_name(role),)).fetchall() == []  # type: ignore[arg-type]
    found = owner_connection.execute(
        "SELECT rolsuper OR rolbypassrls OR rolcreaterole OR rolcreatedb FROM pg_roles WHERE rolname = %s",
        (db.role_name(role),),  # type: ignore[arg-type]
    ).fetchone()
    assert found == (False,)


@pytest.mark.parametrize(
    "statement",
    [
        "DELETE FROM telemetry_position",
        "UPDATE telemetry_position SET lat_e7 = 0",
        "DELETE FROM telemetry_live",
        "INSERT INTO telemetry_device (organisation_id, name, kind, identifier, protocol, secret_hash, created_at) "
        "VALUES (1, 'x', 'vehicle', 'x', '', '', now())",
        "UPDATE telemetry_device SET secret_hash = ''",
        "SELECT * FROM accounts_account",
        "SELECT * FROM accounts_apitoken",
        "SELECT telemetry_forget_device(1)",
        "CREATE TABLE mine (x integer)",
        "DROP TABLE telemetry_position",
    ],
)
def test_the_gateway_adds_and_looks_up_and_nothing_else(ingest: psycopg.Connection[Any], statement: str) -> None:
    with pytest.raises(psycopg.errors.InsufficientPrivilege):
        ingest.execute(statement)
