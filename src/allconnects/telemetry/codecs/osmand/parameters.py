"""One position out of query or form parameters."""

from __future__ import annotations

import re
from datetime import UTC, datetime

from allconnects.telemetry.codecs.base import CodecError, Position, Value
from allconnects.telemetry.codecs.http_values import MAX_NAME, clean_text, epoch_ms, number, place

Parameters = dict[str, list[str]]

KMH = {"kn": 1.852, "kmh": 1.0, "mph": 1.609344, "ms": 3.6}

# Seconds up to the year 5138, milliseconds from 1973 on: no real report lies in both.
_FIRST_MS = 100_000_000_000
_ATTRIBUTES = {"batt": "batteryLevel"}
_FIELDS = frozenset(
    ("id", "deviceid", "timestamp", "lat", "lon", "location", "valid", "speed", "bearing", "heading")
) | {"altitude", "cell", "wifi"}
_FLAGS = {"true": True, "false": False}
_PLUS_LOST = re.compile(r"(?<=\d) (?=\d\d:?\d\d\Z)", re.ASCII)
_LEADING_ZERO = re.compile(r"[+-]?0\d|\+", re.ASCII)
_WHOLE = re.compile(r"-?\d{1,18}", re.ASCII)
_MOST_DIGITS = 18


def position_of(parameters: Parameters, speed_unit: str) -> Position:
    """The position that the parameters describe. Raises CodecError for a bad place, time or unit."""
    if speed_unit not in KMH:
        raise CodecError("unknown option: speed_unit is one of kn, kmh, mph, ms")
    where = _place(parameters)
    speed = _amount(parameters, "speed")
    course = _amount(parameters, "bearing", "heading")
    return Position(
        time_ms=_time_ms(_first(parameters, "timestamp")),
        valid=where is not None and _first(parameters, "valid") not in ("false", "0"),
        lat=where[0] if where else None,
        lon=where[1] if where else None,
        altitude_m=_amount(parameters, "altitude"),
        speed_kmh=None if speed is None or speed < 0 else speed * KMH[speed_unit],
        course_deg=None if course is None or course < 0 else course % 360,
        attributes=_attributes(parameters),
    )


def instant_ms(text: str) -> int:
    """Milliseconds of a time: seconds or milliseconds since 1970, or ISO 8601 (UTC where it names no zone).

    Raises CodecError where it is none of these.
    """
    count = number(text)
    if count is not None:
        return epoch_ms(count / 1000 if abs(count) >= _FIRST_MS else count)
    # An unescaped "+" of a zone arrives as a blank.
    iso = _PLUS_LOST.sub("+", text.strip()) if "T" in text else text.strip()
    try:
        instant = datetime.fromisoformat(iso[:64])
        return epoch_ms((instant if instant.tzinfo else instant.replace(tzinfo=UTC)).timestamp())
    except (ValueError, OverflowError):
        raise CodecError("the time is neither a count since 1970 nor ISO 8601") from None


def _time_ms(text: str | None) -> int | None:
    return instant_ms(text) if text else None


def _first(parameters: Parameters, *names: str) -> str | None:
    return next((parameters[name][0] for name in names if name in parameters), None)


def _amount(parameters: Parameters, *names: str) -> float | None:
    return number(_first(parameters, *names))


def _place(parameters: Parameters) -> tuple[float, float] | None:
    pair = _first(parameters, "location")
    if pair:
        lat, _, lon = pair.partition(",")
        return place(lat, lon)
    return place(_first(parameters, "lat") or None, _first(parameters, "lon") or None)


def _attributes(parameters: Parameters) -> dict[str, Value]:
    found: dict[str, Value] = {}
    for name, values in parameters.items():
        if name and name not in _FIELDS:
            found[_ATTRIBUTES.get(name, clean_text(name)[:MAX_NAME])] = _value(values[0])
    network = _network(parameters)
    if network:
        found["network"] = network
    return found


def _value(text: str) -> Value:
    """The number or flag that a parameter is written as; text that would change as a number stays text."""
    if text.lower() in _FLAGS:
        return _FLAGS[text.lower()]
    if _LEADING_ZERO.match(text) or sum(map(str.isdigit, text)) > _MOST_DIGITS:
        return clean_text(text)
    if _WHOLE.fullmatch(text):
        return int(text)
    amount = number(text)
    return clean_text(text) if amount is None else amount


def _network(parameters: Parameters) -> dict[str, Value]:
    cells = [cell for text in parameters.get("cell", []) if (cell := _cell(text))]
    wifi = [point for text in parameters.get("wifi", []) if (point := _access_point(text))]
    found: dict[str, Value] = {}
    if cells:
        found = {"radio": "gsm", "cells": cells}
    if wifi:
        found["wifi"] = wifi
    return found


def _cell(text: str) -> dict[str, int] | None:
    """``mcc,mnc,lac,cid``, perhaps with dBm; None for a malformed one, no reason to lose a fix."""
    parts = text.split(",", 5)
    if len(parts) not in (4, 5) or not all(_WHOLE.fullmatch(part) for part in parts):
        return None
    return dict(zip(("mcc", "mnc", "lac", "cid", "rssi"), map(int, parts), strict=False))


def _access_point(text: str) -> dict[str, Value] | None:
    mac, _, strength = text.partition(",")
    if not re.fullmatch(r"[0-9A-Fa-f]{2}([:-][0-9A-Fa-f]{2}){5}", mac):
        return None
    point: dict[str, Value] = {"mac": mac.replace("-", ":")}
    if _WHOLE.fullmatch(strength):
        point["rssi"] = int(strength)
    return point
