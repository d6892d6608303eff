"""Stored trips: computed as data come, the same however they come, and only where something changed."""

from __future__ import annotations

import itertools
import random
from datetime import UTC, datetime, timedelta
from typing import Any

from hypothesis import HealthCheck, Phase, example, given, settings
from hypothesis import strategies as st

from tests.telemetry.store.sealed import drives, forget_hot
from tests.trips.store.yard import START, Trips, journey

HOURS = timedelta(hours=1)


def day_of_two_trips(start: datetime = START) -> Any:
    """Rest, 10 km, an hour of rest, 6 km, rest."""
    made = journey(start).fix().park(1800)
    for metres, course in ((10_000, 0), (6_000, 180)):
        made.wait(20).fix(on=True).wait(20).drive(metres, course_deg=course).wait(20).fix(on=False).park(3600)
    return made


def test_trips_and_stops_of_a_day(trips: Trips) -> None:
    device = trips.yard.device()
    trips.send(device, day_of_two_trips().rows)
    trips.compute(device, START + 6 * HOURS)
    columns = "distance_m, distance_why, still_open, shown, computed, why->'start'->>0, why->'end'->>0"
    found = trips.trips(device, columns)
    assert [(round(row[0], -2), *row[1:]) for row in found] == [
        (10_000, "odometer_agrees", False, True, True, "ignition_on", "ignition_off"),
        (6_000, "odometer_agrees", False, True, True, "ignition_on", "ignition_off"),
    ]
    spans = trips.stops(device, "start_at, end_at, still_open")
    ends = trips.trips(device, "start_at, end_at")
    assert [(a, b) for a, b, _ in spans] == [
        (spans[0][0], ends[0][0]), (ends[0][1], ends[1][0]), (ends[1][1], spans[2][1]),
    ]  # fmt: skip
    assert [row[2] for row in spans] == [False, False, True]


def test_computing_again_writes_nothing(trips: Trips) -> None:
    device = trips.yard.device()
    rows = day_of_two_trips().rows
    trips.send(device, rows)
    trips.compute(device, START + 6 * HOURS)
    before = trips.trips(device, "id, computed_at"), trips.stops(device, "id, computed_at")
    assert len(before[0]) == 2
    trips.send(device, rows, received=START + 7 * HOURS)
    trips.compute(device, START + 8 * HOURS)
    assert (trips.trips(device, "id, computed_at"), trips.stops(device, "id, computed_at")) == before


def test_a_running_trip_grows_and_keeps_its_id(trips: Trips) -> None:
    device = trips.yard.device()
    rows = journey().park(1800).drive(20_000).park(1200).rows
    ids = []
    for cut in (225, 240, 300, len(rows)):
        trips.send(device, rows[:cut])
        trips.compute(device, START + 3 * HOURS)
        ids.append(trips.trips(device, "id, still_open"))
    assert len({one for (found,) in ids for one in [found[0]]}) == 1


Leg = tuple[float, float, int, int, str]
LEGS = st.tuples(
    st.floats(300, 15_000), st.floats(20, 90), st.integers(1, 150), st.sampled_from((5, 10, 30)),
    st.sampled_from(("park", "silent", "drift", "jump", "tunnel", "idling", "warming")),
)  # fmt: skip


def driven(legs: list[Leg], ignition: bool) -> list[list[float]]:
    """Rows of some drives with what goes wrong between them."""
    made = journey(ignition=ignition).fix().park(1500).wait(20)
    for number, (metres, kmh, minutes, every, what) in enumerate(legs):
        made.drive(metres, kmh, every, course_deg=number * 70)
        if what == "tunnel":
            made.wait(420).move(6000)
        elif what == "silent":
            made.wait(20).fix(on=False).wait(minutes * 60)
        elif what == "jump":
            made.wait(60).move(60_000).fix().park(minutes * 60)
        elif what == "idling":
            made.park(minutes * 60, on=True)
        elif what == "warming":
            made.wait(20).fix(on=False).park(minutes * 30).park(minutes * 30, on=True)
        else:
            made.wait(20).fix(on=False).park(minutes * 60, drift_m=40 if what == "drift" else 5, seed=number)
        made.wait(20)
    return made.drive(900).park(600).rows


@settings(
    max_examples=15,
    deadline=None,
    phases=(Phase.explicit, Phase.reuse, Phase.generate),
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(
    legs=st.lists(LEGS, min_size=1, max_size=5),
    ignition=st.booleans(),
    drivers=st.lists(st.integers(1500, 20_000), max_size=3, unique=True),
    seed=st.integers(0, 2**32),
)
@example(
    legs=[
        (5000.0, 41.105043850554, 27, 30, "park"), (1117.9144264086244, 55.327754130501305, 116, 30, "park"),
        (13542.64407216887, 33.292169167253086, 24, 30, "silent"),
        (1616.857481740709, 28.017305344765226, 22, 5, "jump"),
    ],
    ignition=False, drivers=[1500], seed=0,
)  # fmt: skip
def test_the_way_they_came_does_not_matter(
    trips: Trips, legs: list[Leg], ignition: bool, drivers: list[int], seed: int
) -> None:
    """Any order, any duplicates, any batches, sealed and computed in between or not: the same trips and stops."""
    rows = driven(legs, ignition)
    one, other = trips.yard.device(), trips.yard.device()
    begins = [round((START + timedelta(seconds=s)).timestamp() * 1000) for s in sorted(drivers)]
    people: dict[Any, int] = {}
    for device in (one, other):
        for number, (begin, end) in enumerate(itertools.pairwise([*begins, None])):
            people[drives(trips.yard, device.id, begin, end)] = number
    end = datetime.fromtimestamp(rows[-1][0] / 1000, UTC)
    now = end + HOURS
    trips.send(one, rows, received=end)
    trips.compute(one, now)

    chance = random.Random(seed)
    order = list(range(len(rows)))
    if chance.random() < 0.7:
        blocks = [order[at : at + 40] for at in range(0, len(order), 40)]
        chance.shuffle(blocks)
        order = [at for block in blocks for at in block]
    else:
        chance.shuffle(order)
    order += chance.sample(order, k=len(order) // 4)
    edges = sorted({0, len(order), *(chance.randrange(len(order)) for _ in range(chance.randrange(12)))})
    for begin, stop in itertools.pairwise(edges):
        trips.send(other, [rows[at] for at in order[begin:stop]], received=end)
        if chance.random() < 0.8:
            trips.compute(other, now)
        if chance.random() < 0.2:
            trips.seal(other, START)
            if chance.random() < 0.5:
                forget_hot(trips.yard, other.id)
    trips.compute(other, now)
    assert plain(trips.trips(other), people) == plain(trips.trips(one), people)
    assert plain(trips.stops(other), people) == plain(trips.stops(one), people)


def plain(rows: list[tuple[Any, ...]], people: dict[Any, int]) -> list[tuple[Any, ...]]:
    """Rows with a number instead of a person: the two devices are driven by different people."""
    return [tuple(people.get(value, value) for value in map(_hashable, row)) for row in rows]


def _hashable(value: Any) -> Any:
    return repr(value) if isinstance(value, dict | list) else value
