"""What stands in a field of a file: times, degrees, measures. Errors are codes, never what stands there."""

from __future__ import annotations

import math
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Final, NamedTuple

from allconnects.telemetry.codecs.base import Position, Value

_MILLISECONDS_FROM: Final = 1e11
"""A bare number from here on counts milliseconds, a smaller one seconds."""
_SWITCH: Final = {"1": True, "true": True, "on": True, "0": False, "false": False, "off": False}


class Wrong(ValueError):
    """A row cannot be used; the text is a code of ``problems.texts``."""


class Fix(NamedTuple):
    """A position that was read: its line, the identifier of its device (empty: that of the import), and itself."""

    line: int
    device: str
    position: Position


class Problem(NamedTuple):
    """A row that cannot be used."""

    line: int
    code: str


def moment_ms(text: str) -> int:
    """Milliseconds since 1970 of an ISO 8601 time (UTC when it names no zone) or of seconds or milliseconds."""
    text = text.strip()
    try:
        if ":" in text or "-" in text[1:]:
            found = datetime.fromisoformat(text)
            return round((found if found.tzinfo else found.replace(tzinfo=UTC)).timestamp() * 1000)
        value = float(text)
        return round(value if abs(value) >= _MILLISECONDS_FROM else value * 1000)
    except (ValueError, OverflowError):
        raise Wrong("time") from None


def degrees(text: str | None, most: float) -> float:
    """A latitude or longitude."""
    try:
        value = float(text or "")
    except ValueError:
        value = math.nan
    if not -most <= value <= most:
        raise Wrong("place")
    return value


def measure(text: str | None) -> float | None:
    """A number that may be missing."""
    if not (text or "").strip():
        return None
    try:
        value = float(text or "")
    except ValueError:
        raise Wrong("number") from None
    if not math.isfinite(value):
        raise Wrong("number")
    return value


def switch(text: str) -> Value:
    """On or off; None when it is missing."""
    text = text.strip().lower()
    if not text:
        return None
    if text not in _SWITCH:
        raise Wrong("switch")
    return _SWITCH[text]


def whole(text: str) -> Value:
    """A count that may be missing."""
    value = measure(text)
    return None if value is None else int(value)


ATTRIBUTES: Final[dict[str, tuple[str, Callable[[str], Value]]]] = {
    "ignition": ("ignition", switch),
    "odometer_m": ("odometer", measure),
    "satellites": ("sat", whole),
}
"""Columns that become attributes: their name there, and how they are read."""
