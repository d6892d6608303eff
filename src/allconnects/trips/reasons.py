"""Why trips start and end: the rule, and the knots that decided, for all trips at once."""

from __future__ import annotations

import numpy as np

from allconnects.trips.halts import (
    IGNITION_OFF,
    JUMPED,
    MOVED_UNSEEN,
    NOTHING,
    SILENCE,
    SPLIT,
    STANDSTILL,
    WORDS,
    Trips,
)
from allconnects.trips.knots import BRIDGED, STILL, UNSEEN, Knots, Steps
from allconnects.trips.motion import Runs, counted
from allconnects.trips.result import OFF, ON, Column, Ints, Reason

STARTS = ("movement", "first_fix", "moved_unseen", "moved_with_ignition_off", "ignition_on", "split")
_MOVEMENT, _FIRST_FIX, _MOVED_UNSEEN, _WITH_IGNITION_OFF, _IGNITION_ON, _SPLIT = range(6)


def of_starts(inputs: Ints, knots: Knots, walked: Steps, trips: Trips, strong: Ints) -> list[Reason]:
    """Why each trip starts; ``inputs``: the input index of each knot, ``strong``: the steps that confirm movement."""
    start = trips.start
    code = np.where(start == 0, _FIRST_FIX, _MOVEMENT)
    code[(walked.kind[start] == BRIDGED) | (walked.kind[start] == UNSEEN)] = _MOVED_UNSEEN
    off = counted(knots.ignition == OFF, Runs(start, trips.end + 1))
    code[off == trips.end - start + 1] = _WITH_IGNITION_OFF
    before = knots.ignition[np.maximum(start - 1, 0)]
    code[(start > 0) & (knots.ignition[start] == ON) & (before != ON)] = _IGNITION_ON
    estimated = knots.estimated[start]
    code[estimated] = _MOVED_UNSEEN
    # The last part of a trip that was split may hold no step that confirms it.
    confirmed = strong[np.minimum(np.searchsorted(strong, start), len(strong) - 1)] + 1
    first = np.where(estimated, start - 1, start)
    second = np.where(code == _MOVED_UNSEEN, start + 1, confirmed)
    follows = 1 + np.flatnonzero((trips.why_end[:-1] == SPLIT) & (trips.end[:-1] == start[1:]))
    code[follows], first[follows], second[follows] = _SPLIT, start[follows], start[follows]
    return _told(STARTS, code, inputs[first], inputs[second])


def of_ends(inputs: Ints, knots: Knots, walked: Steps, trips: Trips) -> list[Reason]:
    """Why each trip ends, which is also why the stop after it begins."""
    code, end, last = trips.why_end, trips.end, trips.last
    first, second = end.copy(), end.copy()
    second[code == JUMPED] += 1
    first[code == MOVED_UNSEEN] -= 1
    silent, off, standing = (np.flatnonzero(code == one) for one in (SILENCE, IGNITION_OFF, STANDSTILL))
    gaps = np.flatnonzero(walked.kind == STILL)
    gap = gaps[np.searchsorted(gaps, last[silent])] if len(silent) else silent
    # A moment put into the silence is no fix: those on both sides of it decided.
    first[silent] = gap - knots.estimated[gap]
    second[silent] = gap + 1 + knots.estimated[gap + 1]
    offs = np.flatnonzero(knots.ignition == OFF)
    first[off] = second[off] = offs[np.searchsorted(offs, last[off])] if len(off) else first[off]
    first[standing] = last[standing]
    enough = knots.time_ms[last[standing]] + (trips.limit_s[standing] * 1000).astype(np.int64)
    second[standing] = np.searchsorted(knots.time_ms, enough)
    second = np.minimum(second, len(knots.fix) - 1)
    return _told(WORDS, code, inputs[first], inputs[second])


def of_bridges(inputs: Ints, walked: Steps, trips: Trips) -> list[tuple[Reason, ...]]:
    """The silences that each trip goes through."""
    steps = np.flatnonzero(walked.kind == BRIDGED)
    if not len(steps):
        return [()] * len(trips.start)
    reasons = _told(("silence_bridged",), np.zeros(len(steps), np.int64), inputs[steps], inputs[steps + 1])
    bounds = zip(np.searchsorted(steps, trips.start).tolist(), np.searchsorted(steps, trips.end).tolist(), strict=True)
    return [tuple(reasons[a:b]) for a, b in bounds]


def _told(words: tuple[str, ...], code: Column, first: Ints, second: Ints) -> list[Reason]:
    rows = zip(code.tolist(), first.tolist(), second.tolist(), strict=True)
    return [Reason(words[one], (a, b) if a != b else (a,)) for one, a, b in rows]


def is_open(trips: Trips) -> Column:
    """Which trips the data end in."""
    found: Column = trips.why_end == NOTHING
    return found
