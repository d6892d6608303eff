"""Whose the track of a device is: ``telemetry_occupancy`` follows from installations and who drives or carries.

A tracker in a vehicle belongs to its driver, one on a person to that person, one in a tool to who has it in hand. A
change marks the sealed days that it touches (a trigger of the store), and they are cut anew.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import Any, NamedTuple
from uuid import UUID

from allconnects.fleet.rules import FOREVER

_WANTED = """
    WITH stay AS (
        SELECT vehicle_id, material_id, person_id, during * tstzrange(%(start)s, NULL) AS during
        FROM fleet_installation WHERE device_id = %(device)s AND during && tstzrange(%(start)s, NULL))
    SELECT lower(during), upper(during), person_id FROM stay WHERE person_id IS NOT NULL
    UNION ALL
    SELECT lower(s.during * o.during), upper(s.during * o.during), o.person_id
    FROM stay s JOIN fleet_occupancy o ON o.vehicle_id = s.vehicle_id AND o.role = 'driver' AND o.during && s.during
    UNION ALL
    SELECT lower(s.during * c.during), upper(s.during * c.during), c.person_id
    FROM stay s JOIN fleet_custody c ON c.material_id = s.material_id AND c.person_id IS NOT NULL
        AND c.during && s.during"""
_PRESENT = """
    SELECT lower(during), upper(during), person FROM telemetry_occupancy
    WHERE organisation_id = %s AND device_id = %s AND during && tstzrange(%s - interval '1 microsecond', NULL)"""
_DROP = """
    DELETE FROM telemetry_occupancy
    WHERE organisation_id = %s AND device_id = %s AND during = tstzrange(%s, %s, '[)')"""
_ADD = """
    INSERT INTO telemetry_occupancy (organisation_id, device_id, person, during)
    VALUES (%s, %s, %s, tstzrange(%s, %s, '[)'))"""
_OF_VEHICLES = """
    SELECT DISTINCT device_id FROM fleet_installation
    WHERE vehicle_id = ANY(%s) AND during && tstzrange(%s, NULL) ORDER BY 1"""
_OF_MATERIAL = """
    SELECT DISTINCT device_id FROM fleet_installation
    WHERE material_id = %s AND during && tstzrange(%s, NULL) ORDER BY 1"""


class Had(NamedTuple):
    """A person had a device from start until before end."""

    start: datetime
    end: datetime
    person: UUID


def follow_device(cursor: Any, organisation: int, device: int, start: datetime) -> None:
    """Bring whose the track of a device is up to date from a moment on. Days that do not change stay sealed."""
    cursor.execute("SELECT FROM telemetry_device WHERE id = %s FOR NO KEY UPDATE", (device,))
    cursor.execute(_PRESENT, (organisation, device, start))
    present = _rows(cursor)
    cursor.execute(_WANTED, {"device": device, "start": start})
    before = [one._replace(end=start) for one in present if one.start < start]
    wanted = joined([*before, *_rows(cursor)])
    for one in set(present) - set(wanted):
        cursor.execute(_DROP, (organisation, device, one.start, _bound(one.end)))
    for one in sorted(set(wanted) - set(present)):
        cursor.execute(_ADD, (organisation, device, one.person, one.start, _bound(one.end)))


def follow_vehicles(cursor: Any, organisation: int, vehicles: Iterable[int], start: datetime) -> None:
    """The same for all devices that sit in some vehicles from a moment on."""
    cursor.execute(_OF_VEHICLES, (sorted(vehicles), start))
    for (device,) in cursor.fetchall():
        follow_device(cursor, organisation, device, start)


def follow_material(cursor: Any, organisation: int, material: int, start: datetime) -> None:
    """The same for the devices in a material."""
    cursor.execute(_OF_MATERIAL, (material, start))
    for (device,) in cursor.fetchall():
        follow_device(cursor, organisation, device, start)


def joined(rows: Iterable[Had]) -> list[Had]:
    """Neighbours of one person as one, in order."""
    found: list[Had] = []
    for one in sorted(rows):
        if one.end <= one.start:
            continue
        if found and found[-1].person == one.person and found[-1].end == one.start:
            found[-1] = found[-1]._replace(end=one.end)
        else:
            found.append(one)
    return found


def _rows(cursor: Any) -> list[Had]:
    return [Had(start, end or FOREVER, person) for start, end, person in cursor.fetchall()]


def _bound(end: datetime) -> datetime | None:
    return None if end == FOREVER else end
