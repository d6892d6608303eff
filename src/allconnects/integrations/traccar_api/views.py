"""The addresses that pytraccar reads."""

from __future__ import annotations

from datetime import datetime
from typing import Any, cast

from django.db import connection
from django.http import HttpRequest

from allconnects.accounts.access import TenantRequest
from allconnects.alerts.services import inbox
from allconnects.integrations.traccar_api import shapes
from allconnects.integrations.traccar_api.access import readable
from allconnects.kit import clock
from allconnects.places.services import list_places
from allconnects.telemetry import listing, services
from allconnects.telemetry.live.snapshot import LatestRow
from allconnects.telemetry.store import blob

SHOWN = frozenset({"batteryLevel", "battery", "power", "ignition", "charge", "odometer", "fuelLevel", "rssi", "sat"})
"""Attributes that are passed on: what a card about a vehicle shows."""
MOST_EVENTS = 500


@readable("devices:read")
def server(request: HttpRequest) -> dict[str, Any]:
    """What clients ask first. Reading only."""
    names = ("map", "bingKey", "mapUrl", "overlayUrl", "poiLayer", "coordinateFormat", "announcement")
    return {
        "id": 1, "version": "allconnects", "readonly": True, "deviceReadonly": True, "registration": False,
        "limitCommands": True, "forceSettings": False, "openIdEnabled": False, "openIdForce": False,
        "disableReports": False, "latitude": 50.85, "longitude": 4.35, "zoom": 7, "attributes": {},
        **dict.fromkeys(names),
    }  # fmt: skip


@readable("devices:read")
def devices(request: HttpRequest) -> list[dict[str, Any]]:
    """Every device of the organisation."""
    placed = {row.device for row in _latest(request)}
    return [shapes.device(one, one.id in placed) for one in listing.list_devices()[0]]


@readable("positions:read")
def positions(request: HttpRequest) -> list[dict[str, Any]]:
    """The latest position of every device that has one. Two queries."""
    now = clock.now_ms()
    attributes = _attributes()
    return [shapes.position(row, now, attributes.get(row.device, {})) for row in _latest(request)]


def _latest(request: HttpRequest) -> list[LatestRow]:
    organisation = cast(TenantRequest, request).organisation
    assert organisation is not None
    return services.latest_positions(organisation.pk)


def _attributes() -> dict[int, dict[str, Any]]:
    with connection.cursor() as cursor:
        cursor.execute("SELECT device_id, attributes FROM telemetry_live WHERE attributes IS NOT NULL")
        rows = cursor.fetchall()
    return {device: _chosen(bytes(stored)) for device, stored in rows}


def _chosen(stored: bytes) -> dict[str, Any]:
    try:
        return {name: value for name, value in blob.decode(stored).items() if name in SHOWN}
    except ValueError:
        return {}


@readable("places:read")
def geofences(request: HttpRequest) -> list[dict[str, Any]]:
    """Every place of the organisation; homes are none."""
    return [shapes.geofence(one) for one in list_places()]


@readable("alerts:read")
def events(request: HttpRequest) -> list[dict[str, Any]]:
    """Events of rules between two moments, newest first; ``deviceId`` and ``type`` may be repeated."""
    begin, end = (_moment(request.GET.get(name, "")) for name in ("from", "to"))
    wanted = {int(one) for one in request.GET.getlist("deviceId") if one.isdecimal() and len(one) < 10}
    kinds = set(request.GET.getlist("type")) - {"allEvents"}
    rows = inbox.alerts(inbox.Filter(handling="", begin=begin, end=end), limit=MOST_EVENTS, beside=True)
    found = [shapes.event(one) for one in rows if one.device and (not wanted or one.device in wanted)]
    return [one for one in found if not kinds or one["type"] in kinds]


def _moment(text: str) -> datetime | None:
    try:
        found = datetime.fromisoformat(text)
    except ValueError:
        return None
    return found if found.tzinfo else None
