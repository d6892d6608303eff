"""Stays from positions: in, on the edge and out become enter and leave, without flapping. Pure."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from allconnects.places.fences import WORST_M, Fences, Ints, Zones
from allconnects.places.projection import Floats

REJOIN_MS = 120_000
"""Out for less than this and in again is one stay."""
BEFORE_MS = 86_400_000
"""A fix longer ago than this says nothing about the moment of entering."""


class Stays(NamedTuple):
    """Stays as columns of one length, in order of fence, then time.

    ``fence``: index of the fence. ``enter_ms``, ``leave_ms``: the first and last fix inside. ``before_ms``: the fix
    before, where there is one within a day, else -1. ``after_ms``: the first fix outside again; -1: still there.
    ``fixes``: how many lie surely inside; 0, and enter and leave -1: on the
    edge only. ``from_start``: the stay reaches back to the first position there is.
    """

    fence: Ints
    enter_ms: Ints
    leave_ms: Ints
    before_ms: Ints
    after_ms: Ints
    fixes: Ints
    from_start: np.ndarray


def stays(
    fences: Fences,
    time_ms: Ints,
    lat: Floats,
    lon: Floats,
    accuracy_m: Floats | None = None,
    *,
    edges: bool = False,
) -> Stays:
    """Stays of one device. Columns (n,), in order of time; degrees; accuracy NaN where unknown.

    A fence that counts only between two moments is left at the second one. Stays are not joined yet: ``joined``.
    ``edges``: tell also of fences on whose edge the device is from the first position on, without having been inside:
    who was inside before, still is.
    """
    if accuracy_m is not None:
        usable = ~(accuracy_m > WORST_M)
        time_ms, lat, lon, accuracy_m = time_ms[usable], lat[usable], lon[usable], accuracy_m[usable]
    zones = _counting(fences, time_ms, fences.zones(lat, lon, accuracy_m))
    if not len(zones.position):
        return _nothing()
    return _runs(time_ms, zones, edges)


def _counting(fences: Fences, time_ms: Ints, zones: Zones) -> Zones:
    """Without what happened while a fence did not count."""
    lowest, highest = -(2**62), 2**62
    begin = np.array([lowest if one.from_ms is None else one.from_ms for one in fences.fences], np.int64)
    end = np.array([highest if one.until_ms is None else one.until_ms for one in fences.fences], np.int64)
    at = time_ms[zones.position]
    counts = (at >= begin[zones.fence]) & (at < end[zones.fence])
    return Zones(zones.position[counts], zones.fence[counts], zones.inside[counts])


def _runs(time_ms: Ints, zones: Zones, edges: bool) -> Stays:
    """Positions that follow each other without one outside are a run; from its first to its last inside, a stay."""
    position, fence, inside = zones
    begins = np.ones(len(position), np.bool_)
    begins[1:] = (fence[1:] != fence[:-1]) | (position[1:] != position[:-1] + 1)
    first = np.flatnonzero(begins)
    last = np.append(first[1:], len(position)) - 1
    within = np.flatnonzero(inside)
    low, high = np.searchsorted(within, first), np.searchsorted(within, last, side="right")
    real = high > low
    told = real | ((position[first] == 0) if edges else False)
    first, last, low, high, real = first[told], last[told], low[told], high[told], real[told]
    if not len(first):
        return _nothing()
    seen = np.append(within, 0)  # so that runs without any may point somewhere
    enter, leave = position[seen[np.where(real, low, -1)]], position[seen[np.where(real, high - 1, -1)]]
    after = position[last] + 1
    before_ms = np.where(enter > 0, time_ms[np.maximum(enter - 1, 0)], -1)
    before_ms[(time_ms[enter] - before_ms > BEFORE_MS) | ~real] = -1
    return Stays(
        fence=fence[first],
        enter_ms=np.where(real, time_ms[enter], -1),
        leave_ms=np.where(real, time_ms[leave], -1),
        before_ms=before_ms,
        after_ms=np.where(after < len(time_ms), time_ms[np.minimum(after, len(time_ms) - 1)], -1),
        fixes=high - low,
        from_start=position[first] == 0,
    )


def joined(found: Stays) -> Stays:
    """Stays in one fence with less than two minutes between them become one."""
    if not len(found.fence):
        return found
    begins = np.ones(len(found.fence), np.bool_)
    begins[1:] = (found.fence[1:] != found.fence[:-1]) | (found.enter_ms[1:] - found.leave_ms[:-1] >= REJOIN_MS)
    first = np.flatnonzero(begins)
    last = np.append(first[1:], len(begins)) - 1
    return Stays(
        fence=found.fence[first],
        enter_ms=found.enter_ms[first],
        leave_ms=found.leave_ms[last],
        before_ms=found.before_ms[first],
        after_ms=found.after_ms[last],
        fixes=np.add.reduceat(found.fixes, first),
        from_start=found.from_start[first],
    )


def _nothing() -> Stays:
    empty = np.empty(0, np.int64)
    return Stays(empty, empty, empty, empty, empty, empty, np.empty(0, np.bool_))
