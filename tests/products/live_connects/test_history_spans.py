"""What a day was made of: its hours, silences and idling, on days of 23, 24 and 25 hours."""

from __future__ import annotations

from datetime import date

import numpy as np
import pytest

from allconnects.products.live_connects import history_spans as spans

SUMMER, WINTER, PLAIN = date(2026, 3, 29), date(2026, 10, 25), date(2026, 11, 26)


@pytest.mark.parametrize(("day", "hours"), [(SUMMER, 23), (WINTER, 25), (PLAIN, 24)])
def test_a_day_has_the_hours_that_its_clock_shows(day: date, hours: int) -> None:
    start, end = spans.bounds_ms(day)
    assert end - start == hours * 3_600_000
    shown = spans.hours(day)
    assert len(shown) == hours + 1
    assert (shown[0], shown[-1]) == ((start, "00:00"), (end, "00:00"))


def test_the_hour_that_is_missing_or_comes_twice() -> None:
    assert [words for _, words in spans.hours(SUMMER)][1:4] == ["01:00", "03:00", "04:00"]
    assert [words for _, words in spans.hours(WINTER)][1:5] == ["01:00", "02:00", "02:00", "03:00"]


def test_a_silence_is_longer_than_five_minutes() -> None:
    times = np.array([0, 300_000, 600_001, 600_002], np.int64)
    assert spans.silences(times) == [(300_000, 600_001)]
    assert spans.silences(times[:0]) == []


def test_idling_is_standing_within_a_trip_for_a_minute() -> None:
    times = np.arange(0, 600_000, 10_000, dtype=np.int64)
    speed = np.full(len(times), 40.0, np.float32)
    speed[10:20] = 0.0
    speed[30:33] = 0.0
    speed[40:50] = np.nan
    assert spans.idles(times, speed, [(0, 600_000)]) == [(100_000, 190_000)]
    assert spans.idles(times, speed, [(0, 150_000)]) == []
    assert spans.idles(times, speed, []) == []


@pytest.mark.parametrize("count", [0, 1, 15_000, 15_001, 86_400])
def test_thinning_leaves_at_most_so_many(count: int) -> None:
    left = np.arange(count)[spans.thinned(count, 15_000)]
    assert len(left) <= 15_000
    assert len(left) >= min(count, 5_000)
