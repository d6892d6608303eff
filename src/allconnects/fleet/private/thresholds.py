"""Numbers of private time: dated rows of ``thresholds.toml``."""

from __future__ import annotations

import tomllib
from datetime import date
from functools import cache
from importlib.resources import files

from allconnects.fleet.models import Precision


@cache
def _rows() -> dict[str, list[dict[str, object]]]:
    found: dict[str, list[dict[str, object]]] = tomllib.loads(
        (files("allconnects.fleet.private") / "thresholds.toml").read_text("utf-8")
    )
    return found


def threshold(name: str, day: date) -> float:
    """The number in force on a day. Raises KeyError for an unknown name, LookupError before the first."""
    known = [row for row in _rows()[name] if isinstance(row["since"], date) and row["since"] <= day]
    if not known:
        raise LookupError(name)
    value = max(known, key=lambda row: str(row["since"]))["value"]
    assert isinstance(value, int | float)
    return value


def grid_e7(precision: str, day: date) -> int:
    """Width of the cells of a precision, in 1e-7 degree; 0 for exactly."""
    if precision == Precision.EXACT:
        return 0
    return round(threshold(f"grid_{precision}", day) * 1e7)
