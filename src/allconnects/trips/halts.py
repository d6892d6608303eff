"""What a halt between two movements is: part of a trip, or the end of one, and why."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from allconnects.trips.knots import JUMP, STILL, UNSEEN, Knots, Steps
from allconnects.trips.motion import Runs, between, counted, span
from allconnects.trips.result import OFF, ON, Bools, Column, Floats, Ints
from allconnects.trips.rules import Rules

NOTHING, STANDSTILL, SILENCE, IGNITION_OFF, JUMPED, MOVED_UNSEEN, SPLIT = range(7)
"""What ends a trip at a halt; nothing when the trip goes on."""

WORDS = ("last_fix", "standstill", "silence", "ignition_off", "jump", "moved_unseen", "split")
"""Their names in reasons; a halt at the end of the data that ends nothing is the last fix."""


@dataclass(frozen=True, slots=True)
class Trips:
    """Stretches of trips as knots; ``why_end`` one of the codes above, by the halt that follows from ``last``, which
    was allowed to last ``limit_s``."""

    start: Ints
    end: Ints
    last: Ints
    why_end: Column
    limit_s: Floats

    def take(self, chosen: Bools) -> Trips:
        """The chosen trips."""
        return Trips(
            self.start[chosen], self.end[chosen], self.last[chosen], self.why_end[chosen], self.limit_s[chosen]
        )


def cut(knots: Knots, walked: Steps, runs: Runs, rules: Rules) -> Trips:
    """Movements put together to trips, without those too short to be one."""
    if not len(runs.start):
        none = np.zeros(0, np.int64)
        return Trips(none, none, none, none, none.astype(np.float64))
    after = Runs(runs.end, np.append(runs.start[1:], len(knots.fix) - 1))
    limit_s = np.where(_on_throughout(knots, after), rules.idle_s, rules.stop_s)
    why = _why(knots, walked, after, limit_s, rules)
    ends = why != NOTHING
    ends[-1:] = True
    starts = np.concatenate((np.ones(1, np.bool_), ends[:-1]))[: len(ends)]
    found = Trips(runs.start[starts], runs.end[ends], runs.end[ends], why[ends], limit_s[ends])
    found = found.take(span(walked, Runs(found.start, found.end)) >= rules.trip_m)
    return _with_ignition(knots, walked, found, rules)


def split(knots: Knots, trips: Trips, moments_ms: Column) -> Trips:
    """Trips cut at the first knot from each moment on that lies within one."""
    if not len(trips.start):
        return trips
    at = np.unique(np.searchsorted(knots.time_ms, np.asarray(moments_ms, np.int64)))
    owner = np.searchsorted(trips.start, at, side="left") - 1
    within = (owner >= 0) & (at < trips.end[np.maximum(owner, 0)])
    at, owner = at[within], owner[within]
    if not len(at):
        return trips
    ends = np.insert(trips.end, owner, at)
    why = np.insert(trips.why_end, owner, SPLIT)
    return Trips(
        np.insert(trips.start, owner + 1, at), ends, np.where(why == SPLIT, ends, np.insert(trips.last, owner, at)),
        why, np.insert(trips.limit_s, owner, 0.0),
    )  # fmt: skip


def _why(knots: Knots, walked: Steps, halts: Runs, limit_s: Floats, rules: Rules) -> Column:
    """For each halt, what it ends; the strongest reason counts."""
    seconds = (knots.time_ms[halts.end] - knots.time_ms[halts.start]) * 0.001
    off_s = between(walked.seconds * (knots.ignition[:-1] == OFF), halts)
    has_off = counted(knots.ignition == OFF, _with_end(halts)) > 0
    why = np.full(len(seconds), NOTHING, np.int8)
    why[seconds >= limit_s] = STANDSTILL
    why[counted(walked.kind == STILL, halts) > 0] = SILENCE
    # At the end of the data the off that was reported last counts at once: many devices say no more after it.
    silent_after = (halts.end == len(knots.fix) - 1) & (knots.ignition[-1] == OFF)
    why[has_off & (off_s >= np.where(silent_after, 0, rules.ignition_off_s))] = IGNITION_OFF
    unseen = np.concatenate(([False], walked.kind == UNSEEN))
    why[unseen[halts.start] & knots.estimated[halts.start]] = MOVED_UNSEEN
    why[counted(walked.kind == JUMP, halts) > 0] = JUMPED
    return why


def _with_end(halts: Runs) -> Runs:
    """The knots of halts, both ends included."""
    return Runs(halts.start, halts.end + 1)


def _on_throughout(knots: Knots, halts: Runs) -> Bools:
    found: Bools = counted(knots.ignition == ON, _with_end(halts)) == halts.end - halts.start + 1
    return found


def _with_ignition(knots: Knots, walked: Steps, trips: Trips, rules: Rules) -> Trips:
    """A trip starts when the ignition went on shortly before, and ends when it goes off shortly after."""
    if not len(trips.start) or not (knots.ignition >= 0).any():
        return trips
    last_knot = len(knots.fix) - 1
    start = _switched_on(knots, trips.start, rules.ignition_lead_s)
    start = np.maximum(start, np.concatenate(([0], trips.end[:-1])))
    end = _switched_off(knots, trips.end, rules.ignition_lead_s)
    end = np.minimum(end, np.append(start[1:], last_knot))
    silent = np.concatenate(([0], np.cumsum(walked.kind != 0)))
    start = np.where(silent[start] == silent[trips.start], start, trips.start)
    end = np.where(silent[end] == silent[trips.end], end, trips.end)
    return Trips(start, end, trips.last, trips.why_end, trips.limit_s)


def _switched_on(knots: Knots, starts: Ints, lead_s: float) -> Ints:
    """The knot at which the ignition went on to stay on until the start, when not too long before it."""
    on = knots.ignition == ON
    changes = np.flatnonzero(np.diff(on, prepend=False))
    place = np.searchsorted(changes, starts, side="right") - 1
    if not len(changes):
        return starts
    knot = changes[np.maximum(place, 0)]
    near = knots.time_ms[starts] - knots.time_ms[knot] <= lead_s * 1000
    return np.where(on[starts] & (place >= 0) & near & (knot > 0), knot, starts)


def _switched_off(knots: Knots, ends: Ints, lead_s: float) -> Ints:
    """The knot at which the ignition went off after having been on since the end, when not too long after it."""
    on = knots.ignition == ON
    changes = np.flatnonzero(on[:-1] & (knots.ignition[1:] == OFF)) + 1
    leaves = np.append(np.flatnonzero(on[:-1] & ~on[1:]) + 1, len(on))
    left = leaves[np.minimum(np.searchsorted(leaves, ends, side="right"), len(leaves) - 1)]
    turned_off = np.isin(left, changes)
    knot = np.minimum(left, len(on) - 1)
    near = knots.time_ms[knot] - knots.time_ms[ends] <= lead_s * 1000
    return np.where(on[ends] & turned_off & near, knot, ends)
