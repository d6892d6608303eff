"""Each kind of rule on stored positions: the live watch, in small steps, finds what the trial on past data finds."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import numpy as np
import pytest

from allconnects.alerts import params
from allconnects.alerts.hours import Hours, holidays, within
from allconnects.alerts.models import Alert, Handling
from allconnects.alerts.services import scheduled, trial, watch
from allconnects.kit.holidays import easter
from tests.alerts.conftest import Fleet, minutes

Make = Callable[..., Any]
BRUSSELS = ZoneInfo("Europe/Brussels")
WEDNESDAY = datetime.now(BRUSSELS).replace(hour=0, minute=0, second=0, microsecond=0) - timedelta(days=1)
WEDNESDAY -= timedelta(days=(WEDNESDAY.weekday() - 2) % 7)
"""The midnight that began a Wednesday of the last week, so that its partition may be made."""
HERE, NEAR, FAR = (50.8467, 4.3525), (50.8475, 4.3525), (50.8667, 4.3525)
OFFICE = {"weekdays": [0, 1, 2, 3, 4], "start": 420, "until": 1020, "holidays_off": False}


def at(text: str) -> datetime:
    """A time of that day on the wall in Brussels."""
    hour, minute = text.split(":")
    return WEDNESDAY + timedelta(hours=int(hour), minutes=int(minute))


@pytest.fixture
def places(fleet: Fleet) -> dict[str, int]:
    """A depot of 200 m around HERE, and a corridor that leads north from it to NEAR."""
    from allconnects.places.services import Given, add_place

    circle = {"type": "Circle", "coordinates": [HERE[1], HERE[0]], "radius_m": 200}
    line = {"type": "Corridor", "coordinates": [[4.3525, 50.8400], [4.3525, 50.8500]], "width_m": 300}
    with fleet.at(WEDNESDAY):
        return {
            "depot": add_place(fleet.organisation, Given(name="Depot", kind="depot", shape=circle)).pk,
            "road": add_place(fleet.organisation, Given(name="Road", kind="site", shape=line)).pk,
        }


# time, place, speed, further attributes
CASES: dict[str, tuple[str, dict[str, Any], list[tuple[Any, ...]], list[tuple[str, str | None]]]] = {
    "not there in time, arrives later": (
        "absent", {"places": ["depot"], "by_minute": 480, "hours": OFFICE},
        [("07:00", FAR, 0), ("07:50", FAR, 40), ("09:15", HERE, 5), ("09:30", HERE, 0)],
        [("08:00", "09:15")],
    ),
    "there before, gone again by the time": (
        "absent", {"places": ["depot"], "by_minute": 480, "hours": OFFICE},
        [("06:30", HERE, 0), ("07:50", FAR, 40), ("09:15", FAR, 5)],
        [],
    ),
    "not a working day": (
        "absent", {"places": ["depot"], "by_minute": 480, "hours": {**OFFICE, "weekdays": [0]}},
        [("07:00", FAR, 0), ("09:15", FAR, 5)],
        [],
    ),
    "out of the corridor and back": (
        "corridor", {"places": ["road"], "minutes": 2},
        [("10:00", HERE, 40), ("10:02", NEAR, 40), ("10:04", FAR, 50), ("10:08", FAR, 50), ("10:10", NEAR, 40)],
        [("10:04", "10:10")],
    ),
    "never in the corridor": (
        "corridor", {"places": ["road"], "minutes": 0},
        [("10:00", FAR, 40), ("10:02", FAR, 40), ("10:04", FAR, 50)],
        [],
    ),
    "standing beside the corridor": (
        "corridor", {"places": ["road"], "minutes": 2},
        [("10:00", HERE, 40), ("10:02", FAR, 0), ("10:10", FAR, 0)],
        [],
    ),
    "stays shortly": (
        "short_stay", {"places": ["depot"], "minutes": 10},
        [("10:00", FAR, 40), ("10:05", HERE, 0), ("10:11", HERE, 0), ("10:13", FAR, 40)],
        [("10:05", "10:13")],
    ),
    "stays long enough": (
        "short_stay", {"places": ["depot"], "minutes": 10},
        [("10:00", FAR, 40), ("10:05", HERE, 0), ("10:17", HERE, 0), ("10:19", FAR, 40)],
        [],
    ),
    "still there": (
        "short_stay", {"places": ["depot"], "minutes": 10},
        [("10:00", FAR, 40), ("10:05", HERE, 0)],
        [],
    ),
    "brakes hard, and again within the same minute": (
        "harsh", {},
        [("10:00", HERE, 60), ("10:01", HERE, 30, {"alarm": "hardBraking", "greenDrivingValue": 4.1}),
         ("10:01.5", HERE, 30, {"alarm": "hardCornering", "greenDrivingValue": 5.2}), ("10:03", HERE, 50),
         ("10:20", HERE, 50, {"alarm": "hardAcceleration"}), ("10:21", HERE, 50)],
        [("10:01", "10:03"), ("10:20", "10:21")],
    ),
    "battery low, between the limits, charged": (
        "low_battery", {"number": 20},
        [("10:00", HERE, 0, {"batteryLevel": 30}), ("11:00", HERE, 0, {"batteryLevel": 20}),
         ("12:00", HERE, 0, {"batteryLevel": 24}), ("13:00", HERE, 0, {"batteryLevel": 26})],
        [("11:00", "13:00")],
    ),
    "the device says that its battery is low": (
        "low_battery", {"number": 20},
        [("10:00", HERE, 0, {"alarm": "lowBattery"}), ("11:00", HERE, 0), ("12:00", HERE, 0, {"batteryLevel": 90})],
        [("10:00", "12:00")],
    ),
    "moved outside working hours": (
        "moved", {"when": "outside", "hours": OFFICE},
        [("18:00", HERE, 0), ("18:30", HERE, 0), ("18:45", FAR, 0), ("19:00", FAR, 0), ("19:30", FAR, 0)],
        [("18:45", "19:30")],
    ),
    "moved, told by a tracker that reports four times a day": (
        "moved", {"when": "any"},
        [("01:00", HERE, 0), ("07:00", HERE, 0), ("13:00", FAR, 0), ("19:00", FAR, 0)],
        [("13:00", "19:00")],
    ),
    "moved in working hours": (
        "moved", {"when": "outside", "hours": OFFICE},
        [("10:00", HERE, 0), ("10:30", HERE, 0), ("10:45", FAR, 0), ("11:00", FAR, 0), ("11:30", FAR, 0)],
        [],
    ),
    "used in the evening, from the end of work on": (
        "use", {"minutes": 2, "hours": OFFICE},
        [("16:50", HERE, 40), ("16:58", HERE, 40), ("17:05", FAR, 40), ("17:10", FAR, 40), ("17:15", FAR, 0)],
        [("17:05", "17:15")],
    ),
    "ignition on is use": (
        "use", {"minutes": 2, "hours": OFFICE},
        [("20:00", HERE, 0, {"ignition": False}), ("20:05", HERE, 0, {"ignition": True}),
         ("20:10", HERE, 0, {"ignition": True}), ("20:12", HERE, 0, {"ignition": False})],
        [("20:05", "20:12")],
    ),
    "work begins": (
        "use", {"minutes": 2, "hours": OFFICE},
        [("06:40", HERE, 40), ("06:50", FAR, 40), ("07:05", FAR, 40), ("07:20", FAR, 40)],
        [("06:40", "07:05")],
    ),
    "a value above its limit": (
        "attribute", {"attribute": "temp1", "comparison": "above", "number": 7, "release": 1},
        [("10:00", HERE, 0, {"temp1": 5.0}), ("10:10", HERE, 0, {"temp1": 7.5}), ("10:20", HERE, 0, {"temp1": 6.5}),
         ("10:30", HERE, 0), ("10:40", HERE, 0, {"temp1": 6.0})],
        [("10:10", "10:40")],
    ),
    "a value below its limit": (
        "attribute", {"attribute": "fuelLevel", "comparison": "below", "number": 10},
        [("10:00", HERE, 0, {"fuelLevel": 50}), ("10:10", HERE, 0, {"fuelLevel": 9}),
         ("10:20", HERE, 0, {"fuelLevel": 80})],
        [("10:10", "10:20")],
    ),
    "a switch": (
        "attribute", {"attribute": "door", "comparison": "on"},
        [("10:00", HERE, 0, {"door": False}), ("10:10", HERE, 0, {"door": True}), ("10:20", HERE, 0, {"door": False})],
        [("10:10", "10:20")],
    ),
    "a switch that should be on": (
        "attribute", {"attribute": "pump", "comparison": "off"},
        [("10:00", HERE, 0), ("10:10", HERE, 0, {"pump": False}), ("10:20", HERE, 0, {"pump": True})],
        [("10:10", "10:20")],
    ),
    "a word": (
        "attribute", {"attribute": "mode", "comparison": "is", "word": "fault"},
        [("10:00", HERE, 0, {"mode": "run"}), ("10:10", HERE, 0, {"mode": "fault"}), ("10:20", HERE, 0),
         ("10:30", HERE, 0, {"mode": "run"})],
        [("10:10", "10:30")],
    ),
    "cut off": (
        "power_cut", {},
        [("10:00", HERE, 0, {"unplugged": False}), ("10:10", HERE, 0, {"unplugged": True}), ("10:20", HERE, 0),
         ("10:30", HERE, 0, {"unplugged": False})],
        [("10:10", "10:30")],
    ),
    "towed, as the device says": (
        "tow", {},
        [("10:00", HERE, 0, {"ignition": False}), ("10:01", HERE, 3, {"towing": True}),
         ("10:02", HERE, 3, {"towing": True}), ("10:06", HERE, 0, {"towing": False})],
        [("10:01", "10:06")],
    ),
}  # fmt: skip
LAST = "23:00"


def moment(text: str) -> datetime:
    whole, _dot, part = text.partition(".")
    return at(whole) + timedelta(seconds=float(f"0.{part or 0}") * 60)


def found_live(fleet: Fleet) -> list[tuple[datetime, datetime | None]]:
    with fleet.at(at(LAST)):
        rows = Alert.objects.exclude(handling=Handling.WITHDRAWN).order_by("start_at")
        return [(one.start_at, one.end_at) for one in rows]


@pytest.mark.parametrize("name", CASES)
def test_what_a_rule_finds_live_and_on_past_data(
    fleet: Fleet, make_rule: Make, places: dict[str, int], name: str
) -> None:
    kind, raw, sent, expected = CASES[name]
    raw = {**raw, **({"places": [places[one] for one in raw["places"]]} if "places" in raw else {})}
    make_rule(kind, raw)
    device = fleet.device()
    with fleet.at(at("00:00")):
        watch.look(fleet.organisation.pk)
    for text, place, speed, *more in sent:
        fleet.send(device, moment(text), speed=speed, place=place, **(more[0] if more else {}))
        with fleet.at(moment(text) + minutes(0.1)):
            watch.look(fleet.organisation.pk)
    with fleet.at(at(LAST)):
        watch.look(fleet.organisation.pk)
    wanted = [(at(start), None if end is None else at(end)) for start, end in expected]
    assert found_live(fleet) == wanted
    with fleet.at(at(LAST)):
        tried = trial.run(fleet.organisation.pk, params.read(kind, raw), {}, 1, "process:test")
        assert sorted((one.found.start, one.found.end) for one in tried.examples) == wanted


def test_a_deadline_is_met_without_news(fleet: Fleet, make_rule: Make, places: dict[str, int]) -> None:
    """Nothing comes in at eight; the absent van is told of all the same."""
    make_rule("absent", {"places": [places["depot"]], "by_minute": 480, "hours": OFFICE})
    device = fleet.device()
    with fleet.at(at("00:00")):
        watch.look(fleet.organisation.pk)
    fleet.send(device, at("06:00"), speed=0, place=FAR)
    for text in ("06:01", "07:59"):
        with fleet.at(at(text)):
            watch.look(fleet.organisation.pk)
    assert found_live(fleet) == []
    with fleet.at(at("08:00")):
        watch.look(fleet.organisation.pk)
    assert found_live(fleet) == [(at("08:00"), None)]


def test_silence_begins_and_ends(fleet: Fleet, make_rule: Make) -> None:
    make_rule("silent", {"number": 2})
    device = fleet.device()
    fleet.send(device, at("06:00"), speed=0)
    for text, count in (("07:59", 0), ("08:01", 1), ("12:00", 1)):
        with fleet.at(at(text)):
            scheduled.look(fleet.organisation.pk)
        assert len(found_live(fleet)) == count, text
    assert found_live(fleet) == [(at("08:00"), None)]
    fleet.send(device, at("12:30"), speed=0)
    with fleet.at(at("12:31")):
        scheduled.look(fleet.organisation.pk)
    assert found_live(fleet) == [(at("08:00"), at("12:31"))]


def document(fleet: Fleet, table: str, key: object, until: date) -> None:
    fleet.owner.execute(
        f"INSERT INTO fleet_document (organisation_id, {table}_id, kind, number, note, valid_until, created_at, "
        "changed_at, version) VALUES (%s, %s, 'inspection', '', '', %s, now(), now(), 1)",
        (fleet.organisation.pk, key, until),
    )


def test_documents_expire_by_days_of_brussels(fleet: Fleet, make_rule: Make) -> None:
    from allconnects.fleet.models import Document, Person, Vehicle

    make_rule("document", {"number": 30})
    only = make_rule("document", {"number": 30}, scope={"kinds": ["vehicle"]})
    with fleet.at(at("00:00")):
        van = Vehicle.objects.create(organisation=fleet.organisation, name="Van 1")
        person = Person.objects.create(organisation=fleet.organisation, first_name="Ann", last_name="Example")
    day = WEDNESDAY.date()
    document(fleet, "vehicle", van.pk, day + timedelta(days=31))
    document(fleet, "person", person.pk, day + timedelta(days=30))

    def names(moment: datetime) -> set[tuple[bool, str]]:
        with fleet.at(moment):
            scheduled.look(fleet.organisation.pk)
            return {(one.rule_id == only.pk, one.subject_name) for one in Alert.objects.filter(end_at=None)}

    people = (False, "Technical inspection")
    assert names(at("23:30")) == {people}, "no name of a person, and none where only vehicles are watched"
    assert names(at("24:30")) == {people, (False, "Van 1: Technical inspection"), (True, "Van 1: Technical inspection")}
    with fleet.at(at("25:00")):
        Document.objects.filter(vehicle=van).update(valid_until=day + timedelta(days=400))
    assert names(at("25:01")) == {people}


def test_holidays_of_belgium_by_easter_and_by_date() -> None:
    found = {day.isoformat() for day in holidays(2026)}
    assert found == {
        "2026-01-01", "2026-04-06", "2026-05-01", "2026-05-14", "2026-05-25", "2026-07-21", "2026-08-15",
        "2026-11-01", "2026-11-11", "2026-12-25",
    }  # fmt: skip
    assert [easter(year) for year in (2024, 2025, 2038, 1954)] == [
        date(2024, 3, 31), date(2025, 4, 20), date(2038, 4, 25), date(1954, 4, 18),
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("wall", "given", "works"),
    [
        ("2026-11-11T10:00", {}, False),
        ("2026-11-11T10:00", {"holidays_off": False}, True),
        ("2026-11-12T10:00", {"closed": frozenset({date(2026, 11, 12)})}, False),
        ("2026-11-14T10:00", {}, False),
        ("2026-11-12T05:59", {}, False),
        ("2026-11-12T06:00", {}, True),
        ("2026-11-12T19:00", {}, False),
        # A night shift belongs to the day on which it began: from Friday evening, not from Saturday evening.
        ("2026-11-14T03:00", {"start": 1320, "until": 360}, True),
        ("2026-11-15T03:00", {"start": 1320, "until": 360}, False),
        ("2026-11-12T03:00", {"start": 1320, "until": 360}, False),  # it would have begun on a holiday
        # Nights on which clocks change: the wall counts.
        ("2026-03-29T03:30", {"start": 180, "until": 240, "weekdays": frozenset({6})}, True),
        ("2026-10-25T02:30", {"start": 120, "until": 180, "weekdays": frozenset({6})}, True),
    ],
)
def test_working_hours_are_those_of_the_wall(wall: str, given: dict[str, Any], works: bool) -> None:
    for fold in (0, 1):
        instant = datetime.fromisoformat(wall).replace(tzinfo=BRUSSELS, fold=fold)
        found = within(np.array([round(instant.timestamp() * 1000)], np.int64), Hours(**given))
        assert bool(found[0]) is works


def test_every_suggestion_is_a_rule_that_works(fleet: Fleet) -> None:
    from allconnects.alerts.services import rules
    from allconnects.products.live_connects.alerts_suggested import suggestions

    known = suggestions()
    assert {one.kind for one in known} >= {"moved", "low_battery", "missing", "idle", "maintenance", "check", "tow"}
    with fleet.at(at("06:00")):
        for one in known:
            made = rules.add(fleet.organisation, {**one.given(), "state": "live"})
            assert made.scope == one.scope
            assert not params.KINDS[one.kind].scheduled or one.kind in scheduled.sources(), one.key
        scheduled.look(fleet.organisation.pk)
        watch.look(fleet.organisation.pk)
