"""The live table as rows, under the row-level security of whoever's transaction it is."""

from __future__ import annotations

import math
from datetime import datetime
from typing import Any, NamedTuple

from allconnects.telemetry.live.state import MOVING_KMH, State, state_of


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
_GATED = "{one}.organisation_id = d.organisation_id AND {one}.device_id = d.id"
_P, _R = _GATED.format(one="p"), _GATED.format(one="r")
SHOWN = f"""(d.gate_version = 0 OR (
        NOT EXISTS (SELECT FROM telemetry_private p WHERE {_P} AND p.during @> now())
        AND NOT EXISTS (SELECT FROM telemetry_private p WHERE {_P} AND upper(p.during) <= now()
                        AND upper(p.during) > coalesce(l.moved_at, '-infinity'))
        AND (NOT d.scheduled OR EXISTS (
            SELECT FROM telemetry_recorded r WHERE {_R} AND r.during @> now() AND l.moved_at >= lower(r.during)))))"""
"""Whether the latest place of ``telemetry_device d`` in ``telemetry_live l`` may be shown: not in private time, and
after it, or with a schedule after working time began, not before the device was under way: where it stands until then
may be somebody's home."""
MOVING = f"""(l.report_at >= %(report)s AND l.fix_time >= %(fix)s
        AND l.speed_kmh >= {MOVING_KMH - 0.005} AND l.speed_kmh <> 'NaN')"""
SILENT = "(l.report_at IS NULL OR l.report_at < %(report)s)"
"""What ``state.Edges`` says of a device in ``telemetry_live l``, given the two edges; a speed is shown with two digits.
Whether it is moving tells of its latest fix: to be asked only together with ``SHOWN``."""
_SIGHT = """
    LEFT JOIN (SELECT o.organisation_id, o.device_id, max(s.grid_e7) AS grid_e7
               FROM telemetry_sight s
               JOIN telemetry_occupancy o ON o.organisation_id = s.organisation_id AND o.person = s.person
                                         AND o.during @> now()
               WHERE s.grid_e7 > 0 GROUP BY 1, 2) g ON g.organisation_id = d.organisation_id AND g.device_id = d.id"""


def _cell(column: str) -> str:
    middle = f"(floor(l.{column}::float8 / g.grid_e7) + 0.5) * g.grid_e7"
    return f"CASE WHEN g.grid_e7 IS NULL THEN l.{column} ELSE {middle} END"


SEEN = f"""(
    SELECT l.organisation_id, l.device_id, l.report_at, l.fix_time, {_cell("lat_e7")}::integer AS lat_e7,
           {_cell("lon_e7")}::integer AS lon_e7, l.speed_kmh, l.satellites, l.attributes,
           CASE WHEN g.grid_e7 IS NULL THEN l.course_deg END AS course_deg,
           CASE WHEN g.grid_e7 IS NULL THEN l.altitude_m END AS altitude_m
    FROM telemetry_live l
    JOIN telemetry_device d ON d.organisation_id = l.organisation_id AND d.id = l.device_id{_SIGHT}
    WHERE l.fix_time IS NOT NULL AND {SHOWN})"""
"""The latest places as they are shown to others, and only those that may be: in place of ``telemetry_live`` wherever
somebody looks. Who has the device decides how closely it is shown (``telemetry_sight``)."""
LATEST = f"""
    SELECT d.id, d.name, d.kind, l.report_at, l.fix_time, l.lat_e7, l.lon_e7, l.speed_kmh, l.course_deg
    FROM {SEEN} l
    JOIN telemetry_device d ON d.organisation_id = l.organisation_id AND d.id = l.device_id
    ORDER BY d.id"""
LIMITED = f"""
    SELECT d.id, coalesce(g.grid_e7, 0), {SHOWN}
    FROM telemetry_device d
    LEFT JOIN telemetry_live l ON l.organisation_id = d.organisation_id AND l.device_id = d.id{_SIGHT}
    WHERE d.gate_version > 0 OR g.grid_e7 IS NOT NULL"""
"""Devices of which fresh fixes are not simply shown: the width of the cells (0: exactly), whether they are now."""

WITHHELD = """
    SELECT DISTINCT o.device_id
    FROM telemetry_occupancy o
    JOIN privacy_withheld w ON w.organisation_id = o.organisation_id AND w.person = o.person AND w.ended_at IS NULL
    WHERE o.during @> now()"""
"""Devices that somebody has now whose data are withheld; to be asked while ``storing``, as nobody else sees them."""


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
