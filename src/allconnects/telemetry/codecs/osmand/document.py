"""Positions out of the JSON that Traccar Client (since 9.0) and its location SDK send."""

from __future__ import annotations

from typing import Any

from allconnects.telemetry.codecs.base import CodecError, Position, Value
from allconnects.telemetry.codecs.http_values import MAX_ITEMS, clean, epoch_ms, number, place
from allconnects.telemetry.codecs.osmand.parameters import instant_ms

_PLAIN = {
    "event": "event",
    "is_moving": "motion",
    "odometer": "odometer",
    "mock": "mock",
    "heartbeat": "heartbeat",
    "alarm": "alarm",
}


def positions_of(document: dict[str, Any]) -> list[Position]:
    """The positions under ``location``, one object or a list; none there: a sign of life without data.

    Raises CodecError for a bad place or time, or more than ``MAX_ITEMS`` positions.
    """
    location = document.get("location")
    if location is None:
        return []
    locations = location if isinstance(location, list) else [location]
    if len(locations) > MAX_ITEMS:
        raise CodecError(f"more than {MAX_ITEMS} positions in one request")
    return [_position(item) for item in locations]


def _position(location: object) -> Position:
    if not isinstance(location, dict):
        raise CodecError("a location is not a JSON object")
    coords = _part(location, "coords")
    where = place(coords.get("latitude"), coords.get("longitude"))
    speed, course = _known(coords, "speed"), _known(coords, "heading")
    return Position(
        time_ms=_time_ms(location.get("timestamp")),
        valid=where is not None,
        lat=where[0] if where else None,
        lon=where[1] if where else None,
        altitude_m=number(coords.get("altitude")),
        speed_kmh=None if speed is None else speed * 3.6,
        course_deg=None if course is None else course % 360,
        attributes=_attributes(location, coords),
    )


def _part(parent: dict[str, Any], name: str) -> dict[str, Any]:
    part = parent.get(name)
    return part if isinstance(part, dict) else {}


def _known(parent: dict[str, Any], name: str) -> float | None:
    """A quantity that the SDK writes as -1 when it does not know it."""
    amount = number(parent.get(name))
    return None if amount is None or amount < 0 else amount


def _time_ms(stamp: object) -> int | None:
    if stamp is None:
        return None
    if isinstance(stamp, str):
        return instant_ms(stamp)
    count = number(stamp)
    if count is None:
        raise CodecError("the time is neither a number nor a text")
    return epoch_ms(count / 1000 if count >= 100_000_000_000 else count)


def _attributes(location: dict[str, Any], coords: dict[str, Any]) -> dict[str, Value]:
    found = {ours: clean(location[theirs]) for theirs, ours in _PLAIN.items() if location.get(theirs) is not None}
    battery = _part(location, "battery")
    level = _known(battery, "level")
    if level is not None and level <= 1:
        found["batteryLevel"] = round(level * 100)
    if isinstance(battery.get("is_charging"), bool):
        found["charge"] = battery["is_charging"]
    activity = _part(location, "activity").get("type")
    if isinstance(activity, str):
        found["activity"] = clean(activity)
    accuracy = _known(coords, "accuracy")
    if accuracy is not None:
        found["accuracy"] = accuracy
    extras = _part(location, "extras")
    if extras:
        found["extras"] = clean(extras)
    return found
