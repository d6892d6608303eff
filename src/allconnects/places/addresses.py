"""Addresses of points and points of addresses: offline by default, from a server by setting, through a cache of ours.

A page never waits for the server: what the cache does not hold yet is described by the gazetteer, and the worker asks
for it. The server is asked for the middle of a cell of some 55 by 35 metres, never for where somebody is.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import timedelta
from functools import cache
from typing import Any, NamedTuple

import numpy as np
from django.db import connection
from django.utils.translation import gettext as _
from django.utils.translation import override

from allconnects.kit import clock, config
from allconnects.kit.errors import InvalidInput
from allconnects.places import gazetteer
from allconnects.places.geocoder import Found, Geocoder, GeocoderError
from allconnects.places.homes import at_home

CELLS = 2_000
"""Cells in a degree."""
LANGUAGES = ("nl", "fr", "en", "de")
MOST_FAILURES = 3
MOST_WAITING = 5_000
Point = tuple[float, float]
"""Latitude, longitude, in degrees."""
_KNOWN = """
    SELECT a.lat_cell, a.lon_cell, a.text FROM places_address a
    JOIN unnest(%s::integer[], %s::integer[]) AS w (lat_cell, lon_cell) USING (lat_cell, lon_cell)
    WHERE a.organisation_id = %s AND a.language = %s"""
_WANT = """
    INSERT INTO places_address (organisation_id, lat_cell, lon_cell, language, wanted_at)
    SELECT %s, w.lat_cell, w.lon_cell, %s, %s FROM unnest(%s::integer[], %s::integer[]) AS w (lat_cell, lon_cell)
    WHERE (SELECT count(*) FROM places_address WHERE organisation_id = %s AND text IS NULL) < %s
    ON CONFLICT DO NOTHING"""
_WAITING = """
    SELECT lat_cell, lon_cell, language FROM places_address
    WHERE organisation_id = %s AND text IS NULL AND failures < %s AND (asked_at IS NULL OR asked_at < %s)
    ORDER BY wanted_at DESC LIMIT %s"""
_ANSWERED = """
    UPDATE places_address SET text = %s, asked_at = %s, failures = failures + %s
    WHERE organisation_id = %s AND lat_cell = %s AND lon_cell = %s AND language = %s"""
_FORGET = "DELETE FROM places_address WHERE organisation_id = %s AND wanted_at < %s"


class Hit(NamedTuple):
    """An answer of ``search``: what to show, and where it is."""

    text: str
    lat: float
    lon: float


@cache
def _geocoder(url: str, kind: str) -> Geocoder:
    return Geocoder(url, kind)


def geocoder() -> Geocoder | None:
    """The server that is set, if one is."""
    settings = config.current()
    return _geocoder(settings.geocoder_url, settings.geocoder_kind) if settings.geocoder_url else None


def describe(organisation: int, lat: float, lon: float, language: str) -> str:
    """Where a point is, for people: ``Mechelsesteenweg, 2550 Kontich`` or ``near Kontich (2550)``; else empty."""
    return describe_many(organisation, [(lat, lon)], language)[0]


def describe_many(organisation: int, points: Sequence[Point], language: str) -> list[str]:
    """The same for many points, in one query. What lies in somebody's home is called just that, and asked of nobody."""
    if not points:
        return []
    lat, lon = np.array([p[0] for p in points], np.float64), np.array([p[1] for p in points], np.float64)
    home = at_home(lat, lon)
    towns = gazetteer.nearest(lat, lon)
    known = _cached(organisation, [p for p, hidden in zip(points, home.tolist(), strict=True) if not hidden], language)
    with override(language):
        return [
            _("Home") if hidden else known.get(cell(*point)) or _near(town, language)
            for point, hidden, town in zip(points, home.tolist(), towns, strict=True)
        ]


def _near(town: gazetteer.Town | None, language: str) -> str:
    return _("near %(place)s") % {"place": town.label(language)} if town else ""


def cell(lat: float, lon: float) -> tuple[int, int]:
    """The cell of a point."""
    return round(lat * CELLS), round(lon * CELLS)


def _cached(organisation: int, points: Iterable[Point], language: str) -> dict[tuple[int, int], str]:
    """Addresses by cell; cells that nobody asked for yet are put down to be asked."""
    cells = sorted({cell(*point) for point in points})
    if geocoder() is None or language not in LANGUAGES or not cells:
        return {}
    lats, lons = [one[0] for one in cells], [one[1] for one in cells]
    with connection.cursor() as cursor:
        cursor.execute(_KNOWN, [lats, lons, organisation, language])
        rows = cursor.fetchall()
        found = {(row[0], row[1]): row[2] for row in rows}
        new = [one for one in cells if one not in found]
        if new:
            about: list[Any] = [organisation, language, clock.now(), [n[0] for n in new], [n[1] for n in new]]
            cursor.execute(_WANT, [*about, organisation, MOST_WAITING])
    return {one: text for one, text in found.items() if text}


def ask_waiting(organisation: int, most: int) -> int:
    """Ask the server for up to so many cells that wait, one a second. Returns how many it answered.

    A server that fails is left alone until the next round; a cell that failed three times is not asked again.
    """
    server = geocoder()
    if server is None:
        return 0
    answered = 0
    with connection.cursor() as cursor:
        cursor.execute(_WAITING, [organisation, MOST_FAILURES, clock.now() - timedelta(minutes=10), most])
        for lat, lon, language in cursor.fetchall():
            about = [organisation, lat, lon, language]
            try:
                text = server.reverse(lat / CELLS, lon / CELLS, language)
            except GeocoderError:
                cursor.execute(_ANSWERED, [None, clock.now(), 1, *about])
                break
            cursor.execute(_ANSWERED, [text, clock.now(), 0, *about])
            answered += 1
    return answered


def forget(organisation: int) -> None:
    """Addresses go with the positions that they were asked for."""
    with connection.cursor() as cursor:
        cursor.execute(_FORGET, [organisation, clock.now() - timedelta(days=config.current().position_days)])


def search(text: str, language: str) -> list[Hit]:
    """Points for an address, town or postal code; ``51.13, 4.44`` is a point itself. Raises InvalidInput.

    The server, where one is set, is asked first; when it fails, towns and postal codes are still found.
    """
    text = " ".join(text.split())
    if not 2 <= len(text) <= 200 or not text.isprintable():
        raise InvalidInput(_("Type at least two letters of an address, a town or a postal code."))
    if (point := _coordinates(text)) is not None:
        return [point]
    return [*_from_server(text, language), *(Hit(t.label(language), t.lat, t.lon) for t in gazetteer.search(text))]


def _from_server(text: str, language: str) -> list[Hit]:
    server = geocoder()
    if server is None:
        return []
    try:
        found: list[Found] = server.search(text, language)
    except GeocoderError:
        return []
    return [Hit(one.text, one.lat, one.lon) for one in found]


def _coordinates(text: str) -> Hit | None:
    parts = text.replace(";", " ").replace(",", " ").split()
    try:
        lat, lon = map(float, parts)
    except ValueError:
        return None
    return Hit(f"{lat:.5f}, {lon:.5f}", lat, lon) if abs(lat) <= 85 and abs(lon) <= 180 else None
