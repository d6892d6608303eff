"""Trips and stops out of positions: a pure function over columns, no I/O, no clock.

Every rule is explained in docs/trips.md. The work per point is in NumPy; loops run over trips only.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from allconnects.trips import halts, knots, motion, summary
from allconnects.trips.cleaning import Fixes, clean
from allconnects.trips.result import Bools, Detection, Ints, Track
from allconnects.trips.rules import Rules


def detect(track: Track, rules: Rules, splits: Sequence[int] = ()) -> Detection:
    """Trips, stops and whether each point moves.

    The answer depends on the set of positions only, not on their order or on duplicates (indices in reasons point
    at the input as it was given). Trips and stops follow one another in time, end where the next begins, and share
    at most that moment. ``splits``: moments (ms) at which a trip is cut in two, without a stop between, at the first
    fix from then on. Raises InvalidInput when columns differ in length.
    """
    fixes = clean(track, rules)
    if not len(fixes.time_ms):
        return Detection(rules.version, rules.profile, (), (), np.zeros(len(track.time_ms), np.bool_), 0)
    tied, walked, owner = knots.tie(fixes, rules)
    found = motion.find(tied, walked, rules)
    trips = halts.cut(tied, walked, found.runs, rules)
    if len(splits):
        trips = halts.split(tied, trips, np.array(splits, np.int64))
    told = summary.tell(summary.View(fixes, tied, walked, found, trips, rules))
    return Detection(
        rules.version, rules.profile, *told,
        _moving(track, fixes, _of_fixes(found.moving, owner, tied)), len(fixes.time_ms),
    )  # fmt: skip


def _of_fixes(steps: Bools, owner: Ints, tied: knots.Knots) -> Bools:
    """A fix moves when the step before or after it does; between two knots only that of the step counts."""
    after = np.append(steps, False)
    at_knot = after.copy()
    at_knot[1:] |= steps
    if tied.are_all(len(owner)):
        return at_knot
    own = tied.fix[owner] == np.arange(len(owner))
    found: Bools = np.where(own, at_knot[owner], after[owner])
    return found


def _moving(track: Track, fixes: Fixes, of_fixes: Bools) -> Bools:
    """For each point of the input; one that was not used moves as the last used one before it did."""
    moving = np.zeros(len(track.time_ms), np.bool_)
    moving[fixes.index] = of_fixes
    if len(fixes.index) < len(moving):
        left = np.ones(len(moving), np.bool_)
        left[fixes.index] = False
        times = np.asarray(track.time_ms, np.int64)[left]
        before = np.searchsorted(fixes.time_ms, times, side="right") - 1
        moving[left] = np.where(before >= 0, of_fixes[np.maximum(before, 0)], False)
    return moving
