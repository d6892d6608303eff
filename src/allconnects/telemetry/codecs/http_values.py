"""Values out of HTTP requests that nobody vouches for: credentials, JSON, numbers, text.

Everything here is linear in its input and gives either a value that can be stored (finite numbers of at most
64 bits, UTF-8 text without NUL) or CodecError.
"""

from __future__ import annotations

import base64
import binascii
import math
import re
from collections.abc import Mapping
from typing import Any, NamedTuple

import msgspec

from allconnects.telemetry.codecs.base import CodecError, Value

MAX_TEXT = 1000
MAX_NAME = 64
MAX_ITEMS = 200
MAX_DEPTH = 6
MAX_DEVICE_ID = 128
MAX_NUMBER = 10**18

_NUMBER = re.compile(r"[+-]?(?:\d{1,40}(?:\.\d{0,40})?|\.\d{1,40})(?:[eE][+-]?\d{1,3})?", re.ASCII)
_INT64 = 2**63
_LATEST_MS = 253_402_300_800_000


class Credentials(NamedTuple):
    """User and secret of an Authorization header; each None where there is none."""

    user: str | None = None
    secret: str | None = None


def credentials(headers: Mapping[str, str]) -> Credentials:
    """What ``Authorization: Bearer …`` (secret) or ``Basic …`` (user, secret) says; unreadable: nothing."""
    scheme, _, value = headers.get("authorization", "").strip().partition(" ")
    value = value.strip()
    if scheme.lower() == "bearer":
        return Credentials(secret=value or None)
    if scheme.lower() != "basic":
        return Credentials()
    try:
        user, _, secret = base64.b64decode(value, validate=True).decode().partition(":")
    except (binascii.Error, ValueError):
        return Credentials()
    return Credentials(clean_text(user) or None, secret or None)


def read_json(body: bytes) -> Any:
    """The JSON value of a body (RFC 8259: no NaN, no Infinity). Raises CodecError."""
    try:
        return msgspec.json.decode(body)
    except (msgspec.DecodeError, ValueError, RecursionError):
        raise CodecError("the body is not JSON, or nested too deeply") from None


def number(value: object) -> float | None:
    """A number within ±``MAX_NUMBER`` out of a JSON number or a decimal text; None for anything else."""
    if isinstance(value, str):
        text = value.strip()
        value = float(text) if _NUMBER.fullmatch(text) else None
    if isinstance(value, bool) or not isinstance(value, int | float):
        return None
    return float(value) if -MAX_NUMBER <= value <= MAX_NUMBER else None


def place(lat: object, lon: object) -> tuple[float, float] | None:
    """WGS 84 degrees; None when neither is there. Raises CodecError for half a place or one off the globe."""
    if lat is None and lon is None:
        return None
    north, east = number(lat), number(lon)
    if north is None or east is None or abs(north) > 90 or abs(east) > 180:
        raise CodecError("latitude and longitude are not a place on earth")
    return north, east


def epoch_ms(seconds: float) -> int:
    """Milliseconds of an instant in seconds since 1970 UTC. Raises CodecError outside 1970 to 9999."""
    ms = round(seconds * 1000)
    if not 0 <= ms < _LATEST_MS:
        raise CodecError("the time is outside the years 1970 to 9999")
    return ms


def clean_text(text: str) -> str:
    """The text, storable as UTF-8: without NUL and lone surrogates, cut at ``MAX_TEXT`` characters."""
    cut = text[:MAX_TEXT].replace("\x00", "")
    return cut.encode("utf-8", "replace").decode() if not cut.isascii() else cut


def device_id(value: object) -> str:
    """A device identifier, numbers taken as text. Raises CodecError where it cannot be one."""
    text = str(value) if isinstance(value, int) and not isinstance(value, bool) else value
    if not isinstance(text, str):
        raise CodecError("the device identifier is not a text")
    text = text.strip()
    if not text or len(text) > MAX_DEVICE_ID or not text.isprintable():
        raise CodecError(f"the device identifier is empty, longer than {MAX_DEVICE_ID} or not printable")
    return text


def clean(value: Any, depth: int = 0) -> Value:
    """A JSON value that can be stored: too deep or large becomes None, too many or long is cut."""
    if isinstance(value, str):
        return clean_text(value)
    if isinstance(value, bool) or value is None:
        return value
    if isinstance(value, int):
        return value if -_INT64 <= value < _INT64 else None
    if isinstance(value, float):
        return value if math.isfinite(value) else None
    if depth >= MAX_DEPTH:
        return None
    if isinstance(value, dict):
        items = list(value.items())[:MAX_ITEMS]
        return {clean_text(str(name))[:MAX_NAME]: clean(item, depth + 1) for name, item in items}
    return [clean(item, depth + 1) for item in value[:MAX_ITEMS]] if isinstance(value, list) else None
