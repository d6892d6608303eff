"""Fences of places, with the moments between which each counts."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from allconnects.places.fences import Fence, Fences
from allconnects.places.models import Place


def fences_of(places: Iterable[Place]) -> Fences:
    """Fences under the ids of their places."""
    return Fences([fence_of(one) for one in places])


def fence_of(one: Place) -> Fence:
    """From the beginning of its first day until the end of its last one, in the time zone of the place."""
    last = one.active_until
    until = None if last is None else _midnight(last + timedelta(days=1), one.timezone)
    begin = None if one.active_from is None else _midnight(one.active_from, one.timezone)
    return Fence(one.pk, one.shape, begin, until)


def _midnight(day: date, zone: str) -> int:
    return round(datetime.combine(day, time(), ZoneInfo(zone)).timestamp() * 1000)
