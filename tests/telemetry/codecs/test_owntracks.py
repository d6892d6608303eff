from __future__ import annotations

import base64
import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from allconnects.telemetry.codecs.base import CodecError, Message, Position, Request
from allconnects.telemetry.codecs.owntracks import CODEC

FIX: dict[str, Any] = {
    "_type": "location",
    "topic": "owntracks/site/van",
    "tid": "va",
    "lat": 50.85,
    "lon": 4.35,
    "tst": 1772439330,
    "vel": 54,
    "cog": 271,
    "alt": 40,
    "acc": 7,
    "batt": 81,
    "bs": 2,
    "t": "u",
    "p": 101.3,
}


def post(body: object, headers: dict[str, str] | None = None, target: str = "/") -> Message:
    data = body if isinstance(body, bytes) else json.dumps(body).encode()
    return CODEC.decode_request(Request("POST", target, headers or {}, data))


def without(*names: str) -> dict[str, Any]:
    return {name: value for name, value in FIX.items() if name not in names}


def test_location() -> None:
    message = post(FIX)
    assert message.device_ids == ("owntracks/site/van",)
    assert message.positions == [
        Position(
            time_ms=1772439330000,
            valid=True,
            lat=50.85,
            lon=4.35,
            altitude_m=40,
            speed_kmh=54,
            course_deg=271,
            attributes={
                "batteryLevel": 81,
                "accuracy": 7,
                "event": "u",
                "charge": True,
                "barometricPressure": 101.3,
            },
        )
    ]


def test_answers_are_what_the_apps_can_read() -> None:
    message = post(FIX)
    assert message.reply.startswith(b"HTTP/1.1 200 ")
    assert message.reply.endswith(b"\r\n\r\n[]")
    assert message.refusal.startswith(b"HTTP/1.1 503 ")


def test_transition_is_a_position_with_its_event() -> None:
    body = {
        "_type": "transition",
        "tid": "va",
        "lat": 1,
        "lon": 2,
        "tst": 1772439330,
        "event": "enter",
        "desc": "Yard",
    }
    (position,) = post(body).positions
    assert (position.lat, position.attributes) == (1.0, {"event": "enter", "region": "Yard"})


@pytest.mark.parametrize(("trigger", "ignition"), [("i", True), ("I", False)])
def test_ignition_of_hardware_trackers(trigger: str, ignition: bool) -> None:
    assert post(FIX | {"t": trigger}).positions[0].attributes["ignition"] is ignition


@pytest.mark.parametrize("kind", ["waypoint", "waypoints", "lwt", "status", "card", "cmd", "beacon", "steps", "dump"])
def test_other_types_are_acknowledged_without_positions(kind: str) -> None:
    message = post({"_type": kind, "tid": "va", "lat": 1, "lon": 2, "tst": 1})
    assert message.positions == []
    assert message.reply.startswith(b"HTTP/1.1 200 ")


def test_empty_body_is_ignored() -> None:
    assert post(b"") == post(b" \n")
    assert post(b"").reply.startswith(b"HTTP/1.1 200 ")


def test_identity_without_a_topic() -> None:
    basic = {"authorization": "Basic " + base64.b64encode(b"site:pw").decode()}
    limits = {"x-limit-u": "site", "x-limit-d": "van"}
    body = without("topic")
    assert post(body).device_ids == ("va",)
    assert post(body, basic | limits).device_ids == ("owntracks/site/van", "site", "va")
    assert post(body, target="/pub?u=site&d=van").device_ids == ("owntracks/site/van", "va")
    assert post(body, basic).secret == "pw"
    assert "pw" not in repr(post(body, basic).positions)


def test_a_topic_has_no_stand_in() -> None:
    assert post(FIX, {"x-limit-u": "other", "x-limit-d": "one"}).device_ids == ("owntracks/site/van",)


def test_list_of_messages() -> None:
    assert len(post([FIX, FIX | {"tst": 1772439340}, {"_type": "lwt", "topic": FIX["topic"]}]).positions) == 2


@pytest.mark.parametrize(
    "body",
    [
        {"_type": "encrypted", "data": "AAAA"},
        without("_type"),
        without("topic", "tid"),
        without("tst"),
        without("lat"),
        FIX | {"lat": 95},
        FIX | {"tst": 1e17},
        FIX | {"topic": "a\nb"},
        [FIX, FIX | {"topic": "owntracks/site/other"}],
        [FIX] * 500,
        [5],
        5,
        b"[" * 100_000,
        b'{"_type":"location","lat":NaN}',
        b"\xff\xfe",
    ],
)
def test_refused(body: object) -> None:
    with pytest.raises(CodecError):
        post(body)


def test_encrypted_says_what_to_do() -> None:
    with pytest.raises(CodecError, match="encryption key"):
        post({"_type": "encrypted", "data": "AAAA"})


_JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8) | st.just("\ud800\x00"),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=4), inner, max_size=3),
    max_leaves=10,
)


@given(st.dictionaries(st.sampled_from([*FIX, "x", "inregions", "event"]), _JSON), st.booleans())
def test_no_json_raises_anything_but_the_codec_error(changes: dict[str, Any], whole: bool) -> None:
    try:
        message = post(FIX | changes if whole else changes)
    except CodecError:
        return
    json.dumps([position.attributes for position in message.positions], allow_nan=False).encode()


@given(st.binary(max_size=200), st.text(max_size=20), st.text(max_size=20))
def test_no_request_raises_anything_but_the_codec_error(body: bytes, header: str, query: str) -> None:
    headers = {"x-limit-d": header, "authorization": "Basic " + header}
    for data in (body, json.dumps(without("topic")).encode()):
        try:
            post(data, headers, "/?" + query + "&d=" + query)
        except CodecError:
            continue
