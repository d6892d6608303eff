"""Reads stored trips and stops. Each call runs in a Django transaction that speaks for the organisation."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import date, datetime, timedelta
from typing import Any, TypeVar
from uuid import UUID

from django.db import connection
from django.utils.translation import gettext as _

from allconnects.kit.errors import NotFound
from allconnects.telemetry.store.segments import bounds
from allconnects.trips.sighted import note_overview, stops_seen, trips_seen
from allconnects.trips.store.rows import STOP_LIST, TRIP_LIST, stop_of, trip_of
from allconnects.trips.stored import DayUse, StoredStop, StoredTrip, Totals

MOST = 10_000
"""Rows of one answer; lists that may be longer go by pages."""

FURTHER = 500
"""Rows that are read at once where those of a page were hidden."""
T = TypeVar("T", StoredTrip, StoredStop)

LONG = timedelta(days=15)
_LONG = "end_at - start_at >= interval '15 days'"

# Zero stands for no vehicle and for no device, so that both halves are joined by their hashes. Which day of the month a
# trip starts on is found among its midnights: to ask each trip for its wall clock takes twice as long.
_OVERVIEW = """
    WITH drove AS (
        SELECT coalesce(vehicle, 0) AS vehicle, CASE WHEN vehicle IS NULL THEN device_id ELSE 0 END AS device,
               width_bucket(start_at, %(midnights)s::timestamptz[]) AS at,
               count(*) AS trips, sum(distance_m) AS distance_m, sum(moving_s) AS moving_s, sum(idle_s) AS idle_s,
               min(start_at) AS first_start, max(end_at) AS last_end
        FROM trips_trip
        WHERE organisation_id = %(organisation)s AND shown AND start_at >= %(start)s AND start_at < %(end)s
        GROUP BY 1, 2, 3),
    stood AS (
        SELECT coalesce(vehicle, 0) AS vehicle, CASE WHEN vehicle IS NULL THEN device_id ELSE 0 END AS device,
               day - %(first)s + 1 AS at, sum(idle_s) AS idle_s
        FROM trips_idle(%(organisation)s, %(start)s, %(end)s) GROUP BY 1, 2, 3)
    SELECT nullif(vehicle, 0), nullif(device, 0), at, coalesce(d.trips, 0), coalesce(d.distance_m, 0),
           coalesce(d.moving_s, 0), coalesce(d.idle_s, 0) + coalesce(s.idle_s, 0), d.first_start, d.last_end
    FROM drove d FULL JOIN stood s USING (vehicle, device, at) ORDER BY 1, 2, 3"""
_IDLED = """
    SELECT day, sum(idle_s) FROM trips_idle(%s, %s, %s)
    WHERE device_id = ANY(%s::integer[]) OR vehicle = ANY(%s::integer[]) GROUP BY 1"""


def trips_between(
    organisation: int,
    start: datetime,
    end: datetime,
    *,
    device: int | None = None,
    vehicle: int | None = None,
    person: UUID | None = None,
    devices: Sequence[int] | None = None,
    people: Sequence[UUID] | None = None,
    vehicles: Sequence[int] | None = None,
    after: tuple[datetime, int] | None = None,
    limit: int = MOST,
) -> list[StoredTrip]:
    """Shown trips that touch ``start <= time < end``, by start and id.

    ``devices``, ``people``, ``vehicles``: of any of these. ``after``: start and id of the last trip of the page before.
    """

    def read(after: tuple[datetime, int] | None, most: int) -> list[StoredTrip]:
        where, params = _between(organisation, start, end, device, vehicle, person, after, devices, people, vehicles)
        rows = _rows(f"SELECT {TRIP_LIST} FROM trips_trip WHERE {where}", params, most)
        return [trip_of(row) for row in rows]

    return _gathered(organisation, read, trips_seen, after, limit)


def stops_between(
    organisation: int,
    start: datetime,
    end: datetime,
    *,
    device: int | None = None,
    vehicle: int | None = None,
    person: UUID | None = None,
    devices: Sequence[int] | None = None,
    people: Sequence[UUID] | None = None,
    vehicles: Sequence[int] | None = None,
    after: tuple[datetime, int] | None = None,
    limit: int = MOST,
) -> list[StoredStop]:
    """Shown stops that touch ``start <= time < end``, by start and id."""

    def read(after: tuple[datetime, int] | None, most: int) -> list[StoredStop]:
        where, params = _between(organisation, start, end, device, vehicle, person, after, devices, people, vehicles)
        rows = _rows(f"SELECT {STOP_LIST} FROM trips_stop WHERE {where}", params, most)
        return [stop_of(row) for row in rows]

    return _gathered(organisation, read, stops_seen, after, limit)


def _gathered(
    organisation: int,
    read: Callable[[tuple[datetime, int] | None, int], list[T]],
    see: Callable[[int, Sequence[T]], list[T]],
    after: tuple[datetime, int] | None,
    limit: int,
) -> list[T]:
    """As many as asked for, where there are so many: a page from which some are hidden is not the last one."""
    found: list[T] = []
    most = limit
    while True:
        rows = read(after, most)
        found += see(organisation, rows)
        if len(rows) < most or len(found) >= limit:
            return found[:limit]
        after, most = (rows[-1].start, rows[-1].id), max(limit - len(found), FURTHER)


def _between(
    organisation: int,
    start: datetime,
    end: datetime,
    device: int | None,
    vehicle: int | None,
    person: UUID | None,
    after: tuple[datetime, int] | None,
    devices: Sequence[int] | None,
    people: Sequence[UUID] | None,
    vehicles: Sequence[int] | None,
) -> tuple[str, list[Any]]:
    """A condition and its values. What began long before ``start`` is in an index of its own."""
    where = ["organisation_id = %s", "shown", "start_at < %s", "end_at >= %s", f"(start_at > %s OR {_LONG})"]
    params: list[Any] = [organisation, end, start, start - LONG]
    for column, value in (("device_id", device), ("vehicle", vehicle), ("person", person)):
        if value is not None:
            where.append(f"{column} = %s")
            params.append(value)
    for column, values in (("device_id", devices), ("person", people), ("vehicle", vehicles)):
        if values is not None:
            where.append(f"{column} = ANY(%s)")
            params.append(list(values))
    if after is not None:
        where.append("(start_at, id) > (%s, %s)")
        params += after
    return " AND ".join(where), params


def _rows(query: str, params: Sequence[Any], limit: int) -> list[tuple[Any, ...]]:
    with connection.cursor() as cursor:
        cursor.execute(f"{query} ORDER BY start_at, id LIMIT %s", [*params, limit])
        return list(cursor.fetchall())


def trip_by_id(organisation: int, trip: int) -> StoredTrip:
    """One trip, shown or not. Raises NotFound."""
    query = f"SELECT {TRIP_LIST} FROM trips_trip WHERE organisation_id = %s AND id = %s"
    found = _rows(query, [organisation, trip], 1) if 0 < trip < 2**63 else []
    seen = trips_seen(organisation, [trip_of(row) for row in found])
    if not seen:
        raise NotFound(_("There is no such trip."))
    return seen[0]


def originals_of(organisation: int, trip: StoredTrip) -> list[StoredTrip]:
    """What the detector found where a corrected trip stands, in order; empty when it was not corrected."""
    if trip.computed:
        return []
    query = f"""SELECT {TRIP_LIST} FROM trips_trip WHERE organisation_id = %s AND device_id = %s AND NOT shown
        AND start_at < %s AND end_at > %s"""
    rows = _rows(query, [organisation, trip.device, trip.end, trip.start], MOST)
    return trips_seen(organisation, [trip_of(row) for row in rows])


def month_overview(organisation: int, month: date) -> list[DayUse]:
    """Use of every vehicle (or device in none) on every Brussels day of the month of ``month`` on which it drove or
    its engine ran."""
    first = month.replace(day=1)
    following = date(first.year + first.month // 12, first.month % 12 + 1, 1)
    days = [first + timedelta(days=at) for at in range((following - first).days)]
    midnights = [bounds(day)[0] for day in days]
    start, end = midnights[0], bounds(following)[0]
    given: dict[str, Any] = {
        "organisation": organisation, "first": first, "start": start, "end": end, "midnights": midnights,
    }  # fmt: skip
    with connection.cursor() as cursor:
        cursor.execute(_OVERVIEW, given)
        found = [DayUse(vehicle, device, days[at - 1], *rest) for vehicle, device, at, *rest in cursor.fetchall()]
    if found:
        note_overview(organisation, start, end - timedelta(days=1), len(found))
    return found


def idled(
    organisation: int, start: datetime, end: datetime, *, devices: Sequence[int] = (), vehicles: Sequence[int] = ()
) -> dict[date, float]:
    """For how many seconds engines of any of these ran in stops on each Brussels day between two instants."""
    with connection.cursor() as cursor:
        cursor.execute(_IDLED, [organisation, start, end, list(devices), list(vehicles)])
        return dict(cursor.fetchall())


def totals_of(trips: Sequence[StoredTrip], idle_s: float = 0.0) -> Totals:
    """Sums over shown trips; ``idle_s``: what engines ran in stops besides."""
    return Totals(
        len(trips),
        sum(one.distance_m for one in trips),
        sum(one.moving_s for one in trips),
        sum(one.idle_s for one in trips) + idle_s,
        min((one.start for one in trips), default=None),
        max((one.end for one in trips), default=None),
    )
