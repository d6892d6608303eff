"""When an engine ran while standing: by each step from fix to fix, and put together out of stretches."""

from __future__ import annotations

import random
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from allconnects.trips.idling import EVER, Spans, beside, engine_on, within
from allconnects.trips.rules import rules_for
from allconnects.trips.stretch import Period
from tests.trips.journey import Journey, track

PERIODS = [Period(-EVER, rules_for("vehicle"))]


def minutes(spans: Spans, start: int) -> list[tuple[float, float]]:
    return [((a - start) / 60_000, (b - start) / 60_000) for a, b in spans]


def test_the_engine_runs_from_a_fix_that_says_so_to_the_next() -> None:
    made = Journey(ignition=True).fix(on=True).park(600, on=True).wait(30).fix(on=False).park(600)
    assert minutes(engine_on(made.track(), PERIODS), int(made.rows[0][0])) == [(0, 10.5)]


def test_a_silence_is_not_counted_and_nothing_is_where_no_ignition_is_told() -> None:
    made = Journey(ignition=True).fix(on=True).park(120, on=True).wait(300).fix(on=True).park(60, on=True)
    assert minutes(engine_on(made.track(), PERIODS), int(made.rows[0][0])) == [(0, 2), (7, 8)]
    assert engine_on(Journey().fix().park(600).track(), PERIODS) == ()


def test_a_longer_silence_that_a_firm_allows_counts_from_that_day_on() -> None:
    made = Journey(ignition=True).fix(on=True).wait(400).fix(on=True).wait(400).fix(on=False)
    start = int(made.rows[0][0])
    periods = [*PERIODS, Period(start + 400_000, rules_for("vehicle", {"gap_s": 900}))]
    assert engine_on(made.track(), periods) == ((start + 400_000, start + 800_000),)


@given(st.lists(st.tuples(st.integers(1, 400), st.sampled_from((-1, 0, 1))), min_size=2, max_size=40), st.data())
def test_neither_order_nor_repetition_nor_where_it_is_cut_matters(
    steps: list[tuple[int, int]], data: st.DataObject
) -> None:
    at, rows = 0, []
    for seconds, state in steps:
        at += seconds * 1000
        rows.append([at, 512000000, 44000000, 0, state, 0])
    whole = engine_on(track(rows), PERIODS)
    mixed = [*rows, *data.draw(st.lists(st.sampled_from(rows), max_size=5))]
    random.Random(1).shuffle(mixed)
    assert engine_on(track(mixed), PERIODS) == whole
    cut = data.draw(st.integers(-1, at + 1))
    assert beside(within(whole, -EVER, cut), within(whole, cut, EVER)) == whole
    assert sum(b - a for a, b in whole) == sum(
        after[0] - one[0] for one, after in pairwise(rows) if one[4] == 1 and after[0] - one[0] < 300_000
    )


@pytest.mark.parametrize("state", [-1, 0])
def test_of_fixes_of_one_moment_one_that_says_on_counts(state: int) -> None:
    rows = [[0, 0, 0, 0, state, 0], [0, 0, 0, 0, 1, 0], [60_000, 0, 0, 0, 0, 0]]
    assert engine_on(track(rows), PERIODS) == ((0, 60_000),)
