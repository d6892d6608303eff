"""Columns of one device out of the store."""

from __future__ import annotations

from datetime import datetime

import numpy as np
from django.db import connection

from allconnects.alerts.columns import Columns, of_attributes
from allconnects.telemetry.store.reader import track
from allconnects.telemetry.store.values import track_with_values

WHO = "process:alerts"


def columns(
    organisation: int, device: int, start: datetime, end: datetime, names: frozenset[str], who: str = WHO
) -> Columns:
    """Usable fixes with ``start <= time < end``; attributes only where a rule asks for some.

    Raises what ``telemetry.store.reader.track`` raises, above all KeyRestricted: then nothing may be judged.
    """
    with connection.cursor() as cursor:
        if not names:
            found = track(cursor, organisation, device, start, end, who=who)
            speed = found.speed_kmh.astype(np.float64)
            of_device = np.full(len(found), device, np.int64)
            return Columns(of_device, found.time_ms, found.lat_e7, found.lon_e7, speed)
        values = track_with_values(cursor, organisation, device, start, end, names, who=who)
    found_at = values.positions
    return Columns(
        np.full(len(found_at), device, np.int64),
        found_at.time_ms,
        found_at.lat_e7,
        found_at.lon_e7,
        found_at.speed_kmh.astype(np.float64),
        of_attributes(values.attributes, names),
    )
