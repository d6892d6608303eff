"""A Nominatim or Photon server that the operator has set: one question a second, nothing about who asks."""

from __future__ import annotations

import http.client
import json
import math
import threading
import time
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode, urlsplit

from allconnects.kit.errors import AllconnectsError

AGENT = "allconnects/1 (self-hosted)"
TIMEOUT_S, MAX_BYTES, EVERY_S = 5.0, 512 * 1024, 1.0


class GeocoderError(AllconnectsError):
    """The address server does not answer, or not sensibly; the offline gazetteer takes its place."""

    code = "geocoder"
    status = 502


@dataclass(frozen=True, slots=True)
class Found:
    """An address and where it is."""

    lat: float
    lon: float
    text: str


class Geocoder:
    """Asks one server. ``kind``: nominatim or photon."""

    def __init__(self, url: str, kind: str, *, timeout_s: float = TIMEOUT_S, every_s: float = EVERY_S) -> None:
        self._url, self._kind = urlsplit(url), kind
        self._timeout_s, self._every_s = timeout_s, every_s
        self._turn = threading.Lock()
        self._next = 0.0

    def reverse(self, lat: float, lon: float, language: str) -> str:
        """Street and town near a point; empty where the server knows none. Raises GeocoderError."""
        asked = {"lat": f"{lat:.4f}", "lon": f"{lon:.4f}"}
        if self._kind == "photon":
            found = self._features("/reverse", {**asked, "lang": _photon_language(language), "limit": "1"})
        else:
            more = {"format": "geocodejson", "zoom": "17", "addressdetails": "1", "accept-language": language}
            found = self._features("/reverse", {**asked, **more})
        return _text(found[0], number=False) if found else ""

    def search(self, text: str, language: str) -> list[Found]:
        """Addresses for a text. Raises GeocoderError."""
        if self._kind == "photon":
            found = self._features("/api", {"q": text, "lang": _photon_language(language), "limit": "8"})
        else:
            more = {"format": "geocodejson", "addressdetails": "1", "limit": "8", "accept-language": language}
            found = self._features("/search", {"q": text, **more})
        return [one for one in map(_found, found) if one is not None]

    def _features(self, path: str, query: dict[str, str]) -> list[dict[str, Any]]:
        with self._turn:
            time.sleep(max(0.0, self._next - time.monotonic()))
            try:
                data = self._get(self._url.path.rstrip("/") + path + "?" + urlencode(query))
            except (OSError, http.client.HTTPException) as error:
                raise GeocoderError("the address server cannot be reached") from error
            finally:
                self._next = time.monotonic() + self._every_s
        return _features(data)

    def _get(self, path: str) -> bytes:
        kind = http.client.HTTPSConnection if self._url.scheme == "https" else http.client.HTTPConnection
        connection = kind(self._url.netloc, timeout=self._timeout_s)
        try:
            connection.request("GET", path, headers={"User-Agent": AGENT, "Accept": "application/json"})
            response = connection.getresponse()
            if response.status == 404:
                return b'{"features": []}'
            if response.status != 200:
                raise GeocoderError("the address server answers with an error")
            return self._body(response)
        finally:
            connection.close()

    def _body(self, response: http.client.HTTPResponse) -> bytes:
        """All of it, unless it is too much or comes too slowly."""
        pieces, size, deadline = [], 0, time.monotonic() + self._timeout_s
        while piece := response.read1(65536):
            pieces.append(piece)
            size += len(piece)
            if size > MAX_BYTES or time.monotonic() > deadline:
                raise GeocoderError("the address server sends too much or too slowly")
        return b"".join(pieces)


def _features(data: bytes) -> list[dict[str, Any]]:
    """The features of a GeoJSON answer; Nominatim says in an object of its own that it knows nothing."""
    try:
        answer = json.loads(data)
    except ValueError as error:
        raise GeocoderError("the address server does not answer in JSON") from error
    if not isinstance(answer, dict):
        raise GeocoderError("the address server does not answer as a geocoder does")
    features = answer.get("features", [] if "error" in answer else None)
    if not isinstance(features, list):
        raise GeocoderError("the address server does not answer as a geocoder does")
    return [one for one in features if isinstance(one, dict)]


def _found(feature: dict[str, Any]) -> Found | None:
    try:
        lon, lat = (float(value) for value in feature["geometry"]["coordinates"][:2])
    except (KeyError, TypeError, ValueError):
        return None
    text = _text(feature, number=True)
    if not (text and math.isfinite(lat) and math.isfinite(lon) and abs(lat) <= 90 and abs(lon) <= 180):
        return None
    return Found(lat, lon, text)


def _text(feature: dict[str, Any], *, number: bool) -> str:
    """``Street 1, 2550 Town``. A point that was asked for rounded has a street at most, not a house."""
    about = feature.get("properties")
    about = about.get("geocoding", about) if isinstance(about, dict) else {}
    if not isinstance(about, dict):
        return ""

    def part(*names: str) -> str:
        return next((str(about[name]) for name in names if about.get(name)), "")

    street = part("street") or (part("name") if about.get("type") in ("street", "house", "road") or number else "")
    house = part("housenumber") if number else ""
    town = " ".join(filter(None, (part("postcode"), part("city", "town", "village", "district", "locality"))))
    lines = [" ".join(filter(None, (street, house))), town]
    text = ", ".join(dict.fromkeys(filter(None, lines)))
    return " ".join("".join(c for c in text if c.isprintable()).split())[:200]


def _photon_language(language: str) -> str:
    """Photon speaks the languages that its index was made with: these by default."""
    return language if language in ("en", "de", "fr") else "default"
