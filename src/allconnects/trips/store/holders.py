"""Who had a device, and what it was in, as the moments at which that changed."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any, Final

from allconnects.telemetry.store.occupancy import stays
from allconnects.telemetry.store.segments import Cursor
from allconnects.trips.found import Change, Holder

DRIVER_CHANGED: Final = "driver_changed"
INSTALLATION_CHANGED: Final = "installation_changed"
_INSTALLED: Final = """
    SELECT ceil(extract(epoch FROM lower(during)) * 1000)::bigint,
           CASE WHEN upper_inf(during) OR upper(during) = 'infinity' THEN 9000000000000000
                ELSE ceil(extract(epoch FROM upper(during)) * 1000)::bigint END, vehicle_id, material_id
    FROM fleet_installation WHERE organisation_id = %s AND device_id = %s AND during && tstzrange(%s, %s)
    ORDER BY 1"""
_CLASS: Final = """
    SELECT v.vehicle_class FROM fleet_installation i JOIN fleet_vehicle v ON v.id = i.vehicle_id
    WHERE i.organisation_id = %s AND i.device_id = %s ORDER BY lower(i.during) DESC LIMIT 1"""
Span = tuple[int, int, Any]
"""From (ms), until before (ms), who or what."""


def changes(cursor: Cursor, organisation: int, device: int, start_ms: int, end_ms: int) -> list[Change]:
    """Changes that matter from ``start_ms`` until ``end_ms``, in order; the first tells how it began."""
    start, end = (datetime.fromtimestamp(ms / 1000, UTC) for ms in (start_ms, end_ms + 1000))
    people = [(-(-stay.start_us // 1000), -(-stay.end_us // 1000), stay.person)
              for stay in stays(cursor, organisation, device, start, end)]  # fmt: skip
    vehicles, materials = carriers(cursor, organisation, device, start, end)
    return merged(people, vehicles, materials)


def carriers(
    cursor: Cursor, organisation: int, device: int, start: datetime, end: datetime
) -> tuple[list[Span], list[Span]]:
    """Vehicles and materials that the device was in."""
    cursor.execute(_INSTALLED, (organisation, device, start, end))
    rows = cursor.fetchall()
    vehicles = [(first, last, vehicle) for first, last, vehicle, _ in rows if vehicle is not None]
    materials = [(first, last, material) for first, last, _, material in rows if material is not None]
    return vehicles, materials


def klass_of(cursor: Cursor, organisation: int, device: int, kind: str) -> str:
    """What rules call the device: the class of the vehicle that it is or was last in, else its kind."""
    cursor.execute(_CLASS, (organisation, device))
    rows = cursor.fetchall()
    return rows[0][0] if rows and rows[0][0] else kind


def merged(people: Sequence[Span], vehicles: Sequence[Span], materials: Sequence[Span]) -> list[Change]:
    """One list of changes out of three of spans."""
    moments = sorted({at for spans in (people, vehicles, materials) for one in spans for at in one[:2]})
    found: list[Change] = []
    before = Holder()
    for at in moments:
        holder = Holder(*(_at(spans, at) for spans in (people, vehicles, materials)))
        if holder != before:
            rule = DRIVER_CHANGED if holder.person != before.person else INSTALLATION_CHANGED
            found.append(Change(at, holder, rule))
        before = holder
    return found


def _at(spans: Sequence[Span], at: int) -> Any:
    return next((what for first, end, what in spans if first <= at < end), None)
