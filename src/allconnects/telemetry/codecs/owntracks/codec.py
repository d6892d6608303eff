"""OwnTracks: JSON messages that the apps POST.

The messages are described at https://owntracks.org/booklet/tech/json/ and the HTTP mode at
https://owntracks.org/booklet/tech/http/.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from urllib.parse import parse_qsl

from allconnects.telemetry.codecs.base import CodecError, Manifest, Message, Position, Request, Value
from allconnects.telemetry.codecs.http import response
from allconnects.telemetry.codecs.http_values import (
    MAX_ITEMS,
    MAX_NAME,
    clean,
    clean_text,
    credentials,
    device_id,
    epoch_ms,
    number,
    place,
    read_json,
)

# The Android app reads the answer as a list of messages and takes anything else, an empty body too, for a
# failed delivery (owntracks/android issue 2240).
_ACCEPTED = response(200, b"[]")
# The iOS app drops a message that is answered with any 4xx (owntracks/ios issue 665); the Android app queues
# again what was not delivered. So a device that is not accepted yet must hear a 5xx to keep its data.
_NOT_YET = response(503, b"[]", headers=(("Retry-After", "60"),))

_CHARGING = {1: False, 2: True, 3: True}
_NAMES = {
    "conn": "connection",
    "desc": "region",
    "inregions": "regions",
    "m": "monitoringMode",
    "p": "barometricPressure",
    "vac": "verticalAccuracy",
}
_IGNITION = {"i": True, "I": False}
# Names of this protocol that say nothing about the device's state, or are told elsewhere in the Position.
_LEFT_OUT = frozenset(
    (
        "_type",
        "_id",
        "lat",
        "lon",
        "alt",
        "vel",
        "cog",
        "tst",
        "wtst",
        "created_at",
        "topic",
        "tid",
        "acc",
        "batt",
    )
) | {"bs", "t", "event", "mcc", "mnc", "lac", "cid", "SSID", "BSSID", "image", "imagename", "face"}


class OwnTracks:
    """The codec of the OwnTracks apps in HTTP mode."""

    manifest = Manifest(
        name="owntracks",
        title="OwnTracks",
        transports=("http",),
        port=5144,
        quality="silver",
        source="https://owntracks.org/booklet/tech/json/",
    )
    max_body = 256 * 1024

    def decode_request(self, request: Request, options: Mapping[str, Any] | None = None) -> Message:
        """The message of one POST: ``location`` and ``transition`` give a position, other types none.

        Raises CodecError for what is no JSON, encrypted, or a position without a device, time or place.
        """
        del options
        if not request.body.strip():
            # What the apps send when a friend is deleted; the booklet asks to ignore it.
            return Message(reply=_ACCEPTED, refusal=_ACCEPTED)
        messages = _messages(read_json(request.body))
        sender = credentials(request.headers)
        positions = [_position(item) for item in messages if item.get("_type") in ("location", "transition")]
        device_ids = _device_ids(messages, request, sender.user)
        if positions and not device_ids:
            raise CodecError("the message names no device: neither topic, tid, user nor X-Limit-U and X-Limit-D")
        return Message(positions, device_ids, _ACCEPTED, _NOT_YET, sender.secret)


def _messages(value: object) -> list[dict[str, Any]]:
    items = value if isinstance(value, list) else [value]
    if len(items) > MAX_ITEMS:
        raise CodecError(f"more than {MAX_ITEMS} messages in one request")
    messages = [item for item in items if isinstance(item, dict)]
    if len(messages) != len(items):
        raise CodecError("an OwnTracks message is a JSON object")
    for message in messages:
        if not isinstance(message.get("_type"), str):
            raise CodecError("an OwnTracks message has a _type")
        if message["_type"] == "encrypted":
            raise CodecError("the message is encrypted: clear the encryption key in the app and use TLS instead")
    if len({str(message.get("topic")) for message in messages}) > 1:
        raise CodecError("the messages of one request are of one device")
    return messages


def _device_ids(messages: list[dict[str, Any]], request: Request, user: str | None) -> tuple[str, ...]:
    """The topic where there is one; else what the app was set up with, and last its two-letter tracker id.

    A topic is unique. The others are not, so they never stand in for a topic that is unknown.
    """
    first = messages[0] if messages else {}
    if first.get("topic") not in (None, ""):
        return (device_id(first["topic"]),)
    query = dict(parse_qsl(request.target.partition("?")[2][:2000], errors="replace"))
    name = request.headers.get("x-limit-u") or query.get("u")
    device = request.headers.get("x-limit-d") or query.get("d")
    named = [f"owntracks/{name}/{device}" if name and device else device, user, first.get("tid")]
    return tuple(dict.fromkeys(device_id(each) for each in named if each not in (None, "")))


def _position(message: dict[str, Any]) -> Position:
    where = place(message.get("lat"), message.get("lon"))
    stamp = number(message.get("tst"))
    if stamp is None:
        raise CodecError("an OwnTracks position has its time in tst")
    speed, course = number(message.get("vel")), number(message.get("cog"))
    return Position(
        time_ms=epoch_ms(stamp),
        valid=where is not None,
        lat=where[0] if where else None,
        lon=where[1] if where else None,
        altitude_m=number(message.get("alt")),
        speed_kmh=None if speed is None or speed < 0 else speed,
        course_deg=None if course is None or course < 0 else course % 360,
        attributes=_attributes(message),
    )


def _attributes(message: dict[str, Any]) -> dict[str, Value]:
    found = _others(message)
    for name, key in (("batteryLevel", "batt"), ("accuracy", "acc")):
        amount = number(message.get(key))
        if amount is not None and amount >= 0:
            found[name] = amount
    trigger = message.get("event") if message["_type"] == "transition" else message.get("t")
    if isinstance(trigger, str):
        found["event"] = clean(trigger)
        if trigger in _IGNITION:
            found["ignition"] = _IGNITION[trigger]
    status = message.get("bs")
    if isinstance(status, int) and status in _CHARGING:
        found["charge"] = _CHARGING[status]
    return found


def _others(message: dict[str, Any]) -> dict[str, Value]:
    kept: dict[str, Value] = {}
    for name, value in list(message.items())[:MAX_ITEMS]:
        if name not in _LEFT_OUT and value is not None:
            kept[_NAMES.get(name, clean_text(name)[:MAX_NAME])] = clean(value)
    return kept


CODEC = OwnTracks()
