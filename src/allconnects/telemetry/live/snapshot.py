"""The live table as rows, under the row-level security of whoever's transaction it is."""

from __future__ import annotations

import math
from datetime import datetime
from typing import Any, NamedTuple

from allconnects.telemetry.live.state import State, state_of


class Box(NamedTuple):
    """A part of the map in degrees; ``west`` greater than ``east`` spans the date line."""

    west: float
    south: float
    east: float
    north: float

    def holds(self, lat_e7: int, lon_e7: int) -> bool:
        """Whether a place is in it."""
        lat, lon = lat_e7 / 1e7, lon_e7 / 1e7
        if not self.south <= lat <= self.north:
            return False
        if self.west <= self.east:
            return self.west <= lon <= self.east
        return lon >= self.west or lon <= self.east


WORLD = Box(-180.0, -90.0, 180.0, 90.0)
SHOWN = """(d.gate_version = 0 OR (
        NOT EXISTS (SELECT FROM telemetry_private p WHERE p.organisation_id = d.organisation_id
                    AND p.device_id = d.id AND p.during @> now())
        AND (NOT d.scheduled OR EXISTS (
            SELECT FROM telemetry_recorded r WHERE r.organisation_id = d.organisation_id AND r.device_id = d.id
            AND r.during @> now() AND l.fix_time >= lower(r.during)))))"""
"""Whether the latest place of ``telemetry_device d`` in ``telemetry_live l`` may be shown: not in private time, and
with a schedule not before the first fix of the present working time, since the one before may be somebody's home."""
LATEST = f"""
    SELECT d.id, d.name, d.kind, l.report_at, l.fix_time, l.lat_e7, l.lon_e7, l.speed_kmh, l.course_deg
    FROM telemetry_live l
    JOIN telemetry_device d ON d.organisation_id = l.organisation_id AND d.id = l.device_id
    WHERE l.fix_time IS NOT NULL AND {SHOWN}
    ORDER BY d.id"""


class LatestRow(NamedTuple):
    """One row of ``LATEST``."""

    device: int
    name: str
    kind: str
    report_at: datetime
    fix_time: datetime
    lat_e7: int
    lon_e7: int
    speed_kmh: float | None
    course_deg: float | None

    @classmethod
    def of(cls, row: tuple[Any, ...]) -> LatestRow:
        """From a database row, NaN read as unknown."""
        device, name, kind, report_at, fix_time, lat, lon, speed, course = row
        return cls(device, name, kind, report_at, fix_time, lat, lon, known(speed), known(course))

    def state(self, now_ms: int) -> State:
        """What it is doing now."""
        return state_of(now_ms, ms(self.report_at), ms(self.fix_time), self.speed_kmh)


def ms(instant: datetime) -> int:
    """Milliseconds since 1970 UTC."""
    return round(instant.timestamp() * 1000)


def known(value: float | None) -> float | None:
    """A stored measure; NaN stands for what the device did not say."""
    return None if value is None or math.isnan(value) else round(value, 2)
