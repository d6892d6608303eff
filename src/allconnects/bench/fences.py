"""``bench fences``: positions against thousands of fences, beside a plain loop over fences with their boxes."""

from __future__ import annotations

import json
import math
import time
from typing import Any

import numpy as np
import shapely

from allconnects.places import shapes
from allconnects.places.fences import Fence, Fences
from allconnects.places.projection import Floats, to_plane
from allconnects.places.stays import stays

FENCES, POSITIONS, PLAIN_POSITIONS = 5_000, 1_000_000, 400
_WEST, _EAST, _SOUTH, _NORTH = 2.6, 6.2, 49.6, 51.4


def run(*, as_json: bool) -> int:
    """Measure and print. Returns the exit code."""
    result = measure()
    if as_json:
        print(json.dumps(result))  # noqa: T201
    else:
        for name, value in result.items():
            print(f"{name:28} {value:>14,.1f}")  # noqa: T201
    return 0


def measure(count: int = FENCES, positions: int = POSITIONS, plain_positions: int = PLAIN_POSITIONS) -> dict[str, Any]:
    """Positions a second on one core: which fence, with hysteresis to stays, and the plain loop.

    Half of the positions lie anywhere in Belgium, half within a kilometre of a fence, as those of a fleet do.
    """
    random = np.random.default_rng(7)
    found = [Fence(n, shape) for n, shape in enumerate(_shapes(random, count))]
    started = time.process_time()
    fences = Fences(found)
    lat, lon = _positions(random, found, positions)
    fences.inside(lat[:1], lon[:1])
    making = time.process_time() - started
    time_ms = np.arange(positions, dtype=np.int64) * 10_000
    inside = _best(positions, lambda: fences.inside(lat, lon))
    to_stays = _best(positions, lambda: stays(fences, time_ms, lat, lon))
    plain = _plain(found, lat[:plain_positions], lon[:plain_positions])
    return {
        "positions_per_s": inside,
        "positions_per_s_to_stays": to_stays,
        "positions_per_s_plain": plain,
        "ratio_to_plain": inside / plain,
        "fences": len(found),
        "positions": positions,
        "pairs": len(fences.inside(lat, lon).position),
        "making_ms": making * 1000,
    }


def _best(positions: int, work: Any, rounds: int = 3) -> float:
    """The best of some rounds: the others were disturbed by other work on the machine."""
    best = 0.0
    for _ in range(rounds):
        started = time.process_time()
        work()
        best = max(best, positions / (time.process_time() - started))
    return best


def _positions(random: np.random.Generator, found: list[Fence], count: int) -> tuple[Floats, Floats]:
    half = count // 2
    middles = np.array([shapes.middle(one.shape) for one in found])[random.integers(0, len(found), count - half)]
    lon = np.concatenate(
        (random.uniform(_WEST, _EAST, half), middles[:, 0] + random.uniform(-0.014, 0.014, len(middles)))
    )
    lat = np.concatenate(
        (random.uniform(_SOUTH, _NORTH, half), middles[:, 1] + random.uniform(-0.009, 0.009, len(middles)))
    )
    order = random.permutation(count)
    return lat[order], lon[order]


def _shapes(random: np.random.Generator, count: int) -> list[shapes.Shape]:
    """Of five fences three circles, a polygon of 4 to 40 corners, and a corridor of ten pieces."""
    makers = (_circle, _circle, _circle, _polygon, _corridor)
    return [shapes.canonical(makers[n % len(makers)](random)) for n in range(count)]


def _middle(random: np.random.Generator) -> tuple[float, float]:
    return float(random.uniform(_WEST, _EAST)), float(random.uniform(_SOUTH, _NORTH))


def _circle(random: np.random.Generator) -> shapes.Shape:
    return {"type": "Circle", "coordinates": _middle(random), "radius_m": float(random.uniform(30, 600))}


def _polygon(random: np.random.Generator) -> shapes.Shape:
    (lon, lat), corners = _middle(random), int(random.integers(4, 40))
    away = random.uniform(0.5, 1, corners) * random.uniform(60, 900)
    turns = [2 * math.pi * n / corners for n in range(corners)]
    ring = [
        [lon + float(r) * math.cos(a) / 70_000, lat + float(r) * math.sin(a) / 111_250]
        for r, a in zip(away, turns, strict=True)
    ]
    return {"type": "Polygon", "coordinates": [ring]}


def _corridor(random: np.random.Generator) -> shapes.Shape:
    lon, lat = _middle(random)
    steps = np.cumsum(random.normal(0, [0.004, 0.003], (11, 2)), axis=0) + np.array([lon, lat])
    return {"type": "Corridor", "coordinates": steps.tolist(), "width_m": 40.0}


def _plain(found: list[Fence], lat: Floats, lon: Floats) -> float:
    """Each position against the box of each fence, then the shape: what one writes first."""
    areas = [shapes.planar(one.shape) for one in found]
    shapely.prepare(areas)
    boxes = [area.bounds for area in areas]
    x, y, _metre = to_plane(lon, lat)
    started, hits = time.process_time(), 0
    for east, north in zip(x.tolist(), y.tolist(), strict=True):
        for area, (west, south, right, top) in zip(areas, boxes, strict=True):
            if west <= east <= right and south <= north <= top:
                hits += bool(area.contains(shapely.Point(east, north)))
    return len(lat) / (time.process_time() - started)
