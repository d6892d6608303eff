"""From positions as they come to fixes that can be trusted: usable, in order, once, and reachable."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from allconnects.kit.errors import InvalidInput
from allconnects.trips.geometry import length_between, steps
from allconnects.trips.result import OFF, ON, UNKNOWN, Bools, Column, Floats, Ints, Track
from allconnects.trips.rules import Rules

_NULL_ISLAND_E7 = 1_000
"""Both within some 10 m of 0: what receivers send without a fix, and open sea."""


@dataclass(frozen=True, slots=True)
class Fixes:
    """Trusted fixes: strictly rising times. ``index``: where each stood in the input.

    ``speed_kmh`` and ``odometer_m`` are negative where unknown, ``ignition`` is -1, 0 or 1.
    """

    index: Ints
    time_ms: Ints
    lat_e7: Ints
    lon_e7: Ints
    speed_kmh: Floats
    ignition: Column
    odometer_m: Floats

    def take(self, chosen: Column) -> Fixes:
        """The chosen fixes, by indices or by a mask."""
        return Fixes(
            self.index[chosen], self.time_ms[chosen], self.lat_e7[chosen], self.lon_e7[chosen],
            self.speed_kmh[chosen], self.ignition[chosen], self.odometer_m[chosen],
        )  # fmt: skip


def clean(track: Track, rules: Rules) -> Fixes:
    """The fixes to work with; raises InvalidInput when columns differ in length."""
    fixes, rank = _columns(track, rules)
    mask = _usable(track, fixes, rules)
    if not mask.all():
        fixes, rank = fixes.take(mask), rank[mask]
    fixes = _once(_in_order(fixes, rank))
    if len(fixes.time_ms) < 2:
        return fixes
    ways = _lengths(fixes)
    whole = _without_spikes(fixes, *ways, rules)
    return _without_jumps(whole, *(ways if whole is fixes else _lengths(whole)), rules)


def _columns(track: Track, rules: Rules) -> tuple[Fixes, Column]:
    """The columns in the types that are worked with, and the satellites (the best of two fixes wins)."""
    size = len(track.time_ms)
    given = (track.lat_e7, track.lon_e7, track.speed_kmh, track.ignition, track.odometer_m, track.valid)
    if any(column is not None and len(column) != size for column in (*given, track.satellites)):
        raise InvalidInput("the columns of a track differ in length")
    satellites = np.full(size, -1, np.int16) if track.satellites is None else np.asarray(track.satellites)
    ignition = np.full(size, UNKNOWN, np.int8) if track.ignition is None else np.asarray(track.ignition, np.int8)
    fixes = Fixes(
        np.arange(size, dtype=np.int64),
        np.asarray(track.time_ms, np.int64),
        np.asarray(track.lat_e7, np.int64),
        np.asarray(track.lon_e7, np.int64),
        _known(track.speed_kmh, size, rules.max_speed_kmh),
        np.where((ignition == ON) | (ignition == OFF), ignition, np.int8(UNKNOWN)),
        _known(track.odometer_m, size, 1e13),
    )
    return fixes, satellites


def _known(column: Column | None, size: int, most: float) -> Floats:
    """The column with -1 for what is missing or cannot be."""
    if column is None:
        return np.full(size, -1.0)
    values = np.asarray(column, np.float64)
    found: Floats = np.where((values >= 0) & (values <= most), values, -1.0)
    return found


def _usable(track: Track, fixes: Fixes, rules: Rules) -> Bools:
    lat, lon = np.abs(fixes.lat_e7), np.abs(fixes.lon_e7)
    mask: Bools = (lat <= 900_000_000) & (lon <= 1_800_000_000)
    mask &= (lat > _NULL_ISLAND_E7) | (lon > _NULL_ISLAND_E7)
    if track.valid is not None:
        mask &= np.asarray(track.valid, np.bool_)
    if track.satellites is not None:
        satellites = np.asarray(track.satellites)
        mask &= (satellites < 0) | (satellites >= rules.min_satellites)
    return mask


def _in_order(fixes: Fixes, rank: Column) -> Fixes:
    """By time; among fixes of one moment the most satellites first, then by content: never by arrival."""
    if bool((fixes.time_ms[1:] > fixes.time_ms[:-1]).all()):
        return fixes
    order = np.argsort(fixes.time_ms, kind="stable")
    time = fixes.time_ms[order]
    same = np.concatenate(([False], time[1:] == time[:-1], [False]))
    tied = np.flatnonzero(same[1:] | same[:-1])
    if len(tied):
        rows = order[tied]
        keys = (
            fixes.odometer_m, fixes.ignition, fixes.speed_kmh, fixes.lon_e7, fixes.lat_e7,
            -rank.astype(np.int64), fixes.time_ms,
        )  # fmt: skip
        order[tied] = rows[np.lexsort([key[rows] for key in keys])]
    return fixes.take(order)


def _once(fixes: Fixes) -> Fixes:
    first = np.concatenate(([True], fixes.time_ms[1:] != fixes.time_ms[:-1]))[: len(fixes.time_ms)]
    return fixes if first.all() else fixes.take(first)


def _lengths(fixes: Fixes) -> tuple[Floats, Floats]:
    """Metres and seconds from each fix to the next."""
    east, north = steps(fixes.lat_e7, fixes.lon_e7)
    return np.sqrt(east * east + north * north), np.diff(fixes.time_ms) / 1000.0


def _without_spikes(fixes: Fixes, length: Floats, seconds: Floats, rules: Rules) -> Fixes:
    """Without single fixes that the track leaves for and comes back from at speed."""
    fast = (length > rules.jump_m) & (length * 3.6 > rules.spike_kmh * seconds)
    middle = np.flatnonzero(fast[:-1] & fast[1:]) + 1
    if not len(middle):
        return fixes
    across = length_between(fixes.lat_e7, fixes.lon_e7, middle - 1, middle + 1)
    spikes = middle[across * 4 < length[middle - 1] + length[middle]]
    # Two fixes in a row that both look like the spike: the first is one, and the second the way back.
    spikes = spikes[np.concatenate(([True], np.diff(spikes) > 1))[: len(spikes)]]
    return fixes.take(np.delete(np.arange(len(fixes.time_ms)), spikes))


def _without_jumps(fixes: Fixes, length: Floats, seconds: Floats, rules: Rules) -> Fixes:
    """Without short pieces of track that cannot be reached from the longest piece, nor from what is kept."""
    breaks = np.flatnonzero(length > rules.jump_m + seconds * (rules.max_speed_kmh / 3.6)) + 1
    if not len(breaks):
        return fixes
    first = np.concatenate(([0], breaks))
    last = np.concatenate((breaks, [len(fixes.time_ms)])) - 1
    anchor = int(np.argmax(last - first))
    keep = np.zeros(len(first), np.bool_)
    keep[anchor] = True
    held = anchor
    for piece in range(anchor + 1, len(first)):
        if _stays(fixes, rules, last[held], first[piece], (first[piece], last[piece])):
            keep[piece], held = True, piece
    held = anchor
    for piece in range(anchor - 1, -1, -1):
        if _stays(fixes, rules, last[piece], first[held], (first[piece], last[piece])):
            keep[piece], held = True, piece
    return fixes.take(np.repeat(keep, last - first + 1))


def _stays(fixes: Fixes, rules: Rules, before: int, after: int, piece: tuple[int, int]) -> bool:
    """Whether the way from ``before`` to ``after`` is possible, or the piece lasts too long to be an error."""
    if fixes.time_ms[piece[1]] - fixes.time_ms[piece[0]] >= rules.jump_s * 1000:
        return True
    way = length_between(fixes.lat_e7, fixes.lon_e7, before, after)[0]
    seconds = (fixes.time_ms[after] - fixes.time_ms[before]) / 1000.0
    return bool(way <= rules.jump_m + seconds * (rules.max_speed_kmh / 3.6))
