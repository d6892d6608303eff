"""REST operations of the live map."""

from __future__ import annotations

from datetime import datetime
from typing import Any, Literal, cast

import msgspec
from django.http import HttpRequest, HttpResponse
from ninja import Query, Router, Schema

from allconnects.accounts.access import ApiAuth, TenantRequest
from allconnects.places.api import INVALID
from allconnects.products.live_connects.nearest import MOST, nearest
from allconnects.products.live_connects.subjects import subjects
from allconnects.telemetry.api import ERRORS

router = Router(tags=["positions"])
_encode = msgspec.json.Encoder().encode


class SubjectOut(Schema):
    """What a device stands for now; ``teams``: of who is in it."""

    device: int
    kind: Literal["vehicle", "material"]
    name: str
    plate: str
    groups: list[str]
    teams: list[str]


@router.get(
    "/live/subjects", response={200: list[SubjectOut], **ERRORS}, auth=ApiAuth("positions:read"),
    url_name="live_subjects",
)  # fmt: skip
def live_subjects(request: HttpRequest) -> HttpResponse:
    """The vehicle or material that each device is in at this moment, where it is in one."""
    return HttpResponse(_encode([one._asdict() for one in subjects()]), content_type="application/json")


class NearOut(Schema):
    """A device near a place. ``road_m`` and ``minutes`` are guessed from the straight line, not measured on roads."""

    device: int
    name: str
    kind: Literal["vehicle", "phone", "material"]
    plate: str
    state: Literal["moving", "standing", "silent"]
    time: datetime
    lat: float
    lon: float
    distance_m: int
    road_m: int
    minutes: int


@router.get(
    "/positions/nearest", response={200: list[NearOut], **INVALID}, auth=ApiAuth("positions:read"),
    url_name="positions_nearest",
)  # fmt: skip
def positions_nearest(
    request: HttpRequest,
    lat: float = Query(ge=-90, le=90),  # type: ignore[type-arg]
    lon: float = Query(ge=-180, le=180),  # type: ignore[type-arg]
    kind: Literal["", "vehicle", "phone", "material"] = "",
    group: str = Query("", max_length=50),  # type: ignore[type-arg]
    limit: int = Query(12, ge=1, le=MOST),  # type: ignore[type-arg]
) -> Any:
    """Devices whose latest fix is nearest to a place by straight line, nearest first, with an estimate of the way."""
    organisation = cast(TenantRequest, request).organisation
    assert organisation is not None
    found = nearest(organisation.pk, lat, lon, kind=kind, group=group, limit=limit)
    return [one._asdict() for one in found]
