"""Events and statements in, stays, tracks and questions out, in the real database."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from allconnects.kit import clock
from allconnects.kit.errors import AllconnectsError, InvalidInput, NotFound

DAY = datetime(2026, 3, 2, 6, tzinfo=UTC)
Make = Callable[..., Any]


def h(hours: float) -> datetime:
    return DAY + timedelta(hours=hours)


@pytest.fixture
def evening() -> Iterator[None]:
    with clock.at(h(12)):
        yield


@pytest.fixture
def van(speaking: None, who: Any, make: Make, evening: None) -> Any:
    """A van with a tracker."""
    from allconnects.fleet.services import installing

    vehicle = make("vehicle")
    vehicle.device = make("device")
    installing.install(who, vehicle.device.pk, vehicle, h(-100))
    return vehicle


def see(who: Any, vehicle: Any, at: float, entering: bool = True, **more: Any) -> int:
    from allconnects.fleet.services import presence

    return presence.observe(who, [presence.Sighting(vehicle.pk, more.pop("source", "badge"), entering, h(at), **more)])


def stays(vehicle: Any) -> list[tuple[Any, ...]]:
    from allconnects.fleet.services import presence

    hours = lambda t: None if t is None else (t - DAY) / timedelta(hours=1)  # noqa: E731
    return [
        (hours(o.during.lower), hours(o.during.upper), o.person_id, o.role, o.source, o.rank)
        for o in presence.stays(h(-200), h(200), vehicle.pk)
    ]


def tracks(device: Any) -> list[tuple[Any, ...]]:
    from django.db import connection

    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT lower(during), upper(during), person FROM telemetry_occupancy WHERE device_id = %s ORDER BY 1",
            [device.pk],
        )
        return cursor.fetchall()


def test_a_badge_in_and_out_makes_a_stay_and_whose_the_track_is(who: Any, make: Make, van: Any) -> None:
    from allconnects.fleet.services import badging

    person = make("person")
    badging.give(who, person, "rfid", "04:a1:b2:c3", h(-1))
    assert see(who, van, 1, number="04A1B2C3") == 1
    assert tracks(van.device) == [(h(1), None, person.pk)]
    assert see(who, van, 5, False, number="04-a1-b2-c3") == 1
    assert stays(van) == [(1, 5, person.pk, "driver", "badge", 2)]
    assert tracks(van.device) == [(h(1), h(5), person.pk)]
    assert see(who, van, 5, False, number="04a1b2c3") == 0, "the same event again"


def test_any_order_of_arrival_ends_in_the_same_stays(who: Any, make: Make, van: Any) -> None:
    one, two = make("person"), make("person")
    events = [(1, True, one), (2, True, two), (4, False, one), (6, False, two)]
    found = set()
    for order in itertools.permutations(events):
        for at, entering, person in order:
            see(who, van, at, entering, person=person.pk)
        found.add(str((stays(van), tracks(van.device))))
        from allconnects.fleet.models import DriverEvent, Occupancy, Question

        for model in (Question, DriverEvent, Occupancy):
            model.objects.all().delete()
    assert len(found) == 1


def test_a_correction_holds_and_can_be_withdrawn(who: Any, make: Make, van: Any) -> None:
    from allconnects.fleet.services import presence

    one, two = make("person"), make("person")
    see(who, van, 1, person=one.pk)
    see(who, van, 5, False, person=one.pk)
    made = presence.claim(who, van.pk, two.pk, h(2), h(3), reason="swapped at the yard")
    assert [s[:4] for s in stays(van) if s[3] == "driver"] == [
        (1, 2, one.pk, "driver"), (2, 3, two.pk, "driver"), (3, 5, one.pk, "driver"),
    ]  # fmt: skip
    assert [t[2] for t in tracks(van.device)] == [one.pk, two.pk, one.pk]
    presence.withdraw(who, made.pk)
    assert [s[:3] for s in stays(van)] == [(1, 5, one.pk)]
    with pytest.raises(NotFound):
        presence.withdraw(who, made.pk)


def test_planning_gives_way_to_what_is_sensed(who: Any, make: Make, van: Any) -> None:
    from allconnects.fleet.services import presence

    planned, real = make("person"), make("person")
    presence.claim(who, van.pk, planned.pk, h(0), None, source="planning")
    see(who, van, 3, person=real.pk)
    see(who, van, 4, False, person=real.pk)
    assert [s[:3] + s[4:] for s in stays(van)] == [
        (0, 3, planned.pk, "planning", 6), (3, 4, real.pk, "badge", 2), (4, None, planned.pk, "planning", 6),
    ]  # fmt: skip


def test_a_forgotten_out_goes_to_the_inbox_and_a_human_ends_it(who: Any, make: Make, van: Any) -> None:
    from allconnects.fleet.services import inbox

    person, other = make("person"), make("vehicle")
    see(who, van, 1, person=person.pk)
    assert inbox.waiting() == []
    see(who, other, 7, person=person.pk)
    (question,) = inbox.waiting()
    assert (question.kind, question.vehicle_id, question.person_id) == ("no_out", van.pk, person.pk)
    assert stays(van) == []
    assert tracks(van.device) == []
    with pytest.raises(InvalidInput):
        inbox.end_stay(who, question.pk, h(0.5))
    inbox.end_stay(who, question.pk, h(6))
    assert stays(van) == [(1, 6, person.pk, "driver", "manual", 1)]
    assert tracks(van.device) == [(h(1), h(6), person.pk)]
    with pytest.raises(AllconnectsError) as refused:
        inbox.end_stay(who, question.pk, h(5))
    assert refused.value.status == 409


def test_a_late_out_answers_the_question_by_itself(who: Any, make: Make, van: Any) -> None:
    from allconnects.fleet.models import Question
    from allconnects.fleet.services import inbox

    person, other = make("person"), make("vehicle")
    see(who, van, 1, person=person.pk)
    see(who, other, 7, person=person.pk)
    see(who, van, 5, False, person=person.pk)
    assert inbox.waiting() == []
    assert Question.objects.get(vehicle=van).decision == "moot"
    assert stays(van) == [(1, 5, person.pk, "driver", "badge", 2)]


def test_an_in_that_does_not_count_is_ignored(who: Any, make: Make, van: Any) -> None:
    from allconnects.fleet.services import inbox

    person, other = make("person"), make("vehicle")
    see(who, van, 1, person=person.pk)
    see(who, other, 7, person=person.pk)
    inbox.ignore(who, inbox.waiting()[0].pk)
    see(who, van, 5, False, person=person.pk)
    assert stays(van) == []
    assert inbox.waiting() == []


def test_an_unknown_badge_is_asked_about_once_and_assigned_with_its_past(who: Any, make: Make, van: Any) -> None:
    from allconnects.fleet.services import inbox

    person = make("person")
    see(who, van, 1, number="0011223344556677")
    see(who, van, 5, False, number="0011223344556677")
    (question,) = inbox.waiting()
    assert question.kind == "unknown_badge"
    assert stays(van) == []
    badge = inbox.assign_badge(who, question.pk, person.pk)
    assert badge.last4 == "6677"
    assert [s[:3] for s in stays(van)] == [(1, 5, person.pk)]
    assert tracks(van.device) == [(h(1), h(5), person.pk)]


def test_giving_a_badge_answers_the_question_about_it(who: Any, make: Make, van: Any) -> None:
    from allconnects.fleet.services import badging, inbox

    person = make("person")
    see(who, van, 1, number="0011223344556677")
    badging.give(who, person, "rfid", "00 11 22 33 44 55 66 77", h(0))
    assert inbox.waiting() == []
    assert [s[:3] for s in stays(van)] == [(1, None, person.pk)]


def test_a_badge_passes_from_hand_to_hand(who: Any, make: Make, van: Any) -> None:
    from allconnects.fleet.services import badging

    one, two = make("person"), make("person")
    first = badging.give(who, one, "rfid", "AABBCCDD", h(-5))
    with pytest.raises(InvalidInput, match="Somebody has"):
        badging.give(who, two, "rfid", "aabbccdd")
    with clock.at(h(3)):
        badging.take_back(who, first.pk)
    badging.give(who, two, "rfid", "aabbccdd", h(3))
    for at, entering in ((1, True), (2, False), (4, True), (5, False)):
        see(who, van, at, entering, number="aabbccdd")
    assert [s[:3] for s in stays(van)] == [(1, 2, one.pk), (4, 5, two.pk)]


def test_two_drivers_wait_for_a_human(who: Any, make: Make, van: Any) -> None:
    from allconnects.fleet.services import inbox

    one, two = make("person"), make("person")
    for at, entering, person in ((1, True, one), (2, True, two), (3, False, one), (4, False, two)):
        see(who, van, at, entering, person=person.pk, source="phone", role="driver")
    (question,) = inbox.waiting()
    assert (question.during.lower, question.during.upper) == (h(2), h(3))
    assert [t[:2] for t in tracks(van.device)] == [(h(1), h(2)), (h(3), h(4))]
    inbox.name_driver(who, question.pk, two.pk)
    assert tracks(van.device) == [(h(1), h(2), one.pk), (h(2), h(4), two.pk)]
    assert inbox.waiting() == []


def test_a_device_put_in_later_takes_the_drivers_along(who: Any, make: Make, van: Any) -> None:
    from allconnects.fleet.services import installing

    person, device = make("person"), make("device")
    see(who, van, 1, person=person.pk)
    see(who, van, 5, False, person=person.pk)
    installing.install(who, device.pk, van, h(2), main=False)
    assert tracks(device) == [(h(2), h(5), person.pk)]


def test_a_corrected_driver_cuts_the_sealed_day_anew(who: Any, make: Make, van: Any, owner_connection: Any) -> None:
    from django.db import transaction

    from allconnects.fleet.services import presence

    person = make("person")
    transaction.on_commit(lambda: None)
    presence.claim(who, van.pk, person.pk, h(1), h(2))
    assert tracks(van.device) == [(h(1), h(2), person.pk)]


def test_the_chance_of_another_tenant(who: Any, make: Make, van: Any, other_organisation: Any) -> None:
    from allconnects.fleet.services import presence
    from allconnects.fleet.who import Who

    with pytest.raises(NotFound):
        presence.claim(who, 0, None, h(1), h(2))
    with pytest.raises(NotFound):
        presence.claim(Who(other_organisation), van.pk, make("person").pk.__class__(int=1), h(1), h(2))
