"""What holds of every track: the order of arrival and repetitions change nothing."""

from __future__ import annotations

from typing import Any

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from allconnects.trips.detector import detect
from allconnects.trips.result import Detection
from allconnects.trips.rules import PROFILES, rules_for
from tests.trips.journey import Journey, check, track
from tests.trips.test_oracle import rows


def told(found: Detection, given_rows: list[list[float]]) -> list[Any]:
    """Trips and stops with the positions instead of the indices of the fixes that decided."""

    def fixes(indices: tuple[int, ...]) -> list[str]:
        return [repr(given_rows[index]) for index in indices]

    trips = [
        (
            trip._replace(start_why=None, end_why=None, bridged=(), first_fix=0, last_fix=0),
            *((why.rule, fixes(why.fixes)) for why in (trip.start_why, trip.end_why, *trip.bridged)),
        )
        for trip in found.trips
    ]
    return [*trips, *((stop._replace(why=None), stop.why.rule, fixes(stop.why.fixes)) for stop in found.stops)]


@settings(max_examples=200, deadline=None)
@given(rows(), st.sampled_from(PROFILES), st.randoms(use_true_random=False))
def test_neither_order_nor_repetition_changes_anything(
    given_rows: list[list[float]], profile: str, chance: Any
) -> None:
    rules = rules_for(profile)
    one = detect(track(given_rows), rules)
    order = list(range(len(given_rows)))
    order += chance.sample(order, k=len(order) // 2)
    chance.shuffle(order)
    other_rows = [given_rows[index] for index in order]
    other = detect(track(other_rows), rules)
    assert told(one, given_rows) == told(other, other_rows)
    assert other.moving.tolist() == one.moving[order].tolist()
    assert other.used == one.used


@settings(max_examples=50, deadline=None)
@given(rows(), st.sampled_from(PROFILES))
def test_the_input_is_left_as_it_is_and_the_answer_is_the_same_again(
    given_rows: list[list[float]], profile: str
) -> None:
    given_track, rules = track(given_rows), rules_for(profile)
    before = [np.copy(column) for column in (given_track.time_ms, given_track.lat_e7, given_track.ignition)]
    one, two = detect(given_track, rules), detect(given_track, rules)
    check(one, given_track.time_ms)
    assert one.trips == two.trips
    after = (given_track.time_ms, given_track.lat_e7, given_track.ignition)
    assert all(np.array_equal(x, y) for x, y in zip(before, after, strict=True))


@settings(max_examples=60, deadline=None)
@given(
    st.lists(
        st.tuples(st.floats(1000, 20_000), st.floats(15, 110), st.floats(400, 9000), st.integers(2, 60)),
        min_size=1, max_size=5,
    ),
    st.booleans(),
    st.booleans(),
)  # fmt: skip
def test_every_drive_between_two_rests_is_one_trip(
    legs: list[tuple[float, float, float, int]], ignition: bool, speeds: bool
) -> None:
    journey = Journey(ignition=ignition, speeds=speeds).fix().park(900)
    for metres, kmh, rest_s, every_s in legs:
        journey.drive(metres, kmh, every_s).park(rest_s)
    found = journey.detect()
    assert len(found.trips) == len(legs)
    for trip, (metres, kmh, _, _) in zip(found.trips, legs, strict=True):
        assert abs(trip.distance_m - metres) <= 0.003 * metres + 5
        assert abs(trip.moving_s - metres * 3.6 / kmh) <= 125
