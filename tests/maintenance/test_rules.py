"""When a service or check is due, and for how long a material ran: pure."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import numpy as np
import pytest

from allconnects.maintenance import ran, rules
from allconnects.maintenance.rules import Interval

MAY = date(2026, 5, 20)
NAN = float("nan")


@pytest.mark.parametrize(
    ("interval", "last", "km", "hours", "state", "next_on"),
    [
        (Interval(km=30_000), MAY, 10_000, None, "ok", None),
        (Interval(km=30_000), MAY, 29_000, None, "soon", None),
        (Interval(km=30_000), MAY, 28_999, None, "ok", None),
        (Interval(km=30_000), MAY, 30_000, None, "overdue", None),
        (Interval(hours=250), MAY, None, 229.9, "ok", None),
        (Interval(hours=250), MAY, None, 230, "soon", None),
        (Interval(hours=250), MAY, None, 251, "overdue", None),
        (Interval(months=12), date(2025, 5, 20), None, None, "overdue", MAY),
        (Interval(months=12), date(2025, 6, 3), None, None, "soon", date(2026, 6, 3)),
        (Interval(months=12), date(2025, 6, 4), None, None, "ok", date(2026, 6, 4)),
        # Whichever comes first.
        (Interval(km=30_000, months=12), date(2026, 1, 1), 30_100, None, "overdue", date(2027, 1, 1)),
        (Interval(km=30_000, months=12), date(2025, 1, 1), 100, None, "overdue", date(2026, 1, 1)),
        # What is not known is said, unless something else is due already.
        (Interval(km=30_000), None, None, None, "unknown", None),
        (Interval(hours=250), MAY, None, None, "unknown", None),
        (Interval(hours=250, months=12), date(2025, 1, 1), None, None, "overdue", date(2026, 1, 1)),
    ],
)
def test_whichever_comes_first_is_due(interval, last, km, hours, state, next_on) -> None:
    found = rules.verdict(interval, last, km, hours, MAY)
    assert (found.state, found.next_on) == (state, next_on)


def test_months_end_with_their_last_day() -> None:
    assert rules.months_later(date(2025, 8, 31), 6) == date(2026, 2, 28)
    assert rules.months_later(date(2027, 8, 31), 6) == date(2028, 2, 29)
    assert rules.months_later(date(2025, 11, 30), 14) == date(2027, 1, 30)


def test_a_check_is_expected_on_its_days() -> None:
    monday, sunday = date(2026, 5, 18), date(2026, 5, 24)
    work = [0, 1, 2, 3, 4]
    assert rules.deadline_day(monday, False, work) == monday
    assert rules.deadline_day(sunday, False, work) is None
    assert rules.deadline_day(sunday, True, work) == date(2026, 5, 22)
    assert rules.deadline_day(sunday, True, [0]) == monday
    assert rules.first_day(sunday, True) == monday


def test_a_check_of_yesterday_is_none_of_today() -> None:
    start = datetime(2026, 5, 19, 22, 0, tzinfo=UTC)
    by = start + timedelta(hours=8)
    assert not rules.check_missing([], start, by, by - timedelta(seconds=1))
    assert rules.check_missing([start - timedelta(minutes=1)], start, by, by)
    assert not rules.check_missing([start], start, by, by)


HOUR = 3_600_000


def columns(**given: list[float]) -> dict[str, np.ndarray]:
    size = len(next(iter(given.values())))
    empty = {name: [NAN] * size for name in ("counter", "ignition", "input", "speed_kmh")}
    return {name: np.array(values, np.float64) for name, values in {**empty, **given}.items()}


@pytest.mark.parametrize(
    ("times", "given", "wanted", "expected"),
    [
        # On from one to two o'clock, and a silence that counts for two hours at most.
        ([0, 1, 2, 3], {"ignition": [0, 1, 0, 0]}, "auto", (3600, "ignition")),
        ([0, 1, 9, 10], {"ignition": [0, 1, 0, 0]}, "auto", (7200, "ignition")),
        # What was on before the day counts from midnight; what is on at its end, until midnight.
        ([-0.5, 0.5, 23.5, 24.5], {"ignition": [1, 0, 1, 0]}, "auto", (3600, "ignition")),
        # A counter beats ignition; it may be reset, and jump.
        ([0, 1, 2], {"counter": [100, 100 + HOUR / 2, 100 + HOUR], "ignition": [1, 1, 1]}, "auto", (3600, "counter")),
        ([0, 1, 2], {"counter": [9 * HOUR, 0, HOUR / 4]}, "auto", (900, "counter")),
        ([0, 1, 2], {"counter": [0, 40 * HOUR, 40 * HOUR + HOUR]}, "auto", (3600, "counter")),
        # Neither: movement, with a short reach.
        ([0, 1, 1.1], {"speed_kmh": [20, 20, 0]}, "auto", (900 + 360, "movement")),
        ([0, 1, 2], {"input": [0, 1, 0], "ignition": [1, 1, 1]}, "input", (3600, "input")),
        ([0, 1, 2], {"speed_kmh": [0, 0, 0]}, "auto", (0, "movement")),
        ([0, 1, 2], {"speed_kmh": [NAN, NAN, NAN]}, "auto", None),
        ([0, 1], {"speed_kmh": [9, 9]}, "counter", None),
        ([], {"speed_kmh": []}, "auto", None),
    ],
)
def test_hours_that_a_material_ran(times, given, wanted, expected) -> None:
    time_ms = np.array([round(at * HOUR) for at in times], np.int64)
    found = ran.seconds(time_ms, columns(**given), wanted, 0, 24 * HOUR)
    assert found == (pytest.approx(expected[0]), expected[1]) if expected else found is None
