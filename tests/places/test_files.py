"""Files of places: what becomes of each feature, what is refused and why, and the way out and in again."""

from __future__ import annotations

import json
from typing import Any

import pytest
import shapely

from allconnects.kit.errors import InvalidInput
from allconnects.places import files, shapes
from allconnects.places.models import Place
from tests.places.test_fences import circle, corridor, star

KML = b"""<?xml version="1.0" encoding="UTF-8"?>
<kml xmlns="http://www.opengis.net/kml/2.2"><Document>
  <Placemark><name>Gate</name><address>Example street 1</address>
    <ExtendedData><Data name="radius_m"><value>60</value></Data>
      <Data name="kind"><value>depot</value></Data></ExtendedData>
    <Point><coordinates>4.45,51.13,0</coordinates></Point></Placemark>
  <Folder><Placemark><name>Yard</name><Polygon>
    <outerBoundaryIs><LinearRing>
      <coordinates>4.4,51.1 4.5,51.1 4.5,51.2 4.4,51.1</coordinates></LinearRing></outerBoundaryIs>
    <innerBoundaryIs><LinearRing>
      <coordinates>4.46,51.11 4.47,51.11 4.47,51.12 4.46,51.11</coordinates></LinearRing></innerBoundaryIs>
  </Polygon></Placemark></Folder>
  <Placemark><name>Road</name><LineString><coordinates>4.4,51.1 4.41,51.1</coordinates></LineString></Placemark>
  <Placemark><name>Nothing</name></Placemark>
  <Placemark><name>Two</name><MultiGeometry><Point><coordinates>4,51</coordinates></Point>
    <Point><coordinates>4,52</coordinates></Point></MultiGeometry></Placemark>
</Document></kml>"""


def test_kml_becomes_places_and_says_what_does_not() -> None:
    found = files.read(KML)
    assert [(one.name, bool(one.given)) for one in found] == [
        ("Gate", True), ("Yard", True), ("Road", True), ("Nothing", False), ("Two", False),
    ]  # fmt: skip
    gate = found[0].given
    assert gate is not None
    assert (gate.kind, gate.address) == ("depot", "Example street 1")
    assert gate.shape == {"type": "Circle", "coordinates": [4.45, 51.13], "radius_m": 60.0}
    assert found[2].given
    assert shapes.canonical(found[2].given.shape)["width_m"] == 40
    assert all(one.problem for one in found[3:])


BOMB = b'<?xml version="1.0"?><!DOCTYPE kml [<!ENTITY a "aaaa"><!ENTITY b "&a;&a;">]><kml>&b;</kml>'


@pytest.mark.parametrize(
    "content", [b"", b"nonsense", b"[]", b"{}", b'{"type":"FeatureCollection","features":3}', b"<gpx/>", b"<kml>", BOMB,
                b"<kml/>", b'{"type":"FeatureCollection","features":[]}', b"[" * 100_000, b"\xff\xfe\x00"],
    ids=range(12),
)  # fmt: skip
def test_what_is_no_file_of_places_is_refused(content: bytes) -> None:
    try:
        found = files.read(content)
    except InvalidInput:
        return
    assert all(one.given is None and one.problem for one in found)


POINT = {"type": "Point", "coordinates": [4, 51]}


@pytest.mark.parametrize(
    "feature",
    [
        None, 3, {"type": "Feature"}, {"type": "Feature", "geometry": {"type": "Point", "coordinates": ["x", 1]}},
        {"type": "Feature", "geometry": {"type": "MultiPoint", "coordinates": []}},
        {"type": "Feature", "geometry": POINT, "properties": {"radius_m": 1}},
        {"type": "Feature", "geometry": POINT, "properties": {"active_from": "soon"}},
        {"type": "Feature", "geometry": POINT, "properties": {"timezone": "Mars/X"}},
        {"type": "Feature", "geometry": POINT, "properties": {"number": "9" * 60}},
    ],
    ids=range(9),
)  # fmt: skip
def test_one_wrong_feature_does_not_spoil_the_others(feature: Any) -> None:
    good = {"type": "Feature", "geometry": {"type": "Point", "coordinates": [4, 51]}, "properties": {"name": "Good"}}
    found = files.read(json.dumps({"type": "FeatureCollection", "features": [feature, good]}).encode())
    assert [bool(one.given) for one in found] == [False, True]
    assert found[0].problem


@pytest.mark.parametrize("shape", [circle(0, 0, 80), star(0, 0, [90.0] * 7, True), corridor([(0, 0), (300, 40)], 30)])
def test_what_is_exported_comes_in_again_as_it_was(shape: dict[str, Any]) -> None:
    place = Place(pk=1, name="A", kind="depot", colour="red", shape=shape, dwell_s=60, number="7")
    (found,) = files.read(files.geojson([place]))
    assert found.given is not None
    assert shapes.canonical(found.given.shape) == shape
    assert (found.given.name, found.given.kind, found.given.dwell_s, found.given.number) == ("A", "depot", 60, "7")


def test_areas_of_many_are_those_of_each() -> None:
    """All are worked out together: every one lies where its own shape does, its rings turn as RFC 7946 says."""
    around = [[4.0, 51.0], [4.02, 51.0], [4.02, 51.02], [4.0, 51.02], [4.0, 50.995]]
    loop = shapes.canonical({"type": "Corridor", "coordinates": around, "width_m": 60})
    hole = [[4.2, 51.2], [4.2, 51.3], [4.3, 51.3], [4.2, 51.2]]
    outline = [[4.1, 51.1], [4.5, 51.1], [4.5, 51.5], [4.1, 51.5], [4.1, 51.1]]
    drawn = shapes.canonical({"type": "Polygon", "coordinates": [outline, hole]})
    many = [circle(4_000, -500, 120), loop, drawn, corridor([(0, 0), (300, 40)], 40), circle(0, 0, 9_000)]
    found = shapes.areas(many)
    assert found == [shapes.area(one) for one in many]
    assert [len(one["coordinates"]) for one in found] == [1, 2, 2, 1, 1]
    for shape, area in zip(many, found, strict=True):
        box = shapes.box(shape)
        rings = [shapely.LinearRing(ring) for ring in area["coordinates"]]
        assert shapely.Polygon(rings[0]).bounds == pytest.approx(tuple(box), abs=1e-6)
        assert [shapely.is_ccw(ring) for ring in rings] == [True, *[False] * (len(rings) - 1)]
