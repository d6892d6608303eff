"""Towns and villages without any network: which is near, and where is one. Made by ``tools/frontend/gazetteer.py``.

Everything of Belgium and its neighbourhood, larger towns beyond; no streets: no freely licensed package has them.
"""

from __future__ import annotations

import json
import unicodedata
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Any

import numpy as np
import shapely
from numpy.typing import NDArray

from allconnects.places.projection import to_plane

NEAR_KM = 30.0
"""Further from any town than this, a point is described by none."""
_MOST = 20


@dataclass(frozen=True, slots=True)
class Town:
    """A town or village; ``postal``: its Belgian postal codes, where they are sure."""

    lat: float
    lon: float
    name: str
    names: dict[str, str]
    postal: tuple[str, ...]
    inhabitants: int

    def called(self, language: str) -> str:
        """Its name in a language, else the local one."""
        return self.names.get(language, self.name)

    def label(self, language: str) -> str:
        """Name and postal code: ``Kontich (2550)``."""
        return f"{self.called(language)} ({self.postal[0]})" if self.postal else self.called(language)


@dataclass(frozen=True, slots=True)
class _Gazetteer:
    towns: list[Town]
    tree: Any
    words: list[tuple[str, ...]]
    """For each town its names, folded, and postal codes."""


@cache
def _loaded() -> _Gazetteer:
    file = files("allconnects") / "site/static/vendor/basemap/gazetteer.json"
    rows = json.loads(file.read_text("utf-8"))
    towns = [Town(lat, lon, name, names, tuple(postal), size) for lat, lon, name, names, postal, size in rows]
    x, y, _metre = to_plane([one.lon for one in towns], [one.lat for one in towns])
    words = [(*{fold(name) for name in (one.name, *one.names.values())}, *one.postal) for one in towns]
    return _Gazetteer(towns, shapely.STRtree(shapely.points(x, y)), words)


def fold(text: str) -> str:
    """Lower case without accents, and with blanks for hyphens."""
    plain = unicodedata.normalize("NFD", text.replace("-", " ").replace("'", " "))
    return " ".join("".join(c for c in plain if not unicodedata.combining(c)).casefold().split())


def nearest(lat: NDArray[np.float64], lon: NDArray[np.float64]) -> list[Town | None]:
    """For each point (n,), in degrees, the nearest town; None further than 30 km from any."""
    if not len(lat):
        return []
    known = _loaded()
    x, y, metre = to_plane(lon, lat)
    (found, at), away = known.tree.query_nearest(
        shapely.points(x, y), all_matches=False, return_distance=True, max_distance=NEAR_KM * 1000 * float(metre.max())
    )
    result: list[Town | None] = [None] * len(lat)
    for point, town, distance in zip(found.tolist(), at.tolist(), away.tolist(), strict=True):
        if distance / metre[point] <= NEAR_KM * 1000:
            result[point] = known.towns[town]
    return result


def search(text: str) -> list[Town]:
    """Towns by name in any language or by postal code: whole matches first, then beginnings; larger ones first."""
    wanted = fold(text)
    if len(wanted) < 2:
        return []
    known = _loaded()
    parts = wanted.split()
    codes = [part for part in parts if part.isdigit()]
    name = " ".join(part for part in parts if not part.isdigit())
    hits = [
        (_rank(words, name, codes), -town.inhabitants, at)
        for at, (town, words) in enumerate(zip(known.towns, known.words, strict=True))
        if _rank(words, name, codes) < 3
    ]
    return [known.towns[at] for _rank_, _size, at in sorted(hits)[:_MOST]]


def _rank(words: tuple[str, ...], name: str, codes: list[str]) -> int:
    """0 a whole match, 1 a beginning, 2 a word within, 3 none."""
    if any(not any(word.startswith(code) for word in words) for code in codes):
        return 3
    if not name or name in words:
        return 0
    if any(word.startswith(name) for word in words):
        return 1
    return 2 if any(f" {name}" in word for word in words) else 3
