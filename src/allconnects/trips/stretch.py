"""Which stretch of a track new fixes can have changed: from a certain stop before them to one after them.

Only stops that the new fixes had no part in count, so that whatever lies outside stays as it was computed.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Final, NamedTuple

import numpy as np

from allconnects.trips.certain import DAY_MS, GRID_MS, certain_stops, forced, reach_ms
from allconnects.trips.result import Ints, Track
from allconnects.trips.rules import Rules

HOUR_MS: Final = 3_600_000
_STEPS_MS: Final = (6 * HOUR_MS, 3 * DAY_MS)
"""How far to look back and ahead, a step at a time; then as far as positions are kept."""

Load = Callable[[int, int], Track]
"""Usable fixes, ascending, from a time (ms) until before another."""


class Period(NamedTuple):
    """Rules and when they begin to hold (ms); the first holds from ever."""

    from_ms: int
    rules: Rules


class Cut(NamedTuple):
    """A moment (ms) that parts a track: at a certain stop, or by force."""

    at_ms: int
    certain: bool


class Known(NamedTuple):
    """From when until when all fixes are in hand."""

    first_ms: int
    end_ms: int
    is_start: bool
    is_end: bool
    """Whether there is nothing before, and nothing after."""


@dataclass(frozen=True, slots=True)
class Stretch:
    """Fixes around what changed, and its cuts in order. ``lo``/``hi`` None: from the first fix, to the last."""

    track: Track
    cuts: tuple[Cut, ...]
    lo: Cut | None
    hi: Cut | None

    def pieces(self) -> list[tuple[Cut | None, Cut | None]]:
        """Pairs of neighbouring cuts between which something may have moved."""
        inner = [cut for cut in self.cuts if self._within(cut)]
        edges: list[Cut | None] = [self.lo, *inner, self.hi]
        return [(a, b) for a, b in pairwise(edges) if not _still_between(a, b)]

    def _within(self, cut: Cut) -> bool:
        after = self.lo is None or cut.at_ms > self.lo.at_ms
        return after and (self.hi is None or cut.at_ms < self.hi.at_ms)


def _still_between(one: Cut | None, other: Cut | None) -> bool:
    """Neighbours on the grid that both stand for sure share what they look at: nothing between them is a trip."""
    if one is None or other is None:
        return False
    return one.certain and other.certain and other.at_ms - one.at_ms <= GRID_MS


def find(load: Load, periods: Sequence[Period], first_ms: int, last_ms: int, kept_from_ms: int, now_ms: int) -> Stretch:
    """The stretch that fixes from ``first_ms`` to ``last_ms`` (both included) can have changed.

    ``kept_from_ms``: before that nothing is read. ``now_ms``: nothing lies much beyond.
    """
    back, ahead = 0, 0
    end_ms = max(now_ms, last_ms) + DAY_MS
    while True:
        known = _window(first_ms, last_ms, back, ahead, kept_from_ms, end_ms)
        track = load(known.first_ms, known.end_ms)
        cuts = _cuts(track, periods, known)
        lo, hi = _before(track, cuts, periods, first_ms), _after(track, cuts, periods, last_ms)
        if (lo or known.is_start) and (hi or known.is_end):
            return Stretch(track, cuts, lo, hi)
        back, ahead = back + (lo is None), ahead + (hi is None)


def _window(first_ms: int, last_ms: int, back: int, ahead: int, kept_from_ms: int, end_ms: int) -> Known:
    start = first_ms - _STEPS_MS[back] if back < len(_STEPS_MS) else kept_from_ms
    end = last_ms + _STEPS_MS[ahead] if ahead < len(_STEPS_MS) else end_ms
    # What is new is mostly the newest: then there is nothing to look for step by step.
    if end_ms - end <= 2 * DAY_MS:
        end = end_ms
    start = max(start, kept_from_ms)
    return Known(start, end, start <= kept_from_ms, end >= end_ms)


def _cuts(track: Track, periods: Sequence[Period], known: Known) -> tuple[Cut, ...]:
    time = track.time_ms
    if not len(time):
        return ()
    certain = _certain(track, periods)
    reach = max(reach_ms(period.rules) for period in periods)
    begin = int(time[0]) + (0 if known.is_start else reach)
    until = int(time[-1]) - (0 if known.is_end else reach)
    gap_s = min(period.rules.gap_s for period in periods)
    nights = forced(certain, np.asarray(time, np.int64), begin, until, gap_s).tolist()
    changes = [p.from_ms for p in periods if int(time[0]) < p.from_ms <= int(time[-1])]
    found = dict.fromkeys(certain.tolist(), True) | dict.fromkeys([*nights, *changes], False)
    return tuple(Cut(at, found[at]) for at in sorted(found))


def _certain(track: Track, periods: Sequence[Period]) -> Ints:
    parts = []
    for period, following in zip(periods, [*[p.from_ms for p in periods[1:]], None], strict=True):
        found = certain_stops(track.time_ms, track.lat_e7, track.lon_e7, period.rules)
        inside = found >= period.from_ms
        parts.append(found[inside if following is None else inside & (found < following)])
    return np.concatenate(parts)


def _before(track: Track, cuts: Sequence[Cut], periods: Sequence[Period], first_ms: int) -> Cut | None:
    """The last cut that depends on fixes before ``first_ms`` only."""
    older = int(np.searchsorted(track.time_ms, first_ms, side="left"))
    if not older:
        return None
    edge = int(track.time_ms[older - 1]) - max(reach_ms(period.rules) for period in periods)
    return next((cut for cut in reversed(cuts) if cut.at_ms < edge), None)


def _after(track: Track, cuts: Sequence[Cut], periods: Sequence[Period], last_ms: int) -> Cut | None:
    """The first cut that depends on fixes after ``last_ms`` only; a forced one on the whole day before it."""
    newer = int(np.searchsorted(track.time_ms, last_ms, side="right"))
    if newer == len(track.time_ms):
        return None
    edge = int(track.time_ms[newer]) + max(reach_ms(period.rules) for period in periods)
    return next((cut for cut in cuts if cut.at_ms - (0 if cut.certain else DAY_MS) > edge), None)
