"""Shapes of places: read strictly, kept in one canonical form. Pure; degrees are WGS 84, lengths metres.

The canonical form is GeoJSON with two additions, because GeoJSON (RFC 7946) has no circle and no corridor:

* ``{"type": "Circle", "coordinates": [lon, lat], "radius_m": 120.0}``
* ``{"type": "Polygon", "coordinates": [outer ring, hole, …]}``: rings closed, outer counter-clockwise
* ``{"type": "Corridor", "coordinates": [[lon, lat], …], "width_m": 40.0}``: the line and its whole width
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

import numpy as np
import shapely
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from numpy.typing import NDArray
from shapely.geometry.polygon import orient

from allconnects.kit.errors import InvalidInput
from allconnects.places.projection import to_degrees, to_plane

Point = tuple[float, float]
"""Longitude, latitude."""
Shape = dict[str, Any]

MOST_CORNERS = 2_000
MOST_HOLES = 50
LEAST_RADIUS_M, MOST_RADIUS_M = 10.0, 100_000.0
LEAST_WIDTH_M, MOST_WIDTH_M = 5.0, 5_000.0
_NORTHMOST = 85.0
_WIDEST_DEG = 10.0
"""What is wider reads like swapped or mistyped coordinates, and would cross the date line."""
_DIGITS = 7
_QUARTER = {"Circle": 16, "Corridor": 8}
"""Corners of a quarter of a circle, and of the round end of a corridor."""


class ShapeError(InvalidInput):
    """A shape that cannot be a place; the message says why."""

    code = "shape"


class Box(NamedTuple):
    """Degrees."""

    west: float
    south: float
    east: float
    north: float


def canonical(given: object) -> Shape:
    """A shape in canonical form. Raises ShapeError with what is wrong."""
    if not isinstance(given, dict):
        raise ShapeError(_("A place needs a shape."))
    reader = _READERS.get(str(given.get("type")))
    if reader is None:
        raise ShapeError(_("The shape of a place is a circle, a polygon or a corridor."))
    return reader(given)


def _circle(given: dict[str, Any]) -> Shape:
    lon, lat = _point(given.get("coordinates"))
    radius = _length(given.get("radius_m"), LEAST_RADIUS_M, MOST_RADIUS_M, gettext_lazy("The radius"))
    return _within({"type": "Circle", "coordinates": [lon, lat], "radius_m": radius})


def _polygon(given: dict[str, Any]) -> Shape:
    rings = given.get("coordinates")
    if not isinstance(rings, list | tuple) or not rings or len(rings) > MOST_HOLES + 1:
        raise ShapeError(_("A polygon needs an outline, and can have up to %(most)s holes.") % {"most": MOST_HOLES})
    read = [_ring(ring) for ring in rings]
    if sum(map(len, read)) > MOST_CORNERS:
        raise _too_many()
    polygon = orient(shapely.Polygon(read[0], read[1:]))
    if not polygon.is_valid or polygon.area <= 0:
        raise ShapeError(_("The outline crosses itself, or a hole is not inside of it."))
    outlines = [polygon.exterior, *polygon.interiors]
    return _within({"type": "Polygon", "coordinates": [[list(p) for p in one.coords] for one in outlines]})


def _ring(ring: object) -> list[Point]:
    points = _points(ring)
    if len(points) > 1 and points[0] == points[-1]:
        points.pop()
    if len(set(points)) < 3:
        raise ShapeError(_("An outline needs at least three different corners."))
    return [*points, points[0]]


def _corridor(given: dict[str, Any]) -> Shape:
    points = _points(given.get("coordinates"))
    kept = [point for at, point in enumerate(points) if not at or point != points[at - 1]]
    if len(kept) < 2:
        raise ShapeError(_("A corridor needs at least two different points."))
    width = _length(given.get("width_m"), LEAST_WIDTH_M, MOST_WIDTH_M, gettext_lazy("The width"))
    return _within({"type": "Corridor", "coordinates": [list(point) for point in kept], "width_m": width})


def _points(given: object) -> list[Point]:
    if not isinstance(given, list | tuple):
        raise ShapeError(_("The points of the shape are missing."))
    if len(given) > MOST_CORNERS:
        raise _too_many()
    return [_point(one) for one in given]


def _point(given: object) -> Point:
    """Longitude and latitude; a height behind them is left out."""
    if isinstance(given, list | tuple) and len(given) >= 2:
        lon, lat = given[0], given[1]
        if _number(lon) and _number(lat) and -180 <= lon <= 180 and -_NORTHMOST <= lat <= _NORTHMOST:
            return round(float(lon), _DIGITS), round(float(lat), _DIGITS)
    raise ShapeError(_("A point of the shape is not a longitude and a latitude on the map."))


def _number(value: object) -> bool:
    try:
        return isinstance(value, int | float) and not isinstance(value, bool) and math.isfinite(value)
    except OverflowError:  # a whole number with hundreds of digits
        return False


def _length(value: object, least: float, most: float, what: object) -> float:
    if not _number(value) or not least <= float(value) <= most:  # type: ignore[arg-type]
        raise ShapeError(
            _("%(what)s must be from %(least)s to %(most)s metres.")
            % {"what": what, "least": f"{least:g}", "most": f"{most:g}"}
        )
    return round(float(value), 1)  # type: ignore[arg-type]


def _too_many() -> ShapeError:
    return ShapeError(_("The shape has more than %(most)s corners.") % {"most": MOST_CORNERS})


def _within(shape: Shape) -> Shape:
    found = box(shape)
    if found.west < -180 or found.east > 180 or max(found.east - found.west, found.north - found.south) > _WIDEST_DEG:
        raise ShapeError(_("The shape is larger than a place can be, or crosses the date line."))
    return shape


_READERS: dict[str, Callable[[dict[str, Any]], Shape]] = {
    "Circle": _circle,
    "Polygon": _polygon,
    "Corridor": _corridor,
}


def planar(shape: Shape) -> shapely.Geometry:
    """The area in the plane of ``projection``; a circle as a polygon of 64 corners, a corridor with round ends."""
    points = shapely.get_coordinates(outline(shape))
    x, y, metre = to_plane(points[:, 0], points[:, 1])
    if shape["type"] == "Circle":
        return shapely.buffer(shapely.Point(x[0], y[0]), shape["radius_m"] * metre[0], quad_segs=_QUARTER["Circle"])
    flat = shapely.set_coordinates(outline(shape), list(zip(x, y, strict=True)))
    if shape["type"] == "Corridor":
        return shapely.buffer(flat, shape["width_m"] / 2 * float(metre.mean()), quad_segs=_QUARTER["Corridor"])
    return flat


def outline(shape: Shape) -> shapely.Geometry:
    """What was drawn, in degrees: a circle's middle, a corridor's line, a polygon."""
    coordinates = shape["coordinates"]
    if shape["type"] == "Circle":
        return shapely.Point(coordinates)
    if shape["type"] == "Corridor":
        return shapely.LineString(coordinates)
    return shapely.Polygon(coordinates[0], coordinates[1:])


def box(shape: Shape) -> Box:
    """The bounding box of the whole area."""
    west, south, east, north = planar(shape).bounds
    lon, lat = to_degrees([west, east], [south, north])
    return Box(*(round(float(v), _DIGITS) for v in (lon[0], lat[0], lon[1], lat[1])))


def middle(shape: Shape) -> Point:
    """A point to show the place at: a circle's middle, else one that lies inside."""
    if shape["type"] == "Circle":
        return tuple(shape["coordinates"])
    if shape["type"] == "Corridor":
        point = outline(shape).interpolate(0.5, normalized=True)
    else:
        point = shapely.point_on_surface(outline(shape))
    return round(point.x, _DIGITS), round(point.y, _DIGITS)


def area(shape: Shape) -> Shape:
    """The area as a plain GeoJSON polygon, for maps and programs that know no circles and corridors."""
    return areas([shape])[0]


def areas(shapes: Sequence[Shape]) -> list[Shape]:
    """The areas of many, worked out together: of thousands, one by one takes ten times as long."""
    found = [{"type": "Polygon", "coordinates": one["coordinates"]} for one in shapes]
    for kind, quarter in _QUARTER.items():
        drawn = [at for at, one in enumerate(shapes) if one["type"] == kind]
        for at, rings in zip(drawn, _buffered([shapes[at] for at in drawn], quarter), strict=True):
            found[at]["coordinates"] = rings
    return found


def _buffered(shapes: Sequence[Shape], quarter: int) -> list[list[list[list[float]]]]:
    """Rings in degrees of circles, or of corridors."""
    if not shapes:
        return []
    if shapes[0]["type"] == "Circle":
        drawn = shapely.points([one["coordinates"] for one in shapes])
    else:
        drawn = np.array([outline(one) for one in shapes], dtype=object)
    points, of = shapely.get_coordinates(drawn, return_index=True)
    x, y, metre = to_plane(points[:, 0], points[:, 1])
    half_m = np.array([one["radius_m"] if one["type"] == "Circle" else one["width_m"] / 2 for one in shapes])
    width = half_m * np.bincount(of, metre) / np.bincount(of)
    flat = shapely.buffer(shapely.set_coordinates(drawn, np.column_stack((x, y))), width, quad_segs=quarter)
    points = shapely.get_coordinates(flat)
    lon, lat = to_degrees(points[:, 0], points[:, 1])
    return _oriented(shapely.set_coordinates(flat, np.column_stack((lon.round(_DIGITS), lat.round(_DIGITS)))))


def _oriented(polygons: NDArray[np.object_]) -> list[list[list[list[float]]]]:
    """Rings as RFC 7946 wants them: the outer one counter-clockwise, holes clockwise."""
    rings, of = shapely.get_rings(polygons, return_index=True)
    turned = shapely.is_ccw(rings) != (np.diff(of, prepend=-1) > 0)
    corners: list[list[float]] = shapely.get_coordinates(rings).tolist()
    ends = np.cumsum(shapely.get_num_coordinates(rings)).tolist()
    found: list[list[list[list[float]]]] = [[] for _ in polygons]
    for polygon, start, end, turn in zip(of.tolist(), [0, *ends], ends, turned.tolist(), strict=False):
        ring = corners[start:end]
        found[polygon].append(ring[::-1] if turn else ring)
    return found
