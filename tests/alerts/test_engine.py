"""Events out of signals: against a plain loop, in any order and pieces, with hysteresis, pauses and gaps."""

from __future__ import annotations

import time

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from allconnects.alerts.engine import NEVER, OPEN, Events, Shape, Signal, find, waiting

MINUTE = 60_000


def plain(device, time_ms, on, off, value, shape, now):
    """The same by a loop over positions, one device after the other."""
    result = []
    for name in sorted(set(device)):
        rows = [i for i in range(len(device)) if device[i] == name]
        stretches, state, begun = [], False, None
        for at, i in enumerate(rows):
            before = rows[at - 1] if at else None
            if begun is not None and before is not None and time_ms[i] - time_ms[before] > shape.gap_ms:
                stretches.append((begun, before, time_ms[before]))
                begun = None
            if on[i] or off[i]:
                state = bool(on[i])
            if state and begun is None:
                begun = i
            elif not state and begun is not None:
                stretches.append((begun, before, time_ms[i]))
                begun = None
        if begun is not None:
            last = rows[-1]
            stretches.append((begun, last, OPEN if now - time_ms[last] <= shape.gap_ms else time_ms[last]))
        if shape.edge:
            stretches = [one for one in stretches if one[0] != rows[0]]
        merged = []
        for first, last, end in stretches:
            if shape.pause_ms and merged and time_ms[first] - merged[-1][2] <= shape.pause_ms:
                merged[-1] = (merged[-1][0], last, end)
            else:
                merged.append((first, last, end))
        for first, last, end in merged:
            lasted = (now if end == OPEN else end) - time_ms[first]
            if lasted < shape.min_ms or (shape.max_ms is not None and (end == OPEN or lasted > shape.max_ms)):
                continue
            values = [(value[i], -i) for i in range(first, last + 1) if not np.isnan(value[i])]
            peak = max(values)[0] if values else None
            result.append((name, time_ms[first], end, peak))
    return result


def as_rows(found: Events) -> list[tuple]:
    peaks = [None if p != p else p for p in found.peak.tolist()]
    return list(zip(found.device.tolist(), found.start_ms.tolist(), found.end_ms.tolist(), peaks, strict=True))


shapes = st.builds(
    Shape,
    min_ms=st.sampled_from([0, MINUTE, 5 * MINUTE]),
    max_ms=st.sampled_from([None, None, 4 * MINUTE]),
    pause_ms=st.sampled_from([0, MINUTE, 3 * MINUTE]),
    gap_ms=st.sampled_from([2 * MINUTE, 10 * MINUTE]),
    edge=st.booleans(),
)
points = st.lists(
    st.tuples(st.integers(1, 3), st.integers(0, 60), st.sampled_from("+-0"), st.floats(0, 200) | st.just(float("nan"))),
    max_size=60,
    unique_by=lambda one: one[:2],
)


def arrays(rows):
    rows = sorted(rows, key=lambda one: one[:2])
    device = np.array([r[0] for r in rows], np.int64)
    time_ms = np.array([r[1] * MINUTE // 2 for r in rows], np.int64)
    on, off = (np.array([r[2] == mark for r in rows], bool) for mark in "+-")
    return device, time_ms, Signal(on, off, np.array([r[3] for r in rows], np.float64))


@settings(max_examples=400, deadline=None)
@given(points, shapes)
def test_events_are_those_of_a_plain_loop(rows, shape) -> None:
    device, time_ms, signal = arrays(rows)
    now = 31 * MINUTE
    found = find(device, time_ms, signal, shape, now)
    assert as_rows(found) == plain(device.tolist(), time_ms.tolist(), signal.on, signal.off, signal.value, shape, now)
    for at in range(len(found)):
        if found.peak[at] == found.peak[at]:
            assert signal.value[found.peak_row[at]] == found.peak[at]


@settings(max_examples=200, deadline=None)
@given(points, shapes, st.integers(0, 60))
def test_devices_may_come_in_any_batches(rows, shape, cut) -> None:
    """All devices at once, or each for itself: the same."""
    now = 31 * MINUTE
    whole = as_rows(find(*arrays(rows), shape, now))
    apart = [row for name in (1, 2, 3) for row in as_rows(find(*arrays([r for r in rows if r[0] == name]), shape, now))]
    assert whole == apart


def test_a_value_between_the_limits_changes_nothing() -> None:
    speed = np.array([100, 125, 118, 119, 112, 118.0])
    device, time_ms = np.ones(6, np.int64), np.arange(6, dtype=np.int64) * MINUTE
    found = find(device, time_ms, Signal(speed > 120, speed <= 115, speed), Shape(), 10 * MINUTE)
    assert as_rows(found) == [(1, MINUTE, 4 * MINUTE, 125.0)]


def test_the_least_value_is_the_peak_where_asked() -> None:
    volts = np.array([12.0, 4.0, 3.0, 5.0, 12.0])
    device, time_ms = np.ones(5, np.int64), np.arange(5, dtype=np.int64) * MINUTE
    found = find(device, time_ms, Signal(volts < 6, volts > 7, volts), Shape(lowest=True), 10 * MINUTE)
    assert as_rows(found) == [(1, MINUTE, 4 * MINUTE, 3.0)]
    assert found.peak_row.tolist() == [2]


def test_what_goes_on_is_due_without_news() -> None:
    device, time_ms = np.ones(2, np.int64), np.array([0, MINUTE], np.int64)
    signal = Signal(np.array([False, True]), np.array([True, False]), np.full(2, np.nan))
    shape = Shape(min_ms=10 * MINUTE, gap_ms=60 * MINUTE)
    assert waiting(device, time_ms, signal, shape, 2 * MINUTE) == 11 * MINUTE
    assert len(find(device, time_ms, signal, shape, 11 * MINUTE - 1)) == 0
    assert find(device, time_ms, signal, shape, 11 * MINUTE).raised_ms.tolist() == [11 * MINUTE]
    assert waiting(device, time_ms, signal, shape, 11 * MINUTE) == NEVER


@pytest.mark.parametrize("size", [0, 1])
def test_nothing_and_one(size: int) -> None:
    device = np.ones(size, np.int64)
    signal = Signal(np.ones(size, bool), np.zeros(size, bool), np.ones(size))
    assert len(find(device, device, signal, Shape(), 1)) == size


def test_twenty_times_the_positions_take_no_hundred_times_as_long() -> None:
    """What grows with their square would take four hundred; the quickest of many tries had a core for itself."""
    few, many = (min(_spent(devices) for _ in range(15)) for devices in (250, 5000))
    assert many < 100 * few


def _spent(devices: int) -> float:
    rng = np.random.default_rng(1)
    device = np.repeat(np.arange(devices, dtype=np.int64), 10)
    time_ms = np.tile(np.arange(10, dtype=np.int64) * 1000, devices)
    speed = rng.uniform(0, 140, len(device))
    signal = Signal(speed > 120, speed <= 115, speed)
    began = time.thread_time()
    find(device, time_ms, signal, Shape(min_ms=2000), 10_000)
    return time.thread_time() - began
