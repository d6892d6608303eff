"""Files of a track say what the track says: read back, by our own readers and by others."""

from __future__ import annotations

import asyncio
import csv
import io
import json
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any
from xml.etree import ElementTree

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from allconnects.telemetry.export import FORMATS, Source, in_thread
from allconnects.telemetry.store.reader import Track
from allconnects.trips import files

NAN = float("nan")
GPX = "{http://www.topografix.com/GPX/1/1}"
GPXTPX = "{http://www.garmin.com/xmlschemas/TrackPointExtension/v2}"
KML = "{http://www.opengis.net/kml/2.2}"
GX = "{http://www.google.com/kml/ext/2.2}"
Fix = tuple[int, int, int, float, float]
numbers = st.floats(0, 500, width=32) | st.just(NAN)
fixes = st.lists(
    st.tuples(
        st.integers(0, 4_000_000_000_000),
        st.integers(-900_000_000, 900_000_000),
        st.integers(-1_800_000_000, 1_799_999_999),
        numbers,
        st.floats(0, 360, width=32) | st.just(NAN),
    ),
    max_size=30,
)
each_form = pytest.mark.parametrize("form", FORMATS)
readable = pytest.mark.parametrize("form", ["csv", "gpx", "geojson"])


def track_of(rows: list[Fix]) -> Track:
    columns: list[Any] = list(zip(*rows, strict=True)) or [()] * 5
    kinds = (np.int64, np.int32, np.int32, np.float32, np.float32)
    return Track(*(np.array(column, kind) for column, kind in zip(columns, kinds, strict=True)))


def written(form: str, rows: list[Fix], altitudes: list[float] | None = None) -> bytes:
    high = None if altitudes is None else np.array(altitudes, np.float32)
    return b"".join(FORMATS[form].write(Source(7, track_of(rows), high)))


LONG: list[Fix] = [
    (1_790_000_000_000 + n * 1001, 508_000_000 + n, 43_500_000 - n, n % 90, n % 360) for n in range(4500)
]


@readable
@settings(deadline=None, max_examples=40)
@given(rows=fixes)
def test_our_own_reader_reads_the_same_back(form: str, rows: list[Fix]) -> None:
    found = files.parse(written(form, rows))
    assert found.time_ms.tolist() == [row[0] for row in rows]
    assert found.lat_e7.tolist() == [row[1] for row in rows]
    assert found.lon_e7.tolist() == [row[2] for row in rows]
    if form != "geojson" and found.speed_kmh is not None:
        np.testing.assert_allclose(found.speed_kmh, [row[3] for row in rows], atol=0.006)


@readable
def test_a_track_of_several_pieces_is_whole(form: str) -> None:
    found = files.parse(written(form, LONG))
    assert found.time_ms.tolist() == [row[0] for row in LONG]
    assert found.lat_e7.tolist() == [row[1] for row in LONG]


@each_form
def test_a_long_track_comes_in_pieces_of_bounded_size(form: str) -> None:
    pieces = list(FORMATS[form].write(Source(7, track_of(LONG))))
    assert len(pieces) >= 4
    assert max(map(len, pieces)) < 500_000


@each_form
def test_pieces_made_in_a_thread_are_the_same(form: str) -> None:
    async def collected() -> bytes:
        return b"".join([piece async for piece in in_thread(FORMATS[form].write(Source(7, track_of(LONG))))])

    assert asyncio.run(collected()) == written(form, LONG)


def test_the_table_leaves_empty_what_is_unknown() -> None:
    rows: list[Fix] = [(1_790_000_000_123, -5, 43_500_000, NAN, NAN), (1_790_000_001_000, 1, 2, float("inf"), 359.999)]
    text = written("csv", rows, [12.34, NAN]).decode()
    assert text.count("\r\n") == text.count("\n") == 3
    time = datetime.fromtimestamp(1_790_000_000, UTC).strftime("%Y-%m-%dT%H:%M:%S")
    assert list(csv.reader(io.StringIO(text, newline=""))) == [
        ["time", "lat", "lon", "altitude_m", "speed_kmh", "course_deg"],
        [f"{time}.123Z", "-0.0000005", "4.3500000", "12.3", "", ""],
        [f"{time[:-1]}1.000Z", "0.0000001", "0.0000002", "", "", "0.00"],
    ]


def test_gpx_has_its_elements_in_the_order_of_the_schema() -> None:
    rows: list[Fix] = [(0, 1, 1_800_000_000, 36.0, 90.0), (1, 1, 2, NAN, NAN)]
    first, second = ElementTree.fromstring(written("gpx", rows, [4.0, NAN])).iter(f"{GPX}trkpt")
    assert [child.tag for child in first] == [f"{GPX}ele", f"{GPX}time", f"{GPX}extensions"]
    assert [child.tag for child in second] == [f"{GPX}time"]
    assert first.get("lon") == "-180.0000000", "longitudeType ends below 180"
    more = first.find(f"{GPX}extensions/{GPXTPX}TrackPointExtension")
    assert more is not None
    assert [(child.tag, child.text) for child in more] == [(f"{GPXTPX}speed", "10.0000"), (f"{GPXTPX}course", "90.00")]


@pytest.mark.parametrize(("count", "kinds"), [(0, []), (1, ["Point"]), (2, ["LineString"])])
def test_geojson_has_no_line_of_fewer_than_two_places(count: int, kinds: list[str]) -> None:
    found = json.loads(written("geojson", LONG[:count]))
    assert [feature["geometry"]["type"] for feature in found["features"]] == kinds


def test_geojson_tells_speeds_and_altitudes_beside_the_places() -> None:
    rows: list[Fix] = [(0, 10_000_000, 20_000_000, NAN, 90.0), (1, 10_000_000, 20_000_000, 5.5, NAN)]
    (feature,) = json.loads(written("geojson", rows, [7.0, NAN]))["features"]
    assert feature["geometry"]["coordinates"] == [[2.0, 1.0, 7.0], [2.0, 1.0]]
    assert feature["properties"]["coordinateProperties"] == {"speed_kmh": [None, 5.5], "course_deg": [90.0, None]}


@settings(deadline=None, max_examples=40)
@given(rows=fixes)
def test_kml_has_a_place_and_a_speed_for_each_time(rows: list[Fix]) -> None:
    root = ElementTree.fromstring(written("kml", rows))
    track = root.find(f"{KML}Document/{KML}Placemark/{GX}Track")
    assert track is not None
    times = [datetime.fromisoformat(one.text or "").timestamp() for one in track.findall(f"{KML}when")]
    assert [round(time * 1000) for time in times] == [row[0] for row in rows]
    places = [[float(word) for word in (one.text or "").split()] for one in track.findall(f"{GX}coord")]
    assert [[round(lon * 1e7), round(lat * 1e7), high] for lon, lat, high in places] == [[r[2], r[1], 0] for r in rows]
    speeds = [float(one.text or "nan") for one in track.iter(f"{GX}value")]
    np.testing.assert_allclose(speeds, [row[3] for row in rows], atol=0.006)


@readable
def test_trips_are_found_in_our_own_files(
    form: str, tmp_path: Any, capsys: pytest.CaptureFixture[str], run: Callable[..., int]
) -> None:
    path = tmp_path / f"track.{form}"
    path.write_bytes(written(form, DRIVE))
    assert run(["trips", "detect", str(path)]) == 0
    assert len(json.loads(capsys.readouterr().out)["trips"]) == 1


DRIVE: list[Fix] = [
    (1_790_000_000_000 + n * 10_000, 508_000_000 + min(max(n - 60, 0), 120) * 15_000, 43_500_000,
     60.0 if 60 < n <= 180 else 0.0, 0.0)
    for n in range(300)
]  # fmt: skip
"""Ten minutes of rest, twenty minutes north at 60 km/h, twenty minutes of rest."""


@pytest.fixture
def run() -> Callable[..., int]:
    from allconnects.cli import main

    return main
