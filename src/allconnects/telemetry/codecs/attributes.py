"""Names and units of the attributes of positions, over all protocols: ``attributes.toml``."""

from __future__ import annotations

import re
import tomllib
from functools import cache
from importlib import resources


@cache
def units() -> dict[str, str]:
    """Unit by attribute name, as ``attributes.toml`` writes both."""
    text = resources.files(__package__).joinpath("attributes.toml").read_text("utf-8")
    return {name: entry["unit"] for name, entry in tomllib.loads(text).items()}


def unit(name: str) -> str:
    """The unit of an attribute; empty when it has none or is not known."""
    return units().get(name) or units().get(re.sub(r"\d+", "#", name), "")
