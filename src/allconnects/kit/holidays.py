"""Public holidays, by a dated list."""

from __future__ import annotations

import tomllib
from datetime import date, timedelta
from functools import cache
from importlib.resources import files


def easter(year: int) -> date:
    """Easter Sunday of the Gregorian calendar (Meeus, Astronomical Algorithms, chapter 8)."""
    a, (b, c) = year % 19, divmod(year, 100)
    d, e = divmod(b, 4)
    g = (b - (b + 8) // 25 + 1) // 3
    h = (19 * a + b - d - g + 15) % 30
    i, k = divmod(c, 4)
    m = (32 + 2 * e + 2 * i - h - k) % 7
    n = (a + 11 * h + 22 * m) // 451
    month, day = divmod(h + m - 7 * n + 114, 31)
    return date(year, month, day + 1)


@cache
def holidays(year: int, country: str = "BE") -> dict[date, str]:
    """The public holidays of a year with their English names, by the dated list in ``holidays.toml``."""
    listed = tomllib.loads((files("allconnects.kit") / "holidays.toml").read_text("utf-8"))[country]["days"]
    found: dict[date, str] = {}
    for one in listed:
        moved = "easter" in one
        day = easter(year) + timedelta(days=one["easter"]) if moved else date(year, one["month"], one["day"])
        if one["since"] <= day and day <= one.get("until", date.max):
            found[day] = one["name"]
    return found
