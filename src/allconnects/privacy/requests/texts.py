"""The wording of letters in four languages, and the authority that they name: data with a source, read strictly."""

from __future__ import annotations

import tomllib
from dataclasses import dataclass
from functools import cache
from importlib import resources
from typing import Any

LANGUAGES = ("nl", "fr", "en", "de")


@dataclass(frozen=True, slots=True)
class Authority:
    """A supervisory authority in one language."""

    name: str
    address: str
    telephone: str
    url: str


@cache
def wording(language: str) -> dict[str, dict[str, str]]:
    """All texts of a language, by section and name. Raises KeyError for a language that is not spoken."""
    if language not in LANGUAGES:
        raise KeyError(language)
    read: dict[str, dict[str, str]] = tomllib.loads(_file(f"letters.{language}.toml"))
    return read


@cache
def authority(language: str, country: str = "BE") -> Authority:
    """Whom a person complains to."""
    found: dict[str, Any] = tomllib.loads(_file("authorities.toml"))[country]
    return Authority(found["name"][language], found["address"][language], found["telephone"], found["url"])


def _file(name: str) -> str:
    return resources.files("allconnects.privacy.requests").joinpath("data", name).read_text("utf-8")
