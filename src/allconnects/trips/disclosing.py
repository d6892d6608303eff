"""What can be given to an authority about somebody's trips, from the least to the most; private ones never."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from django.db import connection
from django.utils.translation import gettext_lazy

from allconnects.privacy.disclosures.sources import Read, Row, Source, register

_WITHIN = """
    FROM trips_trip WHERE organisation_id = %s AND person = %s AND shown AND purpose <> 'private'
      AND start_at >= %s AND start_at < %s"""
_DAYS = "SELECT (start_at AT TIME ZONE 'Europe/Brussels')::date, round((sum(distance_m) / 1000)::numeric, 1)" + _WITHIN
_TIMES = "SELECT start_at, end_at, round((distance_m / 1000)::numeric, 1)" + _WITHIN
_ENDS = (
    "SELECT start_at, end_at, round((distance_m / 1000)::numeric, 1), start_lat_e7 / 1e7, start_lon_e7 / 1e7, "
    "end_lat_e7 / 1e7, end_lon_e7 / 1e7" + _WITHIN
)


def _read(query: str) -> Read:
    def read(organisation: int, person: UUID, start: datetime, end: datetime) -> list[Row]:
        with connection.cursor() as cursor:
            cursor.execute(query, (organisation, person, start, end))
            return list(cursor.fetchall())

    return read


def join() -> None:
    """Called once the room is loaded."""
    ends = ("start", "end", "km", "start_lat", "start_lon", "end_lat", "end_lon")
    register(Source("days", gettext_lazy("Kilometres by day"), ("day", "km"), _read(_DAYS + " GROUP BY 1 ORDER BY 1")))
    register(Source("trips", gettext_lazy("Times of trips"), ("start", "end", "km"), _read(_TIMES + " ORDER BY 1")))
    register(
        Source("places", gettext_lazy("Trips with where they began and ended"), ends, _read(_ENDS + " ORDER BY 1"))
    )
