"""What is withheld does not go with its leaf when its term is over; the others' rows do, and it goes once it may."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import UTC, date, datetime, time, timedelta
from typing import Any, NamedTuple
from uuid import UUID

import psycopg
import pytest
from django.db import OperationalError, connection

from allconnects.accounts.models import Organisation
from allconnects.accounts.tenancy import speaking_for
from allconnects.kit import clock, db
from allconnects.kit.errors import Withheld
from allconnects.places import parts
from allconnects.places import services as places
from allconnects.privacy.erasure import holds
from allconnects.privacy.subjects import Subject
from allconnects.privacy.vault import Vault
from allconnects.privacy.vault.service import from_settings
from allconnects.telemetry import services as telemetry
from allconnects.telemetry.keeping import services
from allconnects.telemetry.store.retention import drop_leaf, drop_segments, drop_shorter, longest
from allconnects.telemetry.store.sealing import seal_day
from allconnects.trips import jobs
from tests.privacy import canary
from tests.privacy.canary import Canary
from tests.telemetry.store.hot import HOUR, Yard, at
from tests.telemetry.store.sealed import drives, forget_hot

Raw = psycopg.Connection[Any]
KEEP = 60


@pytest.fixture
def worker() -> Iterator[Raw]:
    """Speaks as the worker does."""
    with db.connect("worker", autocommit=True) as connection:
        yield connection


@pytest.fixture
def vault(database: None) -> Iterator[Vault]:
    """A vault of this process."""
    with from_settings() as made:
        yield made


@pytest.fixture(autouse=True)
def undecided(owner_connection: Raw, organisation: Organisation) -> Iterator[None]:
    """What an organisation decides here makes no other test's leaves go sooner or later."""
    yield
    for table in ("telemetry_keeping", "telemetry_keeping_progress"):
        owner_connection.execute(f"DELETE FROM {table} WHERE organisation_id = %s".encode(), (organisation.pk,))


class Shift(NamedTuple):
    """A day on which one had a device until noon (ms), and another from then on."""

    day: date
    noon: int
    device: int
    one: UUID
    other: UUID


def shift(yard: Yard, days: int) -> Shift:
    """A position of each, received at noon so many days ago."""
    device, day = yard.device(), clock.now().date() - timedelta(days=days)
    noon = int(datetime.combine(day, time(12), UTC).timestamp() * 1000)
    one, other = drives(yard, device.id, noon - HOUR, noon), drives(yard, device.id, noon, noon + HOUR)
    yard.send(device, at(noon - 1000), at(noon), received=noon)
    return Shift(day, noon, device.id, one, other)


def hold(organisation: int, who: UUID, *classes: str, meanwhile: Callable[[], object] | None = None) -> None:
    """``meanwhile``: what somebody else does before the hold is durable."""
    with speaking_for(organisation):
        review = clock.now().date() + timedelta(days=90)
        holds.hold(Subject(organisation, who), "claim 2026/12", review, 1, classes=classes)
        if meanwhile is not None:
            meanwhile()


def release(organisation: int, who: UUID) -> None:
    with speaking_for(organisation):
        holds.release(Subject(organisation, who), 1)


def subjects(yard: Yard, device: int) -> list[str]:
    rows = yard.owner.execute("SELECT subject FROM telemetry_segment WHERE device_id = %s ORDER BY day", (device,))
    return [row[0] for row in rows]


def hot(yard: Yard, device: int) -> list[int]:
    rows = yard.owner.execute(
        "SELECT (extract(epoch FROM fix_time) * 1000)::bigint FROM telemetry_position WHERE device_id = %s", (device,)
    )
    return [row[0] for row in rows]


def proof(owner: Raw, organisation: int) -> list[tuple[Any, ...]]:
    rows = owner.execute(
        "SELECT count, held, bytes > 0, length(digest) FROM telemetry_certificate "
        "WHERE organisation_id = %s ORDER BY id",
        (organisation,),
    )
    return rows.fetchall()


def there(owner: Raw, leaf: str) -> bool:
    row = owner.execute("SELECT to_regclass(%s) IS NOT NULL", (leaf,)).fetchone()
    return bool(row and row[0])


def test_positions(yard: Yard, worker: Raw) -> None:
    kept = longest(worker, KEEP)
    found = shift(yard, kept + 4)
    leaf, before = f"telemetry_position_{found.day:%Y%m%d}", clock.now().date() - timedelta(days=kept)

    def goes() -> None:
        with pytest.raises(psycopg.errors.LockNotAvailable):
            worker.execute("SELECT telemetry_drop_partitions(%s)", (before,))

    hold(yard.organisation, found.one, "raw_position", meanwhile=goes)
    hold(yard.organisation, found.other, "trip")

    for _ in range(2):
        gone = worker.execute("SELECT telemetry_drop_partitions(%s)", (before,)).fetchall()
        assert (leaf,) not in gone
        assert hot(yard, found.device) == [found.noon - 1000]
        assert proof(yard.owner, yard.organisation) == [(1, 1, True, 64)]

    release(yard.organisation, found.one)
    assert (leaf,) in worker.execute("SELECT telemetry_drop_partitions(%s)", (before,)).fetchall()
    assert not there(yard.owner, leaf)


def test_positions_that_could_not_be_sealed_in_time(yard: Yard, worker: Raw, vault: Vault) -> None:
    """Only what was in time when it came: late data of a day that is over are not kept for a hold either."""
    found, late = shift(yard, 25), yard.device()
    yard.owner.execute("DELETE FROM telemetry_unsealed")  # what other tests left waiting puts every drop off
    drives_late = drives(yard, late.id, found.noon - 9 * 24 * HOUR, found.noon - 8 * 24 * HOUR)
    yard.send(late, at(found.noon - 8 * 24 * HOUR - 1000), received=found.noon)
    leaf = f"telemetry_position_{found.day:%Y%m%d}"
    hold(yard.organisation, drives_late, "raw_position")
    hold(yard.organisation, found.one, "raw_position", meanwhile=lambda: drop_leaf(worker, vault, found.day, 5))

    assert not drop_leaf(worker, vault, found.day, 5)
    waiting = yard.owner.execute("SELECT FROM telemetry_unsealed WHERE device_id = %s", (found.device,)).fetchall()
    assert waiting == [], "other leaves do not wait for it"
    release(yard.organisation, found.one)
    assert drop_leaf(worker, vault, found.day, 5)
    assert not there(yard.owner, leaf)


@pytest.mark.parametrize("mode", ["held", "restricted"])
def test_segments(yard: Yard, worker: Raw, vault: Vault, mode: str) -> None:
    found = shift(yard, longest(worker, KEEP) + 5)
    seal_day(worker, vault, yard.organisation, found.device, found.day)
    forget_hot(yard, found.device)
    leaf, subject = f"telemetry_segment_{found.day:%Y%m%d}", Subject(yard.organisation, found.one)
    assert len(subjects(yard, found.device)) == 2
    if mode == "held":
        hold(yard.organisation, found.one, "raw_position")
    else:
        with speaking_for(yard.organisation):
            holds.restrict(subject, "needs them for a claim", 1)

    for _ in range(2):
        assert leaf not in drop_segments(worker, KEEP)
        assert subjects(yard, found.device) == [str(found.one)]
        assert proof(yard.owner, yard.organisation) == [(1, 1, True, 64)]

    with speaking_for(yard.organisation):
        if mode == "held":
            holds.release(subject, 1)
        else:
            holds.notify_lift(subject, 1)
            holds.lift(subject, 1)
    assert leaf in drop_segments(worker, KEEP)
    assert not there(yard.owner, leaf)


def test_segments_of_an_organisation_that_keeps_them_for_less_long(
    yard: Yard, organisation: Organisation, worker: Raw, vault: Vault
) -> None:
    days = [shift(yard, ago) for ago in (9, 7)]
    for found in days:
        seal_day(worker, vault, yard.organisation, found.device, found.day)
        forget_hot(yard, found.device)
    with speaking_for(yard.organisation):
        services.decide(organisation, None, 5)

    def goes() -> None:
        assert drop_shorter(worker, KEEP) == 0
        assert len(subjects(yard, days[0].device)) == 2, "nothing goes while somebody sets a hold"

    hold(yard.organisation, days[0].one, "raw_position", meanwhile=goes)

    for count in (2, 0):  # the second time what is held is there still, and is not counted
        assert drop_shorter(worker, KEEP) == count
        assert subjects(yard, days[0].device) == [str(days[0].one)]
        assert subjects(yard, days[1].device) == []
    assert [one[:2] for one in proof(yard.owner, yard.organisation)] == [(1, 1), (2, 0)]

    release(yard.organisation, days[0].one)
    assert drop_shorter(worker, KEEP) == 1
    assert subjects(yard, days[0].device) == []
    assert drop_shorter(worker, KEEP) == 0


@pytest.mark.parametrize("table", ["trips_trip", "trips_stop", "places_visit"])
def test_trips_stops_and_visits(
    owner_connection: Raw, organisation: Organisation, worker: Raw, monkeypatch: pytest.MonkeyPatch, table: str
) -> None:
    monkeypatch.setattr(canary, "NOW", clock.now() - timedelta(days=378))  # no other test's week
    people = [Canary(owner_connection, organisation.pk) for _ in range(2)]
    for one in people:
        one.begin()
        one.row(table)
    monday = canary.NOW.date() - timedelta(days=(canary.NOW - timedelta(minutes=5)).weekday())
    drop = parts.drop_expired if table == "places_visit" else jobs.drop_expired

    def left() -> list[Any]:
        query = f"SELECT person FROM {table} WHERE organisation_id = %s"
        return [row[0] for row in owner_connection.execute(query.encode(), (organisation.pk,))]

    def held() -> list[Any]:
        query = "SELECT held FROM telemetry_certificate WHERE leaf = %s AND held > 0"
        return owner_connection.execute(query, (f"{table}_{monday:%Y%m%d}",)).fetchall()

    assert sorted(left()) == sorted(one.person for one in people)
    before = len(held())
    hold(organisation.pk, people[0].person, "trip", meanwhile=lambda: drop(worker, 365))
    assert sorted(left()) == sorted(one.person for one in people), "nothing goes while somebody sets a hold"
    for _ in range(2):
        drop(worker, 365)
        assert left() == [people[0].person]
        assert held()[before:] == [(1,)]

    release(organisation.pk, people[0].person)
    for every in (parts.drop_expired, jobs.drop_expired):
        every(worker, 365)
    assert left() == []


def test_a_hold_waits_for_what_is_being_taken_away(yard: Yard, worker: Raw) -> None:
    """So it never counts from before something that went after it."""
    kept = longest(worker, KEEP)
    found, held = shift(yard, kept + 8), shift(yard, 3)
    hold(yard.organisation, held.one, "raw_position")

    def impatient() -> None:
        with connection.cursor() as cursor:
            cursor.execute("SET LOCAL lock_timeout = '200ms'")
        holds.hold(Subject(yard.organisation, found.one), "claim", clock.today() + timedelta(days=9), 1)

    with worker.transaction():
        before = clock.now().date() - timedelta(days=kept)
        worker.execute("SELECT telemetry_drop_partitions(%s)", (before,))
        with pytest.raises(OperationalError), speaking_for(yard.organisation):
            impatient()
    assert hot(yard, found.device) == []
    hold(yard.organisation, found.one, "raw_position")


@pytest.mark.parametrize("mode", ["held", "restricted"])
def test_a_device_or_a_place_with_rows_of_somebody_withheld_is_not_deleted(
    yard: Yard, owner_connection: Raw, organisation: Organisation, mode: str
) -> None:
    found, free = shift(yard, 3), yard.device()
    one = Canary(owner_connection, organisation.pk)
    one.begin()
    one.row("places_visit")
    row = owner_connection.execute("SELECT place_id FROM places_visit WHERE person = %s", (one.person,)).fetchone()
    assert row is not None
    for who in (found.one, one.person):
        with speaking_for(organisation.pk):
            if mode == "held":
                holds.hold(Subject(organisation.pk, who), "claim", clock.today() + timedelta(days=9), 1)
            else:
                holds.restrict(Subject(organisation.pk, who), "needs them for a claim", 1)

    for delete, number in ((telemetry.delete_device, found.device), (places.delete_place, row[0])):
        with pytest.raises(Withheld) as refused, speaking_for(organisation.pk):
            delete(number)
        assert str(who) not in refused.value.message
    with speaking_for(organisation.pk):
        telemetry.delete_device(free.id)
    assert len(hot(yard, found.device)) == 2

    for who in (found.one, one.person):
        with speaking_for(organisation.pk):
            if mode == "held":
                holds.release(Subject(organisation.pk, who), 1)
            else:
                holds.notify_lift(Subject(organisation.pk, who), 1)
                holds.lift(Subject(organisation.pk, who), 1)
    with speaking_for(organisation.pk):
        telemetry.delete_device(found.device)
        places.delete_place(row[0])
    assert hot(yard, found.device) == []
