"""Where a private trip led, and where homes are: seen by the person, by nobody else, on no way."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, date, datetime
from importlib.resources import files
from typing import Any

import numpy as np
import psycopg
import pytest

from allconnects.accounts.actor import Actor, acting
from allconnects.accounts.models import Account, Organisation
from allconnects.accounts.tenancy import speaking_for
from allconnects.fleet.models import Person
from allconnects.kit import clock
from allconnects.kit.errors import InvalidInput
from allconnects.places import homes
from allconnects.telemetry import services as telemetry
from allconnects.telemetry.store.segments import bounds
from allconnects.trips import export, purposes, services
from allconnects.trips.private import _stays
from allconnects.trips.stored import Change, Day
from tests.places.test_fences import circle
from tests.trips.store.test_corrections import NOW, WHY, shown, two_trips
from tests.trips.store.yard import Trips

DAY = date(2026, 9, 21)


def test_a_private_trip_is_shown_to_its_driver_only(
    trips: Trips, organisation: Organisation, account_of: Callable[..., Account]
) -> None:
    """Named lists, days, tracks and files; with the trip goes the stop to which it led, not the one before."""
    driver, boss = account_of("driver"), account_of("owner")
    device, _ = two_trips(trips)
    first = shown(trips, device)[0]
    with speaking_for(organisation.pk), clock.at(NOW):
        ann = Person.objects.create(organisation=organisation, first_name="Ann", last_name="Adams", account=driver)
        services.correct(organisation.pk, first.id, Change(purpose="private", person=ann.pk, start_place="Aunt"), **WHY)
        own, others, program = (_seen(organisation, device.id, who) for who in (driver.pk, boss.pk, None))
        assert _file(organisation, boss.pk).count("Private") == 2
        assert "Aunt" in _file(organisation, driver.pk)
        assert services.hidden_corrections(organisation.pk, own[0].corrections, boss.pk)
        assert not services.hidden_corrections(organisation.pk, own[0].corrections, driver.pk)
    assert (own[0].trips[0].hidden, own[0].trips[0].start_place, own[0].trips[0].start_lat is None) == (
        False, "Aunt", False,
    )  # fmt: skip
    for day, fixes in (others, program):
        assert [one.hidden for one in day.trips] == [True, False]
        hidden = day.trips[0]
        assert (hidden.start_place, hidden.start_lat, hidden.end_lon, hidden.max_speed_kmh) == ("", None, None, None)
        assert hidden.distance_m == own[0].trips[0].distance_m
        assert [one.hidden for one in day.stops] == [False, True, False]
        assert day.stops[1].lat is None
        assert not any(hidden.start <= at < day.stops[1].end for at in fixes)
        assert 0 < len(fixes) < len(own[1])


def _seen(organisation: Organisation, device: int, viewer: int | None) -> tuple[Day, list[Any]]:
    with acting(Actor("token:1" if viewer is None else f"account:{viewer}")):
        track = telemetry.day_track(organisation, device, DAY)
        day = services.day_of(organisation.pk, device, DAY, viewer)
    return day, [datetime.fromtimestamp(ms / 1000, UTC) for ms in track.time_ms.tolist()]


def _file(organisation: Organisation, viewer: int) -> str:
    asked = export.Asked(
        organisation.pk, *bounds(DAY), None, None, None, export.header(), "en", Actor(f"account:{viewer}")
    )
    return b"".join(export.csv(asked)).decode()


def test_the_latest_place_of_a_private_trip_is_not_told(
    trips: Trips, organisation: Organisation, account_of: Callable[..., Account]
) -> None:
    device, _ = two_trips(trips)
    last = shown(trips, device)[-1]
    trips.yard.owner.execute(
        "INSERT INTO telemetry_live (organisation_id, device_id, report_at, fix_time, lat_e7, lon_e7) "
        "VALUES (%s, %s, %s, %s, 510000000, 40000000) ON CONFLICT (organisation_id, device_id) DO UPDATE "
        "SET fix_time = excluded.fix_time",
        (organisation.pk, device.id, last.end, last.end),
    )
    with speaking_for(organisation.pk), clock.at(NOW):
        assert [row.device for row in telemetry.latest_positions(organisation.pk)] == [device.id]
        services.correct(organisation.pk, last.id, Change(purpose="private"), **WHY)
        assert telemetry.latest_positions(organisation.pk) == []


def test_ends_at_a_home_have_no_coordinates_for_others(
    trips: Trips, organisation: Organisation, account_of: Callable[..., Account]
) -> None:
    driver, boss = account_of("driver"), account_of("owner")
    device, _ = two_trips(trips)
    first = shown(trips, device)[0]
    assert first.start_lat is not None
    assert first.start_lon is not None
    with speaking_for(organisation.pk), clock.at(NOW):
        home = {**circle(0, 0, 100), "coordinates": [first.start_lon, first.start_lat]}
        homes.set_home(organisation, driver, home)
        (own, own_track), (others, track) = (_seen(organisation, device.id, who) for who in (driver.pk, boss.pk))
    assert own.trips[0].start_lat == first.start_lat
    assert (others.trips[0].start_lat, others.trips[0].start_name, others.trips[0].hidden) == (None, "Private", False)
    assert others.trips[0].end_lat is not None
    assert others.stops[0].lat is None
    assert track[0] > own_track[0], "the track begins at the edge of the home"


def test_who_passes_a_home_is_not_at_home() -> None:
    times = np.arange(0, 600_000, 10_000, dtype=np.int64)
    passing, staying = np.zeros(60, bool), np.zeros(60, bool)
    passing[20:25], staying[20:45] = True, True
    assert not _stays(times, passing).any()
    assert _stays(times, staying).sum() == 25
    beginning = np.zeros(60, bool)
    beginning[:3] = True
    assert _stays(times, beginning).sum() == 3


def test_closed_months_refuse_whoever_says_it(
    trips: Trips, organisation: Organisation, monkeypatch: pytest.MonkeyPatch
) -> None:
    device, _ = two_trips(trips)
    first, _second = shown(trips, device)
    monkeypatch.setattr(purposes, "_guards", [lambda _o, _v, month: month == date(2026, 9, 1)])
    with pytest.raises(purposes.Closed), speaking_for(organisation.pk), clock.at(NOW):
        services.correct(organisation.pk, first.id, Change(purpose="private", distance_m=9_000.0), **WHY)
    assert shown(trips, device)[0].distance_m == first.distance_m
    with pytest.raises(InvalidInput), speaking_for(organisation.pk):
        purposes.say(organisation.pk, first, "holiday", voice="manager", account=None)


def test_the_latest_word_counts_and_can_be_taken_back(trips: Trips, organisation: Organisation) -> None:
    device, _ = two_trips(trips)
    first = shown(trips, device)[0]
    for purpose in ("private", "business", ""):
        with speaking_for(organisation.pk), clock.at(NOW):
            services.correct(organisation.pk, first.id, Change(purpose=purpose), **WHY)  # type: ignore[arg-type]
        found = shown(trips, device)[0]
        assert (found.purpose, found.purpose_by) == (purpose, "manager" if purpose else "")
    with speaking_for(organisation.pk):
        assert [one.use for one in purposes.words_of(organisation.pk, first)] == ["", "business", "private"]


def test_words_of_before_move_into_the_one_table(
    trips: Trips, organisation: Organisation, owner_connection: psycopg.Connection[Any]
) -> None:
    """The statement of the migration: corrections that named a purpose become words; those taken back do not."""
    device, _ = two_trips(trips)
    first, second = shown(trips, device)
    for trip, purpose in ((first, "private"), (second, "commute")):
        owner_connection.execute(
            "INSERT INTO trips_correction (organisation_id, device_id, kind, start_at, end_at, nobody, purpose, reason,"
            " made_by, made_at) VALUES (%s, %s, 'correct', %s, %s, false, %s, 'as it was', 'token:1', now())",
            (organisation.pk, device.id, trip.start, trip.end, purpose),
        )
    with speaking_for(organisation.pk), clock.at(NOW):
        one = next(c for c in services.corrections_between(organisation.pk, device.id, second.start, second.end))
        services.undo(organisation.pk, one.id, **WHY)
    text = (files("allconnects.trips") / "store" / "uses.sql").read_text()
    marks = ("INSERT INTO trips_classification", "said.voice END")
    moved = [part for part in text.split(";\n\n") if any(mark in part for mark in marks)]
    assert len(moved) == 2
    for statement in moved:
        owner_connection.execute(statement)
    assert [(one.purpose, one.purpose_by) for one in shown(trips, device)] == [("private", "manager"), ("", "")]
