"""From a signal to events: one event with start, end and peak where a condition holds, instead of a flood. Pure.

A signal says of each position whether it speaks for the condition, against it, or neither; what says neither leaves
things as they are. That is the hysteresis: a speed over the limit begins an event, one clearly under it ends it, one
between the two does nothing. The same positions give the same events in whatever pieces and order they come, because
nothing is kept between calls: a stretch is always worked out from its beginning.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

I64 = NDArray[np.int64]
Bools = NDArray[np.bool_]
Floats = NDArray[np.float64]
OPEN = np.iinfo(np.int64).max
"""End of an event that goes on."""
NEVER = OPEN


@dataclass(frozen=True, slots=True)
class Signal:
    """What n positions say of a condition: ``on`` for it, ``off`` against it, never both.

    ``value``: float64 (n,), what the peak is taken of; NaN where there is none.
    """

    on: Bools
    off: Bools
    value: Floats


@dataclass(frozen=True, slots=True)
class Shape:
    """Which stretches are events. All times in ms.

    ``min_ms``: shorter stretches are none. ``max_ms``: only stretches that are over and not longer (a dwell that is
    too short). ``pause_ms``: a pause not longer than this does not end an event. ``gap_ms``: without news for longer,
    the stretch ends at its last position. ``lowest``: the peak is the least value. ``edge``: a stretch counts only
    when the device was seen otherwise before (leaving a place is no news of a device first seen elsewhere).
    """

    min_ms: int = 0
    max_ms: int | None = None
    pause_ms: int = 0
    gap_ms: int = 15 * 60_000
    lowest: bool = False
    edge: bool = False


@dataclass(frozen=True, slots=True)
class Events:
    """Events as columns of one length, in order of device and start.

    ``row``: index of the first position. ``end_ms``: OPEN while it goes on. ``raised_ms``: when it became one, that
    is when it had lasted long enough. ``peak``: float64, NaN without values; ``peak_row``: index of its position.
    ``known``: False when it stands at the very beginning of what was given, so that it may have begun before.
    """

    device: I64
    row: I64
    start_ms: I64
    end_ms: I64
    raised_ms: I64
    peak: Floats
    peak_row: I64
    known: Bools

    def __len__(self) -> int:
        return len(self.device)


def find(device: I64, time_ms: I64, signal: Signal, shape: Shape, now_ms: int) -> Events:
    """The events of all devices at once.

    ``device``, ``time_ms``: int64 (n,), sorted by device, then time. ``now_ms``: until when what goes on has lasted.
    """
    if not len(device):
        return _none()
    active = _held(device, signal)
    first, last, known = _stretches(device, time_ms, active, shape.gap_ms)
    start, end = time_ms[first], _ends(device, time_ms, last, shape.gap_ms, now_ms)
    if shape.edge:
        keep = known
        first, last, start, end, known = first[keep], last[keep], start[keep], end[keep], known[keep]
    first, last, start, end, known = _merged(device, first, last, start, end, known, shape.pause_ms)
    lasted = np.where(end == OPEN, now_ms, end) - start
    keep = lasted >= shape.min_ms
    raised = start + shape.min_ms
    if shape.max_ms is not None:
        keep &= (end != OPEN) & (lasted <= shape.max_ms)
        raised = end
    peak, peak_row = _peaks(signal.value, first, last, lowest=shape.lowest)
    return Events(
        device[first][keep], first[keep], start[keep], end[keep], raised[keep], peak[keep], peak_row[keep], known[keep]
    )


def waiting(device: I64, time_ms: I64, signal: Signal, shape: Shape, now_ms: int) -> int:
    """When the next event would be raised without any news, NEVER when none would."""
    if not shape.min_ms or not len(device):
        return NEVER
    found = find(device, time_ms, signal, Shape(pause_ms=shape.pause_ms, gap_ms=shape.gap_ms, edge=shape.edge), now_ms)
    due = found.start_ms[found.end_ms == OPEN] + shape.min_ms
    due = due[due > now_ms]
    return int(due.min()) if len(due) else NEVER


def _held(device: I64, signal: Signal) -> Bools:
    """The condition at each position: what the last decisive position of the same device said; off before any."""
    index = np.arange(len(device))
    decisive = np.maximum.accumulate(np.where(signal.on | signal.off, index, -1))
    known = decisive >= 0
    at = np.where(known, decisive, 0)
    result: Bools = known & (device[at] == device) & signal.on[at]
    return result


def _stretches(device: I64, time_ms: I64, active: Bools, gap_ms: int) -> tuple[I64, I64, Bools]:
    """First and last position of each stretch; whether a position of the same device stands before it."""
    linked = np.zeros(len(device), bool)
    linked[1:] = (device[1:] == device[:-1]) & (time_ms[1:] - time_ms[:-1] <= gap_ms)
    begins = active.copy()
    begins[1:] &= ~(active[:-1] & linked[1:])
    ends = active.copy()
    ends[:-1] &= ~(active[1:] & linked[1:])
    first, last = np.flatnonzero(begins), np.flatnonzero(ends)
    known = (first > 0) & (device[np.maximum(first, 1) - 1] == device[first])
    return first, last, known


def _ends(device: I64, time_ms: I64, last: I64, gap_ms: int, now_ms: int) -> I64:
    """A stretch lasts until the position that ends it, or to its last one where news stopped, or goes on."""
    behind = last + 1
    inside = behind < len(device)
    at = np.where(inside, behind, last)
    same = inside & (device[at] == device[last])
    heard = same & (time_ms[at] - time_ms[last] <= gap_ms)
    silent = ~same & (now_ms - time_ms[last] <= gap_ms)
    return np.where(heard, time_ms[at], np.where(silent, OPEN, time_ms[last]))


def _merged(
    device: I64, first: I64, last: I64, start: I64, end: I64, known: Bools, pause_ms: int
) -> tuple[I64, I64, I64, I64, Bools]:
    """Stretches with only a short pause between them are one."""
    if len(first) < 2 or not pause_ms:
        return first, last, start, end, known
    near = (device[first[1:]] == device[first[:-1]]) & (start[1:] - end[:-1] <= pause_ms)
    head, tail = np.concatenate(([True], ~near)), np.concatenate((~near, [True]))
    return first[head], last[tail], start[head], end[tail], known[head]


def _peaks(value: Floats, first: I64, last: I64, *, lowest: bool) -> tuple[Floats, I64]:
    """The greatest (least) value of each stretch and where it stood first; NaN and the first row without values."""
    if not len(first):
        return np.empty(0), np.empty(0, np.int64)
    sign = -1.0 if lowest else 1.0
    score = np.where(np.isnan(value), -np.inf, value * sign)
    bounds = np.stack((first, last + 1), axis=1).ravel()
    closed = np.append(score, -np.inf)
    best = np.maximum.reduceat(closed, bounds)[::2]
    owner = np.zeros(len(value) + 1, np.int64)
    np.add.at(owner, first, 1)
    which = np.cumsum(owner[:-1]) - 1
    inside = which >= 0
    hit = inside & (score == best[np.maximum(which, 0)]) & (np.arange(len(value)) <= last[np.maximum(which, 0)])
    rows = np.flatnonzero(hit)
    row = rows[np.searchsorted(which[rows], np.arange(len(first)))] if len(rows) else first
    return np.where(np.isinf(best), np.nan, best * sign), np.where(np.isinf(best), first, row)


def _none() -> Events:
    whole, real = np.empty(0, np.int64), np.empty(0)
    return Events(whole, whole, whole, whole, whole, real, whole, np.empty(0, bool))
