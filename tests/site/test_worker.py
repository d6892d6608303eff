"""Scheduled work: leaves made ahead, old ones dropped whole, by one worker at a time."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import psycopg
import pytest

from allconnects.kit import clock, db
from allconnects.privacy.vault import VaultError
from allconnects.site import worker

Connection = psycopg.Connection[Any]


@pytest.fixture
def connection(database: None) -> Iterator[Connection]:
    """Speaks as the worker does."""
    with db.connect("worker", autocommit=True) as opened:
        yield opened


def leaves(connection: Connection) -> set[str]:
    """The partitions that hold positions."""
    rows = connection.execute(
        "SELECT c.relname FROM pg_inherits i JOIN pg_class c ON c.oid = i.inhrelid "
        "WHERE i.inhparent = 'telemetry_position'::regclass"
    )
    return {row[0] for row in rows}


def leaf(days_ago: int) -> str:
    return f"telemetry_position_{clock.now().date() - timedelta(days=days_ago):%Y%m%d}"


def make(connection: Connection, days_ago: int) -> str:
    """A partition of that day."""
    connection.execute("SELECT telemetry_make_partition(%s)", (clock.now().date() - timedelta(days=days_ago),))
    return leaf(days_ago)


def test_leaves_are_made_ahead(connection: Connection) -> None:
    worker.make_partitions(connection)
    worker.make_partitions(connection)
    assert {leaf(0), leaf(-1), leaf(-2)} <= leaves(connection)


def test_retention_drops_whole_leaves_and_no_others(connection: Connection) -> None:
    old, older, kept, today = (make(connection, days) for days in (61, 400, 60, 0))
    assert {old, older, kept, today} <= leaves(connection)
    gone = worker.drop_partitions(connection, 60)
    assert {old, older} <= set(gone)
    assert leaves(connection) & {old, older, kept, today} == {kept, today}


def test_today_and_yesterday_stay_whatever_is_asked(connection: Connection) -> None:
    yesterday, today = make(connection, 1), make(connection, 0)
    worker.drop_partitions(connection, 0)
    assert {yesterday, today} <= leaves(connection)
    with pytest.raises(psycopg.errors.RaiseException):
        connection.execute("SELECT telemetry_drop_partitions(current_date)")


def test_what_called_long_ago_is_forgotten(connection: Connection, owner_connection: Connection) -> None:
    owner_connection.execute(
        "INSERT INTO telemetry_unknowndevice (protocol, identifier, first_seen, last_seen, attempts) VALUES "
        "('gt06', 'long-ago', now() - interval '90 days', now() - interval '31 days', 3), "
        "('gt06', 'lately', now() - interval '90 days', now() - interval '29 days', 3)"
    )
    worker.forget_unknown(connection)
    rows = owner_connection.execute(
        "DELETE FROM telemetry_unknowndevice WHERE identifier IN ('long-ago', 'lately') RETURNING identifier"
    )
    assert [row[0] for row in rows] == ["lately"]


def test_two_workers_do_not_work_at_once(connection: Connection, monkeypatch: pytest.MonkeyPatch) -> None:
    done: list[int] = []
    monkeypatch.setattr(worker, "drop_partitions", lambda _connection, days: done.append(days))
    with db.connect("worker", autocommit=True) as other:
        other.execute("SELECT pg_advisory_lock(%s)", (worker._LOCK,))
        worker._round(connection, 60)
        assert done == []
    with db.connect("worker", autocommit=True) as again:
        worker._round(again, 60)
    assert done == [60]


def test_a_vault_that_does_not_answer_keeps_nothing_else_from_being_done(
    connection: Connection, monkeypatch: pytest.MonkeyPatch
) -> None:
    done: list[int] = []
    monkeypatch.setattr(worker, "drop_segments", lambda _connection, days: done.append(days))

    def away() -> None:
        raise VaultError("the root key is not there")

    monkeypatch.setattr(worker, "open_vault", away)
    worker._round(connection, 60)
    assert done == [60]


def test_a_leaf_in_use_is_not_waited_for(connection: Connection) -> None:
    old = make(connection, 300)
    with db.connect("owner") as other:
        other.execute(f"SELECT count(*) FROM {old}".encode())
        assert worker.drop_partitions(connection, 60) == []
        assert old in leaves(connection)
    assert old in worker.drop_partitions(connection, 60)
