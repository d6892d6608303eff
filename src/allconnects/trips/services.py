"""What people and programs do with trips. Each call runs in a Django transaction that speaks for one organisation.

``who``: as the log of the vault names who asks, such as ``account:12`` or ``token``.
"""

from __future__ import annotations

from datetime import date

from django.db import connection

from allconnects.telemetry.store.segments import bounds
from allconnects.trips.corrections import (
    conflicts,
    correct,
    correction_by_id,
    corrections_between,
    merge,
    split,
    undo,
)
from allconnects.trips.ends import named, named_stops, unplaced
from allconnects.trips.private import hidden_corrections
from allconnects.trips.reading import (
    idled,
    month_overview,
    originals_of,
    stops_between,
    totals_of,
    trip_by_id,
    trips_between,
)
from allconnects.trips.stored import Day

__all__ = [
    "conflicts", "correct", "correction_by_id", "corrections_between", "day_of", "hidden_corrections", "idled",
    "merge", "month_overview", "named", "named_stops", "originals_of", "split", "stops_between", "totals_of",
    "trip_by_id", "trips_between", "undo", "unplaced",
]  # fmt: skip

_PENDING = "SELECT 1 FROM trips_pending WHERE organisation_id = %s AND device_id = %s AND day = %s"


def day_of(organisation: int, device: int, day: date, viewer: int | None = None) -> Day:
    """A Brussels day of a device, with names of its places for the account ``viewer``."""
    start, end = bounds(day)
    trips = named(organisation, trips_between(organisation, start, end, device=device), viewer)
    stops = named_stops(organisation, stops_between(organisation, start, end, device=device), viewer)
    return Day(
        device, day, start, end, trips, stops,
        totals_of(
            [one for one in trips if start <= one.start < end], sum(one.idle_between(start, end) for one in stops)
        ),
        {one.id: originals_of(organisation, one) for one in trips if not one.computed},
        corrections_between(organisation, device, start, end), _pending(organisation, device, day),
    )  # fmt: skip


def _pending(organisation: int, device: int, day: date) -> bool:
    with connection.cursor() as cursor:
        cursor.execute(_PENDING, [organisation, device, day])
        return cursor.fetchone() is not None
