"""What people and programs do with trips. Each call runs in a Django transaction that speaks for one organisation.

``who``: as the log of the vault names who asks, such as ``account:12`` or ``token``.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime

from allconnects.telemetry.store.segments import bounds
from allconnects.trips.reading import (
    month_overview,
    originals_of,
    stops_between,
    totals_of,
    trip_by_id,
    trips_between,
)
from allconnects.trips.stored import Change, Correction, Day, StoredTrip

__all__ = [
    "correct", "corrections_between", "day_of", "merge", "month_overview", "originals_of", "split", "stops_between",
    "totals_of", "trip_by_id", "trips_between", "undo",
]  # fmt: skip


def day_of(organisation: int, device: int, day: date) -> Day:
    """A Brussels day of a device."""
    start, end = bounds(day)
    trips = trips_between(organisation, start, end, device=device)
    return Day(
        device, day, start, end, trips, stops_between(organisation, start, end, device=device),
        totals_of([one for one in trips if start <= one.start < end]),
        {one.id: originals_of(organisation, one) for one in trips if not one.computed},
        corrections_between(organisation, device, start, end),
    )  # fmt: skip


def merge(organisation: int, trips: Sequence[int], *, reason: str, who: str) -> StoredTrip:
    """Make one trip of neighbours of one device. Returns it. Raises NotFound, InvalidInput."""
    raise NotImplementedError


def split(organisation: int, trip: int, at: datetime, *, reason: str, who: str) -> list[StoredTrip]:
    """Cut a trip at a moment within it. Returns the two. Raises NotFound, InvalidInput."""
    raise NotImplementedError


def correct(organisation: int, trip: int, change: Change, *, reason: str, who: str) -> StoredTrip:
    """Say what a trip really was; the computed values stay visible. Raises NotFound, InvalidInput."""
    raise NotImplementedError


def undo(organisation: int, correction: int, *, reason: str, who: str) -> list[StoredTrip]:
    """Take a correction back. Returns the trips that stand there now. Raises NotFound, InvalidInput."""
    raise NotImplementedError


def corrections_between(organisation: int, device: int, start: datetime, end: datetime) -> list[Correction]:
    """Corrections of a device that touch this time, newest first, each with what became of it."""
    raise NotImplementedError
