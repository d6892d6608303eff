"""A smooth road through a list of places, measured in metres."""

from __future__ import annotations

import math
import tomllib
from collections.abc import Sequence
from functools import cache
from importlib import resources
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from allconnects.kit.errors import ConfigError

Floats = NDArray[np.float64]
Place = tuple[float, float]

STEP_M = 25.0
METRES_PER_DEGREE = 111_195.0
_PIECES = 64


class Road(NamedTuple):
    """A curve sampled every ``STEP_M`` metres: ``lat``, ``lon`` in degrees and ``bend`` in 1/m, each of n samples."""

    lat: Floats
    lon: Floats
    bend: Floats
    cruise_kmh: float

    @property
    def length_m(self) -> float:
        """Length in metres."""
        return (len(self.lat) - 1) * STEP_M


@cache
def road_names() -> tuple[str, ...]:
    """The roads there are."""
    return tuple(_roads())


@cache
def road(name: str, start_km: float, length_km: float) -> Road:
    """A piece of a road. Loops are driven as often as needed; other roads end where they end.

    Raises ConfigError for an unknown road or a start beyond its end.
    """
    if name not in _roads():
        raise ConfigError(f"there is no such road: {name}")
    entry = _roads()[name]
    points = [(float(lat), float(lon)) for lat, lon in entry["points"]]
    if entry.get("loop"):
        laps = 2 + math.ceil((start_km + length_km) / (_chords_m([*points, points[0]]) / 1000))
        points = points * laps
    lat, lon = _even(*_smooth(points))
    first = int(start_km * 1000 / STEP_M)
    last = min(len(lat), first + int(length_km * 1000 / STEP_M) + 1)
    if last - first < 3:
        raise ConfigError(f"the road ends before the start: {name}")
    piece = slice(first, last)
    return Road(lat[piece], lon[piece], _bend(lat, lon)[piece], float(entry["cruise_kmh"]))


@cache
def _roads() -> dict[str, dict[str, Any]]:
    text = resources.files("allconnects.demo").joinpath("routes.toml").read_text("utf-8")
    return tomllib.loads(text)


def _chords_m(points: Sequence[Place]) -> float:
    lat, lon = np.array(points).T
    return float(np.hypot(*_metres(np.diff(lat), np.diff(lon), lat[:-1])).sum())


def _metres(dlat: Floats, dlon: Floats, lat: Floats) -> tuple[Floats, Floats]:
    """North and east metres of small differences in degrees at a latitude."""
    return dlat * METRES_PER_DEGREE, dlon * METRES_PER_DEGREE * np.cos(np.radians(lat))


def _smooth(points: Sequence[Place]) -> tuple[Floats, Floats]:
    """A Catmull-Rom curve through all points, ``_PIECES`` samples between two."""
    knots = np.array([points[0], *points, points[-1]], dtype=np.float64)
    before, start, end, after = knots[:-3], knots[1:-2], knots[2:-1], knots[3:]
    t = np.linspace(0, 1, _PIECES, endpoint=False)[None, :, None]
    tangent_in, tangent_out = (end - before)[:, None] / 2, (after - start)[:, None] / 2
    start, end = start[:, None], end[:, None]
    curve = (
        (2 * t**3 - 3 * t**2 + 1) * start
        + (t**3 - 2 * t**2 + t) * tangent_in
        + (3 * t**2 - 2 * t**3) * end
        + (t**3 - t**2) * tangent_out
    ).reshape(-1, 2)
    return curve[:, 0], curve[:, 1]


def _even(lat: Floats, lon: Floats) -> tuple[Floats, Floats]:
    """The same curve with a sample every ``STEP_M`` metres."""
    hops = np.hypot(*_metres(np.diff(lat), np.diff(lon), lat[:-1]))
    along = np.concatenate([[0.0], np.cumsum(hops)])
    marks = np.arange(0, along[-1], STEP_M)
    return np.interp(marks, along, lat), np.interp(marks, along, lon)


def _bend(lat: Floats, lon: Floats) -> Floats:
    """Curvature in 1/m at each sample, over some 100 m so that the sampling does not show."""
    north, east = _metres(np.gradient(lat), np.gradient(lon), lat)
    heading = np.unwrap(np.arctan2(east, north))
    turn = np.abs(np.gradient(heading)) / STEP_M
    return np.convolve(turn, np.full(5, 0.2), mode="same")
