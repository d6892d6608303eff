"""Which steps are movement: hysteresis on speed, confirmed by speed over a window and by the space it spans."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from allconnects.trips.knots import BRIDGED, JUMP, SEEN, STILL, UNSEEN, Knots, Steps
from allconnects.trips.result import OFF, Bools, Column, Floats, Ints
from allconnects.trips.rules import Rules


@dataclass(frozen=True, slots=True)
class Runs:
    """Movements in order: each from knot ``start`` to knot ``end``, so over the steps ``start`` to ``end`` - 1."""

    start: Ints
    end: Ints

    def take(self, chosen: Bools) -> Runs:
        """The chosen movements."""
        return Runs(self.start[chosen], self.end[chosen])


@dataclass(frozen=True, slots=True)
class Motion:
    """Movements; ``moving`` per step; ``window_kmh`` per step; ``strong``: the steps that confirm a movement."""

    runs: Runs
    moving: Bools
    window_kmh: Floats
    strong: Ints


def find(knots: Knots, walked: Steps, rules: Rules) -> Motion:
    """The movements of a track."""
    window = window_kmh(walked, rules)
    weak, strong = _evidence(knots, walked, window, rules)
    runs = _runs(weak)
    runs = runs.take(_confirmed(knots, walked, runs, strong, rules))
    runs = _with_edges(walked, _bridged(knots, walked, runs, rules), rules)
    return Motion(runs, _painted(runs, len(weak)), window, np.flatnonzero(strong))


def window_kmh(walked: Steps, rules: Rules) -> Floats:
    """Speed of the way made good in the window around the middle of each step, with both neighbours' parts.

    A step as long as the window stands for itself.
    """
    seconds, half = walked.seconds, rules.window_s / 2
    own = np.minimum(seconds, max(rules.window_s, 1e-3)) / seconds
    each_side = np.maximum(half - seconds / 2, 0.0)
    if not each_side.any():
        return walked.kmh
    east, north, time = walked.east_m * own, walked.north_m * own, seconds * own
    for here, there in ((slice(1, None), slice(None, -1)), (slice(None, -1), slice(1, None))):
        part = np.minimum(each_side[here], seconds[there]) / seconds[there]
        east[here] += walked.east_m[there] * part
        north[here] += walked.north_m[there] * part
        time[here] += seconds[there] * part
    found: Floats = np.sqrt(east * east + north * north) * 3.6 / time
    return found


def _evidence(knots: Knots, walked: Steps, window: Floats, rules: Rules) -> tuple[Bools, Bools]:
    """Steps that may be movement, and steps that confirm one."""
    weak, strong = walked.kmh >= rules.move_kmh, window >= rules.confirm_kmh
    speed = knots.speed_kmh
    if (speed >= 0).any():
        fastest = np.maximum(speed[:-1], speed[1:])
        measured = np.minimum(speed[:-1], speed[1:]) >= 0
        drift = measured & (fastest < rules.move_kmh) & (walked.length_m < rules.still_veto_m)
        weak = (weak & ~drift) | (fastest >= rules.move_kmh)
        strong = (strong & ~drift) | (fastest >= rules.confirm_kmh)
    kind = walked.kind
    if kind.any():
        over = (kind == BRIDGED) | (kind == UNSEEN)
        weak, strong = weak & (kind == SEEN) | over, strong & (kind == SEEN) | over
    return weak, strong


def _runs(mask: Bools) -> Runs:
    """Stretches of True, as knots: one after the last step ends the run."""
    edges = np.flatnonzero(np.diff(mask.view(np.int8), prepend=0, append=0))
    return Runs(edges[::2], edges[1::2])


def _confirmed(knots: Knots, walked: Steps, runs: Runs, strong: Bools, rules: Rules) -> Bools:
    """Which runs hold a strong step, and span more than drift does (or a tow, with the ignition off)."""
    if not len(runs.start):
        return np.zeros(0, np.bool_)
    firm = counted(strong, runs) > 0
    off = (knots.ignition[:-1] == OFF) & (knots.ignition[1:] == OFF)
    towed = counted(off, runs) == runs.end - runs.start
    found: Bools = firm & (span(walked, runs) >= np.where(towed, rules.tow_m, rules.displace_m))
    return found


def counted(mask: Bools, runs: Runs) -> Ints:
    """How many of the mask are in each run."""
    places = np.flatnonzero(mask)
    found: Ints = np.searchsorted(places, runs.end) - np.searchsorted(places, runs.start)
    return found


def between(steps: Column, runs: Runs) -> Column:
    """The sum of a column of steps over each run."""
    whole = np.concatenate(([0], np.cumsum(steps)))
    found: Column = whole[runs.end] - whole[runs.start]
    return found


def span(walked: Steps, runs: Runs) -> Floats:
    """Metres across the box around the places of each run."""
    sides = [_range(column, runs) for column in (walked.east_m, walked.north_m)]
    found: Floats = np.hypot(*sides)
    return found


def _range(column: Floats, runs: Runs) -> Floats:
    place = np.concatenate(([0.0], np.cumsum(column), [0.0]))
    pairs = np.stack((runs.start, runs.end + 1), axis=1).ravel()
    found: Floats = np.maximum.reduceat(place, pairs)[::2] - np.minimum.reduceat(place, pairs)[::2]
    return found


def _bridged(knots: Knots, walked: Steps, runs: Runs, rules: Rules) -> Runs:
    """Movements with no more than a crossing between them are one."""
    pause_s = (knots.time_ms[runs.start[1:]] - knots.time_ms[runs.end[:-1]]) * 0.001
    blocked = counted((walked.kind == STILL) | (walked.kind == JUMP), Runs(runs.end[:-1], runs.start[1:]))
    apart = (pause_s > rules.bridge_s) | (blocked > 0)
    return Runs(
        runs.start[np.concatenate((np.ones(1, np.bool_), apart))[: len(runs.start)]],
        runs.end[np.concatenate((apart, np.ones(1, np.bool_)))[: len(runs.end)]],
    )


def _with_edges(walked: Steps, runs: Runs, rules: Rules) -> Runs:
    """One slow step before and after each movement belongs to it: pulling out and rolling out."""
    if not len(runs.start):
        return runs
    short = (walked.seconds <= rules.edge_s) & (walked.kind == SEEN)
    roll_out = np.append(short & (walked.kmh >= rules.run_out_kmh), False)
    end = runs.end + roll_out[runs.end]
    pull_out = np.append(short & (walked.kmh >= rules.run_up_kmh), False)
    room = runs.start > np.concatenate(([0], end[:-1]))
    start = runs.start - (pull_out[runs.start - 1] & room)
    return Runs(start, end)


def _painted(runs: Runs, steps: int) -> Bools:
    edges = np.zeros(steps + 1, np.int8)
    edges[runs.start] += 1
    edges[runs.end] -= 1
    return np.cumsum(edges[:-1], dtype=np.int8).view(np.bool_)
