"""Knots: the fixes that motion is judged by, a few seconds apart at least, and the steps between them."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from allconnects.trips.cleaning import Fixes
from allconnects.trips.geometry import steps
from allconnects.trips.result import Bools, Column, Floats, Ints
from allconnects.trips.rules import Rules

SEEN, STILL, BRIDGED, UNSEEN, JUMP = range(5)
"""Kinds of a step: fixes close in time; silence over a stop; silence while moving; a way in a silence that held a
stop too; a way that nothing can have gone."""


@dataclass(frozen=True, slots=True)
class Knots:
    """n knots: ``fix`` indexes Fixes; ``top_kmh`` is the highest speed of its fixes without single spikes, negative
    where unknown; ``estimated`` where a moment was put into a silence."""

    fix: Ints
    time_ms: Ints
    speed_kmh: Floats
    top_kmh: Floats
    ignition: Column
    odometer_m: Floats
    estimated: Bools

    def are_all(self, fixes: int) -> bool:
        """Whether every one of that many fixes is a knot, and nothing else is."""
        return len(self.fix) == fixes and not self.estimated.any()

    def before(self, places: Ints, extra: Knots) -> Knots:
        """With extra knots put in before the given places."""
        return Knots(*(
            np.insert(getattr(self, name), places, getattr(extra, name)) for name in self.__slots__
        ))  # fmt: skip


@dataclass(frozen=True, slots=True)
class Steps:
    """n-1 steps between n knots."""

    east_m: Floats
    north_m: Floats
    length_m: Floats
    seconds: Floats
    kmh: Floats
    kind: Column


def tie(fixes: Fixes, rules: Rules) -> tuple[Knots, Steps, Ints]:
    """Knots, steps, and for each fix the knot that it belongs to (its own or the last one before it)."""
    chosen, owner = _choose(fixes, rules)
    knots = _knots(fixes, chosen)
    walked = _steps(fixes, knots, rules)
    unseen = np.flatnonzero(walked.kind == UNSEEN)
    if not len(unseen):
        return knots, walked, owner
    moved_first = _moved_first(walked, unseen, rules)
    knots = knots.before(unseen + 1, _moments(knots, walked, unseen, moved_first, rules))
    kind = np.insert(walked.kind, unseen + 1, np.where(moved_first, STILL, UNSEEN).astype(np.int8))
    kind[unseen + np.arange(len(unseen))] = np.where(moved_first, UNSEEN, STILL)
    owner = owner + np.searchsorted(unseen, owner, side="left")
    return knots, replace(_measured(fixes, knots), kind=kind), owner


def _choose(fixes: Fixes, rules: Rules) -> tuple[Ints, Ints]:
    """One fix of each knot_s of the clock, each change of the ignition, the last before a pause and the last of all."""
    slot_ms = max(int(rules.knot_s * 1000), 1)
    slot = fixes.time_ms // slot_ms
    mask = np.ones(len(slot), np.bool_)
    mask[1:] = slot[1:] != slot[:-1]
    mask[1:] |= fixes.ignition[1:] != fixes.ignition[:-1]
    mask[:-1] |= fixes.time_ms[1:] - fixes.time_ms[:-1] > 2 * slot_ms
    mask[-1:] = True
    if mask.all():
        everyone = np.arange(len(slot), dtype=np.int64)
        return everyone, everyone
    return np.flatnonzero(mask), np.cumsum(mask) - 1


def _knots(fixes: Fixes, chosen: Ints) -> Knots:
    top = _without_single_spikes(fixes.speed_kmh)
    if len(chosen) == len(top):
        return Knots(
            chosen, fixes.time_ms, fixes.speed_kmh, top, fixes.ignition, fixes.odometer_m, np.zeros(len(top), np.bool_)
        )  # fmt: skip
    return Knots(
        chosen, fixes.time_ms[chosen], fixes.speed_kmh[chosen], np.maximum.reduceat(top, chosen),
        fixes.ignition[chosen], fixes.odometer_m[chosen], np.zeros(len(chosen), np.bool_),
    )  # fmt: skip


def middle_of_three(values: Floats) -> Floats:
    """The middle one of each value and its neighbours; the ends see their one neighbour."""
    if len(values) < 2:
        return values
    found = values.copy()
    low, high = np.minimum(values[:-1], values[1:]), np.maximum(values[:-1], values[1:])
    found[1:-1] = np.maximum(low[:-1], np.minimum(high[:-1], values[2:]))
    found[0], found[-1] = low[0], low[-1]
    return found


def _without_single_spikes(speed_kmh: Floats) -> Floats:
    """Speeds of the device as they are when a single wrong value is worth nothing."""
    known = speed_kmh >= 0
    if not known.any():
        return speed_kmh
    if known.all():
        return middle_of_three(speed_kmh)
    found = speed_kmh.copy()
    found[known] = middle_of_three(speed_kmh[known])
    return found


def _measured(fixes: Fixes, knots: Knots) -> Steps:
    every = knots.are_all(len(fixes.time_ms))
    lat, lon = (fixes.lat_e7, fixes.lon_e7) if every else (fixes.lat_e7[knots.fix], fixes.lon_e7[knots.fix])
    east, north = steps(lat, lon)
    length = np.sqrt(east * east + north * north)
    seconds = np.diff(knots.time_ms) * 0.001
    return Steps(east, north, length, seconds, length * 3.6 / seconds, np.zeros(len(length), np.int8))


def _steps(fixes: Fixes, knots: Knots, rules: Rules) -> Steps:
    found = _measured(fixes, knots)
    found.kind[found.length_m > rules.jump_m + found.seconds * (rules.max_speed_kmh / 3.6)] = JUMP
    silent = np.flatnonzero((found.seconds >= rules.gap_s) & (found.kind != JUMP))
    if len(silent):
        found.kind[silent] = _kind_of_silence(found.length_m[silent], found.seconds[silent], rules)
    return found


def _kind_of_silence(length_m: Floats, seconds: Floats, rules: Rules) -> Column:
    """A silence is a stop, or a way, or a stop and a way, by how long the way must have taken."""
    rest = seconds - length_m * 3.6 / rules.unseen_kmh
    still = (length_m < rules.gap_still_m) | (length_m * 3.6 < rules.unseen_min_kmh * seconds)
    found: Column = np.where(still, STILL, np.where(rest < rules.stop_s, BRIDGED, UNSEEN)).astype(np.int8)
    return found


def _moved_first(walked: Steps, unseen: Ints, rules: Rules) -> Bools:
    """Whether the way was the first part of the silence: it was moving until then, and stands after it."""
    padded = np.concatenate((walked.kmh, [0.0]))
    seen = np.concatenate((walked.kind == SEEN, [False]))
    before = (padded[unseen - 1] >= rules.confirm_kmh) & seen[unseen - 1]
    after = (padded[unseen + 1] >= rules.move_kmh) & seen[unseen + 1]
    found: Bools = before & ~after
    return found


def _moments(knots: Knots, walked: Steps, unseen: Ints, moved_first: Bools, rules: Rules) -> Knots:
    """Where an unseen way ended or began: the same place as the fix on its other side, at an estimated time."""
    needed_ms = np.maximum(walked.length_m[unseen] * (3600.0 / rules.unseen_kmh), 1).astype(np.int64)
    start, end = knots.time_ms[unseen], knots.time_ms[unseen + 1]
    same = np.where(moved_first, unseen + 1, unseen)
    return Knots(
        knots.fix[same],
        np.where(moved_first, start + needed_ms, end - needed_ms),
        np.full(len(unseen), -1.0),
        np.full(len(unseen), -1.0),
        knots.ignition[same],
        knots.odometer_m[same],
        np.ones(len(unseen), np.bool_),
    )
