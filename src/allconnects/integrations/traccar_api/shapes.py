"""Devices, positions, places and events in the words of Traccar's API. Pure.

Source: https://www.traccar.org/api-reference/
"""

from __future__ import annotations

from datetime import datetime
from typing import Any

from allconnects.alerts.models import Alert
from allconnects.places.models import Place
from allconnects.telemetry.listing import DeviceSummary
from allconnects.telemetry.live.snapshot import LatestRow
from allconnects.telemetry.live.state import State

KNOTS_PER_KMH = 1 / 1.852
STATUS = {State.MOVING: "online", State.STANDING: "online", State.SILENT: "offline"}
CATEGORY = {"vehicle": "van", "phone": "person", "material": "default"}
EVENTS = {"entered": "geofenceEnter", "left": "geofenceExit", "speeding": "deviceOverspeed", "silent": "deviceOffline"}
"""Kinds of rules that Traccar has a word for; every other event is an alarm."""
ALARMS = {"tow": "tow", "power_cut": "powerCut", "low_battery": "lowBattery", "harsh": "hardBraking", "use": "movement"}


def device(summary: DeviceSummary, has_position: bool) -> dict[str, Any]:
    """A device. Its latest position has its own number."""
    return {
        "id": summary.id,
        "name": summary.name,
        "uniqueId": summary.identifier,
        "status": STATUS[summary.state],
        "disabled": False,
        "lastUpdate": time(summary.last_report),
        "positionId": summary.id if has_position else 0,
        "groupId": 0,
        "phone": None,
        "model": None,
        "contact": None,
        "category": CATEGORY[summary.kind],
        "attributes": {},
    }


def position(row: LatestRow, now_ms: int, attributes: dict[str, Any]) -> dict[str, Any]:
    """The latest usable fix of a device; speed in knots."""
    state = row.state(now_ms)
    return {
        "id": row.device,
        "deviceId": row.device,
        "protocol": "allconnects",
        "serverTime": time(row.report_at),
        "deviceTime": time(row.fix_time),
        "fixTime": time(row.fix_time),
        "outdated": state == State.SILENT,
        "valid": True,
        "latitude": row.lat_e7 / 1e7,
        "longitude": row.lon_e7 / 1e7,
        "altitude": 0.0,
        "speed": 0.0 if row.speed_kmh is None else round(row.speed_kmh * KNOTS_PER_KMH, 3),
        "course": row.course_deg or 0.0,
        "address": None,
        "accuracy": 0.0,
        "network": None,
        "geofenceIds": None,
        "attributes": {**attributes, "motion": state == State.MOVING},
    }


def geofence(place: Place) -> dict[str, Any]:
    """A place; the first corner is the latitude in Traccar's areas."""
    return {
        "id": place.pk,
        "name": place.name,
        "description": "",
        "area": _area(place.shape),
        "calendarId": 0,
        "attributes": {},
    }


def _area(shape: dict[str, Any]) -> str:
    if shape["type"] == "Circle":
        lon, lat = shape["coordinates"]
        return f"CIRCLE ({lat} {lon}, {shape['radius_m']})"
    if shape["type"] == "Corridor":
        return f"LINESTRING ({_points(shape['coordinates'])})"
    return f"POLYGON (({_points(shape['coordinates'][0])}))"


def _points(line: list[list[float]]) -> str:
    return ", ".join(f"{lat} {lon}" for lon, lat in line)


def event(alert: Alert) -> dict[str, Any]:
    """An event of a rule."""
    kind = EVENTS.get(alert.rule.kind, "alarm")
    attributes = {"alarm": ALARMS.get(alert.rule.kind, "general")} if kind == "alarm" else {}
    return {
        "id": alert.pk,
        "type": kind,
        "eventTime": time(alert.start_at),
        "deviceId": alert.device,
        "positionId": 0,
        "geofenceId": 0,
        "maintenanceId": 0,
        "attributes": attributes,
    }


def time(at: datetime | None) -> str | None:
    """As Traccar writes moments."""
    return None if at is None else at.isoformat(timespec="milliseconds").replace("+00:00", "Z")
