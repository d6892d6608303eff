"""Plans, what was done, and alerts of what is due: through the round that is live."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from allconnects.alerts.models import Alert
from allconnects.alerts.services import scheduled
from allconnects.kit.errors import InvalidInput, NotFound
from allconnects.maintenance.models import Done, Due
from allconnects.maintenance.services import due, idle, plans, things, usage
from tests.alerts.conftest import NOON, Fleet, minutes

Make = Callable[..., Any]
DAY = timedelta(days=1)


@pytest.fixture
def van(fleet: Fleet, make: Make) -> Any:
    """A van with 100,000 km, read a month ago."""
    with fleet.at(NOON):
        return make("vehicle", name="Van 1", odometer_m=100_000_000, odometer_at=NOON - 30 * DAY)


def drive(fleet: Fleet, vehicle: int, at: datetime, km: float, hours: float = 1) -> None:
    """A trip as the worker stores it."""
    fleet.owner.execute("SELECT trips_make_partition(%s)", (at.date(),))
    fleet.owner.execute(
        "INSERT INTO trips_trip VALUES (%s, nextval('trips_number'), %s, NULL, %s, NULL, %s, %s, 0, 0, 0, 0, "
        "'', '', %s, 'no_odometer', 0, NULL, %s, 0, NULL, 'places', false, false, false, '', true, true, false, '{}', "
        """'x', '{"start": ["movement", []], "end": ["standstill", []]}', now())""",
        (fleet.organisation.pk, fleet.device(), vehicle, at, at + timedelta(hours=hours), km * 1000, hours * 3600),
    )


def round_at(fleet: Fleet, moment: datetime) -> list[Alert]:
    with fleet.at(moment):
        due.refresh(fleet.organisation.pk)
        scheduled.look(fleet.organisation.pk)
        return list(Alert.objects.filter(end_at=None).select_related("rule").order_by("pk"))


def test_a_service_by_kilometres_is_due_and_done(fleet: Fleet, make_rule: Make, who: Any, van: Any) -> None:
    make_rule("maintenance")
    with fleet.at(NOON):
        plan = plans.add(who, {"name": "Oil", "vehicle_class": "van", "every_km": 30_000})
        thing = things.of("vehicle", van.pk)
        (row,) = Due.objects.all()
        assert row.state == "unknown"
        plans.enter(who, plan.pk, thing, NOON - 35 * DAY, odometer_km="72 000")
        with pytest.raises(InvalidInput):
            plans.enter(who, plan.pk, thing, odometer_km=99_000)
    drive(fleet, van.pk, NOON - 20 * DAY, 900)
    assert round_at(fleet, NOON) == [], "28,900 km since then, 1,100 km to go"
    drive(fleet, van.pk, NOON - 2 * DAY, 150)
    (alert,) = round_at(fleet, NOON + minutes(1))
    assert (alert.subject, alert.subject_name) == (f"service:{plan.pk}:vehicle:{van.pk}", "Van 1: Oil")
    drive(fleet, van.pk, NOON - 1 * DAY, 2000)
    (still,) = round_at(fleet, NOON + minutes(60))
    assert (still.pk, still.start_at) == (alert.pk, alert.start_at), "one event until it is done"
    with fleet.at(NOON + minutes(61)):
        assert Due.objects.get().state == "overdue"
        done = plans.enter(who, plan.pk, thing, odometer_km=103_060)
        van.refresh_from_db()
        assert (van.odometer_m, Due.objects.get().state) == (103_060_000, "ok")
    assert round_at(fleet, NOON + minutes(62)) == []
    with fleet.at(NOON + minutes(63)):
        plans.withdraw(who, done.pk)
        assert Due.objects.get().state == "overdue"


def test_a_service_by_hours_and_by_date(fleet: Fleet, make_rule: Make, who: Any, van: Any) -> None:
    make_rule("maintenance")
    with fleet.at(NOON):
        hours = plans.add(who, {"name": "Crane", "vehicle": van.pk, "every_hours": 100, "soon_hours": 10})
        dated = plans.add(who, {"name": "Tyres", "vehicle": van.pk, "every_months": 6, "soon_days": 14})
        thing = things.of("vehicle", van.pk)
        plans.enter(who, hours.pk, thing, NOON - 20 * DAY)
        plans.enter(who, dated.pk, thing, NOON - 30 * DAY)
    drive(fleet, van.pk, NOON - 10 * DAY, 10, hours=91)
    (alert,) = round_at(fleet, NOON)
    assert alert.subject_name == "Van 1: Crane"
    found = {one.subject_name for one in round_at(fleet, NOON + 150 * DAY)}
    assert found == {"Van 1: Crane", "Van 1: Tyres"}


def test_a_rule_of_others_says_nothing(fleet: Fleet, make_rule: Make, who: Any, van: Any) -> None:
    make_rule("maintenance", scope={"groups": ["north"]})
    with fleet.at(NOON):
        plan = plans.add(who, {"name": "Oil", "vehicle": van.pk, "every_months": 1})
        plans.enter(who, plan.pk, things.of("vehicle", van.pk), NOON - 40 * DAY)
    assert round_at(fleet, NOON) == []


MONDAY = datetime(2026, 11, 23, tzinfo=UTC)


def test_a_missing_check_is_said_until_it_is_done_or_the_day_is_over(
    fleet: Fleet, make_rule: Make, who: Any, van: Any
) -> None:
    make_rule("check")
    with fleet.at(MONDAY):
        plan = plans.add(who, {"kind": "check", "name": "Round", "vehicle": van.pk, "period": "day", "by_minute": 480})
        thing = things.of("vehicle", van.pk)
    eight = MONDAY + timedelta(hours=7)  # eight in Brussels
    assert round_at(fleet, eight - minutes(1)) == []
    (alert,) = round_at(fleet, eight)
    assert (alert.subject, alert.start_at) == (f"check:{plan.pk}:vehicle:{van.pk}", eight)
    with fleet.at(eight + minutes(30)):
        plans.enter(who, plan.pk, thing)
    assert round_at(fleet, eight + minutes(31)) == []
    (tuesday,) = round_at(fleet, eight + DAY)
    assert tuesday.start_at == eight + DAY
    assert round_at(fleet, eight + DAY + timedelta(hours=16)) == [], "midnight in Brussels: another day"
    assert round_at(fleet, eight + 5 * DAY) == [], "Saturday"


def test_a_check_that_found_something_wrong_is_said_until_one_finds_it_right(
    fleet: Fleet, make_rule: Make, who: Any, van: Any
) -> None:
    make_rule("check")
    with fleet.at(MONDAY):
        plan = plans.add(who, {"kind": "check", "name": "Round", "vehicle": van.pk, "period": "week"})
        thing = things.of("vehicle", van.pk)
        with pytest.raises(InvalidInput):
            plans.enter(who, plan.pk, thing, passed=False)
        plans.enter(who, plan.pk, thing, passed=False, note="A tyre is worn")
    (alert,) = round_at(fleet, MONDAY + 6 * DAY)
    assert alert.subject.startswith("wrong:")
    with fleet.at(MONDAY + 6 * DAY):
        plans.enter(who, plan.pk, thing)
    assert round_at(fleet, MONDAY + 6 * DAY + minutes(1)) == []


def test_only_what_was_driven_is_to_be_checked(fleet: Fleet, make_rule: Make, who: Any, van: Any) -> None:
    make_rule("check")
    with fleet.at(MONDAY):
        plans.add(who, {"kind": "check", "name": "Round", "vehicle": van.pk, "period": "day", "only_used": True})
    assert round_at(fleet, MONDAY + timedelta(hours=10)) == []
    drive(fleet, van.pk, MONDAY + timedelta(hours=6), 10)
    assert len(round_at(fleet, MONDAY + timedelta(hours=10))) == 1


@pytest.mark.parametrize(
    "wrong",
    [
        {"name": ""},
        {"every_km": None},
        {"every_km": 0},
        {"vehicle_class": ""},
        {"category": "tool"},
        {"vehicle_class": "rocket"},
        {"kind": "check", "weekdays": []},
        {"soon_days": -1},
        {"colour": "red"},
    ],
)
def test_impossible_plans_are_refused_in_one_sentence(fleet: Fleet, who: Any, wrong: dict[str, Any]) -> None:
    with fleet.at(NOON), pytest.raises(InvalidInput) as error:
        plans.add(who, {"name": "Oil", "vehicle_class": "van", "every_km": 30_000, **wrong})
    assert error.value.message


def test_what_is_not_the_plans_and_what_is_others_is_not_found(
    fleet: Fleet, who: Any, van: Any, make: Make, other_organisation: Any
) -> None:
    from allconnects.fleet.who import Who

    with fleet.at(NOON):
        plan = plans.add(who, {"name": "Oil", "vehicle_class": "truck", "every_km": 30_000})
        with pytest.raises(NotFound):
            plans.enter(who, plan.pk, things.of("vehicle", van.pk))
    stranger = Fleet(other_organisation, fleet.owner)
    with stranger.at(NOON):
        with pytest.raises(NotFound):
            plans.plan(plan.pk)
        with pytest.raises(NotFound):
            plans.add(Who(other_organisation), {"name": "Oil", "vehicle": van.pk, "every_km": 30_000})
        assert not Done.objects.exists()


def installed(fleet: Fleet, device: int, material: int) -> None:
    fleet.owner.execute(
        "INSERT INTO fleet_installation (organisation_id, device_id, material_id, main, during) "
        "VALUES (%s, %s, %s, true, '[2026-01-01,)')",
        (fleet.organisation.pk, device, material),
    )


def test_hours_of_a_material_and_its_service(fleet: Fleet, make_rule: Make, who: Any, make: Make) -> None:
    make_rule("maintenance")
    device = fleet.device("Tracker", "material")
    with fleet.at(NOON):
        crane = make("material", name="Crane")
        plan = plans.add(who, {"name": "Grease", "material": crane.pk, "every_hours": 3, "soon_hours": 1})
        plans.enter(who, plan.pk, things.of("material", crane.pk), NOON - 1 * DAY)
    installed(fleet, device, crane.pk)
    for at, on in ((0, False), (30, True), (120, True), (180, False)):
        fleet.send(device, NOON + minutes(at), speed=0, ignition=on)
    with fleet.at(NOON + minutes(181)):
        assert usage.refresh(fleet.organisation.pk, 2) == 2
        assert usage.hours_between(NOON.date(), NOON.date()) == {crane.pk: pytest.approx(2.5)}
    (alert,) = round_at(fleet, NOON + minutes(182))
    assert alert.subject_name == "Crane: Grease"


def test_missing_and_idle_materials(fleet: Fleet, make_rule: Make, make: Make) -> None:
    make_rule("missing", {"number": 7})
    make_rule("idle", {"number": 30})
    device = fleet.device("Tracker", "material")
    with fleet.at(NOON):
        lost, seen = make("material", name="Lost"), make("material", name="Seen")
    fleet.owner.execute("UPDATE fleet_material SET created_at = %s WHERE organisation_id = %s",
                        (NOON - 40 * DAY, fleet.organisation.pk))  # fmt: skip
    installed(fleet, device, seen.pk)
    fleet.send(device, NOON - 1 * DAY, speed=0)
    fleet.owner.execute(
        "UPDATE telemetry_live SET fix_time = report_at, lat_e7 = 508467000, lon_e7 = 43525000, flags = 7 "
        "WHERE device_id = %s", (device,),
    )  # fmt: skip
    found = {(one.rule.kind, one.subject_name) for one in round_at(fleet, NOON)}
    assert found == {("missing", "Lost"), ("idle", "Lost"), ("idle", "Seen")}
    with fleet.at(NOON):
        states = idle.states()
        assert [one.material.pk for one in idle.missing(states, 7)] == [lost.pk]
        assert [idle.count_missing("", days) for days in (0.5, 7, 50)] == [2, 1, 0]
        assert idle.count_missing("of nobody", 7) == 0
