"""What an investigation can be granted for, and who had a vehicle: by occupancy, or by what its trips say."""

from __future__ import annotations

from datetime import datetime
from typing import Any, Final
from uuid import UUID

from django.db import connection

from allconnects.privacy.investigations import ports
from allconnects.reports.catalogue import reports
from allconnects.reports.purposes import purposes

_WHO_HAD: Final = """
    SELECT person_id FROM fleet_occupancy
    WHERE organisation_id = %(organisation)s AND vehicle_id = %(vehicle)s
      AND during && tstzrange(%(start)s, %(end)s)
    UNION
    SELECT person FROM trips_trip
    WHERE organisation_id = %(organisation)s AND vehicle = %(vehicle)s AND person IS NOT NULL
      AND start_at >= %(start)s AND start_at < %(end)s"""


def who_had(organisation: int, vehicle: int, start: datetime, end: datetime) -> set[UUID]:
    """Everybody who was in the vehicle, or who is said to have driven it, between two instants."""
    values: dict[str, Any] = {"organisation": organisation, "vehicle": vehicle, "start": start, "end": end}
    with connection.cursor() as cursor:
        cursor.execute(_WHO_HAD, values)
        return {row[0] for row in cursor.fetchall()}


def join() -> None:
    """Called once the room is loaded: reports about people that are made under an investigation only."""
    only = {key for key, one in purposes().items() if one.case}
    for key, report in reports().items():
        if report.personal and only & set(report.purposes):
            ports.offer(key, report.title)
    ports.knows_who_had(who_had)
