"""What goes goes whole, with a certificate, and a hot leaf only when nothing in it is missing from the segments."""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from datetime import UTC, date, datetime, time, timedelta
from typing import Any

import psycopg
import pytest

from allconnects.kit import clock, db
from allconnects.privacy.vault import Vault, person
from allconnects.privacy.vault.service import from_settings
from allconnects.telemetry.store import sealing
from allconnects.telemetry.store.retention import drop_leaf, drop_segments
from allconnects.telemetry.store.sealing import DayOf, seal_day
from tests.telemetry.store.hot import HOUR, Yard, at
from tests.telemetry.store.sealed import day_of, drives, read, stored

Connection = psycopg.Connection[Any]
KEEP = 60
_days = itertools.count(33)


@pytest.fixture
def vault(database: None) -> Iterator[Vault]:
    """A vault of this process."""
    with from_settings() as made:
        yield made


@pytest.fixture
def worker(database: None) -> Iterator[Connection]:
    """Speaks as the worker does; nothing else waits to be sealed."""
    with db.connect("worker", autocommit=True) as connection:
        connection.execute("DELETE FROM telemetry_unsealed")
        yield connection


@pytest.fixture
def leaf(owner_connection: Connection) -> date:
    """A day of receipt that no other test here uses, without what tests elsewhere left on it."""
    day = clock.now().date() - timedelta(days=next(_days))
    if there(owner_connection, hot(day)):
        owner_connection.execute(f"DELETE FROM {hot(day)}".encode())
    owner_connection.execute("DELETE FROM telemetry_certificate WHERE leaf = %s", (hot(day),))
    return day


def noon(leaf: date) -> int:
    return int(datetime.combine(leaf, time(12), UTC).timestamp() * 1000)


def there(owner: Connection, name: str) -> bool:
    row = owner.execute("SELECT to_regclass(%s) IS NOT NULL", (name,)).fetchone()
    return bool(row and row[0])


def hot(leaf: date) -> str:
    return f"telemetry_position_{leaf:%Y%m%d}"


def certificates(worker: Connection, leaf: str) -> list[tuple[Any, ...]]:
    rows = worker.execute(
        "SELECT dataset, reason, count, first_day, end_day, length(digest), bytes > 0 "
        "FROM telemetry_certificate WHERE leaf = %s AND organisation_id IS NULL",
        (leaf,),
    )
    return rows.fetchall()


def test_a_sealed_leaf_goes_and_all_of_it_is_still_read(
    yard: Yard, worker: Connection, vault: Vault, leaf: date
) -> None:
    device, at_noon = yard.device(), noon(leaf)
    yard.send(device, *[at(at_noon - n * 5 * HOUR) for n in range(8)], received=at_noon)
    before = read(yard, vault, device.id, at_noon).time_ms.tolist()
    for day in {day_of(at_noon - n * 5 * HOUR) for n in range(8)}:
        seal_day(worker, vault, device.organisation, device.id, day)
    assert drop_leaf(worker, vault, leaf, KEEP)
    assert not there(yard.owner, hot(leaf))
    assert read(yard, vault, device.id, at_noon).time_ms.tolist() == before
    assert len(before) == 8
    following = leaf + timedelta(days=1)
    assert certificates(worker, hot(leaf)) == [("telemetry_position", "sealed", 8, leaf, following, 64, True)]


def test_a_leaf_with_one_row_that_is_not_sealed_stays_until_it_is(
    yard: Yard, worker: Connection, vault: Vault, leaf: date
) -> None:
    device, at_noon = yard.device(), noon(leaf)
    one = DayOf(device.organisation, device.id, leaf)
    yard.send(device, at(at_noon), received=at_noon)
    seal_day(worker, vault, device.organisation, device.id, leaf)
    yard.send(device, at(at_noon, event=1), received=at_noon)
    assert not drop_leaf(worker, vault, leaf, KEEP)
    assert there(yard.owner, hot(leaf))
    assert certificates(worker, hot(leaf)) == []
    assert one in sealing.due(worker, timedelta(hours=6)), "what is missing is sealed next"
    assert not drop_leaf(worker, vault, leaf, KEEP)
    seal_day(worker, vault, device.organisation, device.id, leaf)
    assert drop_leaf(worker, vault, leaf, KEEP)
    assert len(read(yard, vault, device.id, at_noon)) == 2


def test_what_a_destroyed_key_would_have_sealed_holds_up_no_leaf(
    yard: Yard, worker: Connection, vault: Vault, leaf: date
) -> None:
    device, at_noon = yard.device(), noon(leaf)
    who = drives(yard, device.id, at_noon, None)
    yard.send(device, at(at_noon - 1000), at(at_noon), received=at_noon)
    seal_day(worker, vault, device.organisation, device.id, leaf)
    vault.destroy(yard.organisation, person(who), who="process:test", reason="test")
    assert drop_leaf(worker, vault, leaf, KEEP)
    assert read(yard, vault, device.id, at_noon).time_ms.tolist() == [at_noon - 1000]


def test_somebody_who_reads_or_writes_is_not_waited_for(
    yard: Yard, worker: Connection, vault: Vault, leaf: date
) -> None:
    """The leaf stays for now: a wait for its lock would hold up all who come behind."""
    device, at_noon = yard.device(), noon(leaf)
    yard.send(device, at(at_noon), received=at_noon)
    seal_day(worker, vault, device.organisation, device.id, leaf)
    for statement in ("SELECT 1 FROM telemetry_position LIMIT 1", f"LOCK TABLE {hot(leaf)} IN ROW EXCLUSIVE MODE"):
        with db.connect("owner") as other:
            other.execute(statement.encode())
            assert not drop_leaf(worker, vault, leaf, KEEP)
    assert drop_leaf(worker, vault, leaf, KEEP)


def test_ingest_goes_on_while_a_leaf_is_compared(yard: Yard, worker: Connection, vault: Vault, leaf: date) -> None:
    device, other = yard.device(), yard.device()
    yard.send(device, at(noon(leaf)), received=noon(leaf))
    today = clock.now_ms()
    writer = yard.writer()
    writer.connection().execute("SET lock_timeout = '2s'")
    with worker.transaction():
        worker.execute("SELECT telemetry_hold_positions(%s)", (leaf,))
        yard.send(other, at(today - 1000), received=today, writer=writer)
        yard.send(other, at(today - 2000), at(today - 1000), received=today, writer=writer)
        with pytest.raises(psycopg.errors.LockNotAvailable):
            yard.send(device, at(noon(leaf) + 1), received=noon(leaf), writer=writer)
    assert yard.times(other) == [today - 2000, today - 1000]


def test_the_last_two_days_stay_whatever_is_asked(yard: Yard, worker: Connection, vault: Vault) -> None:
    yard.owner.execute("DELETE FROM telemetry_unsealed")  # what other tests left waiting puts every drop off
    for days in (0, 1):
        with pytest.raises(psycopg.errors.RaiseException):
            drop_leaf(worker, vault, clock.now().date() - timedelta(days=days), KEEP)
        day = clock.now().date() - timedelta(days=days)
        with pytest.raises(psycopg.errors.RaiseException):
            worker.execute("SELECT telemetry_drop_sealed_positions(%s)", (day,))


def test_segments_beyond_retention_go_with_a_certificate(
    yard: Yard, worker: Connection, vault: Vault
) -> None:  # fmt: skip
    device = yard.device()
    today = clock.now().date()
    days = {back: today - timedelta(days=back) for back in (70, 59)}
    for day in days.values():
        yard.send(device, at(noon(day)), received=noon(day))
        seal_day(worker, vault, device.organisation, device.id, day)
    gone = drop_segments(worker, KEEP)
    old, kept = (f"telemetry_segment_{days[back]:%Y%m%d}" for back in (70, 59))
    assert old in gone
    assert kept not in gone
    assert [name.split(" ")[1] for name in stored(yard, device.id)] == [str(days[59])]
    ((dataset, reason, count, first, end, digest, _),) = certificates(worker, old)
    assert (dataset, reason, first, end, digest) == (
        "telemetry_segment", "retention", days[70], days[70] + timedelta(days=1), 64,
    )  # fmt: skip
    assert count >= 1


def test_days_beyond_retention_are_not_sealed(yard: Yard, worker: Connection, vault: Vault, leaf: date) -> None:
    """A device that sends what it kept for longer than anybody may keep it."""
    device, at_noon = yard.device(), noon(leaf)
    yard.send(device, at(at_noon - 90 * 24 * HOUR), at(at_noon), received=at_noon)
    worker.execute("UPDATE telemetry_seal_progress SET looked_to = %s", (datetime.combine(leaf, time(), UTC),))
    sealing.seal_round(worker, vault, timedelta(hours=6), KEEP)
    assert [name.split(" ")[1] for name in stored(yard, device.id)] == [str(leaf)]
    worker.execute("DELETE FROM telemetry_unsealed")
    seals_all(worker, vault, leaf)
    assert drop_leaf(worker, vault, leaf, KEEP)


def seals_all(worker: Connection, vault: Vault, leaf: date) -> None:
    """Whatever other tests left in the leaf."""
    rows = worker.execute(
        "SELECT DISTINCT organisation_id, device_id FROM telemetry_position WHERE received_at::date = %s", (leaf,)
    ).fetchall()
    for organisation, device in rows:
        seal_day(worker, vault, organisation, device, leaf)
