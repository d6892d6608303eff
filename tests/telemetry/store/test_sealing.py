"""Sealing: every position once, whoever had the device, however it came, and what is due when."""

from __future__ import annotations

import itertools
import random
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import psycopg
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from prometheus_client import REGISTRY

from allconnects.kit import clock, config, db
from allconnects.kit.errors import ConfigError
from allconnects.privacy.vault import KeyRestricted, Vault, person
from allconnects.privacy.vault.service import from_settings
from allconnects.telemetry.codecs.base import Position
from allconnects.telemetry.gateway.directory import DeviceRef
from allconnects.telemetry.store import sealing
from allconnects.telemetry.store.sealing import DayOf, Outcome, seal_day
from allconnects.telemetry.store.segment.positions import KINDS, Positions
from tests.telemetry.store.hot import HOUR, NOON, Yard, at
from tests.telemetry.store.sealed import day_of, drives, forget_hot, moment, read, sealed, stored

DAY = day_of(NOON)
QUIET = timedelta(hours=6)


@pytest.fixture
def vault(database: None) -> Iterator[Vault]:
    """A vault of this process."""
    with from_settings() as made:
        yield made


@pytest.fixture
def worker(database: None) -> Iterator[psycopg.Connection[Any]]:
    """Speaks as the worker does."""
    with db.connect("worker", autocommit=True) as connection:
        yield connection


def seal(worker: psycopg.Connection[Any], vault: Vault, device: DeviceRef) -> Outcome:
    return seal_day(worker, vault, device.organisation, device.id, DAY)


def values(positions: Positions) -> list[tuple[Any, ...]]:
    """Every column but the time of receipt, which is not part of a position; NaN as text."""
    names = [name for name in KINDS if name != "received_ms"]
    columns = [getattr(positions, name).tolist() for name in names]
    return [tuple(map(str, row)) for row in zip(*columns, [bytes(blob) for blob in positions.blobs], strict=True)]


def test_a_sealed_day_holds_what_the_hot_rows_held(yard: Yard, worker: psycopg.Connection[Any], vault: Vault) -> None:
    device = yard.device()
    yard.send(device, *[at(NOON + n * 1000, speed=n / 2, odometer=n * 7, ignition=n > 3) for n in range(20)])
    before = read(yard, vault, device.id, NOON)
    assert seal(worker, vault, device) == Outcome(20, 1, 0)
    both = read(yard, vault, device.id, NOON)
    forget_hot(yard, device.id)
    after = read(yard, vault, device.id, NOON)
    for name in ("time_ms", "lat_e7", "lon_e7", "speed_kmh", "course_deg"):
        expected = getattr(before, name)
        assert len(expected) == 20
        assert getattr(both, name).tobytes() == getattr(after, name).tobytes() == expected.tobytes()


def test_nothing_in_the_database_shows_a_place(yard: Yard, worker: psycopg.Connection[Any], vault: Vault) -> None:
    device = yard.device()
    yard.send(device, *[at(NOON, lat=50.8)] * 1)
    seal(worker, vault, device)
    ((_, data),) = stored(yard, device.id).values()
    assert (508_000_000).to_bytes(4, "little") not in data
    assert (508_000_000).to_bytes(4, "big") not in data


def test_sealing_again_changes_nothing_and_late_rows_are_added(
    yard: Yard, worker: psycopg.Connection[Any], vault: Vault
) -> None:
    device = yard.device()
    yard.send(device, *[at(NOON + n * 1000) for n in range(5)])
    seal(worker, vault, device)
    first = stored(yard, device.id)
    assert seal(worker, vault, device) == Outcome(5, 0, 0)
    assert stored(yard, device.id) == first
    forget_hot(yard, device.id)
    yard.send(device, at(NOON - 5000), at(NOON), received=NOON + HOUR)
    assert seal(worker, vault, device) == Outcome(6, 1, 0)
    assert sealed(yard, vault, device.id, DAY)[""].time_ms.tolist() == [NOON - 5000] + [
        NOON + n * 1000 for n in range(5)
    ]
    assert [generation for generation, _ in stored(yard, device.id).values()] == [2]


POSITIONS = [at(NOON + n // 2 * 60_000, speed=float(n), event=n % 3) for n in range(14)] + [
    at(NOON, lat=None, note="x")
]


@settings(max_examples=12, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    order=st.lists(st.sampled_from(range(len(POSITIONS))), max_size=25),
    cuts=st.sets(st.integers(1, 38), max_size=4),
    seals=st.sets(st.integers(0, 4)),
    drops=st.sets(st.integers(0, 4)),
    seed=st.integers(0, 1000),
)
def test_order_duplicates_and_batches_do_not_matter(
    yard: Yard, worker: psycopg.Connection[Any], vault: Vault,
    order: list[int], cuts: set[int], seals: set[int], drops: set[int], seed: int,
) -> None:  # fmt: skip
    """Each position at least once, some again, sealed in between or not, and hot rows gone in between or not."""
    device, plain = yard.device(), yard.device()
    for one in (device, plain):
        drives(yard, one.id, NOON + 120_000, NOON + 240_000)
    everything = order + list(range(len(POSITIONS)))
    random.Random(seed).shuffle(everything)
    edges = [0, *sorted(cut for cut in cuts if cut < len(everything)), len(everything)]
    for step, (start, end) in enumerate(itertools.pairwise(edges)):
        yard.send(device, *[POSITIONS[n] for n in everything[start:end]], received=NOON + HOUR + step)
        if step in seals:
            seal(worker, vault, device)
            if step in drops:
                forget_hot(yard, device.id)
    yard.send(plain, *POSITIONS, received=NOON + HOUR)
    for one in (device, plain):
        seal(worker, vault, one)
    found, expected = (sealed(yard, vault, one.id, DAY) for one in (device, plain))
    assert sorted(map(values, found.values())) == sorted(map(values, expected.values()))
    assert sum(map(len, expected.values())) == len(POSITIONS)
    assert len(expected) == 2


def test_a_day_is_a_day_in_brussels(yard: Yard, worker: psycopg.Connection[Any], vault: Vault) -> None:
    device = yard.device()
    midnight = NOON + 10 * HOUR
    yard.send(device, at(midnight - 1), at(midnight), received=NOON + 11 * HOUR)
    for day in (DAY, DAY + timedelta(days=1)):
        seal_day(worker, vault, device.organisation, device.id, day)
    assert sealed(yard, vault, device.id, DAY)[""].time_ms.tolist() == [midnight - 1]
    assert sealed(yard, vault, device.id, DAY + timedelta(days=1))[""].time_ms.tolist() == [midnight]


def test_a_clock_far_ahead_is_filed_under_the_day_of_receipt(
    yard: Yard, worker: psycopg.Connection[Any], vault: Vault
) -> None:
    device = yard.device()
    yard.send(device, at(NOON), at(NOON + 40 * 24 * HOUR))
    seal(worker, vault, device)
    forget_hot(yard, device.id)
    assert len(sealed(yard, vault, device.id, DAY)[""]) == 2
    assert read(yard, vault, device.id, NOON).time_ms.tolist() == [NOON]


def two_drivers(yard: Yard) -> tuple[DeviceRef, Any, Any]:
    device = yard.device()
    one = drives(yard, device.id, NOON, NOON + HOUR)
    other = drives(yard, device.id, NOON + HOUR, NOON + 2 * HOUR)
    yard.send(device, *[at(NOON + n * HOUR // 4, speed=float(n)) for n in range(-2, 10)], received=NOON + 3 * HOUR)
    return device, one, other


def test_one_driver_goes_and_the_other_stays(yard: Yard, worker: psycopg.Connection[Any], vault: Vault) -> None:
    device, one, other = two_drivers(yard)
    assert seal(worker, vault, device) == Outcome(12, 3, 0)
    before, plain = stored(yard, device.id), sealed(yard, vault, device.id, DAY)
    vault.destroy(yard.organisation, person(one), who="process:test", reason="test")
    left = sealed(yard, vault, device.id, DAY)
    assert set(left) == {"", str(other)}
    assert all(values(left[name]) == values(plain[name]) for name in left)
    times = [NOON + n * HOUR // 4 for n in (-2, -1, 4, 5, 6, 7, 8, 9)]
    assert read(yard, vault, device.id, NOON).time_ms.tolist() == times, "hot rows of the first one are not shown"
    assert seal(worker, vault, device) == Outcome(8, 0, 1), "sealing again removes what cannot be read"
    after = stored(yard, device.id)
    assert after == {name: row for name, row in before.items() if not name.startswith(str(one))}
    forget_hot(yard, device.id)
    assert read(yard, vault, device.id, NOON).time_ms.tolist() == times


def test_a_corrected_occupancy_cuts_the_day_anew(yard: Yard, worker: psycopg.Connection[Any], vault: Vault) -> None:
    device, one, other = two_drivers(yard)
    seal(worker, vault, device)
    forget_hot(yard, device.id)
    yard.owner.execute("DELETE FROM telemetry_occupancy WHERE person = %s", (one,))
    assert DayOf(device.organisation, device.id, DAY) in sealing.due(worker, QUIET)
    assert seal(worker, vault, device) == Outcome(12, 1, 1)
    assert {name: len(part) for name, part in sealed(yard, vault, device.id, DAY).items()} == {"": 8, str(other): 4}
    assert DayOf(device.organisation, device.id, DAY) not in sealing.due(worker, QUIET)


def test_nobody_has_a_device_twice_at_once(yard: Yard) -> None:
    device, other = yard.device(), yard.device()
    drives(yard, device.id, NOON, None)
    drives(yard, other.id, NOON, NOON + 1)
    drives(yard, device.id, NOON - 5, NOON)
    with pytest.raises(psycopg.errors.ExclusionViolation):
        drives(yard, device.id, NOON + HOUR, NOON + 2 * HOUR)
    with pytest.raises(psycopg.errors.CheckViolation):
        drives(yard, other.id, NOON - 5, NOON - 5)


def test_restricted_data_are_sealed_and_not_read(yard: Yard, worker: psycopg.Connection[Any], vault: Vault) -> None:
    device, one, _ = two_drivers(yard)
    vault.set_state(yard.organisation, person(one), "restricted", who="process:test", reason="test")
    with pytest.raises(KeyRestricted):
        read(yard, vault, device.id, NOON)
    assert seal(worker, vault, device) == Outcome(12, 3, 0)
    forget_hot(yard, device.id)
    with pytest.raises(KeyRestricted):
        read(yard, vault, device.id, NOON)
    assert len(read(yard, vault, device.id, NOON, purpose="legal_claims")) == 12


def test_what_is_due_when(yard: Yard, worker: psycopg.Connection[Any]) -> None:
    """Found by looking at new rows only; due when the day is over and quiet, or has waited for a day."""
    device = yard.device()
    one = DayOf(device.organisation, device.id, DAY)
    worker.execute("UPDATE telemetry_seal_progress SET looked_to = %s", (moment(NOON - HOUR),))
    yard.send(device, at(NOON), at(NOON + 1000))
    for after_h, expected in ((1, False), (8, False), (13, True), (25, True)):
        with clock.at(moment(NOON + after_h * HOUR)):
            sealing.look(worker)
            assert (one in sealing.due(worker, QUIET)) is expected, after_h
    yard.send(device, at(NOON + 2000), received=NOON + 20 * HOUR)
    with clock.at(moment(NOON + 21 * HOUR)):
        worker.execute("UPDATE telemetry_seal_progress SET looked_to = %s", (moment(NOON + HOUR),))
        sealing.look(worker)
        assert one not in sealing.due(worker, QUIET), "not quiet"
    rows = yard.owner.execute("SELECT count FROM telemetry_unsealed WHERE device_id = %s", (device.id,)).fetchall()
    assert rows == [(3,)]


def test_a_round_seals_what_is_due_and_a_bad_day_holds_up_no_other(
    yard: Yard, worker: psycopg.Connection[Any], vault: Vault, monkeypatch: pytest.MonkeyPatch
) -> None:
    good, bad = yard.device(), yard.device()
    worker.execute("UPDATE telemetry_seal_progress SET looked_to = %s", (moment(NOON - HOUR),))
    for device in (bad, good):
        yard.send(device, at(NOON))
    real = sealing.seal_day

    def failing(connection: Any, keys: Vault, organisation: int, device: int, day: Any) -> Outcome:
        if device == bad.id:
            raise psycopg.errors.DataError("damaged")
        return real(connection, keys, organisation, device, day)

    monkeypatch.setattr(sealing, "seal_day", failing)
    with clock.at(moment(NOON + 30 * HOUR)):
        assert sealing.seal_round(worker, vault, QUIET, 60) >= 1
        assert stored(yard, good.id)
        assert not stored(yard, bad.id)
        assert DayOf(bad.organisation, bad.id, DAY) not in sealing.due(worker, QUIET)
    monkeypatch.undo()
    with clock.at(moment(NOON + 31 * HOUR)):
        sealing.seal_round(worker, vault, QUIET, 60)
        assert stored(yard, bad.id)


def test_the_lag_is_told(yard: Yard, worker: psycopg.Connection[Any]) -> None:
    device = yard.device()
    worker.execute("DELETE FROM telemetry_unsealed")
    sealing.measure(worker)
    assert (value("allconnects_seal_lag_seconds"), value("allconnects_seal_waiting_rows")) == (0, 0)
    worker.execute("UPDATE telemetry_seal_progress SET looked_to = %s", (moment(NOON - 1),))
    yard.send(device, at(NOON), at(NOON + 1000))
    with clock.at(moment(NOON + HOUR)):
        sealing.look(worker)
        sealing.measure(worker)
    assert value("allconnects_seal_lag_seconds") == 3600
    assert (value("allconnects_seal_waiting_rows") or 0) >= 2


def value(name: str) -> float | None:
    return REGISTRY.get_sample_value(name)


@pytest.mark.parametrize("text", ["0", "25", "-1", "six", ""])
def test_how_long_is_quiet_is_bounded(text: str) -> None:
    with pytest.raises(ConfigError, match="ALLCONNECTS_SEAL_AFTER_HOURS must be a number of hours from 1 to 24"):
        config.load({"ALLCONNECTS_SEAL_AFTER_HOURS": text})


def test_a_device_that_goes_takes_its_segments_along(yard: Yard, worker: psycopg.Connection[Any], vault: Vault) -> None:
    device, _, _ = two_drivers(yard)
    seal(worker, vault, device)
    yard.owner.execute("DELETE FROM telemetry_device WHERE id = %s", (device.id,))
    assert stored(yard, device.id) == {}
    assert seal(worker, vault, device) == Outcome(0, 0, 0), "its hot rows are sealed for nobody"
    forget_hot(yard, device.id)


def test_another_organisation_reads_nothing(
    yard: Yard, other_organisation: Any, worker: psycopg.Connection[Any], vault: Vault
) -> None:
    device = yard.device()
    yard.send(device, at(NOON))
    seal(worker, vault, device)
    neighbour = Yard(yard.owner, other_organisation.pk, yard.conninfo)
    assert len(read(neighbour, vault, device.id, NOON)) == 0


def fixes(count: int) -> list[Position]:
    return [at(NOON + n * 1000) for n in range(count)]


def test_the_reader_keeps_to_its_window(yard: Yard, worker: psycopg.Connection[Any], vault: Vault) -> None:
    from allconnects.accounts.tenancy import speak_for
    from allconnects.telemetry.store.reader import track

    device = yard.device()
    yard.send(device, *fixes(10))
    seal(worker, vault, device)
    for gone in (False, True):
        if gone:
            forget_hot(yard, device.id)
        with psycopg.connect(db.conninfo("web")) as connection, connection.cursor() as cursor:
            speak_for(cursor, yard.organisation)
            for first, end in ((2, 5), (5, 5), (5, 2), (9, 30)):
                window = moment(NOON + first * 1000), moment(NOON + end * 1000)
                found = track(cursor, yard.organisation, device.id, *window, vault=vault)
                assert found.time_ms.tolist() == [NOON + n * 1000 for n in range(first, min(end, 10))]


@pytest.mark.parametrize(
    "statement", ["INSERT INTO telemetry_unsealed DEFAULT VALUES", "DELETE FROM telemetry_segment"]
)
def test_pages_change_no_segment(yard: Yard, statement: str) -> None:
    with psycopg.connect(db.conninfo("web")) as connection:
        connection.execute(f"SET app.organisation = {yard.organisation}".encode())
        with pytest.raises(psycopg.errors.InsufficientPrivilege):
            connection.execute(statement.encode())
