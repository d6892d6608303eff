"""How far vehicles drove and how long things ran: the register's readings, carried on by trips and usage."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import NamedTuple

from django.db import connection

from allconnects.fleet.models import Material, Vehicle
from allconnects.kit import clock

_DRIVEN = """
    SELECT w.vehicle, coalesce(sum(t.distance_m), 0), coalesce(sum(t.moving_s + t.idle_s), 0)
    FROM unnest(%s::integer[], %s::timestamptz[]) AS w(vehicle, since)
    LEFT JOIN trips_trip t ON t.organisation_id = %s AND t.vehicle = w.vehicle AND t.shown AND t.start_at >= w.since
    GROUP BY 1"""
_RAN = """
    SELECT w.material, coalesce(sum(u.seconds), 0)
    FROM unnest(%s::integer[], %s::timestamptz[]) AS w(material, since)
    LEFT JOIN maintenance_usage u ON u.organisation_id = %s AND u.material_id = w.material
        AND u.day >= (w.since AT TIME ZONE 'Europe/Brussels')::date
    GROUP BY 1"""


class Driven(NamedTuple):
    """Metres by trips, and hours from start to end of them."""

    metres: float
    hours: float


def driven(organisation: int, since: Mapping[int, datetime]) -> dict[int, Driven]:
    """What vehicles drove since a moment each, by their stored trips; one query."""
    with connection.cursor() as cursor:
        cursor.execute(_DRIVEN, [list(since), list(since.values()), organisation])
        return {vehicle: Driven(float(m), float(s) / 3600) for vehicle, m, s in cursor.fetchall()}


def ran(organisation: int, since: Mapping[int, datetime]) -> dict[int, float]:
    """Hours that materials ran since a moment each, whole days; one query."""
    with connection.cursor() as cursor:
        cursor.execute(_RAN, [list(since), list(since.values()), organisation])
        return {material: float(seconds) / 3600 for material, seconds in cursor.fetchall()}


def odometers(organisation: int, vehicles: list[int] | None = None) -> dict[int, float]:
    """Metres that dashboards show now: as read last, and what was driven since. Without a reading there is none."""
    rows = Vehicle.objects.filter(odometer_m__isnull=False)
    if vehicles is not None:
        rows = rows.filter(pk__in=vehicles)
    known = {pk: (metres, at) for pk, metres, at in rows.values_list("pk", "odometer_m", "odometer_at")}
    if not known:
        return {}
    more = driven(organisation, {pk: at or clock.now() for pk, (_m, at) in known.items()})
    return {pk: float(metres or 0) + more[pk].metres for pk, (metres, _at) in known.items()}


def meters(organisation: int, materials: list[int] | None = None) -> dict[int, float]:
    """Hours that meters of materials show now, where one was read."""
    rows = Material.objects.filter(hours__isnull=False)
    if materials is not None:
        rows = rows.filter(pk__in=materials)
    known = {pk: (hours, at) for pk, hours, at in rows.values_list("pk", "hours", "hours_at")}
    if not known:
        return {}
    more = ran(organisation, {pk: at or clock.now() for pk, (_h, at) in known.items()})
    return {pk: float(hours or 0) + more[pk] for pk, (hours, _at) in known.items()}
