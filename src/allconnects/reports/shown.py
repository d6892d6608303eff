"""Cells as people in Belgium read them: decimals as in the reader's language, 24 hours, Brussels time."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

from django.utils.translation import get_language

from allconnects.kit.clock import BRUSSELS
from allconnects.reports.columns import Column, Kind

_THIN = "\u202f"
UNITS: dict[Kind, str] = {
    "duration_s": "h:mm", "distance_m": "km", "speed_kmh": "km/h", "litres": "l", "kg": "kg", "share": "%",
}  # fmt: skip
"""Shown in the head of the column, not in each cell."""


def cell(kind: Kind, value: Any) -> str:
    """Text of a cell; empty for what is unknown."""
    if value is None:
        return ""
    if kind == "text":
        return str(value)
    if kind in ("date", "time", "moment"):
        return _moment(kind, value)
    if kind == "duration_s":
        return duration(value)
    if kind == "distance_m":
        return number(value / 1000, 1)
    if kind == "share":
        return number(value * 100, 0)
    return number(value, {"count": 0, "speed_kmh": 0}.get(kind, 1))


def _moment(kind: Kind, value: Any) -> str:
    if isinstance(value, datetime):
        value = value.astimezone(BRUSSELS)
    if kind == "date":
        return day(value)
    return f"{value:%H:%M}" if kind == "time" else f"{value:%d/%m/%Y %H:%M}"


def day(value: date) -> str:
    """``27/11/2026``."""
    return f"{value:%d/%m/%Y}"


def duration(seconds: float) -> str:
    """Hours and minutes, ``7:05``; rounded to the minute."""
    minutes = round(abs(seconds) / 60)
    return f"{'-' if seconds < 0 and minutes else ''}{minutes // 60}:{minutes % 60:02d}"


def number(value: float, decimals: int) -> str:
    """As the language of the reader has it: in English 1,234.5, in Dutch, French and German 1 234,5 with a thin space
    that does not break, which no country takes for a decimal sign."""
    text = f"{value:,.{decimals}f}"
    if (get_language() or "en").startswith("en"):
        return text
    return text.replace(",", _THIN).replace(".", ",")


def heading(column: Column) -> str:
    """Title of a column with its unit."""
    unit = UNITS.get(column.kind, "")
    return f"{column.title} ({unit})" if unit else str(column.title)
