"""Trips and stops as whoever asks may see them, and the note that he did.

Others see of a person what ``telemetry.store.sight`` says. Where a vehicle stood when private time began or ended may
be somebody's home: unless it is a place of the organisation, others learn no more than about which municipality it was.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections import defaultdict
from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from django.db import connection

from allconnects.accounts.actor import current
from allconnects.kit import clock
from allconnects.privacy.access import service as access
from allconnects.telemetry.store.sight import Sight, sights
from allconnects.trips.ends import End, in_places
from allconnects.trips.stored import StoredStop, StoredTrip

PURPOSE = "fleet.dispatch"
HOME = Sight(grid_e7=1_000_000)
"""About a municipality."""
NEAR = timedelta(hours=12)
"""So long before or after private time a place counts as where it began or ended."""
_EDGES = """
    SELECT device_id, lower(during), upper(during) FROM telemetry_private
    WHERE organisation_id = %(organisation)s AND device_id = ANY(%(devices)s)
      AND during && tstzrange(%(first)s, %(last)s)
    UNION ALL
    SELECT device_id, upper(during), NULL FROM telemetry_recorded
    WHERE organisation_id = %(organisation)s AND device_id = ANY(%(devices)s)
      AND upper(during) >= %(first)s AND upper(during) < least(%(last)s, now())
    UNION ALL
    SELECT device_id, NULL, lower(during) FROM telemetry_recorded
    WHERE organisation_id = %(organisation)s AND device_id = ANY(%(devices)s)
      AND lower(during) >= %(first)s AND lower(during) < least(%(last)s, now()) AND lower(during) > '2000-01-02'"""
_OWN = "SELECT id FROM fleet_person WHERE organisation_id = %s AND account_id = %s"


@dataclass(slots=True)
class Edges:
    """When private time of one device began and ended, each in order."""

    begins: list[datetime]
    ends: list[datetime]

    def after(self, start: datetime, others: Sequence[datetime]) -> bool:
        """Whether what starts then is the first after private time. ``others``: when other trips ended, in order."""
        place = bisect_right(self.ends, start) - 1
        if place < 0 or start - self.ends[place] > NEAR:
            return False
        return bisect_right(others, start) == bisect_left(others, self.ends[place])

    def before(self, end: datetime, others: Sequence[datetime]) -> bool:
        """Whether what ends then is the last before private time. ``others``: when other trips start, in order."""
        place = bisect_left(self.begins, end)
        if place == len(self.begins) or self.begins[place] - end > NEAR:
            return False
        return bisect_left(others, end) == bisect_left(others, self.begins[place])


def trips_seen(organisation: int, found: Sequence[StoredTrip]) -> list[StoredTrip]:
    """What of these trips whoever acts now may see; written down."""
    if current().is_process or not found:
        return list(found)
    limits, own = _limits(organisation)
    shown = [one for one in found if not _hidden(one, limits)]
    edges = _edges(organisation, shown)
    starts, ends = _moments(shown, lambda one: one.start), _moments(shown, lambda one: one.end)
    result = []
    marks: list[tuple[int, bool]] = []
    for place, one in enumerate(shown):
        sight = limits.get(str(one.person))
        result.append(_coarse_trip(one, sight) if sight else one)
        edge = edges.get(one.device)
        if edge is not None and one.person not in own:
            marks += [(place, True)] if edge.after(one.start, ends[one.device]) else []
            marks += [(place, False)] if edge.before(one.end, starts[one.device]) else []
    _hide_ends(organisation, result, marks)
    _note(organisation, shown)
    return result


def stops_seen(organisation: int, found: Sequence[StoredStop]) -> list[StoredStop]:
    """The same of stops: one that touches private time is where a vehicle stood then."""
    if current().is_process or not found:
        return list(found)
    limits, own = _limits(organisation)
    shown = [one for one in found if not _hidden(one, limits)]
    edges = _edges(organisation, shown)
    result = []
    for one in shown:
        sight = limits.get(str(one.person))
        result.append(replace(one, lat=sight.place(one.lat), lon=sight.place(one.lon)) if sight else one)
    parked = [
        place for place, one in enumerate(shown)
        if one.person not in own and one.device in edges and _touches(edges[one.device], one)
    ]  # fmt: skip
    known = in_places(organisation, [_end(shown[i].lat, shown[i].lon, shown[i].start) for i in parked])
    for place in (place for place, at_work in zip(parked, known, strict=True) if not at_work):
        one = result[place]
        result[place] = replace(one, lat=HOME.place(one.lat), lon=HOME.place(one.lon))
    _note(organisation, shown)
    return result


def _end(lat: float | None, lon: float | None, at: datetime) -> End:
    """What is not told is nowhere near a place."""
    return End(lat or 0.0, lon or 0.0, at)


def _touches(edges: Edges, stop: StoredStop) -> bool:
    moments = (*edges.begins, *edges.ends)
    return any(stop.start - timedelta(minutes=10) <= at <= stop.end + timedelta(minutes=10) for at in moments)


def _limits(organisation: int) -> tuple[dict[str, Sight], Collection[UUID]]:
    """What others see of whom, and who whoever acts is himself."""
    actor = current().name
    with connection.cursor() as cursor:
        limits = sights(cursor, organisation)
        own: set[UUID] = set()
        if actor.startswith("account:"):
            cursor.execute(_OWN, [organisation, int(actor.removeprefix("account:"))])
            own = {row[0] for row in cursor.fetchall()}
    return limits, own


def _hidden(one: StoredTrip | StoredStop, limits: dict[str, Sight]) -> bool:
    sight = limits.get(str(one.person))
    return sight is not None and sight.hides(one.start)


def _edges(organisation: int, found: Sequence[StoredTrip] | Sequence[StoredStop]) -> dict[int, Edges]:
    rows: list[StoredTrip | StoredStop] = list(found)
    if not rows:
        return {}
    values: dict[str, Any] = {
        "organisation": organisation, "devices": sorted({one.device for one in rows}),
        "first": min(one.start for one in rows) - NEAR, "last": max(one.end for one in rows) + NEAR,
    }  # fmt: skip
    with connection.cursor() as cursor:
        cursor.execute(_EDGES, values)
        spans = cursor.fetchall()
    result: dict[int, Edges] = {}
    for device, begin, end in spans:
        edge = result.setdefault(device, Edges([], []))
        edge.begins += [begin] if begin is not None else []
        edge.ends += [end] if end is not None else []
    for edge in result.values():
        edge.begins.sort()
        edge.ends.sort()
    return result


def _moments(found: Sequence[StoredTrip], of: Any) -> dict[int, list[datetime]]:
    result: dict[int, list[datetime]] = defaultdict(list)
    for one in found:
        result[one.device].append(of(one))
    for moments in result.values():
        moments.sort()
    return result


def _coarse_trip(one: StoredTrip, sight: Sight) -> StoredTrip:
    if not sight.grid_e7:
        return one
    return replace(
        one, start_lat=sight.place(one.start_lat), start_lon=sight.place(one.start_lon),
        end_lat=sight.place(one.end_lat), end_lon=sight.place(one.end_lon), start_place="", end_place="",
    )  # fmt: skip


def _hide_ends(organisation: int, found: list[StoredTrip], marks: Sequence[tuple[int, bool]]) -> None:
    """Hide where a trip starts (True) or ends, unless that is at a place of the organisation."""
    points = [
        _end(found[place].start_lat, found[place].start_lon, found[place].start) if start
        else _end(found[place].end_lat, found[place].end_lon, found[place].end)
        for place, start in marks
    ]  # fmt: skip
    for (place, start), at_work in zip(marks, in_places(organisation, points), strict=True):
        one = found[place]
        if at_work:
            continue
        if start:
            lat, lon = HOME.place(one.start_lat), HOME.place(one.start_lon)
            found[place] = replace(one, start_lat=lat, start_lon=lon, start_place="")
        else:
            lat, lon = HOME.place(one.end_lat), HOME.place(one.end_lon)
            found[place] = replace(one, end_lat=lat, end_lon=lon, end_place="")


def _note(organisation: int, found: Sequence[StoredTrip] | Sequence[StoredStop]) -> None:
    days = [clock.day_of(one.start) for one in found if one.person is not None]
    if not days:
        return
    people = {str(one.person) for one in found if one.person is not None}
    with connection.cursor() as cursor:
        access.note(
            cursor, organisation, people, purpose=PURPOSE, scope="trips", first=min(days), last=max(days),
            size=len(days),
        )  # fmt: skip


def note_overview(organisation: int, first: datetime, last: datetime, size: int) -> None:
    """Somebody saw the use of every vehicle by day: that is about everybody."""
    days = [clock.day_of(at) for at in (first, last)]
    with connection.cursor() as cursor:
        access.note(
            cursor, organisation, None, purpose=PURPOSE, scope="trips", first=days[0], last=max(days), size=size,
            goes_on=True,
        )  # fmt: skip
