"""Fences beside plain loops: geodesics for circles, shapely one by one for areas; hysteresis beside a state machine."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st

from allconnects.kit.errors import InvalidInput
from allconnects.places import shapes
from allconnects.places.fences import Fence, Fences
from allconnects.places.stays import joined, stays

LAT, LON = 51.13, 4.45
M_LAT, M_LON = 1 / 111_250, 1 / 70_000
"""About a metre in degrees here."""


def circle(east_m: float, north_m: float, radius_m: float) -> dict[str, Any]:
    return shapes.canonical(
        {"type": "Circle", "coordinates": [LON + east_m * M_LON, LAT + north_m * M_LAT], "radius_m": radius_m}
    )


def star(east_m: float, north_m: float, radii: list[float], hole: bool) -> dict[str, Any]:
    """A polygon around a middle, with a square hole in it where it is large enough."""
    turn = 2 * math.pi / len(radii)
    at = lambda r, n: [  # noqa: E731
        LON + (east_m + r * math.cos(n * turn)) * M_LON,
        LAT + (north_m + r * math.sin(n * turn)) * M_LAT,
    ]
    rings = [[at(r, n) for n, r in enumerate(radii)]]
    if hole and min(radii) > 60:
        rings.append([at(20, 0), at(20, len(radii) / 4), at(20, len(radii) / 2), at(20, 3 * len(radii) / 4)])
    return shapes.canonical({"type": "Polygon", "coordinates": rings})


def corridor(points: list[tuple[float, float]], width_m: float) -> dict[str, Any]:
    line = [[LON + x * M_LON, LAT + y * M_LAT] for x, y in points]
    return shapes.canonical({"type": "Corridor", "coordinates": line, "width_m": width_m})


metres = st.floats(-2_000, 2_000)
circles = st.builds(circle, metres, metres, st.floats(10, 900))
stars = st.builds(star, metres, metres, st.lists(st.floats(30, 700), min_size=5, max_size=12), st.booleans())
corridors = st.builds(
    corridor,
    st.lists(st.tuples(metres, metres), min_size=2, max_size=6, unique_by=lambda p: (round(p[0]), round(p[1]))),
    st.floats(5, 200),
)
places = st.lists(st.one_of(circles, stars, corridors), min_size=1, max_size=12)
spots = st.lists(st.tuples(metres, metres), min_size=1, max_size=40)


def haversine_m(lat1: float, lon1: float, lat2: float, lon2: float) -> float:
    """On a sphere of the local radius of the ellipsoid: exact to some 0.3 %."""
    a, b = math.radians(lat1), math.radians(lat2)
    half = math.sin((b - a) / 2) ** 2 + math.cos(a) * math.cos(b) * math.sin(math.radians(lon2 - lon1) / 2) ** 2
    return 2 * 6_378_000 * math.asin(math.sqrt(half))


def plain(shape: dict[str, Any], lat: float, lon: float) -> bool | None:
    """Whether a point lies inside, by other means; None too near to the edge to tell."""
    if shape["type"] == "Circle":
        away = haversine_m(lat, lon, shape["coordinates"][1], shape["coordinates"][0])
        return None if abs(away - shape["radius_m"]) < 1 + 0.006 * shape["radius_m"] else away < shape["radius_m"]
    # A plane of metres around the point itself, with the lengths of a degree on the ellipsoid there.
    sin, cos = math.sin(math.radians(lat)), math.cos(math.radians(lat))
    w = math.sqrt(1 - 0.00669437999 * sin * sin)
    per_lon, per_lat = math.radians(6_378_137 * cos / w), math.radians(6_378_137 * (1 - 0.00669437999) / w**3)
    local = shapely.transform(shapes.outline(shape), lambda c: (c - [lon, lat]) * [per_lon, per_lat])
    if shape["type"] == "Corridor":
        beyond = local.distance(shapely.Point(0, 0)) - shape["width_m"] / 2
        return None if abs(beyond) < 1.5 else beyond < 0
    if local.boundary.distance(shapely.Point(0, 0)) < 1.5:
        return None
    return bool(local.contains(shapely.Point(0, 0)))


@settings(max_examples=150, deadline=None)
@given(found=places, points=spots)
def test_inside_is_what_a_plain_loop_says(found: list[dict[str, Any]], points: list[tuple[float, float]]) -> None:
    fences = Fences([Fence(100 + n, shape) for n, shape in enumerate(found)])
    lat = np.array([LAT + y * M_LAT for _, y in points])
    lon = np.array([LON + x * M_LON for x, _ in points])
    pairs = set(zip(*(column.tolist() for column in fences.inside(lat, lon)), strict=True))
    for k in range(len(points)):
        for n, shape in enumerate(found):
            expected = plain(shape, lat[k], lon[k])
            assert expected is None or ((k, 100 + n) in pairs) == expected


def test_pairs_are_in_order_of_position_then_fence() -> None:
    fences = Fences([Fence(9, circle(0, 0, 500)), Fence(3, circle(0, 0, 400))])
    position, fence = fences.inside([LAT, LAT + 1, LAT], [LON, LON, LON])
    assert position.tolist() == [0, 0, 2, 2]
    assert fence.tolist() == [3, 9, 3, 9]


def test_fences_of_all_sizes_and_no_fences_at_all() -> None:
    sizes = [10, 30, 100, 1_000, 10_000, 99_000]
    fences = Fences([Fence(n, circle(0, 0, size)) for n, size in enumerate(sizes)])
    away = np.array([5, 20, 70, 700, 7_000, 70_000, 120_000])
    found = fences.inside(LAT + away * M_LAT, np.full(len(away), LON))
    assert np.bincount(found.position, minlength=7).tolist() == [6, 5, 4, 3, 2, 1, 0]
    assert len(Fences([]).inside([LAT], [LON]).position) == 0


def walk(fence: dict[str, Any], away: list[float], accuracy: list[float] | None = None, step_s: int = 300) -> Any:
    """Stays of someone who stands so many metres north of the middle, one place after the other."""
    time_ms = np.arange(len(away), dtype=np.int64) * step_s * 1000
    lat, lon = LAT + np.array(away) * M_LAT, np.full(len(away), LON)
    found = stays(Fences([Fence(1, fence)]), time_ms, lat, lon, None if accuracy is None else np.array(accuracy))
    return [(int(a) // step_s // 1000, int(b) // step_s // 1000) for a, b in zip(found[1], found[2], strict=True)]


def test_a_fix_on_the_edge_does_not_flap() -> None:
    assert walk(circle(0, 0, 100), [300, 99, 101, 99, 120, 99, 110, 300]) == [(1, 5)]
    assert walk(circle(0, 0, 100), [300, 101, 120, 300]) == []


def test_who_is_far_out_has_left_and_comes_back_anew() -> None:
    assert walk(circle(0, 0, 100), [50, 140, 50, 50, 200]) == [(0, 0), (2, 3)]


def test_a_bad_fix_decides_nothing() -> None:
    good, bad, worst = 5.0, 120.0, 900.0
    fence = circle(0, 0, 100)
    assert walk(fence, [300, 50, 50, 300], [good, bad, bad, good]) == [], "a cell tower is no arrival"
    assert walk(fence, [50, 190, 50, 300], [good, bad, good, good]) == [(0, 2)], "nor a departure"
    assert walk(fence, [50, 5_000, 50, 300], [good, worst, good, good], 60) == [(0, 2)]
    assert walk(circle(0, 0, 400), [50, 60, 70], [bad, bad, bad]) == [(0, 2)], "deep inside it counts"
    deep = star(0, 0, [400.0] * 12, hole=False)
    assert walk(deep, [50, 60, 70], [bad, bad, bad]) == [(0, 2)]
    assert walk(deep, [370, 370, 370], [bad, bad, bad]) == []


@settings(max_examples=150, deadline=None)
@given(found=places, points=st.lists(st.tuples(metres, metres), min_size=1, max_size=60))
def test_stays_are_those_of_a_state_machine(found: list[dict[str, Any]], points: list[tuple[float, float]]) -> None:
    fences = Fences([Fence(n, shape) for n, shape in enumerate(found)])
    lat = np.array([LAT + y * M_LAT for _, y in points])
    lon = np.array([LON + x * M_LON for x, _ in points])
    time_ms = np.arange(len(points), dtype=np.int64) * 60_000
    zones = fences.zones(lat, lon)
    known = {(int(f), int(p)): bool(i) for p, f, i in zip(*zones, strict=True)}
    expected = []
    for fence in range(len(found)):
        first = last = None
        for k in range(len(points) + 1):
            state = known.get((fence, k)) if k < len(points) else "end"
            if state is True:
                first, last = (k if first is None else first), k
            if first is not None and state in (None, "end"):
                expected.append((fence, first * 60_000, last * 60_000, -1 if state == "end" else k * 60_000))
                first = None
    got = stays(fences, time_ms, lat, lon)
    assert list(zip(*(c.tolist() for c in (got.fence, got.enter_ms, got.leave_ms, got.after_ms)), strict=True)) == (
        expected
    )


def test_zones_agree_with_inside() -> None:
    random = np.random.default_rng(4)
    fences = Fences([Fence(n, circle(*random.uniform(-3000, 3000, 2), 300)) for n in range(50)])
    lat, lon = LAT + random.uniform(-3000, 3000, 500) * M_LAT, LON + random.uniform(-3000, 3000, 500) * M_LON
    zones = fences.zones(lat, lon)
    inside = sorted(zip(zones.position[zones.inside].tolist(), zones.fence[zones.inside].tolist(), strict=True))
    assert inside == list(zip(*(c.tolist() for c in fences.inside(lat, lon)), strict=True))


def test_out_for_a_moment_is_one_stay() -> None:
    time_ms = np.array([0, 60, 100, 160, 400, 1000], np.int64) * 1000
    away = np.array([0, 0, 300, 0, 300, 0])
    found = joined(stays(Fences([Fence(1, circle(0, 0, 100))]), time_ms, LAT + away * M_LAT, np.full(6, LON)))
    assert found.enter_ms.tolist() == [0, 1_000_000]
    assert found.leave_ms.tolist() == [160_000, 1_000_000]
    assert found.after_ms.tolist() == [400_000, -1]
    assert found.fixes.tolist() == [3, 1]


def test_a_fence_counts_between_two_moments() -> None:
    time_ms = np.arange(6, dtype=np.int64) * 1000
    fence = Fence(1, circle(0, 0, 100), from_ms=1500, until_ms=4000)
    found = stays(Fences([fence]), time_ms, np.full(6, LAT), np.full(6, LON))
    assert (found.enter_ms.tolist(), found.leave_ms.tolist(), found.after_ms.tolist()) == ([2000], [3000], [4000])


BOWTIE = [[4.0, 51.0], [4.1, 51.1], [4.1, 51.0], [4.0, 51.1]]
SQUARE = [[4.0, 51.0], [4.1, 51.0], [4.1, 51.1], [4.0, 51.1]]


@pytest.mark.parametrize(
    "given",
    [
        None, 3, {}, {"type": "Point", "coordinates": [4, 51]},
        {"type": "Circle", "coordinates": [4, 51]},
        {"type": "Circle", "coordinates": [4, 51], "radius_m": 9},
        {"type": "Circle", "coordinates": [4, 51], "radius_m": float("nan")},
        {"type": "Circle", "coordinates": [4, 91], "radius_m": 100},
        {"type": "Circle", "coordinates": ["4", 51], "radius_m": 100},
        {"type": "Circle", "coordinates": [179.9999, 51], "radius_m": 1000},
        {"type": "Polygon", "coordinates": []},
        {"type": "Polygon", "coordinates": [BOWTIE]},
        {"type": "Polygon", "coordinates": [SQUARE[:2]]},
        {"type": "Polygon", "coordinates": [SQUARE, [[5.0, 52.0], [5.1, 52.0], [5.1, 52.1]]]},
        {"type": "Polygon", "coordinates": [[[4 + n / 1e4, 51 + n % 2] for n in range(3000)]]},
        {"type": "Polygon", "coordinates": [[[-170, 51], [170, 51], [170, 52]]]},
        {"type": "Corridor", "coordinates": [[4, 51], [4, 51]], "width_m": 40},
        {"type": "Corridor", "coordinates": [[4, 51], [4.1, 51]], "width_m": True},
    ],
    ids=range(18),
)  # fmt: skip
def test_a_shape_that_is_none_is_refused(given: Any) -> None:
    with pytest.raises(InvalidInput):
        shapes.canonical(given)


@settings(max_examples=60, deadline=None)
@given(shape=st.one_of(circles, stars, corridors))
def test_the_canonical_form_is_stable_and_its_box_holds_it(shape: dict[str, Any]) -> None:
    assert shapes.canonical(shape) == shape
    west, south, east, north = shapes.box(shape)
    lon, lat = shapes.middle(shape)
    assert west <= lon <= east
    assert south <= lat <= north
    assert len(Fences([Fence(1, shape)]).inside([lat], [lon]).fence) == 1
    around = shapely.Polygon(shapes.area(shape)["coordinates"][0])
    assert around.buffer(1e-6).contains(shapely.Point(lon, lat))


def test_a_hole_is_outside() -> None:
    fence = Fences([Fence(1, star(0, 0, [300.0] * 8, hole=True))])
    assert fence.inside([LAT, LAT + 100 * M_LAT], [LON, LON]).position.tolist() == [1]
