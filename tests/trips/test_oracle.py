"""The detector against the same rules as a plain loop, on small tracks of all kinds."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from allconnects.bench import trips_plain
from allconnects.bench.trips import drive, plain_fixes
from allconnects.trips.detector import detect
from allconnects.trips.result import Track
from allconnects.trips.rules import PROFILES, rules_for
from tests.trips.journey import check, track

MINUTE = 60_000


@st.composite
def rows(draw: st.DrawFn) -> list[list[float]]:
    """Steps of every size and pace: noise, walking, driving, silences, jumps; with ignition and speed or without."""
    tells = draw(st.booleans()), draw(st.booleans())
    now, north, east, on = 1_780_000_000_000 + draw(st.integers(0, 3999)), 0.0, 0.0, 1
    found: list[list[float]] = []
    for _ in range(draw(st.integers(0, 40))):
        repeats = draw(st.integers(1, 6))
        pace = draw(st.sampled_from((0, 0, 0.4, 2, 4.3, 7, 11, 30, 70, 160, 400)))
        wait = draw(
            st.sampled_from((0, 700, 1000, 5000, 10_000, 45_000, 61_000, 4 * MINUTE, 40 * MINUTE, 600 * MINUTE))
        )
        sign, across = draw(st.sampled_from((1, -1))), draw(st.sampled_from((0.0, 0.3, 1.7)))
        on = draw(st.sampled_from((1, 1, 0, -1)))
        speed = draw(st.sampled_from((0.0, 3.0, 20.0, 90.0, float("nan"))))
        for _ in range(repeats):
            now += wait + draw(st.integers(0, 300))
            way = sign * min(pace * (wait + 150) / 3.6e3, 40_000)
            north, east = north + way, east + way * across
            found.append(
                [
                    now, round(5.12e8 + north * 89.9), round(4.4e7 + east * 143),
                    speed if tells[1] else float("nan"), on if tells[0] else -1, float("nan"),
                ]
            )  # fmt: skip
    return found


def same(one: Track, profile: str) -> None:
    """Both find the same."""
    rules = rules_for(profile)
    fast, plain = detect(one, rules), trips_plain.detect(plain_fixes(one), rules)
    check(fast, one.time_ms)
    assert [(trip.start_ms, trip.end_ms, trip.end_why.rule) for trip in fast.trips] == [
        (start, end, why) for start, end, _, why in plain.trips
    ]
    assert [trip.distance_gps_m for trip in fast.trips] == pytest.approx(
        [way for _, _, way, _ in plain.trips], abs=0.06
    )
    assert [(stop.start_ms, stop.end_ms) for stop in fast.stops] == plain.stops
    assert fast.moving.tolist() == plain.moving


@settings(max_examples=400, deadline=None)
@given(rows(), st.sampled_from(PROFILES))
def test_finds_what_the_plain_loop_finds(given_rows: list[list[float]], profile: str) -> None:
    same(track(given_rows), profile)


@pytest.mark.parametrize("every_s", [1, 10])
@pytest.mark.parametrize("profile", PROFILES)
def test_finds_what_the_plain_loop_finds_in_the_track_of_the_benchmark(every_s: int, profile: str) -> None:
    same(drive(6000, 7, every_s), profile)
