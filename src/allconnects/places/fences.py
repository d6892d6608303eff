"""Which positions lie in which fences: thousands of fences, whole columns of positions, no I/O.

A hierarchical grid gives for each position the few fences whose box it may be in; only those are measured. Distances
are taken in the plane of ``projection``, where one scale holds around each position.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
import shapely
from numpy.typing import ArrayLike, NDArray

from allconnects.places.grid import Grid
from allconnects.places.projection import Floats, to_plane
from allconnects.places.shapes import Shape, outline

Ints = NDArray[np.int64]
Bools = NDArray[np.bool_]

LEAVE_M = 30.0
"""Who is in, is out only when so far outside: the noise of a parked tracker is smaller than that."""
ORDINARY_M = 20.0
"""An accuracy up to this is that of any fix; what is worse moves the limits of in and out apart."""
WORST_M = 200.0
"""A fix of a worse accuracy says nothing about a fence: it changes neither in nor out."""
_MOST_SLACK_M = WORST_M - ORDINARY_M


class Fence(NamedTuple):
    """A shape in canonical form under a number, and the milliseconds since 1970 between which it counts."""

    id: int
    shape: Shape
    from_ms: int | None = None
    until_ms: int | None = None


class Pairs(NamedTuple):
    """Position k lies in fence ``fence[k]`` (its id): arrays of one length, in order of position, then fence."""

    position: Ints
    fence: Ints


class Zones(NamedTuple):
    """Pairs of a position and a fence near it, in order of fence, then position; everything else is outside.

    ``inside``: surely in; else the position is on the edge, where whoever was in stays in and whoever was out, out.
    ``fence`` is an index into ``Fences.fences``.
    """

    position: Ints
    fence: Ints
    inside: Bools


@dataclass(frozen=True, slots=True)
class _Candidates:
    """Pairs near enough to be measured, with the place of each in the plane."""

    position: Ints
    fence: Ints
    x: Floats
    y: Floats
    metre: Floats


class Fences:
    """Fences made ready for many positions. Making it costs some ten microseconds for each fence."""

    def __init__(self, fences: Sequence[Fence], leave_m: float = LEAVE_M) -> None:
        self.fences = list(fences)
        self.leave_m = leave_m
        self.ids: Ints = np.array([one.id for one in self.fences], np.int64)
        shapes = [one.shape for one in self.fences]
        self._round = np.array([shape["type"] == "Circle" for shape in shapes], np.bool_)
        self._reach_m = np.array([_reach_m(shape) for shape in shapes], np.float64)
        self._outlines = _flat(shapes)
        shapely.prepare(self._outlines)
        bounds = shapely.bounds(self._outlines).reshape(-1, 4)
        middle_y = (bounds[:, 1] + bounds[:, 3]) / 2
        self._middle_x, self._middle_y = bounds[:, 0], bounds[:, 1]
        self._metre = _metre_at(np.maximum(np.abs(bounds[:, 1]), np.abs(bounds[:, 3])))
        self._middle_metre = _metre_at(np.abs(middle_y))
        self._bounds = bounds
        self._grids: dict[float, Grid] = {}

    def __len__(self) -> int:
        return len(self.fences)

    def inside(self, lat: ArrayLike, lon: ArrayLike) -> Pairs:
        """Every pair of a position (n,), in degrees, and a fence that it lies in."""
        near = self._near(lat, lon, 0.0)
        within = self._beyond_m(near) <= 0
        position, fence = near.position[within], self.ids[near.fence[within]]
        order = np.lexsort((fence, position))
        return Pairs(position[order], fence[order])

    def zones(self, lat: ArrayLike, lon: ArrayLike, accuracy_m: ArrayLike | None = None) -> Zones:
        """In, or on the edge. ``accuracy_m`` (n,): NaN where unknown, which counts as ordinary."""
        slack = _slack(accuracy_m, np.size(lat))
        near = self._near(lat, lon, self.leave_m + (_MOST_SLACK_M if slack.any() else 0.0))
        beyond = self._beyond_m(near, deep=slack[near.position] > 0)
        kept = beyond <= self.leave_m + slack[near.position]
        inside = beyond <= -slack[near.position]
        order = np.lexsort((near.position[kept], near.fence[kept]))
        return Zones(near.position[kept][order], near.fence[kept][order], inside[kept][order])

    def _near(self, lat: ArrayLike, lon: ArrayLike, margin_m: float) -> _Candidates:
        x, y, metre = to_plane(lon, lat)
        if not len(self.fences):
            nothing = np.empty(0, np.int64)
            return _Candidates(nothing, nothing, *(np.empty(0),) * 3)
        if margin_m not in self._grids:
            # Somewhat more than the margin: the scale grows towards the poles, also within a box.
            wider = ((self._reach_m + margin_m) * self._metre * 1.02)[:, None] * np.array([-1, -1, 1, 1])
            self._grids[margin_m] = Grid(self._bounds + wider)
        position, fence = self._grids[margin_m].near(x, y)
        return _Candidates(position, fence, x[position], y[position], metre[position])

    def _beyond_m(self, near: _Candidates, deep: Bools | None = None) -> Floats:
        """Metres outside of the fence; 0 or below inside, and how deep for circles, corridors and where asked."""
        beyond = np.empty(len(near.position), np.float64)
        is_round = self._round[near.fence]
        self._circles(near, is_round, beyond)
        rest = np.flatnonzero(~is_round)
        if len(rest):
            self._areas(near, rest, beyond, deep)
        return beyond

    def _circles(self, near: _Candidates, chosen: Bools, beyond: Floats) -> None:
        fence = near.fence[chosen]
        away = np.hypot(near.x[chosen] - self._middle_x[fence], near.y[chosen] - self._middle_y[fence])
        metre = (near.metre[chosen] + self._middle_metre[fence]) / 2
        beyond[chosen] = away / metre - self._reach_m[fence]

    def _areas(self, near: _Candidates, rest: Ints, beyond: Floats, deep: Bools | None) -> None:
        """Polygons (0 inside) and corridors, whose outline is their line."""
        outlines = self._outlines[near.fence[rest]]
        points = shapely.points(near.x[rest], near.y[rest])
        away = shapely.distance(outlines, points) / near.metre[rest]
        beyond[rest] = away - self._reach_m[near.fence[rest]]
        if deep is not None and deep.any():
            within = np.flatnonzero((away == 0) & (self._reach_m[near.fence[rest]] == 0) & deep[rest])
            edge = shapely.distance(shapely.boundary(outlines[within]), points[within])
            beyond[rest[within]] = -edge / near.metre[rest[within]]


def _reach_m(shape: Shape) -> float:
    """How far the area reaches beyond what was drawn."""
    if shape["type"] == "Circle":
        return float(shape["radius_m"])
    return float(shape["width_m"]) / 2 if shape["type"] == "Corridor" else 0.0


def _flat(shapes: Sequence[Shape]) -> NDArray[np.object_]:
    """What was drawn, in the plane."""
    outlines = np.array([outline(shape) for shape in shapes], object)
    degrees = shapely.get_coordinates(outlines)
    x, y, _metre = to_plane(degrees[:, 0], degrees[:, 1])
    flat: NDArray[np.object_] = shapely.set_coordinates(outlines, np.column_stack((x, y)))
    return flat


def _metre_at(y: Floats) -> Floats:
    """How long a metre is at a height of the plane, on a sphere: good enough for margins and middles."""
    return np.cosh(y / 6_378_137.0)


def _slack(accuracy_m: ArrayLike | None, count: int) -> Floats:
    if accuracy_m is None:
        return np.zeros(count)
    known = np.nan_to_num(np.asarray(accuracy_m, np.float64), nan=0.0)
    return np.clip(known - ORDINARY_M, 0.0, _MOST_SLACK_M)
