"""REST operations of devices and positions. Hot lists are encoded straight from rows."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from datetime import date, datetime
from typing import Any, Literal, cast

import msgspec
from django.http import HttpRequest, HttpResponse, StreamingHttpResponse
from ninja import Query, Router, Schema
from pydantic import Field

from allconnects.accounts.access import ApiAuth, TenantRequest
from allconnects.accounts.models import Organisation
from allconnects.kit import clock, paging
from allconnects.telemetry import listing, services
from allconnects.telemetry.export import FORMATS, Source, in_thread
from allconnects.telemetry.listing import DeviceSummary
from allconnects.telemetry.live.snapshot import LatestRow
from allconnects.telemetry.live.state import Edges, State
from allconnects.telemetry.store.reader import Track

router = Router(tags=["devices"])
_encode = msgspec.json.Encoder().encode
StateName = Literal["moving", "standing", "silent"]
FormatName = Literal["gpx", "geojson", "csv", "kml"]
KindName = Literal["vehicle", "phone", "material"]
_LONGEST_LINE = 4000
_NAMES = {state: state.name.lower() for state in State}


class Problem(Schema):
    """RFC 9457."""

    type: str
    status: int
    code: str
    title: str


class LatestPosition(Schema):
    """The latest usable fix of one device."""

    device: int
    name: str
    kind: KindName
    time: datetime
    lat: float
    lon: float
    speed_kmh: float | None
    course_deg: float | None
    state: StateName


class DeviceOut(Schema):
    """A registered device."""

    id: int
    name: str
    kind: KindName
    identifier: str
    protocol: str
    created_at: datetime
    has_secret: bool
    last_report: datetime | None
    state: StateName


class Attribute(Schema):
    """One value that the device sent with its latest report."""

    name: str
    value: Any
    unit: str | None


class DeviceDetail(DeviceOut):
    """A device with its latest report."""

    time: datetime | None
    lat: float | None
    lon: float | None
    altitude_m: float | None
    speed_kmh: float | None
    course_deg: float | None
    attributes: list[Attribute]


class DeviceIn(Schema):
    """A device to register. ``secret``: for phones; they must send it along."""

    identifier: str = Field(min_length=1, max_length=100)
    name: str = Field(min_length=1, max_length=100)
    kind: KindName = "vehicle"
    secret: str | None = Field(default=None, max_length=200)


class DeviceChange(Schema):
    """What to change; what is left out stays."""

    name: str | None = Field(default=None, min_length=1, max_length=100)
    kind: KindName | None = None
    secret: str | None = Field(default=None, max_length=200)


class TrackOut(Schema):
    """Points of one day: [lon, lat, time in ms, speed in km/h or null]."""

    device: int
    points: list[tuple[float, float, int, float | None]]


class Paged(Schema):
    """Every word of ``q`` must stand in a row. ``cursor``: out of the Link header of the page before."""

    q: str = Field(default="", max_length=200)
    cursor: str = Field(default="", max_length=500)
    limit: int | None = Field(default=None, ge=1, le=paging.MOST)


class Span(Schema):
    """From when until when, in ISO 8601."""

    begin: str = Field(default="", alias="from")
    to: str = ""


class Waiting(Schema):
    """A device that called and is not registered."""

    protocol: str
    identifier: str
    first_seen: datetime
    last_seen: datetime
    attempts: int


class Acceptance(Schema):
    """Which waiting device to register, and as what."""

    protocol: str = Field(max_length=20)
    identifier: str = Field(min_length=1, max_length=100)
    name: str = Field(min_length=1, max_length=100)
    kind: KindName = "vehicle"


class EventOut(Schema):
    """Something that happened to a device."""

    id: int
    device: int | None
    kind: str
    at: datetime


ERRORS = {401: Problem, 403: Problem}
WITH_404 = {**ERRORS, 404: Problem}
INVALID = {**ERRORS, 422: Problem}


def _organisation(request: HttpRequest) -> Organisation:
    organisation = cast(TenantRequest, request).organisation
    assert organisation is not None
    return organisation


def _json(rows: Iterable[Any]) -> HttpResponse:
    return HttpResponse(_encode(list(rows)), content_type="application/json")


@router.get(
    "/positions/latest", response={200: list[LatestPosition], **ERRORS}, auth=ApiAuth("positions:read"),
    url_name="positions_latest", tags=["positions"],
)  # fmt: skip
def positions_latest(request: HttpRequest) -> HttpResponse:
    """The latest position of every device that has one."""
    edges = Edges.at(clock.now())
    return _json(_latest(row, edges) for row in services.latest_positions(_organisation(request).pk))


def _latest(row: LatestRow, edges: Edges) -> dict[str, Any]:
    return {
        "device": row.device,
        "name": row.name,
        "kind": row.kind,
        "time": row.fix_time,
        "lat": row.lat_e7 / 1e7,
        "lon": row.lon_e7 / 1e7,
        "speed_kmh": row.speed_kmh,
        "course_deg": row.course_deg,
        "state": _NAMES[edges.state(row.report_at, row.fix_time, row.speed_kmh)],
    }


@router.get("/devices", response={200: list[DeviceOut], **INVALID}, auth=ApiAuth("devices:read"), url_name="devices")
def devices(request: HttpRequest, wanted: Query[Paged]) -> HttpResponse:
    """Devices by name: all of them, or with `limit` a page, whose Link header leads to the next."""
    found, following = listing.list_devices(wanted.q, wanted.cursor, wanted.limit)
    return paging.linked(request, _json(map(_device, found)), following)


def _device(one: DeviceSummary) -> dict[str, Any]:
    return {
        "id": one.id, "name": one.name, "kind": one.kind, "identifier": one.identifier, "protocol": one.protocol,
        "created_at": one.created_at, "has_secret": one.has_secret, "last_report": one.last_report,
        "state": _NAMES[one.state],
    }  # fmt: skip


@router.post("/devices", response={201: DeviceDetail, **INVALID}, auth=ApiAuth("devices:write"), url_name="devices")
def add_device(request: HttpRequest, body: DeviceIn) -> Any:
    """Register a device by the identifier that it sends."""
    device = services.add_device(_organisation(request), body.identifier, body.name, body.kind, body.secret)
    return 201, _detail(device.pk)


@router.get(
    "/devices/{int:device}", response={200: DeviceDetail, **WITH_404}, auth=ApiAuth("devices:read"), url_name="device"
)
def device(request: HttpRequest, device: int) -> Any:
    """One device with all that it said in its latest report."""
    return _detail(device)


def _detail(device: int) -> dict[str, Any]:
    found = services.device_details(device)
    keys = ("time", "lat", "lon", "altitude_m", "speed_kmh", "course_deg")
    attributes = [{"name": name, "value": value, "unit": unit} for name, value, unit in found.attributes]
    return {**_device(found.summary), **{key: getattr(found, key) for key in keys}, "attributes": attributes}


@router.patch(
    "/devices/{int:device}",
    response={200: DeviceDetail, **WITH_404, 422: Problem},
    auth=ApiAuth("devices:write"),
    url_name="device",
)
def change_device(request: HttpRequest, device: int, body: DeviceChange) -> Any:
    """Change name, kind or secret."""
    known = services.device_details(device).summary
    services.change_device(device, body.name or known.name, body.kind or known.kind, body.secret)
    return _detail(device)


@router.delete(
    "/devices/{int:device}", response={204: None, **WITH_404}, auth=ApiAuth("devices:write"), url_name="device"
)
def delete_device(request: HttpRequest, device: int) -> Any:
    """Remove a device and everything that it has sent."""
    services.delete_device(device)
    return 204, None


@router.get(
    "/devices/{int:device}/track", response={200: TrackOut, **WITH_404, 422: Problem},
    auth=ApiAuth("positions:read"), url_name="track", tags=["positions"],
)  # fmt: skip
def device_track(request: HttpRequest, device: int, date: date | None = None) -> HttpResponse:
    """Where a device was on one Brussels day, today by default; thinned out to at most 4,000 points."""
    found = services.day_track(_organisation(request), device, date)
    return HttpResponse(_encode({"device": device, "points": points(found)}), content_type="application/json")


def points(found: Track) -> list[tuple[float, float, int, float | None]]:
    """A track as the page draws it: every n-th point, and always the last."""
    count = len(found)
    step = max(1, -(-count // _LONGEST_LINE))
    chosen = sorted({*range(0, count, step), *([count - 1] if count else [])})
    read: Callable[[Any], Any] = lambda column: column[chosen].tolist()  # noqa: E731
    speeds = [None if speed != speed else round(speed, 1) for speed in read(found.speed_kmh)]
    return list(zip(read(found.lon_e7 / 1e7), read(found.lat_e7 / 1e7), read(found.time_ms), speeds, strict=True))


@router.get(
    "/devices/{int:device}/track.{form}", response={200: None, **WITH_404, 422: Problem},
    auth=ApiAuth("positions:read"), url_name="track_file", tags=["positions"],
)  # fmt: skip
def track_file(request: HttpRequest, device: int, form: FormatName, span: Query[Span]) -> StreamingHttpResponse:
    """Every fix of at most 62 days as a file, today by default. A date in `from` or `to` means all of that day."""
    found, first, last = services.range_track(_organisation(request), device, span.begin, span.to)
    pieces = in_thread(FORMATS[form].write(Source(device, found, found.altitude_m)))
    response = StreamingHttpResponse(pieces, content_type=FORMATS[form].content_type)
    response["Content-Disposition"] = f'attachment; filename="device-{device}_{first}_{last}.{form}"'
    response["Cache-Control"] = "no-store"
    return response


@router.get(
    "/unknown-devices", response={200: list[Waiting], **ERRORS}, auth=ApiAuth("devices:waiting"),
    url_name="unknown_devices",
)  # fmt: skip
def unknown_devices(request: HttpRequest) -> HttpResponse:
    """Devices that call and are registered nowhere, for the organisation that takes them."""
    found = services.unknown_devices(_organisation(request))
    return _json({name: getattr(one, name) for name in Waiting.model_fields} for one in found)


@router.post(
    "/unknown-devices/accept", response={201: DeviceDetail, **WITH_404, 422: Problem},
    auth=ApiAuth("devices:write"), url_name="accept_unknown",
)  # fmt: skip
def accept_unknown(request: HttpRequest, body: Acceptance) -> Any:
    """Register one of them."""
    device = services.accept_unknown(_organisation(request), body.protocol, body.identifier, body.name, body.kind)
    return 201, _detail(device.pk)


@router.get(
    "/events", response={200: list[EventOut], **ERRORS}, auth=ApiAuth("events:read"), url_name="events",
    tags=["events"],
)  # fmt: skip
def events(request: HttpRequest) -> HttpResponse:
    """The latest 100 events, newest first."""
    return _json({"id": one.pk, "device": one.device_id, "kind": one.kind, "at": one.at} for one in services.events())
