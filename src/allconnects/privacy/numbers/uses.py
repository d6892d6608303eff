"""The closed list of what national numbers are used for, by day."""

from __future__ import annotations

import tomllib
from dataclasses import dataclass
from datetime import date
from functools import cache
from importlib.resources import files


@dataclass(frozen=True, slots=True)
class Use:
    """``module``: the code that may ask. ``until``: last day, None: until further notice."""

    connector: str
    module: str
    since: date
    until: date | None
    basis: str


@cache
def uses() -> tuple[Use, ...]:
    """All of them."""
    text = (files("allconnects.privacy.numbers") / "uses.toml").read_text("utf-8")
    return tuple(
        Use(one["connector"], one["module"], one["from"], one.get("until"), one["basis"])
        for one in tomllib.loads(text)["use"]
    )


def allowed(connector: str, day: date) -> bool:
    """Whether the law lets that connector use numbers on that day."""
    return any(u.connector == connector and u.since <= day <= (u.until or date.max) for u in uses())
