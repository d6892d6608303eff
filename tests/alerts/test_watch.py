"""Rules on stored positions: one event each, the same after late data, nobody told twice."""

from __future__ import annotations

import random
from collections.abc import Callable
from typing import Any

import pytest

from allconnects.alerts.models import Alert, Delivery, Handling, Step
from allconnects.alerts.services import inbox, trial, watch
from allconnects.alerts.services import rules as ruling
from tests.alerts.conftest import NOON, Fleet, minutes

Make = Callable[..., Any]
SPEEDS = [50, 95, 131, 128, 60, 50]


def stored(fleet: Fleet) -> list[Alert]:
    with fleet.at(NOON):
        return list(Alert.objects.exclude(handling=Handling.WITHDRAWN).order_by("device", "start_at"))


def look(fleet: Fleet, moment: Any) -> int:
    with fleet.at(moment):
        return watch.look(fleet.organisation.pk)


def test_one_event_with_start_end_and_peak(fleet: Fleet, make_rule: Make) -> None:
    make_rule("speeding", {"number": 90})
    device = fleet.device()
    for at, speed in enumerate(SPEEDS):
        fleet.send(device, NOON + minutes(at), speed=speed)
        look(fleet, NOON + minutes(at) + minutes(0.1))
    (alert,) = stored(fleet)
    assert (alert.start_at, alert.end_at) == (NOON + minutes(1), NOON + minutes(4))
    assert (alert.peak, alert.peak_at) == (131.0, NOON + minutes(2))
    assert alert.subject_name == "Van 1"
    with fleet.at(NOON):
        assert [step.what for step in inbox.history(alert)] == ["raised", "ended"]


def test_any_order_of_arrival_ends_in_the_same_events(fleet: Fleet, make_rule: Make) -> None:
    make_rule("speeding", {"number": 90})
    ways = {fleet.device(f"Van {n}"): random.Random(n) for n in range(4)}
    end = NOON + minutes(30)
    for device, rng in ways.items():
        points = list(enumerate([50, 95, 131, 128, 60, 50, 92, 99, 97, 40, 91, 50]))
        rng.shuffle(points)
        cuts = sorted(rng.sample(range(1, len(points)), 3))
        end += minutes(10)
        for part, (first, last) in enumerate(zip([0, *cuts], [*cuts, len(points)], strict=True)):
            for at, speed in points[first:last]:
                received = end + minutes(part + rng.random() / 2)
                fleet.send(device, NOON + minutes(at * 2), speed=speed, received=received)
            look(fleet, end + minutes(part + 0.6))
    found: dict[int, list[tuple[Any, ...]]] = {}
    for alert in stored(fleet):
        found.setdefault(alert.device, []).append((alert.start_at, alert.end_at, alert.peak))
    assert len(found) == 4
    assert len({tuple(rows) for rows in found.values()}) == 1
    assert all(rows for rows in found.values())


def test_late_data_repairs_an_event_and_tells_nobody_again(
    fleet: Fleet, make_rule: Make, account_of: Callable[..., Any]
) -> None:
    account_of("manager")
    make_rule("speeding", {"number": 90}, channels=["email"])
    device = fleet.device()
    for at in (0, 10, 11, 20):
        fleet.send(device, NOON + minutes(at), speed=95 if at in (10, 11) else 50)
    look(fleet, NOON + minutes(21))
    fleet.send(device, NOON + minutes(9), speed=120, received=NOON + minutes(30))
    look(fleet, NOON + minutes(31))
    (alert,) = stored(fleet)
    assert (alert.start_at, alert.peak, alert.corrected) == (NOON + minutes(9), 120.0, True)
    with fleet.at(NOON):
        assert Delivery.objects.filter(alert=alert).count() == 1


def test_late_data_that_joins_two_events_leaves_one(
    fleet: Fleet, make_rule: Make, account_of: Callable[..., Any]
) -> None:
    account_of("manager")
    make_rule("speeding", {"number": 90}, channels=["email"])
    device = fleet.device()
    for at, speed in ((0, 50), (1, 95), (2, 50), (9, 95), (10, 50)):
        fleet.send(device, NOON + minutes(at), speed=speed)
    look(fleet, NOON + minutes(11))
    assert len(stored(fleet)) == 2
    for at in (2.5, 4, 6, 8):
        fleet.send(device, NOON + minutes(at), speed=99, received=NOON + minutes(20))
    look(fleet, NOON + minutes(21))
    (alert,) = stored(fleet)
    assert (alert.start_at, alert.end_at) == (NOON + minutes(1), NOON + minutes(10))
    with fleet.at(NOON):
        assert Delivery.objects.count() == 2, "one for each that was told, none for what they became"
        assert Step.objects.filter(what="withdrawn").count() == 1


def test_an_event_that_later_data_disproves_is_withdrawn(fleet: Fleet, make_rule: Make) -> None:
    make_rule("standing", {"minutes": 30})
    device = fleet.device()
    fleet.send(device, NOON, speed=0)
    look(fleet, NOON + minutes(31))
    assert len(stored(fleet)) == 1
    fleet.send(device, NOON + minutes(10), speed=60, received=NOON + minutes(40))
    look(fleet, NOON + minutes(41))
    assert stored(fleet) == []


def test_what_lasts_is_raised_without_news(fleet: Fleet, make_rule: Make) -> None:
    make_rule("standing", {"minutes": 30})
    device = fleet.device()
    fleet.send(device, NOON, speed=0)
    assert look(fleet, NOON + minutes(1)) == 1
    assert look(fleet, NOON + minutes(29)) == 0
    assert stored(fleet) == []
    assert look(fleet, NOON + minutes(30)) == 1
    assert len(stored(fleet)) == 1


def test_towing_needs_the_ignition_off_and_a_way(fleet: Fleet, make_rule: Make) -> None:
    make_rule("tow")
    towed, driven = fleet.device("Towed"), fleet.device("Driven")
    for at in range(6):
        place = (50.8467 + at * 0.003, 4.3525)
        fleet.send(towed, NOON + minutes(at), speed=30, place=place, ignition=False)
        fleet.send(driven, NOON + minutes(at), speed=30, place=place, ignition=True)
    look(fleet, NOON + minutes(7))
    assert [alert.subject_name for alert in stored(fleet)] == ["Towed"]


def test_a_power_cut_by_voltage_and_its_least_value(fleet: Fleet, make_rule: Make) -> None:
    make_rule("power_cut")
    device = fleet.device()
    for at, volts in enumerate([13.1, 0.2, 0.1, 12.9]):
        fleet.send(device, NOON + minutes(at), speed=0, power=volts)
    look(fleet, NOON + minutes(5))
    (alert,) = stored(fleet)
    assert (alert.start_at, alert.end_at, alert.peak) == (NOON + minutes(1), NOON + minutes(3), 0.1)


@pytest.fixture
def depot(fleet: Fleet) -> int:
    from allconnects.places.services import Given, add_place

    shape = {"type": "Circle", "coordinates": [4.3525, 50.8467], "radius_m": 200}
    with fleet.at(NOON):
        return add_place(fleet.organisation, Given(name="Depot", kind="depot", shape=shape)).pk


def test_entering_and_leaving_a_place(fleet: Fleet, make_rule: Make, depot: int) -> None:
    entered, left = make_rule("entered", {"places": [depot]}), make_rule("left", {"places": [depot]})
    device = fleet.device()
    for at, lat in enumerate([50.86, 50.8467, 50.8467, 50.86]):
        fleet.send(device, NOON + minutes(at * 5), speed=10, place=(lat, 4.3525))
    look(fleet, NOON + minutes(16))
    by_rule = {alert.rule_id: (alert.start_at, alert.end_at) for alert in stored(fleet)}
    assert by_rule[entered.pk] == (NOON + minutes(5), NOON + minutes(15))
    assert by_rule[left.pk] == (NOON + minutes(15), None)


def test_a_rule_is_tried_on_past_data_and_nothing_is_written(fleet: Fleet, make_rule: Make) -> None:
    rule = make_rule("speeding", {"number": 90}, state="draft")
    busy, calm = fleet.device("Busy"), fleet.device("Calm")
    for at, speed in enumerate(SPEEDS):
        fleet.send(busy, NOON + minutes(at), speed=speed)
        fleet.send(calm, NOON + minutes(at), speed=40)
    with fleet.at(NOON + minutes(60)):
        from allconnects.alerts import params

        found = trial.run(fleet.organisation.pk, params.read(rule.kind, rule.params), {}, 7, "process:test")
    assert (found.count, found.looked, found.of) == (1, 2, 2)
    assert found.by_thing == (("Busy", busy, 1),)
    assert found.examples[0].found.peak == 131.0
    assert stored(fleet) == []


def test_a_rule_watches_what_its_scope_names(fleet: Fleet, make_rule: Make) -> None:
    first, second = fleet.device("First"), fleet.device("Second")
    make_rule("speeding", {"number": 90}, scope={"devices": [second]})
    for device in (first, second):
        fleet.send(device, NOON, speed=120)
    look(fleet, NOON + minutes(1))
    assert [alert.device for alert in stored(fleet)] == [second]


def test_a_paused_rule_finds_nothing(fleet: Fleet, make_rule: Make) -> None:
    rule = make_rule("speeding", {"number": 90})
    device = fleet.device()
    with fleet.at(NOON):
        ruling.change(rule.pk, {"state": "paused"})
    fleet.send(device, NOON, speed=120)
    look(fleet, NOON + minutes(1))
    assert stored(fleet) == []


def test_a_batch_that_commits_long_after_its_receipt_is_not_passed_over(fleet: Fleet, make_rule: Make) -> None:
    """The writer waits for its database; others commit and are looked at meanwhile."""
    from allconnects.kit import db

    make_rule("speeding", {"number": 90})
    slow, quick = fleet.device("Slow"), fleet.device("Quick")
    look(fleet, NOON - minutes(1))
    with db.connect("owner") as waiting:
        Fleet(fleet.organisation, waiting).send(slow, NOON, speed=120)
        for at in range(1, 30):
            fleet.send(quick, NOON + minutes(at), speed=50)
            assert look(fleet, NOON + minutes(at + 0.1)) == 1, "only what is new"
        assert look(fleet, NOON + minutes(31)) == 0
        waiting.commit()
    assert look(fleet, NOON + minutes(32)) == 1
    assert [alert.subject_name for alert in stored(fleet)] == ["Slow"]


def test_a_restored_database_is_looked_at_by_receipt(fleet: Fleet, make_rule: Make) -> None:
    from allconnects.alerts.models import Progress

    make_rule("speeding", {"number": 90})
    device = fleet.device()
    look(fleet, NOON - minutes(1))
    with fleet.at(NOON):
        Progress.objects.update(seen="9000000000000:9000000000000:")
    fleet.send(device, NOON, speed=120)
    assert look(fleet, NOON + minutes(1)) == 1
    assert len(stored(fleet)) == 1
    assert look(fleet, NOON + minutes(2)) == 0
