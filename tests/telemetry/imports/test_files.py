"""Reading files: what is understood, and what is told of rows that are not."""

from __future__ import annotations

import io

import pytest
from hypothesis import given
from hypothesis import strategies as st

from allconnects.kit.errors import InvalidInput
from allconnects.telemetry.imports import csvfile, gpxfile
from allconnects.telemetry.imports.fields import Fix, Problem


def rows(text: str) -> list[Fix | Problem]:
    return list(csvfile.read(io.StringIO(text, newline="")))


def points(text: str | bytes) -> list[Fix | Problem]:
    return list(gpxfile.read(io.BytesIO(text if isinstance(text, bytes) else text.encode())))


def test_a_table_is_read_with_all_that_it_tells() -> None:
    (fix,) = rows(
        "Time;Latitude;lng;speed_kmh;altitude_m;course;ignition;odometer_m;satellites;imei;colour\r\n"
        "2026-11-20T08:00:00+01:00;50.5;4.25;61.5;12;90;on;1000;9;123;red\r\n"
    )
    assert isinstance(fix, Fix)
    assert (fix.line, fix.device) == (2, "123")
    position = fix.position
    assert position.time_ms == 1_795_158_000_000
    assert (position.lat, position.lon, position.speed_kmh, position.altitude_m) == (50.5, 4.25, 61.5, 12.0)
    assert position.attributes == {"ignition": True, "odometer": 1000.0, "sat": 9}


def test_wrong_rows_are_told_by_line_and_the_others_read() -> None:
    found = rows(
        "time,lat,lon,speed_kmh,ignition\n"
        "yesterday,50,4,,\n"
        "1795158000,95,4,,\n"
        "1795158000,50,4,fast,\n"
        "1795158000,50,4,,maybe\n"
        "1795158000,50\n"
        "\n"
        "1795158000000,50,4,,\n"
    )
    problems = [(one.line, one.code) for one in found if isinstance(one, Problem)]
    assert problems == [(2, "time"), (3, "place"), (4, "number"), (5, "switch"), (6, "columns")]
    assert [one.position.time_ms for one in found if isinstance(one, Fix)] == [1_795_158_000_000]


def test_a_table_without_places_is_refused() -> None:
    with pytest.raises(InvalidInput, match="lat and lon"):
        rows("time,x,y\n1,2,3\n")


def test_points_of_gpx_with_extensions() -> None:
    (fix, problem) = points(
        '<gpx xmlns="http://www.topografix.com/GPX/1/1" xmlns:g="http://www.garmin.com/xmlschemas/TrackPointExtension/v2">'
        "<metadata><time>2020-01-01T00:00:00Z</time></metadata><trk><trkseg>\n"
        '<trkpt lat="50.5" lon="4.25"><ele>12.5</ele><time>2026-11-20T07:00:00Z</time><extensions>'
        "<g:TrackPointExtension><g:speed>10</g:speed><g:course>45</g:course></g:TrackPointExtension></extensions></trkpt>\n"
        '<trkpt lat="50.5" lon="4.25"></trkpt></trkseg></trk></gpx>'
    )
    assert isinstance(fix, Fix)
    assert (fix.position.speed_kmh, fix.position.course_deg, fix.position.altitude_m) == (36.0, 45.0, 12.5)
    assert problem == Problem(3, "time")


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("<gpx><trk>", "well-formed"),
        ("<html></html>", "not GPX"),
        ('<!DOCTYPE gpx [<!ENTITY a "aaaa">]><gpx>&a;</gpx>', "entity"),
    ],
)
def test_what_is_no_gpx_is_refused_in_one_line(text: str, words: str) -> None:
    with pytest.raises(InvalidInput, match=words):
        points(text)


@given(st.binary(max_size=300))
def test_no_bytes_raise_anything_else(data: bytes) -> None:
    for read in (
        lambda: points(data),
        lambda: rows("time,lat,lon,ignition\n" + data.decode("utf-8", "replace")),
    ):
        try:
            read()
        except InvalidInput:
            continue
