"""The cleaning of the plain trip detector: its positions, one by one."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

from allconnects.trips.rules import Rules

SEEN = 0


@dataclass(slots=True)
class Fix:
    """A position: ms, degrees times 1e7, km/h (negative unknown), 1/0/-1."""

    time_ms: int
    lat: int
    lon: int
    speed: float = -1.0
    ignition: int = -1
    estimated: bool = False


@dataclass(slots=True)
class Step:
    """From one knot to the next."""

    east: float
    north: float
    length: float
    seconds: float
    kmh: float
    kind: int = SEEN
    weak: bool = False
    strong: bool = False
    moving: bool = False


def _metres(a: Fix, b: Fix) -> tuple[float, float]:
    cos = math.cos(math.radians((a.lat + b.lat) / 2e7))
    square = cos * cos
    lon = (b.lon - a.lon + 1_800_000_000) % 3_600_000_000 - 1_800_000_000
    north = (b.lat - a.lat) / 1e7 * (111_693.951 + square * (9.4 * square - 1_129.044))
    return lon / 1e7 * cos * (111_693.34 - 374.0 * square), north


def step_between(a: Fix, b: Fix) -> Step:
    """The step from one to the other."""
    east, north = _metres(a, b)
    length, seconds = math.hypot(east, north), (b.time_ms - a.time_ms) / 1000
    return Step(east, north, length, seconds, length * 3.6 / seconds)


def _reachable(a: Fix, b: Fix, rules: Rules) -> bool:
    seconds = (b.time_ms - a.time_ms) / 1000
    return math.hypot(*_metres(a, b)) <= rules.jump_m + seconds * rules.max_speed_kmh / 3.6


def clean(given: Sequence[Fix], rules: Rules) -> list[Fix]:
    """Usable, in order, once, without spikes and jumps."""
    found: list[Fix] = []
    for fix in sorted(given, key=lambda one: (one.time_ms, one.lat, one.lon, one.speed, one.ignition)):
        if abs(fix.lat) <= 1000 and abs(fix.lon) <= 1000:
            continue
        if not found or fix.time_ms > found[-1].time_ms:
            found.append(fix)
    return _reached(_without_spikes(found, rules), rules)


def _without_spikes(fixes: list[Fix], rules: Rules) -> list[Fix]:
    spiky = [False] * len(fixes)
    for i in range(1, len(fixes) - 1):
        before, after = step_between(fixes[i - 1], fixes[i]), step_between(fixes[i], fixes[i + 1])
        fast = all(one.length > rules.jump_m and one.kmh > rules.spike_kmh for one in (before, after))
        spiky[i] = fast and math.hypot(*_metres(fixes[i - 1], fixes[i + 1])) * 4 < before.length + after.length
    return [fix for i, fix in enumerate(fixes) if not (spiky[i] and not spiky[i - 1])]


def _reached(fixes: list[Fix], rules: Rules) -> list[Fix]:
    pieces: list[list[Fix]] = []
    for fix in fixes:
        if pieces and _reachable(pieces[-1][-1], fix, rules):
            pieces[-1].append(fix)
        else:
            pieces.append([fix])
    if len(pieces) < 2:
        return fixes
    anchor = max(range(len(pieces)), key=lambda i: (len(pieces[i]), -i))
    kept = [pieces[anchor]]
    for piece in pieces[anchor + 1 :]:
        if _lasts(piece, rules) or _reachable(kept[-1][-1], piece[0], rules):
            kept.append(piece)
    for piece in reversed(pieces[:anchor]):
        if _lasts(piece, rules) or _reachable(piece[-1], kept[0][0], rules):
            kept.insert(0, piece)
    return [fix for piece in kept for fix in piece]


def _lasts(piece: list[Fix], rules: Rules) -> bool:
    return piece[-1].time_ms - piece[0].time_ms >= rules.jump_s * 1000
