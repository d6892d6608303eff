"""A day of a device as its page shows it: trips and stops in order, with words for why."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

import numpy as np

from allconnects.kit import clock
from allconnects.products.live_connects import history_spans as spans
from allconnects.products.live_connects import history_words as words
from allconnects.telemetry.store.reader import Track
from allconnects.trips.stored import Day, StoredStop, StoredTrip

MOST_POINTS = 15_000
"""More than a screen can show; a device that reports each second is thinned to every sixth."""


@dataclass(frozen=True, slots=True)
class Entry:
    """A trip or a stop in the list. ``number``: counts the stops, as their markers on the map do."""

    kind: str
    trip: StoredTrip | None
    stop: StoredStop | None
    number: int
    why: tuple[str, ...]
    originals: Sequence[StoredTrip] = ()
    next_trip: int | None = None

    @property
    def start(self) -> datetime:
        """When it begins."""
        return (self.trip or self.stop).start  # type: ignore[union-attr]

    @property
    def end(self) -> datetime:
        """When it ends."""
        return (self.trip or self.stop).end  # type: ignore[union-attr]

    @property
    def original_m(self) -> float | None:
        """The distance that was computed, where it was corrected to another."""
        if self.trip is None or not self.originals:
            return None
        computed = sum(one.distance_m for one in self.originals)
        return computed if abs(computed - self.trip.distance_m) >= 50 else None


def entries(day: Day) -> list[Entry]:
    """Trips and stops of a day in order of time."""
    following = {one.id: other.id for one, other in zip(day.trips, day.trips[1:], strict=False)}
    found = [_trip(one, day.originals.get(one.id, ()), following.get(one.id)) for one in day.trips]
    found += [_stop(stop, number) for number, stop in enumerate(day.stops, 1)]
    return sorted(found, key=lambda one: (one.start, one.end))


def _trip(trip: StoredTrip, originals: Sequence[StoredTrip], following: int | None) -> Entry:
    why = (
        words.told(words.STARTS, trip.why.start),
        *(words.told(words.WITHIN, one) for one in trip.why.within),
        words.told(words.ENDS, trip.why.end),
        words.distance(trip.distance_why),
    )
    return Entry("trip", trip, None, 0, tuple(filter(None, why)), originals, following)


def _stop(stop: StoredStop, number: int) -> Entry:
    return Entry("stop", None, stop, number, (words.told(words.STOPS, stop.why),))


def shown(found: Sequence[Entry]) -> list[dict[str, Any]]:
    """The same for scripts: times in ms, places in degrees."""
    return [_shown(one) for one in found]


def _shown(one: Entry) -> dict[str, Any]:
    base = {"kind": one.kind, "start": ms(one.start), "end": ms(one.end)}
    if one.stop:
        return {
            **base,
            "number": one.number,
            "lat": one.stop.lat,
            "lon": one.stop.lon,
            "open": one.stop.still_open,
            "idle": [(ms(begin), ms(end)) for begin, end in one.stop.idle],
        }
    assert one.trip is not None
    return {
        **base, "id": one.trip.id, "from": [one.trip.start_lon, one.trip.start_lat],
        "to": [one.trip.end_lon, one.trip.end_lat], "km": round(one.trip.distance_m / 1000, 1),
        "purpose": one.trip.purpose, "start_place": one.trip.start_place, "end_place": one.trip.end_place,
    }  # fmt: skip


def track_data(track: Track, trips: Sequence[StoredTrip], most: int = MOST_POINTS) -> dict[str, Any]:
    """The track as columns of one length, at most ``most`` long, and what can only be told from it."""
    part = spans.thinned(len(track), most)
    ranges = [(ms(one.start), ms(one.end)) for one in trips]
    altitude = track.altitude_m
    return {
        "t": track.time_ms[part].tolist(),
        "lat": (track.lat_e7[part] / 1e7).tolist(),
        "lon": (track.lon_e7[part] / 1e7).tolist(),
        "kmh": _known(track.speed_kmh[part]),
        "course": _known(track.course_deg[part]),
        "alt": None if altitude is None else _known(altitude[part]),
        "count": len(track),
        "silences": spans.silences(track.time_ms),
        "idles": spans.idles(track.time_ms, track.speed_kmh, ranges),
    }


def _known(column: Any) -> list[float | None]:
    known = np.isfinite(column).tolist()
    values = np.round(column.astype(np.float64), 1).tolist()
    return [value if is_known else None for value, is_known in zip(values, known, strict=True)]


def ms(moment: datetime) -> int:
    """Milliseconds since 1970."""
    return round(moment.timestamp() * 1000)


def neighbours(day: date) -> tuple[date, date | None]:
    """The day before, and the day after unless it lies in the future."""
    return day - timedelta(days=1), day + timedelta(days=1) if day < clock.today() else None
