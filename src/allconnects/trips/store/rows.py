"""Rows of ``trips_trip`` and ``trips_stop`` as values, and the other way round."""

from __future__ import annotations

import json
from collections.abc import Sequence
from datetime import datetime
from typing import Any, Final

from allconnects.trips.stored import StoredStop, StoredTrip, decision, why_from_json

TRIP_COLUMNS: Final = (
    "id", "device_id", "person", "vehicle", "material", "start_at", "end_at",
    "start_lat_e7", "start_lon_e7", "end_lat_e7", "end_lon_e7", "start_place", "end_place",
    "distance_m", "distance_why", "distance_gps_m", "distance_odometer_m", "moving_s", "idle_s",
    "max_speed_kmh", "max_speed_source", "start_estimated", "end_estimated", "still_open", "purpose", "purpose_by",
    "shown", "computed", "changed", "corrections", "rules_version", "why",
)  # fmt: skip
STOP_COLUMNS: Final = (
    "id", "device_id", "person", "vehicle", "material", "start_at", "end_at",
    "lat_e7", "lon_e7", "still_open", "idle", "rules_version", "why",
)  # fmt: skip
TRIP_LIST: Final = ", ".join(TRIP_COLUMNS)
STOP_LIST: Final = ", ".join(STOP_COLUMNS)
_TRIP_FIELDS: Final = (
    "id", "device", "person", "vehicle", "material", "start", "end",
    "start_lat", "start_lon", "end_lat", "end_lon", *TRIP_COLUMNS[11:],
)  # fmt: skip
_STOP_FIELDS: Final = (*_TRIP_FIELDS[:7], "lat", "lon", *STOP_COLUMNS[9:])


def loaded(found: Any) -> Any:
    """A jsonb value: Django's cursors give its text, those of psycopg what it holds."""
    return json.loads(found) if isinstance(found, str) else found


def pairs(found: Sequence[datetime]) -> tuple[tuple[datetime, datetime], ...]:
    """Spans out of a column that holds their begins and ends one after the other."""
    return tuple(zip(found[::2], found[1::2], strict=True))


def trip_of(row: tuple[Any, ...]) -> StoredTrip:
    """A trip out of a row of TRIP_LIST."""
    values = dict(zip(_TRIP_FIELDS, row, strict=True))
    for name in ("start_lat", "start_lon", "end_lat", "end_lon"):
        values[name] /= 1e7
    values["corrections"] = tuple(values["corrections"])
    values["why"] = why_from_json(loaded(values["why"]))
    return StoredTrip(**values)


def stop_of(row: tuple[Any, ...]) -> StoredStop:
    """A stop out of a row of STOP_LIST."""
    values = dict(zip(_STOP_FIELDS, row, strict=True))
    values["lat"], values["lon"] = values["lat"] / 1e7, values["lon"] / 1e7
    values["idle"] = pairs(values["idle"])
    values["why"] = decision(loaded(values["why"]))
    return StoredStop(**values)
