"""REST operations of places, visits and addresses. Homes are in none of them."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date, datetime, timedelta
from typing import Any, Literal, cast
from uuid import UUID

import msgspec
from django.http import HttpRequest, HttpResponse
from django.utils.translation import get_language
from django.utils.translation import gettext as _
from ninja import Query, Router, Schema
from pydantic import Field

from allconnects.accounts.access import ApiAuth, TenantRequest
from allconnects.accounts.models import Organisation
from allconnects.kit import clock, paging
from allconnects.kit.errors import InvalidInput
from allconnects.places import addresses, files, reading, services
from allconnects.places.models import Place
from allconnects.places.services import Given

router = Router(tags=["places"])
_encode = msgspec.json.Encoder().encode
KindName = Literal["site", "depot", "customer", "supplier", "parking", "other"]
ColourName = Literal["blue", "green", "orange", "red", "purple", "grey"]


class Problem(Schema):
    """RFC 9457."""

    type: str
    status: int
    code: str
    title: str


class PlaceIn(Schema):
    """A place. ``shape``: Circle with radius_m, GeoJSON Polygon, or Corridor with width_m; lon, lat in degrees."""

    name: str = Field(min_length=1, max_length=100)
    kind: KindName = "site"
    number: str = Field(default="", max_length=50)
    address: str = Field(default="", max_length=200)
    colour: ColourName = "blue"
    active_from: date | None = None
    active_until: date | None = None
    works_declaration: str = Field(default="", max_length=20)
    timezone: str = Field(default="Europe/Brussels", max_length=50)
    dwell_s: int = Field(default=180, ge=0, le=86_400)
    shape: dict[str, Any]


class PlaceChange(PlaceIn):
    """A place as it shall be. ``version``: of the one that was looked at; another one is refused."""

    version: int | None = None


class PlaceOut(PlaceIn):
    """A place with what follows from its shape. ``lon``, ``lat``: a point inside."""

    id: int
    lon: float
    lat: float
    bbox: tuple[float, float, float, float]
    version: int
    created_at: datetime
    changed_at: datetime


class VisitOut(Schema):
    """A stay in a place. ``open``: not seen leaving yet; ``…_seen``: whether the moment is known to ten minutes."""

    device: int
    device_name: str
    place: int
    place_name: str
    enter: datetime
    leave: datetime
    duration_s: float
    open: bool
    enter_seen: bool
    leave_seen: bool
    fixes: int
    vehicle: int | None
    material: int | None
    person: UUID | None


class HitOut(Schema):
    """An address, town or postal code, in degrees."""

    text: str
    lat: float
    lon: float


class AddressOut(Schema):
    """Where a point is; empty where nothing is known."""

    text: str


class Chosen(Schema):
    """Which places. ``on``: those active on that day."""

    q: str = Field(default="", max_length=100)
    kind: KindName | None = None
    on: date | None = None
    cursor: str = Field(default="", max_length=200)
    limit: int | None = Field(default=None, ge=1, le=paging.MOST)


class Span(Schema):
    """Visits between two moments, the last 24 hours by default, of a place, device, vehicle or person."""

    begin: datetime | None = Field(default=None, alias="from")
    to: datetime | None = None
    place: int | None = Field(default=None, ge=1, lt=2**31)
    device: int | None = Field(default=None, ge=1, lt=2**31)
    vehicle: int | None = Field(default=None, ge=1, lt=2**31)
    person: UUID | None = None


ERRORS = {401: Problem, 403: Problem}
WITH_404 = {**ERRORS, 404: Problem}
INVALID = {**ERRORS, 422: Problem}
_NAMES = (
    "id", "kind", "name", "number", "address", "colour", "active_from", "active_until", "works_declaration", "timezone",
    "dwell_s", "shape", "lon", "lat", "version", "created_at", "changed_at",
)  # fmt: skip
_SEEN = (
    "device", "device_name", "place", "place_name", "enter", "leave", "open", "enter_seen", "leave_seen", "fixes",
    "vehicle", "material", "person",
)  # fmt: skip


def _organisation(request: HttpRequest) -> Organisation:
    organisation = cast(TenantRequest, request).organisation
    assert organisation is not None
    return organisation


def _json(rows: Iterable[Any]) -> HttpResponse:
    return HttpResponse(_encode(list(rows)), content_type="application/json")


def _place(one: Place) -> dict[str, Any]:
    return {**{name: getattr(one, name) for name in _NAMES}, "bbox": (one.west, one.south, one.east, one.north)}


def _given(body: PlaceIn) -> Given:
    return Given(**{name: getattr(body, name) for name in PlaceIn.model_fields})


@router.get(
    "/places", response={200: list[PlaceOut], **INVALID}, auth=ApiAuth("places:read"), url_name="places",
)  # fmt: skip
def places(request: HttpRequest, chosen: Query[Chosen]) -> HttpResponse:
    """Places by name: all of them, or with `limit` a page, whose Link header leads to the next."""
    found = services.find_places(chosen.q, chosen.kind or "", chosen.on)
    if chosen.cursor:
        found = services.after(found, paging.number_of(chosen.cursor))
    rows, following = paging.cut(
        list(found if chosen.limit is None else found[: chosen.limit + 1]), chosen.limit,
        lambda one: paging.cursor_of(one.pk),
    )  # fmt: skip
    return paging.linked(request, _json(map(_place, rows)), following)


@router.post("/places", response={201: PlaceOut, **INVALID}, auth=ApiAuth("places:write"), url_name="places")
def add_place(request: HttpRequest, body: PlaceIn) -> Any:
    """A new place; past days are looked through for visits to it."""
    return 201, _place(services.add_place(_organisation(request), _given(body)))


@router.get(
    "/places.geojson", response={200: None, **ERRORS}, auth=ApiAuth("places:read"), url_name="places_geojson",
)  # fmt: skip
def places_geojson(request: HttpRequest) -> HttpResponse:
    """All places as GeoJSON, as it can be imported again."""
    response = HttpResponse(files.geojson(services.list_places()), content_type="application/geo+json")
    response["Content-Disposition"] = 'attachment; filename="places.geojson"'
    return response


@router.get("/places/{int:place}", response={200: PlaceOut, **WITH_404}, auth=ApiAuth("places:read"), url_name="place")
def place(request: HttpRequest, place: int) -> Any:
    """One place."""
    return _place(services.place(place))


@router.put(
    "/places/{int:place}", response={200: PlaceOut, **WITH_404, 422: Problem}, auth=ApiAuth("places:write"),
    url_name="place",
)  # fmt: skip
def change_place(request: HttpRequest, place: int, body: PlaceChange) -> Any:
    """Put a place in place of what it was; another shape or other days have its visits worked out again."""
    return _place(services.change_place(place, _given(body), body.version))


@router.delete("/places/{int:place}", response={204: None, **WITH_404}, auth=ApiAuth("places:write"), url_name="place")
def delete_place(request: HttpRequest, place: int) -> Any:
    """Remove a place and its visits."""
    services.delete_place(place)
    return 204, None


@router.get(
    "/visits", response={200: list[VisitOut], **INVALID}, auth=ApiAuth("visits:read"), url_name="visits",
    tags=["visits"],
)  # fmt: skip
def visits(request: HttpRequest, span: Query[Span]) -> HttpResponse:
    """Up to 1,000 visits, newest first; a range of at most a year."""
    end = _utc(span.to) or clock.now() + timedelta(minutes=1)
    start = _utc(span.begin) or end - timedelta(days=1)
    found = reading.visits_between(
        _organisation(request).pk, start, end,
        place=span.place, device=span.device, vehicle=span.vehicle, person=span.person,
    )  # fmt: skip
    return _json(map(_visit, found))


def _utc(at: datetime | None) -> datetime | None:
    """A moment without a zone is one in Brussels. Raises InvalidInput near the ends of the calendar."""
    if at is not None and not 1970 <= at.year <= services.LAST_YEAR:
        raise InvalidInput(_("A date must lie between 1970 and %(last)s.") % {"last": services.LAST_YEAR})
    if at is None or at.tzinfo is not None:
        return at
    return at.replace(tzinfo=clock.BRUSSELS)


def _visit(one: reading.Visit) -> dict[str, Any]:
    return {**{name: getattr(one, name) for name in _SEEN}, "duration_s": one.duration.total_seconds()}


@router.get(
    "/addresses/search", response={200: list[HitOut], **INVALID}, auth=ApiAuth("places:read"),
    url_name="address_search", tags=["addresses"],
)  # fmt: skip
def address_search(request: HttpRequest, q: str = Query("", max_length=200)) -> HttpResponse:  # type: ignore[type-arg]
    """Addresses, towns and postal codes for a text, in the language that is asked for."""
    return _json(hit._asdict() for hit in addresses.search(q, _language()))


@router.get(
    "/addresses/at", response={200: AddressOut, **INVALID}, auth=ApiAuth("places:read"), url_name="address_at",
    tags=["addresses"],
)  # fmt: skip
def address_at(
    request: HttpRequest,
    lat: float = Query(..., ge=-90, le=90, allow_inf_nan=False),  # type: ignore[type-arg]
    lon: float = Query(..., ge=-180, le=180, allow_inf_nan=False),  # type: ignore[type-arg]
) -> HttpResponse:
    """Where a point is, for people. The first answer may name the nearest town only, later ones a street."""
    text = addresses.describe(_organisation(request).pk, lat, lon, _language())
    return HttpResponse(_encode({"text": text}), content_type="application/json")


def _language() -> str:
    return (get_language() or "en")[:2]
