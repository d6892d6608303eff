"""Grounds and numbers of investigations: dated rows of ``rules.toml``."""

from __future__ import annotations

import tomllib
from datetime import date
from functools import cache
from importlib.resources import files
from typing import Any


@cache
def _rows() -> dict[str, list[dict[str, Any]]]:
    return tomllib.loads((files(__package__) / "rules.toml").read_text("utf-8"))


def grounds(day: date) -> dict[str, bool]:
    """The grounds in force on a day, and of each whether the person may be told later."""
    return {str(row["key"]): bool(row["delay"]) for row in _rows()["ground"] if row["since"] <= day}


def law_of_delay(ground: str, day: date) -> tuple[str, str]:
    """Articles by which somebody is told later, on a ground: by themselves, and by a national law; else both empty."""
    rows = [row for row in _rows()["ground"] if row["since"] <= day and row["key"] == ground]
    found = rows[-1] if rows else {}
    return str(found.get("delay_articles", "")), str(found.get("delay_articles_by_national_law", ""))


def number(name: str, day: date) -> int:
    """``valid_days``, ``wait_days`` or ``most_days`` as in force on a day. Raises KeyError."""
    known = [row for row in _rows()[name] if row["since"] <= day]
    return int(max(known, key=lambda row: row["since"])["value"])
