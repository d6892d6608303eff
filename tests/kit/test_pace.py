"""Work in the background rests in proportion to what it did, never for longer than it may."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from allconnects.kit.pace import FEWEST, MOST, Pace


class Time:
    """A clock that only work and rest move."""

    def __init__(self) -> None:
        self.at = 0.0

    def now(self) -> float:
        return self.at

    def sleep(self, seconds: float) -> None:
        assert seconds > 0
        self.at += seconds


def paced(pieces: list[float], **how: float) -> tuple[Pace, Time]:
    time = Time()
    pace = Pace(**how, sleep=time.sleep, now=time.now)  # type: ignore[arg-type]
    for took in pieces:
        began = pace.now()
        time.at += took
        pace.rest(began)
    return pace, time


def test_what_is_small_is_done_at_once() -> None:
    pace, time = paced([0.01] * 15)
    assert pace.rested_s == 0
    assert time.at == pytest.approx(0.15)


def test_what_is_long_takes_its_share_of_the_time() -> None:
    pace, time = paced([0.125] * 8, share=0.25, free_s=0, most_s=100)
    assert pace.worked_s == pytest.approx(1)
    assert time.at == pytest.approx(4)


@given(st.lists(st.floats(0, 5), max_size=60), st.floats(0.05, 1), st.floats(0, 30))
def test_rests_have_an_end_and_pieces_their_limits(pieces: list[float], share: float, most_s: float) -> None:
    pace, time = paced(pieces, share=share, most_s=most_s)
    assert pace.rested_s <= most_s + 1e-9
    assert time.at == pytest.approx(sum(pieces) + pace.rested_s)
    assert FEWEST <= pace.piece <= MOST


@given(st.integers(1, 40))
def test_pieces_that_take_long_become_smaller_and_quick_ones_larger(count: int) -> None:
    assert paced([1.0] * count)[0].piece < Pace().piece
    assert paced([0.001] * count)[0].piece > Pace().piece
