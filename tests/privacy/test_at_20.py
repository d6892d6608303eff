"""AT-20: outside of the schedule, on a holiday, while absent: private without any action; and exceptions."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, date, datetime, time, timedelta
from typing import Any

import pytest

from allconnects.accounts.models import Account
from allconnects.fleet.models import LocationException, LocationRule, Pool
from allconnects.fleet.private import button, exceptions, feeding, planning, settings
from allconnects.fleet.services import presence
from allconnects.fleet.who import Who
from allconnects.kit import clock
from allconnects.kit.errors import Forbidden, InvalidInput
from allconnects.telemetry.models import Event
from allconnects.telemetry.store import gate
from tests.privacy.driving import Driving, all_week, ms, receive
from tests.telemetry.store.hot import at

WORKED = datetime(2026, 11, 10, 9, tzinfo=UTC)
"""A Tuesday at 10:00 in Brussels; the day after is Armistice."""


def utc(day: int, hour: int, month: int = 11) -> datetime:
    """A wall clock time in Brussels in winter, as UTC."""
    return datetime(2026, month, day, hour, tzinfo=UTC) - timedelta(hours=1)


def test_at_20_outside_of_hours_and_on_a_holiday_nothing_is_recorded(drive: Callable[..., Driving]) -> None:
    driven = drive(WORKED - timedelta(days=1))
    with clock.at(WORKED), driven.speaking():
        assert feeding.refresh(driven.organisation.pk) == 1
        assert feeding.refresh(driven.organisation.pk) == 0
    assert driven.records(utc(10, 10))
    assert not driven.records(utc(10, 20)), "evening"
    assert not driven.records(utc(11, 10)), "Armistice"
    assert driven.records(utc(12, 10))
    assert not driven.records(utc(14, 10)), "Saturday"
    driven.yard.send(driven.device, at(ms(utc(11, 10))), received=ms(WORKED))
    assert driven.yard.times(driven.device) == []


def test_at_20_absence_is_private_and_why_is_not_kept(drive: Callable[..., Driving]) -> None:
    driven = drive(WORKED - timedelta(days=1))
    with clock.at(WORKED), driven.speaking():
        made = planning.add_absence(driven.organisation.pk, driven.person, date(2026, 11, 12), date(2026, 11, 13))
        assert {field.name for field in made._meta.fields} == {"id", "organisation", "person", "first", "last"}
    assert [driven.records(utc(day, 10)) for day in (10, 12, 13, 16)] == [True, False, False, True]
    with clock.at(WORKED), driven.speaking():
        planning.drop_absence(driven.organisation.pk, driven.person, made.pk)
    assert driven.records(utc(12, 10))


def test_at_20_hours_of_his_own_and_whoever_has_the_van_next(drive: Callable[..., Driving]) -> None:
    driven = drive(WORKED - timedelta(days=1))
    with clock.at(WORKED), driven.speaking():
        planning.set_hours(driven.organisation.pk, driven.person, {1: [(time(14), time(22))]})
    assert not driven.records(utc(10, 10))
    assert driven.records(utc(10, 21))
    from allconnects.fleet.models import Person

    with driven.speaking():
        other = Person.objects.create(organisation=driven.organisation, first_name="Bert", last_name="Example")
        presence.claim(Who(driven.organisation), driven.vehicle.pk, other.pk, WORKED, None)
        with clock.at(WORKED):
            feeding.refresh(driven.organisation.pk)
    assert driven.records(WORKED + timedelta(minutes=1)), "the other one works now"
    assert not driven.records(utc(10, 21))


def test_at_20_a_pool_car_follows_the_rule_of_the_organisation(drive: Callable[..., Driving]) -> None:
    driven = drive(WORKED - timedelta(days=90))
    who = Who(driven.organisation)
    with driven.speaking():
        presence.claim(who, driven.vehicle.pk, None, WORKED - timedelta(days=80), None)
    with clock.at(WORKED), driven.speaking():
        assert feeding.refresh(driven.organisation.pk) == 0
    assert driven.records(utc(10, 23)), "nobody has it: always, as by default"
    with clock.at(WORKED), driven.speaking():
        LocationRule.objects.update_or_create(organisation=driven.organisation, defaults={"pool": Pool.HOURS})
        assert feeding.refresh(driven.organisation.pk) == 1
    assert not driven.records(utc(10, 23))
    assert driven.records(utc(10, 10))


def test_at_20_what_came_in_before_it_was_known_is_taken_out(drive: Callable[..., Driving]) -> None:
    evening = utc(10, 22)
    driven = drive(evening - timedelta(minutes=2))
    sent = round(evening.timestamp() * 1000) - 60_000
    driven.yard.send(driven.device, at(sent), received=sent + 1000)
    assert driven.yard.times(driven.device) == [sent]
    with clock.at(evening), driven.speaking():
        feeding.refresh(driven.organisation.pk)
    assert driven.yard.times(driven.device) == []


def test_at_20_an_employer_narrows_at_once_and_widens_only_after_a_notice(drive: Callable[..., Driving]) -> None:
    driven = drive(WORKED - timedelta(days=1))
    organisation = driven.organisation.pk
    given: dict[str, Any] = {
        "precision": "km", "days": 14, "coarsest": "municipality", "fewest_days": 1, "pool": "hours",
        "holidays_off": True, "informed_on": None,
    }  # fmt: skip
    with clock.at(WORKED), driven.speaking():
        settings.set_rule(organisation, given)
        with pytest.raises(InvalidInput, match="informed"):
            settings.set_rule(organisation, {**given, "days": 30})
        with pytest.raises(InvalidInput, match="informed"):
            settings.set_rule(organisation, {**given, "days": 30, "informed_on": date(2026, 11, 1)})
        with pytest.raises(InvalidInput, match="60"):
            settings.set_rule(organisation, {**given, "days": 61, "informed_on": date(2026, 10, 1)})
        assert settings.set_rule(organisation, {**given, "days": 30, "informed_on": date(2026, 10, 1)}).days == 30
        with pytest.raises(InvalidInput, match="precision"):
            settings.choose(organisation, driven.person, "exact", 10)
        assert settings.choose(organisation, driven.person, "municipality", 10).days == 10


def test_at_20_a_theft_needs_two_people_and_the_driver_reads_of_it_afterwards(
    drive: Callable[..., Driving], account_of: Callable[..., Account]
) -> None:
    one, other, evening = account_of("manager"), account_of("planner"), utc(10, 22)
    driven = drive(WORKED - timedelta(days=1))
    organisation = driven.organisation.pk
    with clock.at(evening), driven.speaking():
        feeding.refresh(organisation)
        made = exceptions.declare_theft(organisation, driven.vehicle.pk, one, "gone from the depot")
        with pytest.raises(Forbidden):
            exceptions.confirm_theft(organisation, made.pk, one)
    assert not driven.records(evening + timedelta(minutes=1)), "one person alone changes nothing"
    with clock.at(evening), driven.speaking():
        exceptions.confirm_theft(organisation, made.pk, other)
        assert exceptions.of_person(driven.person.pk) == []
    assert driven.records(evening + timedelta(minutes=1))
    found = evening + timedelta(hours=2)
    with clock.at(found), driven.speaking():
        exceptions.end_theft(organisation, made.pk, other)
        (read,) = exceptions.of_person(driven.person.pk)
        assert (read.reason, read.declared_by, read.confirmed_by) == ("gone from the depot", one, other)
    assert not driven.records(found + timedelta(minutes=1))


def test_at_20_a_crash_ends_private_time_for_a_while(drive: Callable[..., Driving]) -> None:
    now = clock.now().replace(microsecond=0)
    driven = drive(now - timedelta(hours=1))
    with driven.speaking():
        all_week(driven)
        button.press(driven.organisation.pk, driven.person.pk, now - timedelta(minutes=30))
    driven.refresh()
    crash = now - timedelta(minutes=1)
    receive(driven, at(round(crash.timestamp() * 1000), crash=1))
    assert driven.yard.times(driven.device) == [], "where it was is not written"
    with driven.speaking():
        assert [one.kind for one in Event.objects.filter(device_id=driven.device.id)] == ["crash"]
        assert exceptions.take_crashes(driven.organisation.pk) == 1
        assert exceptions.take_crashes(driven.organisation.pk) == 0
        assert LocationException.objects.get(device=driven.device.id).person == driven.person
    assert driven.records(now)


def test_at_20_gates_of_others_are_left_alone(drive: Callable[..., Driving]) -> None:
    """A device that sits in nothing, and one in a tool, are recorded as before."""
    driven = drive(WORKED - timedelta(days=1))
    loose = driven.yard.device()
    with clock.at(WORKED), driven.speaking():
        feeding.refresh(driven.organisation.pk)
        from django.db import connection

        assert gate.read_gate(connection.cursor(), loose.id) is gate.OPEN
