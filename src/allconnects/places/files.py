"""Places from and to files: GeoJSON and KML in, GeoJSON out. Every feature that is wrong is named with its reason."""

from __future__ import annotations

import json
import math
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any
from xml.etree.ElementTree import Element, ParseError

import msgspec
from defusedxml import DefusedXmlException
from defusedxml.ElementTree import fromstring
from django.utils.translation import gettext as _

from allconnects.kit.errors import InvalidInput
from allconnects.places.models import Colour, Kind, Place
from allconnects.places.services import Given, checked
from allconnects.places.shapes import Shape, areas

MOST_BYTES = 4_000_000
MOST_FEATURES = 5_000
POINT_RADIUS_M, LINE_WIDTH_M = 100.0, 40.0
"""What becomes of a point and of a line that say nothing else."""
_TEXTS = ("number", "address", "works_declaration", "timezone")
_WORDS = {"kind": Kind.values, "colour": Colour.values}


@dataclass(frozen=True, slots=True)
class Read:
    """One feature of a file: a place, or why it is none. ``at``: its number in the file, from 1 on."""

    at: int
    name: str
    given: Given | None
    problem: str = ""


def read(content: bytes) -> list[Read]:
    """Every feature of a file, right or wrong. Raises InvalidInput for a file that is neither GeoJSON nor KML."""
    if len(content) > MOST_BYTES:
        raise InvalidInput(_("The file is larger than 4 MB."))
    parse = _kml if content.lstrip(b"\xef\xbb\xbf \t\r\n").startswith(b"<") else _geojson
    features = list(parse(content))
    if not features:
        raise InvalidInput(_("The file has no places in it."))
    if len(features) > MOST_FEATURES:
        raise InvalidInput(_("The file has more than %(most)s places.") % {"most": MOST_FEATURES})
    return [_read(at, *feature) for at, feature in enumerate(features, 1)]


def _read(at: int, properties: dict[str, Any], geometry: object) -> Read:
    name = " ".join(str(properties.get("name") or properties.get("title") or "").split())[:100]
    try:
        given = _given(name or _("Place %(number)s") % {"number": at}, properties, geometry)
        checked(given)
    except InvalidInput as error:
        return Read(at, name, None, error.message)
    return Read(at, given.name, given)


def _given(name: str, properties: dict[str, Any], geometry: object) -> Given:
    values: dict[str, Any] = {}
    for key in _TEXTS:
        if properties.get(key) not in (None, ""):
            values[key] = str(properties[key])
    for key, words in _WORDS.items():
        if properties.get(key) in words:
            values[key] = properties[key]
    for key in ("active_from", "active_until"):
        if properties.get(key):
            values[key] = _day(properties[key])
    dwell = properties.get("dwell_s")
    if isinstance(dwell, int) and not isinstance(dwell, bool):
        values["dwell_s"] = dwell
    return Given(name=name, shape=_shape(geometry, properties), **values)


def _day(value: object) -> date:
    try:
        return date.fromisoformat(str(value))
    except ValueError:
        raise InvalidInput(_("A date must be written as 2026-10-31.")) from None


def _shape(geometry: object, properties: dict[str, Any]) -> object:
    """A point is a circle, a line a corridor; a polygon that was exported for a circle or corridor is that again."""
    if not isinstance(geometry, dict):
        raise InvalidInput(_("The feature has no shape."))
    own = properties.get("shape")
    if isinstance(own, dict):
        return own
    kind, coordinates = geometry.get("type"), geometry.get("coordinates")
    if kind == "Point":
        return {"type": "Circle", "coordinates": coordinates, "radius_m": _metres(properties, "radius_m", "radius")}
    if kind == "LineString":
        return {"type": "Corridor", "coordinates": coordinates, "width_m": _metres(properties, "width_m", "width")}
    if kind == "MultiPolygon" and isinstance(coordinates, list) and len(coordinates) == 1:
        return {"type": "Polygon", "coordinates": coordinates[0]}
    if kind in ("MultiPolygon", "MultiLineString", "MultiPoint", "GeometryCollection"):
        raise InvalidInput(_("A place has one shape; this feature has several. Make a place of each."))
    return geometry


def _metres(properties: dict[str, Any], *names: str) -> float:
    for name in names:
        try:
            value = float(properties[name])
        except (KeyError, TypeError, ValueError):
            continue
        if math.isfinite(value):
            return value
    return POINT_RADIUS_M if "radius" in names else LINE_WIDTH_M


def _geojson(content: bytes) -> Iterator[tuple[dict[str, Any], object]]:
    try:
        document = json.loads(content.decode("utf-8-sig"))
    except (ValueError, RecursionError):
        raise InvalidInput(_("The file is neither GeoJSON nor KML.")) from None
    if not isinstance(document, dict):
        raise InvalidInput(_("The file is neither GeoJSON nor KML."))
    features = document.get("features") if document.get("type") == "FeatureCollection" else [document]
    if not isinstance(features, list):
        raise InvalidInput(_("The file is neither GeoJSON nor KML."))
    for feature in features:
        if not isinstance(feature, dict):
            yield {}, None
            continue
        properties = feature.get("properties")
        geometry = feature.get("geometry") if feature.get("type") == "Feature" else feature
        yield (properties if isinstance(properties, dict) else {}), geometry


def _kml(content: bytes) -> Iterator[tuple[dict[str, Any], object]]:
    """Placemarks of a KML file. Entities and outside references are refused."""
    try:
        root = fromstring(content, forbid_dtd=True)
    except (ParseError, DefusedXmlException, ValueError, LookupError):
        raise InvalidInput(_("The file is neither GeoJSON nor KML.")) from None
    if _tag(root) != "kml":
        raise InvalidInput(_("The file is neither GeoJSON nor KML."))
    for mark in (one for one in root.iter() if _tag(one) == "Placemark"):
        data = {one.get("name", ""): _first(one, "value") for one in mark.iter() if _tag(one) == "Data"}
        data |= {one.get("name", ""): one.text or "" for one in mark.iter() if _tag(one) == "SimpleData"}
        properties = {**data, "name": _first(mark, "name"), "address": data.get("address") or _first(mark, "address")}
        shapes = [(make, one) for one in mark.iter() if (make := _KML.get(_tag(one)))]
        if len(shapes) > 1:
            yield properties, {"type": "GeometryCollection"}
        else:
            yield properties, shapes[0][0](shapes[0][1]) if shapes else None


def _tag(element: Element) -> str:
    return str(element.tag).rpartition("}")[2]


def _first(element: Element, tag: str) -> str:
    return next((" ".join((one.text or "").split()) for one in element if _tag(one) == tag), "")


def _points(element: Element) -> list[list[float]]:
    text = next((one.text or "" for one in element.iter() if _tag(one) == "coordinates"), "")
    try:
        return [[float(value) for value in point.split(",")[:2]] for point in text.split()]
    except ValueError:
        return []


def _rings(polygon: Element) -> list[list[list[float]]]:
    outer = [_points(one) for one in polygon if _tag(one) == "outerBoundaryIs"]
    return [*outer, *(_points(one) for one in polygon if _tag(one) == "innerBoundaryIs")]


_KML: dict[str, Callable[[Element], dict[str, Any]]] = {
    "Point": lambda one: {"type": "Point", "coordinates": next(iter(_points(one)), None)},
    "LineString": lambda one: {"type": "LineString", "coordinates": _points(one)},
    "Polygon": lambda one: {"type": "Polygon", "coordinates": _rings(one)},
}


def geojson(places: Sequence[Place]) -> bytes:
    """Places as a FeatureCollection: circles and corridors as polygons for others, and as themselves for us."""
    drawn = areas([one.shape for one in places])
    found = [_feature(one, area) for one, area in zip(places, drawn, strict=True)]
    return bytes(msgspec.json.encode({"type": "FeatureCollection", "features": found}))


def _feature(one: Place, area: Shape) -> dict[str, Any]:
    names = ("name", "kind", "number", "address", "colour", "works_declaration", "timezone", "dwell_s")
    properties = {name: getattr(one, name) for name in names}
    properties |= {name: str(getattr(one, name) or "") or None for name in ("active_from", "active_until")}
    if one.shape["type"] != "Polygon":
        properties["shape"] = one.shape
    return {"type": "Feature", "id": one.pk, "properties": properties, "geometry": area}
