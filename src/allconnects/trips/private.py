"""Private trips of others: that there was one, and its kilometres, may be seen; where it led, by its driver alone.

With a private trip goes the stop to which it led, until the next trip. Ends at somebody's home have no coordinates for
others either, and a track has none where it stays there.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Final
from uuid import UUID

import numpy as np
from django.db import connection
from numpy.typing import ArrayLike, NDArray

from allconnects.fleet.models import Person
from allconnects.kit.sql import numbers
from allconnects.places.homes import at_home, own_home_only
from allconnects.telemetry.store.reader import Track
from allconnects.telemetry.store.veil import Span
from allconnects.trips.stored import Correction, StoredStop, StoredTrip

_STAYS_MS: Final = 180_000
"""Who passes a home is not at home: a track is hidden there where it stays so long, begins or ends."""
_FOREVER: Final = 2**62
_SPANS: Final = """
    SELECT t.device_id, (extract(epoch FROM t.start_at) * 1000)::bigint,
        CASE WHEN s.still_open OR s.id IS NULL AND t.still_open THEN NULL
             ELSE (extract(epoch FROM coalesce(s.end_at, t.end_at)) * 1000)::bigint END
    FROM trips_trip t
    LEFT JOIN trips_stop s ON s.organisation_id = t.organisation_id AND s.device_id = t.device_id AND s.shown
        AND s.start_at BETWEEN t.end_at - interval '1 second' AND t.end_at + interval '1 second'
    WHERE t.organisation_id = %s AND t.device_id = ANY(%s::integer[])
      AND t.shown AND t.purpose = 'private'
      AND t.start_at >= %s - interval '15 days' AND t.start_at <= %s
      AND NOT coalesce(t.person = ANY(%s::uuid[]), false)"""


def people_of(viewer: int | None) -> list[UUID]:
    """Who the account is; nobody without one."""
    return [] if viewer is None else list(Person.objects.filter(account_id=viewer).values_list("pk", flat=True))


def spans(
    organisation: int, devices: Sequence[int], start: datetime, end: datetime, viewer: int | None
) -> dict[int, list[Span]]:
    """When each device was on a private trip of somebody else, or stood where that led to. Two queries."""
    found: dict[int, list[Span]] = {}
    with connection.cursor() as cursor:
        cursor.execute(_SPANS, [organisation, numbers(devices), start, end, people_of(viewer)])
        for device, first, last in cursor.fetchall():
            found.setdefault(device, []).append((first, _FOREVER if last is None else last))
    return found


def hidden_trips(trips: Sequence[StoredTrip], viewer: int | None) -> set[int]:
    """Ids of the private trips of others among these."""
    private = [one for one in trips if one.purpose == "private"]
    mine = set(people_of(viewer)) if private else set()
    return {one.id for one in private if one.person is None or one.person not in mine}


def hidden_stops(organisation: int, stops: Sequence[StoredStop], viewer: int | None) -> set[int]:
    """Ids of the stops among these to which a private trip of somebody else led."""
    if not stops:
        return set()
    devices = sorted({one.device for one in stops})
    first, last = min(one.start for one in stops), max(one.start for one in stops)
    private = spans(organisation, devices, first, last, viewer)
    return {
        one.id for one in stops
        if any(start <= _ms(one.start) + 500 < end for start, end in private.get(one.device, ()))
    }  # fmt: skip


def hidden_corrections(organisation: int, found: Sequence[Correction], viewer: int | None) -> set[int]:
    """Ids of the corrections among these that are about private trips of others."""
    if not found:
        return set()
    first, last = min(one.start for one in found), max(one.end for one in found)
    private = spans(organisation, sorted({one.device for one in found}), first, last, viewer)
    return {
        one.id for one in found
        if any(start < _ms(one.end) and end > _ms(one.start) for start, end in private.get(one.device, ()))
    }  # fmt: skip


def masked_ends(lat: ArrayLike, lon: ArrayLike, viewer: int | None) -> NDArray[np.bool_]:
    """Which points (n,), in degrees, lie in a home that is not the viewer's own."""
    hidden = at_home(lat, lon)
    if viewer is not None and hidden.any():
        hidden &= ~own_home_only(viewer, lat, lon)
    return hidden


def of_track(organisation: int, device: int, track: Track, viewer: int | None) -> NDArray[np.bool_]:
    """The veil of this room over a track: private trips of others, and stays at homes of others."""
    times = track.time_ms
    start, end = (datetime.fromtimestamp(int(times[at]) / 1000, UTC) for at in (0, -1))
    hidden = np.zeros(len(times), np.bool_)
    for first, last in spans(organisation, [device], start, end, viewer).get(device, ()):
        hidden |= (times >= first) & (times <= last)
    return hidden | _stays(times, masked_ends(track.lat_e7 / 1e7, track.lon_e7 / 1e7, viewer))


def _stays(times: NDArray[np.int64], inside: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """Runs of fixes inside that last, or at which the track begins or ends."""
    if not inside.any():
        return inside
    edges = np.flatnonzero(np.diff(np.concatenate(([False], inside, [False])).astype(np.int8)))
    found = np.zeros(len(inside), np.bool_)
    for first, behind in edges.reshape(-1, 2).tolist():
        stays = times[min(behind, len(times) - 1)] - times[first] >= _STAYS_MS
        if first == 0 or behind == len(inside) or stays:
            found[first:behind] = True
    return found


def of_latest(organisation: int, placed: Mapping[int, datetime], viewer: int | None) -> set[int]:
    """Devices whose latest place is on a private trip of somebody else, or where that led to."""
    if not placed:
        return set()
    private = spans(organisation, list(placed), min(placed.values()), max(placed.values()), viewer)
    return {
        device for device, found in private.items()
        if any(first <= _ms(placed[device]) <= last for first, last in found)
    }  # fmt: skip


def _ms(moment: datetime) -> int:
    return round(moment.timestamp() * 1000)
