"""What people correct: with a reason, beside the original, and still there after late data."""

from __future__ import annotations

from datetime import timedelta
from typing import Any
from uuid import uuid4

import pytest

from allconnects.kit import clock
from allconnects.kit.errors import InvalidInput, NotFound
from allconnects.telemetry.gateway.directory import DeviceRef
from allconnects.trips import services
from allconnects.trips.stored import Change, StoredTrip
from tests.telemetry.store.sealed import drives
from tests.trips.store.yard import START, Trips, journey, speaking

HOUR = timedelta(hours=1)
NOW = START + 8 * HOUR
WHY = {"reason": "the driver said so", "who": "token:1"}


def two_trips(trips: Trips) -> tuple[DeviceRef, list[list[float]]]:
    """10 km, an hour of rest, 6 km; computed."""
    device = trips.yard.device()
    made = journey().fix().park(1800)
    for metres, course in ((10_000, 0), (6_000, 180)):
        made.wait(20).fix(on=True).wait(20).drive(metres, course_deg=course).wait(20).fix(on=False).park(3600)
    trips.send(device, made.rows)
    trips.compute(device, NOW)
    return device, made.rows


def shown(trips: Trips, device: DeviceRef) -> list[StoredTrip]:
    with speaking(trips.yard.organisation):
        return services.trips_between(trips.yard.organisation, START, NOW, device=device.id)


def do(trips: Trips, what: Any, *args: Any, **more: Any) -> Any:
    with clock.at(NOW), speaking(trips.yard.organisation):
        return what(trips.yard.organisation, *args, **{**WHY, **more})


def originals(trips: Trips, one: StoredTrip) -> list[StoredTrip]:
    with speaking(trips.yard.organisation):
        return services.originals_of(trips.yard.organisation, one)


def states(trips: Trips, device: DeviceRef) -> list[tuple[str, str]]:
    with speaking(trips.yard.organisation):
        found = services.corrections_between(trips.yard.organisation, device.id, START, NOW)
    return [(one.kind, one.state) for one in found]


def test_merge_and_undo(trips: Trips) -> None:
    device, _ = two_trips(trips)
    before = shown(trips, device)
    one = do(trips, services.merge, [trip.id for trip in before])
    assert one.id == before[0].id
    assert (one.start, one.end, one.distance_m) == (before[0].start, before[1].end, 16_000)
    assert one.moving_s == sum(trip.moving_s for trip in before)
    assert round(one.idle_s + one.moving_s - one.duration_s, 6) == 0
    assert [trip.distance_m for trip in originals(trips, one)] == [10_000, 6_000]
    assert [decision.rule for decision in one.why.within] == ["merged"]
    with speaking(trips.yard.organisation):
        stops = services.stops_between(trips.yard.organisation, START, NOW, device=device.id)
    assert len(stops) == 2
    assert do(trips, services.undo, one.corrections[0]) == before
    assert trips.trips(device, "shown") == [(True,), (True,)]
    assert states(trips, device) == [("undo", "applied"), ("merge", "undone")]
    with pytest.raises(InvalidInput):
        do(trips, services.undo, one.corrections[0])


def test_split_adds_up_to_what_it_was(trips: Trips) -> None:
    device, _ = two_trips(trips)
    first = shown(trips, device)[0]
    parts = do(trips, services.split, first.id, first.start + first.duration_s / 2 * timedelta(seconds=1))
    assert [(part.why.start.rule, part.why.end.rule) for part in parts] == [
        ("ignition_on", "split"), ("split", "ignition_off"),
    ]  # fmt: skip
    assert abs(sum(part.distance_m for part in parts) - first.distance_m) < 1
    assert parts[0].end == parts[1].start
    assert parts[0].id == first.id or parts[1].id == first.id
    assert [trip.distance_m for trip in originals(trips, parts[0])] == [first.distance_m]
    with pytest.raises(InvalidInput):
        do(trips, services.split, parts[0].id, parts[1].end)


def test_correct_keeps_what_was_computed(trips: Trips) -> None:
    device, _ = two_trips(trips)
    first, second = shown(trips, device)
    person = uuid4()
    change = Change(distance_m=9_500.0, end_place="Yard", person=person, purpose="business")
    one = do(trips, services.correct, first.id, change)
    assert (one.id, one.distance_m, one.distance_why, one.end_place) == (first.id, 9_500, "corrected", "Yard")
    assert (one.person, one.purpose, one.computed, one.changed) == (person, "business", False, False)
    (was,) = originals(trips, one)
    assert (was.distance_m, was.person, was.shown) == (10_000, None, False)
    again = do(trips, services.correct, first.id, Change(nobody=True))
    assert (again.person, again.distance_m, len(again.corrections)) == (None, 9_500, 2)
    assert shown(trips, device)[1] == second


def test_a_reason_is_needed_and_nothing_is_half_done(trips: Trips) -> None:
    device, _ = two_trips(trips)
    before = shown(trips, device)
    with pytest.raises(InvalidInput):
        do(trips, services.merge, [trip.id for trip in before], reason=" - ")
    with pytest.raises(InvalidInput):
        do(trips, services.correct, before[0].id, Change())
    with pytest.raises(InvalidInput):
        do(trips, services.merge, [before[0].id])
    with pytest.raises(NotFound):
        do(trips, services.correct, 2**62, Change(purpose="private"))
    assert shown(trips, device) == before
    assert states(trips, device) == []


def test_corrections_survive_late_data(trips: Trips) -> None:
    """The first trip was known in part only; people corrected and merged; then the rest of the day comes."""
    device = trips.yard.device()
    made = journey().fix().park(1800)
    for metres, course in ((10_000, 0), (6_000, 180)):
        made.wait(20).fix(on=True).wait(20).drive(metres, course_deg=course).wait(20).fix(on=False).park(3600)
    late = made.rows[60:75]
    trips.send(device, made.rows[:60] + made.rows[75:])
    trips.compute(device, NOW)
    first, second = shown(trips, device)
    do(trips, services.correct, second.id, Change(purpose="private", distance_m=6_100.0))
    do(trips, services.correct, first.id, Change(start_place="Depot"))
    trips.send(device, late, received=START + 7 * HOUR)
    trips.compute(device, NOW)
    after = shown(trips, device)
    assert [(one.start_place, one.purpose, one.purpose_by, one.distance_m) for one in after] == [
        ("Depot", "", "", 10_000), ("", "private", "manager", 6_100),
    ]  # fmt: skip
    assert [one.id for one in after] == [first.id, second.id]
    assert states(trips, device) == [("correct", "applied"), ("correct", "applied")]


def test_a_correction_that_fits_nothing_any_more_is_a_conflict(trips: Trips) -> None:
    """Late data show that the gap that somebody merged over was another driver's; and that a trip was much longer."""
    device, _rows = two_trips(trips)
    first, second = shown(trips, device)
    do(trips, services.merge, [first.id, second.id])
    drives(trips.yard, device.id, round(second.start.timestamp() * 1000) - 60_000, None)
    trips.compute(device, NOW)
    assert len(shown(trips, device)) == 2
    assert states(trips, device) == [("merge", "conflict")]
    with speaking(trips.yard.organisation):
        assert [one.kind for one in services.conflicts(trips.yard.organisation)] == ["merge"]


def test_what_was_corrected_changed_since(trips: Trips) -> None:
    device = trips.yard.device()
    made = journey().fix().park(1800).wait(20).fix(on=True).wait(20).drive(20_000)
    made.wait(20).fix(on=False).park(3600)
    start = next(index for index, row in enumerate(made.rows) if row[3] > 0)
    trips.send(device, made.rows[start + 40 :])
    trips.compute(device, NOW)
    (one,) = shown(trips, device)
    do(trips, services.correct, one.id, Change(distance_m=15_000.0))
    trips.send(device, made.rows[: start + 40], received=START + 7 * HOUR)
    trips.compute(device, NOW)
    (after,) = shown(trips, device)
    assert (after.distance_m, after.changed) == (15_000, True)
    assert originals(trips, after)[0].distance_m == 20_000
    assert states(trips, device) == [("correct", "changed")]


def test_corrections_of_another_tenant_do_not_exist(trips: Trips, other_organisation: Any) -> None:
    device, _ = two_trips(trips)
    (first, _second) = shown(trips, device)
    with clock.at(NOW), speaking(other_organisation.pk), pytest.raises(NotFound):
        services.correct(other_organisation.pk, first.id, Change(purpose="private"), **WHY)
    with clock.at(NOW), speaking(other_organisation.pk), pytest.raises(NotFound):
        services.correct(trips.yard.organisation, first.id, Change(purpose="private"), **WHY)


def test_too_old_to_be_computed_is_said(trips: Trips) -> None:
    device, _ = two_trips(trips)
    (first, _second) = shown(trips, device)
    later = NOW + timedelta(days=70)
    with pytest.raises(InvalidInput, match="no longer kept"), clock.at(later), speaking(trips.yard.organisation):
        services.correct(trips.yard.organisation, first.id, Change(purpose="private", distance_m=1.0), **WHY)
    assert states(trips, device) == []
    with clock.at(later), speaking(trips.yard.organisation):
        services.correct(trips.yard.organisation, first.id, Change(purpose="private"), **WHY)
    assert shown(trips, device)[0].purpose == "private", "what a trip was for needs no positions"
