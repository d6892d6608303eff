from __future__ import annotations

import base64
import json
from urllib.parse import urlencode

import pytest
from hypothesis import given
from hypothesis import strategies as st

from allconnects.telemetry.codecs.base import CodecError, Message, Position, Request
from allconnects.telemetry.codecs.osmand import CODEC

SDK = {
    "location": {
        "timestamp": "2026-03-02T08:15:30.250Z",
        "coords": {
            "latitude": 51.2,
            "longitude": 4.4,
            "accuracy": 6,
            "speed": 10,
            "heading": 370,
            "altitude": 8.5,
        },
        "is_moving": True,
        "odometer": 1234.5,
        "event": "motionchange",
        "battery": {"level": 0.795, "is_charging": True},
        "activity": {"type": "in_vehicle"},
        "extras": {"route": "A12"},
    },
    "device_id": "phone-7",
}


def get(query: str, headers: dict[str, str] | None = None) -> Message:
    return CODEC.decode_request(Request("GET", "/?" + query, headers or {}, b""))


def post(body: object, kind: str = "application/json", target: str = "/") -> Message:
    data = body if isinstance(body, bytes) else json.dumps(body).encode()
    return CODEC.decode_request(Request("POST", target, {"content-type": kind}, data))


def only(message: Message) -> Position:
    assert len(message.positions) == 1
    return message.positions[0]


def test_every_documented_parameter() -> None:
    query = urlencode(
        {
            "id": "unit-1",
            "timestamp": "1772439330",
            "lat": "51.2",
            "lon": "4.4",
            "speed": "10",
            "bearing": "450",
            "altitude": "7",
            "accuracy": "12.5",
            "hdop": "0.9",
            "batt": "63.5",
            "charge": "true",
            "driverUniqueId": "0042",
            "alarm": "sos",
            "valid": "true",
            "fuel": "24",
        }
    )
    message = get(query)
    assert message.device_ids == ("unit-1",)
    position = only(message)
    assert position.speed_kmh == pytest.approx(18.52)
    position.speed_kmh = None
    assert position == Position(
        time_ms=1772439330000,
        valid=True,
        lat=51.2,
        lon=4.4,
        altitude_m=7,
        course_deg=90,
        attributes={
            "accuracy": 12.5,
            "hdop": 0.9,
            "batteryLevel": 63.5,
            "charge": True,
            "driverUniqueId": "0042",
            "alarm": "sos",
            "fuel": 24,
        },
    )


@pytest.mark.parametrize(
    "stamp",
    [
        "1772439330.25",
        "1772439330250",
        "2026-03-02T08:15:30.250Z",
        "2026-03-02 08:15:30.250",
        "2026-03-02T09:15:30.250+01:00",
        "2026-03-02T09:15:30.250%2B01:00",
    ],
)
def test_times(stamp: str) -> None:
    assert only(get(f"id=1&lat=1&lon=2&timestamp={stamp}")).time_ms == 1772439330250


@pytest.mark.parametrize(
    "query",
    [
        "timestamp=soon",
        "timestamp=9e17",
        "timestamp=-5",
        "timestamp=0001-01-01T00:00:00%2B14:00",
        "lat=91&lon=0",
        "lat=51",
        "lat=nan&lon=4",
        "location=51",
        "lat=1e999&lon=4",
        "&".join("a=1" for _ in range(300)),
    ],
)
def test_bad_time_or_place_is_refused(query: str) -> None:
    with pytest.raises(CodecError):
        get("id=1&" + query)


def test_no_time_leaves_the_time_to_the_receiver() -> None:
    assert only(get("id=1&lat=51&lon=4")).time_ms is None


def test_no_device_is_answered_400() -> None:
    for message in (get("lat=51&lon=4"), get("id=&lat=51&lon=4"), post({"location": SDK["location"]})):
        assert message.reply.startswith(b"HTTP/1.1 400 ")
        assert not message.positions


def test_unknown_device_keeps_its_data() -> None:
    message = get("id=1&lat=51&lon=4")
    assert message.reply.startswith(b"HTTP/1.1 200 ")
    assert message.refusal.startswith(b"HTTP/1.1 503 ")


def test_unknown_speed_and_bad_extras_do_not_lose_the_fix() -> None:
    position = only(get("id=1&lat=51&lon=4&speed=-1&heading=-1&altitude=high&cell=1,2&wifi=nonsense&x=%zz%ff"))
    assert (position.speed_kmh, position.course_deg, position.altitude_m) == (None, None, None)
    assert position.attributes == {"x": "%zz\ufffd"}


def test_invalid_fix() -> None:
    assert not only(get("id=1&lat=51&lon=4&valid=0")).valid
    assert only(get("id=1&lat=51&lon=4&valid=1")).valid


def test_cells_and_access_points() -> None:
    position = only(get("id=1&cell=206,1,3,4&cell=206,1,3,5,-70&wifi=00-14-22-01-23-45,-80"))
    assert (position.lat, position.lon, position.valid) == (None, None, False)
    assert position.attributes["network"] == {
        "radio": "gsm",
        "cells": [
            {"mcc": 206, "mnc": 1, "lac": 3, "cid": 4},
            {"mcc": 206, "mnc": 1, "lac": 3, "cid": 5, "rssi": -70},
        ],
        "wifi": [{"mac": "00:14:22:01:23:45", "rssi": -80}],
    }


def test_speed_unit_of_the_device() -> None:
    request = Request("GET", "/?id=1&lat=51&lon=4&speed=10", {}, b"")
    assert only(CODEC.decode_request(request, {"speed_unit": "ms"})).speed_kmh == pytest.approx(36)
    with pytest.raises(CodecError):
        CODEC.decode_request(request, {"speed_unit": "furlongs"})


def test_form_body() -> None:
    message = post(b"deviceid=7&location=51.5,4.25", "application/x-www-form-urlencoded")
    assert message.device_ids == ("7",)
    assert (only(message).lat, only(message).lon) == (51.5, 4.25)


def test_json_of_the_location_sdk() -> None:
    position = only(post(SDK))
    assert position == Position(
        time_ms=1772439330250,
        valid=True,
        lat=51.2,
        lon=4.4,
        altitude_m=8.5,
        speed_kmh=36.0,
        course_deg=10,
        attributes={
            "event": "motionchange",
            "motion": True,
            "odometer": 1234.5,
            "batteryLevel": 80,
            "charge": True,
            "activity": "in_vehicle",
            "accuracy": 6.0,
            "extras": {"route": "A12"},
        },
    )


def test_json_unknown_quantities_are_minus_one() -> None:
    coords = {"latitude": 1, "longitude": 2, "speed": -1, "heading": -1, "accuracy": -1}
    position = only(post({"device_id": 5, "location": {"coords": coords, "battery": {"level": -1}}}))
    assert (position.speed_kmh, position.course_deg, position.attributes) == (None, None, {})


def test_json_batch_and_sign_of_life() -> None:
    assert len(post({"device_id": "a", "location": [SDK["location"]] * 3}).positions) == 3
    alive = post({"device_id": "a", "heartbeat": True})
    assert (alive.positions, alive.device_ids) == ([], ("a",))
    assert alive.reply.startswith(b"HTTP/1.1 200 ")


@pytest.mark.parametrize(
    "body",
    [
        b"[" * 100000,
        b"[]",
        b"{",
        b'{"device_id":"a","location":NaN}',
        b'{"device_id":{},"location":{}}',
        b'{"device_id":"a","location":5}',
        b'{"device_id":"a","location":{"timestamp":[]}}',
        b'{"device_id":"a","location":{"coords":{"latitude":1e300,"longitude":0}}}',
    ],
)
def test_bad_json_is_refused(body: bytes) -> None:
    with pytest.raises(CodecError):
        post(body)


def test_secret_comes_apart_from_the_data() -> None:
    basic = base64.b64encode(b"u:pw").decode()
    for message in (
        get("id=1&lat=1&lon=2&key=pw"),
        get("id=1&lat=1&lon=2&secret=pw"),
        get("id=1&lat=1&lon=2", {"authorization": "Bearer pw"}),
        get("id=1&lat=1&lon=2", {"authorization": f"Basic {basic}"}),
        post(SDK, target="/?key=pw"),
    ):
        assert message.secret == "pw"
        assert "pw" not in repr(message.positions)


_PARAMETER = st.sampled_from(
    ["id", "lat", "lon", "timestamp", "speed", "cell", "wifi", "location", "batt", "x", "valid", "heading"]
)
_VALUE = st.one_of(st.text(max_size=20), st.floats().map(str), st.integers().map(str), st.datetimes().map(str))


@given(st.lists(st.tuples(_PARAMETER, _VALUE), max_size=12))
def test_no_parameters_raise_anything_but_the_codec_error(pairs: list[tuple[str, str]]) -> None:
    try:
        message = get(urlencode([*pairs, ("id", "1")], errors="replace"))
    except CodecError:
        return
    json.dumps([position.attributes for position in message.positions], allow_nan=False).encode()


@given(st.binary(max_size=300), st.sampled_from(["", "application/json"]))
def test_no_bytes_raise_anything_but_the_codec_error(body: bytes, kind: str) -> None:
    for data in (body, b"{" + body, b'{"device_id":"a","location":' + body + b"}"):
        try:
            post(data, kind, "/?id=1")
        except CodecError:
            continue


_JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=8),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(
                [
                    "coords",
                    "latitude",
                    "longitude",
                    "timestamp",
                    "battery",
                    "level",
                    "activity",
                    "type",
                    "extras",
                    "speed",
                    "accuracy",
                ]
            ),
            inner,
            max_size=6,
        )
    ),
    max_leaves=20,
)


@given(_JSON)
def test_no_json_raises_anything_but_the_codec_error(location: object) -> None:
    try:
        message = post({"device_id": "a", "location": location})
    except CodecError:
        return
    json.dumps([position.attributes for position in message.positions], allow_nan=False).encode()
