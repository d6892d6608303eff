"""AT-22: the term runs from collection; a row that is touched, and what comes late, goes no later for it."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, time, timedelta
from typing import Any

import psycopg
import pytest

from allconnects.accounts.models import Organisation
from allconnects.kit import clock, db
from allconnects.places import parts
from allconnects.privacy.vault import open_vault
from allconnects.telemetry.store import sealing
from allconnects.telemetry.store.retention import longest
from allconnects.trips.jobs import drop_expired
from tests.privacy import canary
from tests.privacy.canary import Canary
from tests.telemetry.store.hot import HOUR, Yard, at

Raw = psycopg.Connection[Any]
DAY = 24 * HOUR


@pytest.fixture
def worker() -> Iterator[Raw]:
    """Speaks as the worker does."""
    with db.connect("worker", autocommit=True) as connection:
        yield connection


@pytest.fixture(autouse=True)
def own(yard: Yard) -> Iterator[None]:
    """What is sent here counts in no other test's leaves."""
    yield
    yard.owner.execute("DELETE FROM telemetry_position WHERE organisation_id = %s", (yard.organisation,))


def noon(days: int) -> int:
    """Noon (UTC) so many days ago, in ms."""
    day = clock.now().date() - timedelta(days=days)
    return int(datetime.combine(day, time(12), UTC).timestamp() * 1000)


def test_a_position_that_is_touched_goes_with_the_day_on_which_it_came(yard: Yard, worker: Raw) -> None:
    kept, device = longest(worker, 60), yard.device()
    yard.send(device, at(noon(kept + 2)), received=noon(kept + 2))
    yard.send(device, at(noon(1)), received=noon(1))
    yard.owner.execute("UPDATE telemetry_position SET speed_kmh = 3 WHERE device_id = %s", (device.id,))

    before = clock.now().date() - timedelta(days=kept)
    worker.execute("SELECT telemetry_drop_partitions(%s)", (before,))

    assert yard.times(device) == [noon(1)]


def test_what_comes_late_for_a_day_that_is_over_is_not_kept(yard: Yard, worker: Raw) -> None:
    kept, device = longest(worker, 60), yard.device()
    late, today = noon(kept + 3), noon(5)
    yard.send(device, at(late), at(today), received=today)

    day = datetime.fromtimestamp(today / 1000, UTC)
    worker.execute("DELETE FROM telemetry_unsealed")
    worker.execute("UPDATE telemetry_seal_progress SET looked_to = %s", (day - timedelta(hours=12),))
    sealing.seal_round(worker, open_vault(), timedelta(hours=6), kept)

    rows = yard.owner.execute("SELECT day FROM telemetry_segment WHERE device_id = %s", (device.id,)).fetchall()
    assert [row[0] for row in rows] == [day.date()]


def test_trips_and_visits_that_are_touched_go_with_their_week(
    owner_connection: Raw, organisation: Organisation, worker: Raw, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(canary, "NOW", clock.now() - timedelta(days=366))
    old = Canary(owner_connection, organisation.pk)
    old.begin()
    old.row("trips_trip")
    old.row("places_visit")
    owner_connection.execute("UPDATE trips_trip SET changed = true, computed_at = now() WHERE organisation_id = %s",
                             (organisation.pk,))  # fmt: skip
    owner_connection.execute("UPDATE places_visit SET fixes = 7 WHERE organisation_id = %s", (organisation.pk,))

    assert drop_expired(worker, 365)
    assert parts.drop_expired(worker, 365)

    for table in ("trips_trip", "places_visit"):
        row = owner_connection.execute(f"SELECT count(*) FROM {table} WHERE organisation_id = %s".encode(),
                                       (organisation.pk,)).fetchone()  # fmt: skip
        assert row == (0,), table


def test_a_stay_that_goes_on_keeps_its_beginning(
    owner_connection: Raw, organisation: Organisation, worker: Raw, monkeypatch: pytest.MonkeyPatch
) -> None:
    began = clock.now().replace(microsecond=0) - timedelta(days=370)
    monkeypatch.setattr(canary, "NOW", began)
    old = Canary(owner_connection, organisation.pk)
    old.begin()
    old.row("places_visit")
    owner_connection.execute("UPDATE places_visit SET leave = now(), after = NULL WHERE organisation_id = %s",
                             (organisation.pk,))  # fmt: skip

    assert parts.drop_expired(worker, 365)

    rows = owner_connection.execute("SELECT enter, tableoid::regclass::text FROM places_visit "
                                    "WHERE organisation_id = %s", (organisation.pk,)).fetchall()  # fmt: skip
    assert rows == [(old.rows["places_visit"]["enter"], "places_visit_rest")]
