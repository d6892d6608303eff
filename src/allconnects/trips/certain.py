"""Certain stops: moments at which a device surely stands, so that what comes before and after them can be looked at
apart. Pure.

Whether a moment is one depends on the fixes around it only. So the moments are the same in whatever order the fixes
came, and late data change those near them and no others.
"""

from __future__ import annotations

from typing import Final

import numpy as np

from allconnects.trips.geometry import length_between
from allconnects.trips.result import Column, Ints
from allconnects.trips.rules import Rules

GRID_MS: Final = 300_000
"""Moments are full five minutes."""
DAY_MS: Final = 86_400_000
_LEAST_M: Final = 30.0
_MARGIN_S: Final = 60.0


def reach_ms(rules: Rules) -> int:
    """How long before and after a certain stop nothing moves: as long as anything that ends a trip takes.

    And as long as a place out of reach must last to be believed: else a cut behind a jump would leave too little of it.
    """
    longest = max(
        rules.stop_s, rules.idle_s, rules.ignition_off_s, rules.ignition_lead_s, rules.bridge_s, rules.edge_s,
        rules.window_s, rules.jump_s,
    )  # fmt: skip
    return int((longest + _MARGIN_S) * 1000)


def still_m(rules: Rules) -> float:
    """Less than any trip spans, and no more than a silence at rest."""
    least = max(rules.trip_m, min(rules.displace_m, rules.tow_m))
    return max(min(least, rules.gap_still_m), _LEAST_M)


def certain_stops(time_ms: Column, lat_e7: Column, lon_e7: Column, rules: Rules) -> Ints:
    """Moments (ms) around which all fixes, with the last one before and the first one after, lie close together.

    ``time_ms`` ascending. Only what the given fixes show: a moment with no fix before or after its reach is none.
    """
    if len(time_ms) < 2:
        return np.zeros(0, np.int64)
    time, reach = np.asarray(time_ms, np.int64), reach_ms(rules)
    grid = np.arange(-(-time[0] // GRID_MS), time[-1] // GRID_MS + 1, dtype=np.int64) * GRID_MS
    first = np.searchsorted(time, grid - reach, side="left") - 1
    last = np.searchsorted(time, grid + reach, side="right")
    known = (first >= 0) & (last < len(time))
    grid, first, last = grid[known], first[known], last[known]
    if not len(grid):
        return grid
    low_lat, high_lat = _range(np.asarray(lat_e7, np.int64), first, last)
    low_lon, high_lon = _range(np.asarray(lon_e7, np.int64), first, last)
    corners = np.arange(len(grid))
    across = length_between(
        np.concatenate((low_lat, high_lat)), np.concatenate((low_lon, high_lon)), corners, corners + len(grid)
    )
    return grid[across < still_m(rules)]


def _range(values: Ints, first: Ints, last: Ints) -> tuple[Ints, Ints]:
    """Least and most of each stretch, both ends included."""
    pairs = np.stack((first, last + 1), axis=1).ravel()
    padded = np.append(values, values[-1])
    return np.minimum.reduceat(padded, pairs)[::2], np.maximum.reduceat(padded, pairs)[::2]


def forced(certain: Ints, time_ms: Column, known_from_ms: int, known_until_ms: int, gap_s: float) -> Ints:
    """Midnights in UTC that cut all the same, because nothing stood for sure in the day before them.

    Without them a ship or a phone that never rests would be looked at from its first day on. A silence is not cut:
    the way in it would be torn in two. Told only for midnights whose day before lies between the two given moments.
    """
    first = -(-(known_from_ms + DAY_MS) // DAY_MS)
    midnights = np.arange(first, known_until_ms // DAY_MS + 1, dtype=np.int64) * DAY_MS
    before = np.searchsorted(certain, midnights - DAY_MS, side="left")
    behind = np.searchsorted(certain, midnights, side="right")
    following = np.searchsorted(time_ms, midnights, side="left")
    inside = (following > 0) & (following < len(time_ms))
    step = time_ms[np.minimum(following, len(time_ms) - 1)] - time_ms[np.maximum(following - 1, 0)]
    found: Ints = midnights[(before == behind) & inside & (step < gap_s * 1000)]
    return found
