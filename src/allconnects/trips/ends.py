"""What the ends of trips, and stops, are called when they are shown; nothing of it is stored.

A name said by a person goes first; then the place whose fence holds the end at that time, then what the gazetteer or
the address cache knows. An end at somebody's home is told to that account as its home, to everybody else as private.
The number of queries does not depend on how many are named.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime
from typing import NamedTuple

import numpy as np
from django.conf import settings
from django.utils.translation import get_language
from django.utils.translation import gettext as _

from allconnects.places.active import fences_of
from allconnects.places.addresses import describe_many
from allconnects.places.homes import at_home, own_home_only
from allconnects.places.models import Place
from allconnects.places.projection import Floats
from allconnects.trips.private import hidden_stops, hidden_trips, masked_ends
from allconnects.trips.stored import StoredStop, StoredTrip


class End(NamedTuple):
    """Where and when; degrees. ``said``: what a person called it, or empty."""

    lat: float
    lon: float
    at: datetime
    said: str = ""


def named(organisation: int, trips: Sequence[StoredTrip], viewer: int | None = None) -> list[StoredTrip]:
    """The same trips with ``start_name`` and ``end_name``, without what ``viewer`` (an account, if one looks) may not
    see: where private trips of others went, and coordinates at homes of others."""
    starts = [End(one.start_lat or 0, one.start_lon or 0, one.start, one.start_place) for one in trips]
    stops = [End(one.end_lat or 0, one.end_lon or 0, one.end, one.end_place) for one in trips]
    names = names_of(organisation, [*starts, *stops], viewer)
    home = _masked([*starts, *stops], viewer)
    hidden = hidden_trips(trips, viewer)
    count = len(trips)
    rows = zip(trips, names[:count], names[count:], home[:count], home[count:], strict=True)
    return [
        unplaced(one) if one.id in hidden else _without_homes(one, from_home, to_home, start, end)
        for one, start, end, from_home, to_home in rows
    ]


def unplaced(one: StoredTrip) -> StoredTrip:
    """A private trip as others see it."""
    return replace(
        one, start_lat=None, start_lon=None, end_lat=None, end_lon=None, start_place="", end_place="",
        start_name=_("Private"), end_name=_("Private"), max_speed_kmh=None, hidden=True,
    )  # fmt: skip


def _without_homes(one: StoredTrip, from_home: bool, to_home: bool, start: str, end: str) -> StoredTrip:
    found = replace(one, start_name=start, end_name=end)
    if from_home:
        found = replace(found, start_lat=None, start_lon=None)
    return replace(found, end_lat=None, end_lon=None) if to_home else found


def named_stops(organisation: int, stops: Sequence[StoredStop], viewer: int | None = None) -> list[StoredStop]:
    """The same stops with ``name``, and without coordinates where these are not for ``viewer``."""
    ends = [End(one.lat or 0, one.lon or 0, one.start) for one in stops]
    names, home = names_of(organisation, ends, viewer), _masked(ends, viewer)
    hidden = hidden_stops(organisation, stops, viewer)
    found = []
    for one, name, masked in zip(stops, names, home, strict=True):
        if masked or one.id in hidden:
            one = replace(one, lat=None, lon=None)
        secret = one.id in hidden
        told = replace(one, name=_("Private") if secret else name, hidden=secret)
        found.append(replace(told, idle=()) if secret else told)
    return found


def _masked(ends: Sequence[End], viewer: int | None) -> list[bool]:
    found: list[bool] = (
        masked_ends([one.lat for one in ends], [one.lon for one in ends], viewer).tolist() if ends else []
    )
    return found


def names_of(organisation: int, ends: Sequence[End], viewer: int | None = None) -> list[str]:
    """A name for each end, in the language of the moment; empty where nothing is known."""
    names = [one.said for one in ends]
    open_ones = [at for at, name in enumerate(names) if not name]
    for known in (_homes(ends, open_ones, viewer), _places(organisation, ends, open_ones)):
        for at, name in known.items():
            names[at] = names[at] or name
    rest = [at for at in open_ones if not names[at]]
    language = get_language() or settings.LANGUAGE_CODE
    texts = describe_many(organisation, [(ends[at].lat, ends[at].lon) for at in rest], language)
    for at, text in zip(rest, texts, strict=True):
        names[at] = text
    return names


def in_places(organisation: int, ends: Sequence[End]) -> list[bool]:
    """Of each end whether it lies in a place of the organisation at that time."""
    known = _places(organisation, ends, range(len(ends)))
    return [at in known for at in range(len(ends))]


def _homes(ends: Sequence[End], which: Sequence[int], viewer: int | None) -> dict[int, str]:
    if not which:
        return {}
    lat, lon = _columns(ends, which)
    hidden = at_home(lat, lon)
    own = np.zeros(len(which), np.bool_) if viewer is None else own_home_only(viewer, lat, lon)
    return {
        at: _("Home") if mine else _("Private")
        for at, masked, mine in zip(which, hidden.tolist(), own.tolist(), strict=True)
        if masked
    }


def _places(organisation: int, ends: Sequence[End], which: Sequence[int]) -> dict[int, str]:
    """Names of the smallest places that hold the ends while the places count."""
    if not which:
        return {}
    lat, lon = _columns(ends, which)
    near = Place.objects.filter(
        organisation_id=organisation, south__lte=lat.max(), north__gte=lat.min(), west__lte=lon.max(),
        east__gte=lon.min(),
    ).order_by("pk")  # fmt: skip
    places = {one.pk: one for one in near}
    fences = fences_of(places.values())
    spans = {one.id: (one.from_ms, one.until_ms) for one in fences.fences}
    best: dict[int, Place] = {}
    pairs = fences.inside(lat, lon)
    for position, number in zip(pairs.position.tolist(), pairs.fence.tolist(), strict=True):
        at, place = which[position], places[number]
        if _counts(spans[number], ends[at].at) and (at not in best or _size(place) < _size(best[at])):
            best[at] = place
    return {at: place.name for at, place in best.items()}


def _counts(span: tuple[int | None, int | None], moment: datetime) -> bool:
    at_ms, (begin, until) = moment.timestamp() * 1000, span
    return (begin is None or begin <= at_ms) and (until is None or at_ms < until)


def _size(place: Place) -> float:
    return (place.east - place.west) * (place.north - place.south)


def _columns(ends: Sequence[End], which: Sequence[int]) -> tuple[Floats, Floats]:
    return np.array([ends[at].lat for at in which], np.float64), np.array([ends[at].lon for at in which], np.float64)
