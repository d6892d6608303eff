"""Ranked sources: what holds for any events and statements, in any order."""

from __future__ import annotations

import random
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from allconnects.fleet.rules import (
    FOREVER,
    LONGEST_STAY,
    RANK,
    SENSED,
    Seen,
    Statement,
    Stay,
    pair,
    resolve,
)

DAY = datetime(2026, 3, 2, 6, tzinfo=UTC)
NOW = DAY + timedelta(hours=10)


def h(hours: float) -> datetime:
    return DAY + timedelta(hours=hours)


def say(person: str | None, source: str, start: float, end: float, vehicle: int = 1, role: str = "driver", n: int = 0):  # type: ignore[no-untyped-def]
    return Statement(vehicle, person, role, source, h(start), h(end), (h(start), n))


def seen(person: str, at: float, entering: bool = True, vehicle: int = 1, source: str = "badge", n: int = 0) -> Seen:
    return Seen(n or int(at * 100), vehicle, person, source, entering, h(at))


def told(stays: list[Stay], vehicle: int = 1) -> list[tuple[Any, ...]]:
    hours = lambda t: (t - DAY) / timedelta(hours=1) if t != FOREVER else None  # noqa: E731
    return sorted(
        (hours(s.start), hours(s.end), s.person, s.role, s.source) for s in stays if s.vehicle == vehicle
    )  # fmt: skip


def test_the_order_of_belief() -> None:
    assert sorted(RANK, key=lambda s: RANK[s]) == ["manual", "badge", "dallas", "phone", "qr", "planning"]


@pytest.mark.parametrize("better", list(RANK)[:-1])
def test_a_better_source_replaces_the_planned_driver(better: str) -> None:
    stays, contests = resolve([say("plan", "planning", 0, 9), say("real", better, 2, 5)])
    assert contests == []
    assert told(stays) == [
        (0, 2, "plan", "driver", "planning"), (2, 5, "real", "driver", better), (5, 9, "plan", "driver", "planning"),
    ]  # fmt: skip


def test_who_was_sensed_and_does_not_drive_rides_along() -> None:
    stays, _ = resolve([say("badge", "badge", 0, 4), say("phone", "phone", 1, 3)])
    assert told(stays) == [(0, 4, "badge", "driver", "badge"), (1, 3, "phone", "passenger", "phone")]


def test_a_person_is_where_the_better_source_says() -> None:
    stays, _ = resolve([say("a", "planning", 0, 8, vehicle=1), say("a", "badge", 2, 4, vehicle=2)])
    assert told(stays, 1) == [(0, 2, "a", "driver", "planning"), (4, 8, "a", "driver", "planning")]
    assert told(stays, 2) == [(2, 4, "a", "driver", "badge")]


def test_several_in_one_van_the_first_drives_until_he_leaves() -> None:
    events = [seen("a", 0), seen("b", 0.5), seen("c", 1), seen("a", 3, False), seen("b", 4, False), seen("c", 4, False)]
    made, doubts = pair(events, NOW)
    stays, contests = resolve(made)
    assert doubts == []
    assert contests == []
    assert [t for t in told(stays) if t[3] == "driver"] == [
        (0, 3, "a", "driver", "badge"),
        (3, 4, "b", "driver", "badge"),
    ]
    assert [t for t in told(stays) if t[2] == "c"] == [(1, 4, "c", "passenger", "badge")]


def test_two_drivers_of_one_rank_are_asked_about() -> None:
    stays, contests = resolve([say("a", "phone", 0, 4), say("b", "phone", 2, 6, n=1)])
    assert [(c.start, c.end, c.persons) for c in contests] == [(h(2), h(4), ("a", "b"))]
    assert (2, 4, "b", "passenger", "phone") in told(stays)
    assert not [t for t in told(stays) if t[3] == "driver" and t[0] < 4 and t[1] > 2]


def test_the_latest_correction_holds() -> None:
    stays, contests = resolve([say("a", "manual", 0, 4, n=1), say("b", "manual", 0, 4, n=2)])
    assert contests == []
    assert [t for t in told(stays) if t[3] == "driver"] == [(0, 4, "b", "driver", "manual")]


def test_nobody_of_ours_drove() -> None:
    stays, _ = resolve([say(None, "manual", 1, 2, n=1), say("a", "planning", 0, 4)])
    assert told(stays) == [(0, 1, "a", "driver", "planning"), (2, 4, "a", "driver", "planning")]


def test_a_forgotten_out_is_asked_and_not_guessed() -> None:
    made, doubts = pair([seen("a", 0), seen("a", 6, vehicle=2)], NOW)
    assert [(d.vehicle, d.start, d.end) for d in doubts] == [(1, h(0), h(6))]
    assert [(s.vehicle, s.start, s.end) for s in made] == [(2, h(6), FOREVER)]


def test_an_in_without_a_sign_for_too_long_is_asked_about() -> None:
    late = h(0) + LONGEST_STAY + timedelta(minutes=1)
    assert pair([seen("a", 0)], h(2))[1] == []
    made, doubts = pair([seen("a", 0)], late)
    assert made == []
    assert [(d.start, d.end) for d in doubts] == [(h(0), h(0) + LONGEST_STAY)]


def test_a_second_in_is_a_sign_of_being_there_still() -> None:
    made, doubts = pair([seen("a", 0), seen("a", 5), seen("a", 9, False)], NOW)
    assert doubts == []
    assert [(s.start, s.end) for s in made] == [(h(0), h(9))]


def test_what_was_certain_before_the_forgotten_out_stays() -> None:
    made, doubts = pair([seen("a", 0), seen("a", 5), seen("a", 8, vehicle=2)], NOW)
    assert [(s.vehicle, s.start, s.end) for s in made] == [(1, h(0), h(5)), (2, h(8), FOREVER)]
    assert [(d.start, d.end) for d in doubts] == [(h(5), h(8))]


def test_an_out_that_nobody_went_in_for_says_nothing() -> None:
    assert pair([seen("a", 1, False)], NOW) == ([], [])


def test_each_source_is_followed_by_itself() -> None:
    made, doubts = pair([seen("a", 0), seen("a", 1, source="phone"), seen("a", 2, False, source="phone")], h(3))
    assert doubts == []
    assert sorted((s.source, s.start, s.end) for s in made) == [("badge", h(0), FOREVER), ("phone", h(1), h(2))]


events = st.lists(
    st.builds(
        Seen, st.just(0), st.integers(1, 3), st.sampled_from("abc"), st.sampled_from(sorted(SENSED)), st.booleans(),
        st.integers(0, 60).map(lambda n: h(n / 2)), st.sampled_from(["", "driver", "passenger"]),
    ),
    max_size=14,
).map(lambda found: [Seen(n, *_fields(one)[1:]) for n, one in enumerate(found)])  # fmt: skip


def _fields(one: Seen) -> tuple[Any, ...]:
    return (one.id, one.vehicle, one.person, one.source, one.entering, one.at, one.role)


@st.composite
def statements(draw: st.DrawFn) -> list[Statement]:
    found = []
    for n in range(draw(st.integers(0, 9))):
        source = draw(st.sampled_from(sorted(RANK)))
        start = draw(st.integers(0, 12))
        person = draw(st.sampled_from(["a", "b", "c", "d", *([None] if source in ("manual", "planning") else [])]))
        roles = ["driver"] if person is None else ["driver", "passenger", *([""] if source in SENSED else [])]
        role, end = draw(st.sampled_from(roles)), start + draw(st.integers(1, 6))
        found.append(say(person, source, start, end, draw(st.integers(1, 3)), role, n))
    return found


@given(events, st.randoms())
def test_any_order_of_arrival_says_the_same(found: list[Seen], chance: random.Random) -> None:
    shuffled = [*found]
    chance.shuffle(shuffled)
    later = h(40)
    one, two = pair(found, later), pair(shuffled, later)
    key = lambda s: (s.vehicle, str(s.person), s.start, s.end, s.source)  # noqa: E731
    assert sorted(one[0], key=key) == sorted(two[0], key=key)
    assert sorted(one[1], key=lambda d: d.event) == sorted(two[1], key=lambda d: d.event)


@given(events)
def test_doubt_and_certainty_do_not_overlap(found: list[Seen]) -> None:
    made, doubts = pair(found, h(40))
    source = {event.id: event.source for event in found}
    for doubt in doubts:
        assert timedelta(0) < doubt.end - doubt.start <= LONGEST_STAY
        for one in made:
            if one.person == doubt.person and one.source == source[doubt.event]:
                assert one.end <= doubt.start or one.start >= doubt.end


@given(statements())
def test_one_driver_one_place_and_the_best_source(found: list[Statement]) -> None:
    stays, contests = resolve(found)
    for half in range(0, 40):
        moment = h(half / 2 + 0.25)
        now = [s for s in stays if s.start <= moment < s.end]
        drivers = [s.vehicle for s in now if s.role == "driver"]
        assert len(drivers) == len(set(drivers))
        assert len({s.person for s in now}) == len(now)
        asked = {c.vehicle for c in contests if c.start <= moment < c.end}
        assert not asked & set(drivers)
        for stay in now:
            said = [s for s in found if s.person == stay.person and s.start <= moment < s.end]
            assert RANK[stay.source] == min(s.rank for s in said)
        for person in {s.person for s in found if s.person and s.source in SENSED and s.start <= moment < s.end}:
            best = min(s.rank for s in found if s.person == person and s.start <= moment < s.end)
            if any(RANK[s] == best for s in SENSED):
                assert person in {s.person for s in now}, "who was sensed does not vanish"


@given(statements(), st.randoms())
def test_the_order_of_statements_makes_no_difference(found: list[Statement], chance: random.Random) -> None:
    shuffled = [*found]
    chance.shuffle(shuffled)
    assert resolve(found) == resolve(shuffled) or sorted(map(str, resolve(found)[0])) == sorted(
        map(str, resolve(shuffled)[0])
    )
