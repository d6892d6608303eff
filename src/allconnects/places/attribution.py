"""Whose visits they are: the vehicle or material that the device was in, and the person who had it the longest."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from allconnects.places.visits import Row

Time = tuple[datetime, datetime | None, Any, Any]
_INSTALLED = """
    SELECT lower(during), CASE WHEN upper_inf(during) THEN NULL ELSE upper(during) END, vehicle_id, material_id
    FROM fleet_installation
    WHERE organisation_id = %s AND device_id = %s AND during && tstzrange(%s, %s, '[]') ORDER BY 1"""
_HAD = """
    SELECT lower(during), CASE WHEN upper_inf(during) OR upper(during) = 'infinity' THEN NULL ELSE upper(during) END,
           person, NULL
    FROM telemetry_occupancy
    WHERE organisation_id = %s AND device_id = %s AND during && tstzrange(%s, %s, '[]') ORDER BY 1"""


def attribute(cursor: Any, organisation: int, device: int, visits: Sequence[Row]) -> list[Row]:
    """The same visits with vehicle, material and person."""
    if not visits:
        return []
    window = min(one.enter for one in visits), max(one.leave for one in visits)
    cursor.execute(_INSTALLED, [organisation, device, *window])
    installed = cursor.fetchall()
    cursor.execute(_HAD, [organisation, device, *window])
    had = cursor.fetchall()
    return [_with(one, _longest(installed, one), _longest(had, one)) for one in visits]


def _with(visit: Row, thing: Time | None, person: Time | None) -> Row:
    return visit._replace(
        vehicle=thing[2] if thing else None, material=thing[3] if thing else None, person=person[2] if person else None
    )


def _longest(times: Sequence[Time], visit: Row) -> Time | None:
    """The one that shares most of the visit, the earliest of equals; one that only touches it counts for a moment."""
    best: tuple[float, Time] | None = None
    for one in times:
        begin, end = one[0], one[1]
        if begin > visit.leave or (end is not None and end <= visit.enter):
            continue
        shared = (min(end or visit.leave, visit.leave) - max(begin, visit.enter)).total_seconds()
        if best is None or shared > best[0]:
            best = shared, one
    return best[1] if best else None
