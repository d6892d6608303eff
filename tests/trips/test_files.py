"""Files of people: read as they come, and told by line what is wrong."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from allconnects.trips.files import FileError, moment, parse, read

GPX = """<?xml version="1.0"?>
<gpx version="1.1" xmlns="http://www.topografix.com/GPX/1/1"><wpt lat="1" lon="2"/>
<trk><trkseg>
<trkpt lat="51.2" lon="4.4"><ele>3</ele><time>2026-03-02T07:00:00Z</time></trkpt>
<trkpt lat="51.2000001" lon="-4.4"><time>2026-03-02T08:00:05.25+01:00</time><speed>10</speed></trkpt>
</trkseg></trk></gpx>"""
AT = 1_772_434_800_000


def test_a_table_is_read_whatever_its_order_separator_and_names() -> None:
    text = "﻿Timestamp;speed_kmh;Latitude;Longitude;remark;ignition;odometer_m;satellites\r\n"
    text += (
        '2026-03-02T07:00:00Z;12.5;51.2;4.4;"a\nb";on;1000;9\r\n\r\n2026-03-02 07:00:05.250;;51.2000001;-4.4;;;;\r\n'
    )
    track = parse(text.encode())
    assert track.time_ms.tolist() == [AT, AT + 5250]
    assert track.lat_e7.tolist() == [512_000_000, 512_000_001]
    assert track.lon_e7.tolist() == [44_000_000, -44_000_000]
    assert track.speed_kmh is not None
    assert np.array_equal(track.speed_kmh, [12.5, np.nan], equal_nan=True)
    assert [column.tolist() for column in (track.ignition, track.satellites) if column is not None] == [
        [1, -1],
        [9, -1],
    ]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("2026-03-02T07:00:00Z", AT), ("2026-03-02T08:00:00+01:00", AT), ("2026-03-02 07:00:00", AT),
        ("1772434800", AT), ("1772434800.5", AT + 500), ("1772434800000", AT),
        ("1964-01-12 00:00:05.003000021", -188438394997),
        ("-188438394.997", -188438394997), ("1612010112345", 1612010112345),
    ],
)  # fmt: skip
def test_times_of_many_kinds(text: str, expected: int) -> None:
    assert moment(text) == expected


@pytest.mark.parametrize(
    "text", ["", "now", "nan", "inf", "-1e15", "1e15", "2026-13-01T00:00:00Z", "07:00", "0001-01-01T00:00:00+14:00"]
)
def test_what_is_no_time(text: str) -> None:
    with pytest.raises(ValueError, match="neither an ISO 8601 time nor a number"):
        moment(text)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "line 1: the header has no column time, lat, lon"),
        ("time,lat\n", "line 1: the header has no column lon"),
        ("time,lat,lon\n2026-03-02T07:00:00Z,51,4\n\nnever,51,4\n", "line 4: time is neither an ISO 8601 time"),
        (
            'time,lat,lon,x\n2026-03-02T07:00:00Z,51,4,"a\nb"\n2026-03-02T07:00:00Z,91,4,\n',
            "line 4: lat is not a number from -90 to 90",
        ),
        ("time,lat,lon\n2026-03-02T07:00:00Z,51,nan\n", "line 2: lon is not a number from -180 to 180"),
        ("time,lat,lon\n2026-03-02T07:00:00Z,51,\n", "line 2: lon is not a number"),
        ("time,lat,lon\n2026-03-02T07:00:00Z,51\n", "line 2: 2 columns, the header has 3"),
        ("time,lat,lon,ignition\n2026-03-02T07:00:00Z,51,4,maybe\n", "line 2: ignition is neither on"),
        ("time,lat,lon,speed_kmh\n2026-03-02T07:00:00Z,51,4,fast\n", "line 2: speed_kmh is not a number"),
        ("<gpx>\n<trk>", "line 2: not well-formed XML"),
        ("<kml></kml>", "line 1: the XML is not GPX"),
        ("<gpx>\n<trkpt lat='51' lon='4'></trkpt></gpx>", "line 2: the point has no time"),
        ("<gpx>\n<trkpt lat='51'><time>2026-03-02T07:00:00Z</time></trkpt></gpx>", "line 2: lon is not a number"),
        ("<gpx><trkpt lat='51' lon='4'>\n<time>soon</time></trkpt></gpx>", "line 2: time is neither"),
        ("{", "line 1: not well-formed JSON"),
        ('{"type": "Topology"}', "line 1: the JSON is neither a GeoJSON feature"),
        ('{"type": "Feature", "geometry": null}', "feature 1: not a GeoJSON feature"),
        ("{" + '"a":[' * 100_000, "line 1: not"),
    ],
)  # fmt: skip
def test_what_is_wrong_is_told_by_its_line(text: str, message: str) -> None:
    with pytest.raises(FileError) as error:
        parse(text.encode())
    assert error.value.message.startswith(message)
    assert "\n" not in error.value.message


def test_an_error_never_repeats_what_stands_there() -> None:
    with pytest.raises(FileError) as error:
        parse(b"time,lat,lon\n2026-03-02T07:00:00Z,951.23456,4\n")
    assert "951" not in error.value.message


def test_bytes_that_are_no_text_are_told_by_their_line() -> None:
    with pytest.raises(FileError, match="line 2: not UTF-8 text"):
        parse(b"time,lat,lon\n\xff\n")


def test_gpx_gives_its_track_points() -> None:
    track = parse(GPX.encode())
    assert track.time_ms.tolist() == [AT, AT + 5250]
    assert track.lat_e7.tolist() == [512_000_000, 512_000_001]
    assert track.speed_kmh is not None
    assert np.array_equal(track.speed_kmh, [np.nan, 36], equal_nan=True)


@pytest.mark.parametrize(
    "declaration",
    [
        '<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;&a;&a;&a;&a;&a;"><!ENTITY c "&b;&b;&b;&b;&b;&b;&b;&b;">',
        '<!ENTITY c SYSTEM "file:///etc/passwd">',
        '<!ENTITY % c SYSTEM "http://localhost/c.dtd"> %c;',
    ],
)
def test_an_xml_bomb_is_refused_at_its_first_entity(declaration: str) -> None:
    with pytest.raises(FileError, match="line 1: declares an entity"):
        parse(f"<!DOCTYPE gpx [{declaration}]><gpx>&c;</gpx>".encode())


def test_geojson_lines_and_points() -> None:
    line = {
        "type": "Feature",
        "properties": {"coordTimes": ["2026-03-02T07:00:00Z", AT + 1000]},
        "geometry": {"type": "LineString", "coordinates": [[4.4, 51.2, 7], [4.5, 51.3]]},
    }
    point = {
        "type": "Feature",
        "properties": {"time": "2026-03-02T07:00:02Z", "speed_kmh": 30, "ignition": True},
        "geometry": {"type": "Point", "coordinates": [4.6, 51.4]},
    }
    track = parse(json.dumps({"type": "FeatureCollection", "features": [line, point]}).encode())
    assert track.time_ms.tolist() == [AT, AT + 1000, AT + 2000]
    assert track.lat_e7.tolist() == [512_000_000, 513_000_000, 514_000_000]
    assert track.ignition is not None
    assert track.ignition.tolist() == [-1, -1, 1]


def test_geojson_with_fewer_times_than_places_is_refused() -> None:
    geometry = {"type": "MultiLineString", "coordinates": [[[4, 51], [4, 51]]]}
    feature = {"type": "Feature", "properties": {"times": [[AT]]}, "geometry": geometry}
    with pytest.raises(FileError, match="feature 1: there are not as many times as places"):
        parse(json.dumps(feature).encode())


@given(st.one_of(st.binary(max_size=200), st.text(max_size=200).map(lambda text: text.encode("utf-8", "replace"))))
def test_any_content_is_a_track_or_one_clear_error(content: bytes) -> None:
    for start in (b"", b"<gpx>", b"{", b"time,lat,lon\n", b'{"type":"FeatureCollection","features":['):
        try:
            outcome = "" if parse(start + content) else "none"
        except FileError as error:
            outcome = error.message
        assert outcome.count("\n") == 0


def test_a_file_that_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(FileError, match="the file cannot be read: no such file"):
        read(tmp_path / "none.csv")
