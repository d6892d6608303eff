"""REST operations of trips, stops, their totals, corrections and rules."""

from __future__ import annotations

import base64
from collections.abc import Sequence
from dataclasses import asdict
from datetime import date, datetime, timedelta
from typing import Any, Literal, cast
from uuid import UUID

import msgspec
from django.http import HttpRequest, HttpResponse, StreamingHttpResponse
from django.utils.translation import get_language
from django.utils.translation import gettext as _
from ninja import Query, Router, Schema
from pydantic import Field

from allconnects.accounts.access import ApiAuth, TenantRequest
from allconnects.accounts.actor import current
from allconnects.kit import clock
from allconnects.kit.errors import InvalidInput, NotFound
from allconnects.telemetry import services as devices
from allconnects.telemetry.api import ERRORS, INVALID, WITH_404, Problem
from allconnects.telemetry.export import in_thread
from allconnects.telemetry.models import Device
from allconnects.trips import ruling, services
from allconnects.trips.export import FORMATS, Asked, header
from allconnects.trips.stored import Change, Correction, Purpose, StoredStop, StoredTrip, Voice

router = Router(tags=["trips"])
_encode = msgspec.json.Encoder().encode
READ, WRITE, RULES = "trips:read", "trips:write", "trips:rules"
LONGEST = timedelta(days=366)
MOST = 1000
INVALID_404 = {**WITH_404, 422: Problem}


class DecisionOut(Schema):
    """A rule of the documentation, and the times (ms) of the fixes that decided."""

    rule: str
    times_ms: list[int]


class WhyOut(Schema):
    """Why a trip starts and ends where it does, and what it went through."""

    start: DecisionOut
    end: DecisionOut
    within: list[DecisionOut]


class TripOut(Schema):
    """A trip. ``start_place``: what a person said; ``start_name``: what to show, in lists and details.

    ``hidden``: a private trip of somebody else, told without places. Ends at somebody's home have no coordinates.
    """

    id: int
    device: int
    person: UUID | None
    vehicle: int | None
    material: int | None
    start: datetime
    end: datetime
    start_lat: float | None
    start_lon: float | None
    end_lat: float | None
    end_lon: float | None
    start_place: str
    end_place: str
    distance_m: float
    distance_why: str
    distance_gps_m: float
    distance_odometer_m: float | None
    duration_s: float
    moving_s: float
    idle_s: float
    max_speed_kmh: float | None
    max_speed_source: str
    start_estimated: bool
    end_estimated: bool
    still_open: bool
    purpose: Purpose
    purpose_by: Voice
    shown: bool
    computed: bool
    changed: bool
    corrections: list[int]
    rules_version: str
    why: WhyOut
    start_name: str
    end_name: str
    hidden: bool


class StopOut(Schema):
    """A stop. ``idle``: when the engine ran. ``hidden``: a private trip of somebody else led there."""

    id: int
    device: int
    person: UUID | None
    vehicle: int | None
    material: int | None
    start: datetime
    end: datetime
    duration_s: float
    lat: float | None
    lon: float | None
    still_open: bool
    idle: list[tuple[datetime, datetime]]
    idle_s: float
    rules_version: str
    why: DecisionOut
    name: str
    hidden: bool


class TripPage(Schema):
    """Trips by start; ``next``: what to send as ``cursor`` for more."""

    items: list[TripOut]
    next: str | None


class StopPage(Schema):
    """Stops by start."""

    items: list[StopOut]
    next: str | None


class TripDetail(Schema):
    """A trip with what it was before it was corrected."""

    trip: TripOut
    originals: list[TripOut]


class DayTotal(Schema):
    """Use of a vehicle, or of a device in none, on a day in Brussels."""

    vehicle: int | None
    device: int | None
    day: date
    trips: int
    distance_m: float
    driving_s: float
    idle_s: float
    first_start: datetime | None
    last_end: datetime | None


class MonthTotal(Schema):
    """The same over a month."""

    vehicle: int | None
    device: int | None
    days: int
    trips: int
    distance_m: float
    driving_s: float
    idle_s: float


class ChangeOut(Schema):
    """What was said of a trip; null: nothing."""

    start_place: str | None
    end_place: str | None
    distance_m: float | None
    person: UUID | None
    nobody: bool
    purpose: Purpose | None


class CorrectionOut(Schema):
    """A correction and what became of it."""

    id: int
    device: int
    kind: Literal["merge", "split", "correct", "undo"]
    start: datetime
    end: datetime
    split_at: datetime | None
    change: ChangeOut
    reason: str
    made_by: str
    made_at: datetime
    undoes: int | None
    state: Literal["applied", "changed", "conflict", "undone"]


class Filter(Schema):
    """Which trips or stops: those that touch the time; a date means all of that day, in Brussels."""

    begin: str = Field(default="", alias="from")
    to: str = ""
    device: int | None = Field(default=None, ge=0, lt=2**31)
    vehicle: int | None = Field(default=None, ge=0, lt=2**31)
    person: UUID | None = None


class Paged(Filter):
    """A page of them."""

    cursor: str = ""
    limit: int = Field(default=100, ge=1, le=MOST)


class Reasoned(Schema):
    """Every correction says why."""

    reason: str = Field(min_length=3, max_length=500)


class MergeIn(Reasoned):
    """Trips to make one of."""

    trips: list[int] = Field(min_length=2, max_length=100)


class SplitIn(Reasoned):
    """A moment within the trip, with its offset from UTC."""

    at: datetime


class CorrectIn(Reasoned):
    """What the trip really was; what is left out stays."""

    start_place: str | None = Field(default=None, max_length=200)
    end_place: str | None = Field(default=None, max_length=200)
    distance_m: float | None = Field(default=None, ge=0, lt=1e7)
    person: UUID | None = None
    nobody: bool = False
    purpose: Purpose | None = None


class RulesIn(Schema):
    """Rules from a day on. ``key``: the class or the number of the device; empty for the organisation."""

    scope: Literal["organisation", "class", "device"]
    key: str = Field(default="", max_length=20)
    from_day: date
    rules: dict[str, float]


class RulesOut(RulesIn):
    """Rules as they were set."""

    id: int
    made_by: str
    made_at: datetime


def _organisation(request: HttpRequest) -> int:
    organisation = cast(TenantRequest, request).organisation
    assert organisation is not None
    return organisation.pk


def trip_json(one: StoredTrip) -> dict[str, Any]:
    """A trip as the API tells it."""
    return {**asdict(one), "duration_s": one.duration_s, "why": _why(one)}


def _shown(organisation: int, found: Sequence[StoredTrip]) -> list[dict[str, Any]]:
    return [trip_json(one) for one in services.named(organisation, found, current().account)]


def _why(one: StoredTrip) -> dict[str, Any]:
    why = one.why
    return {
        "start": why.start._asdict(), "end": why.end._asdict(), "within": [part._asdict() for part in why.within],
    }  # fmt: skip


def stop_json(one: StoredStop) -> dict[str, Any]:
    """A stop as the API tells it."""
    return {**asdict(one), "duration_s": one.duration_s, "idle_s": one.idle_s, "why": one.why._asdict()}


def _corrections(organisation: int, found: Sequence[Correction]) -> list[dict[str, Any]]:
    """Corrections without the places that somebody gave to private trips of others."""
    hidden = services.hidden_corrections(organisation, found, current().account)
    unsaid = {"start_place": None, "end_place": None}
    told = [asdict(one) for one in found]
    return [{**one, "change": {**one["change"], **unsaid}} if one["id"] in hidden else one for one in told]


def _json(found: Any) -> HttpResponse:
    return HttpResponse(_encode(found), content_type="application/json")


def _span(asked: Filter) -> tuple[datetime, datetime]:
    today = clock.now().astimezone(devices.BRUSSELS).date().isoformat()
    start = devices.moment(asked.begin or today, days=0)
    end = devices.moment(asked.to or start.date().isoformat(), days=1)
    if start.timestamp() >= end.timestamp():
        raise InvalidInput(_("The range ends before it begins."))
    if end - start > LONGEST:
        raise InvalidInput(_("The range is longer than %(days)s days.") % {"days": LONGEST.days})
    return start, end


def _after(cursor: str) -> tuple[datetime, int] | None:
    if not cursor:
        return None
    try:
        start, number = base64.urlsafe_b64decode(cursor.encode()).decode().split(" ")
        found = datetime.fromisoformat(start), int(number)
    except (ValueError, UnicodeError):
        raise InvalidInput(_("This page does not exist.")) from None
    if found[0].tzinfo is None or not 0 <= found[1] < 2**63:
        raise InvalidInput(_("This page does not exist."))
    return found


def _page(found: Sequence[Any], limit: int, tell: Any) -> HttpResponse:
    """One more than asked for was read, to know whether there is more."""
    shown, following = found[:limit], None
    if len(found) > limit:
        following = base64.urlsafe_b64encode(f"{shown[-1].start.isoformat()} {shown[-1].id}".encode()).decode()
    return _json({"items": [tell(one) for one in shown], "next": following})


def _which(asked: Filter) -> dict[str, Any]:
    return {"device": asked.device, "vehicle": asked.vehicle, "person": asked.person}


@router.get("/trips", response={200: TripPage, **INVALID}, auth=ApiAuth(READ), url_name="trips")
def list_trips(request: HttpRequest, asked: Query[Paged]) -> HttpResponse:
    """Trips that touch a time, today by default, in pages."""
    found = services.trips_between(
        _organisation(request), *_span(asked), **_which(asked), after=_after(asked.cursor), limit=asked.limit + 1
    )
    return _page(services.named(_organisation(request), found, current().account), asked.limit, trip_json)


@router.get("/stops", response={200: StopPage, **INVALID}, auth=ApiAuth(READ), url_name="stops")
def list_stops(request: HttpRequest, asked: Query[Paged]) -> HttpResponse:
    """Stops that touch a time, today by default, in pages."""
    found = services.stops_between(
        _organisation(request), *_span(asked), **_which(asked), after=_after(asked.cursor), limit=asked.limit + 1
    )
    return _page(services.named_stops(_organisation(request), found, current().account), asked.limit, stop_json)


@router.get("/trips.{form}", response={200: None, **INVALID}, auth=ApiAuth(READ), url_name="trips_file")
def trips_file(request: HttpRequest, form: Literal["csv", "xlsx"], asked: Query[Filter]) -> StreamingHttpResponse:
    """Trips that touch a time, today by default, as a file."""
    start, end = _span(asked)
    language = get_language() or ""
    what = Asked(_organisation(request), start, end, asked.device, asked.vehicle, asked.person, header(), language,
                 current().account)  # fmt: skip
    response = StreamingHttpResponse(in_thread(FORMATS[form].write(what)), content_type=FORMATS[form].content_type)
    last = (end - timedelta(microseconds=1)).date()
    response["Content-Disposition"] = f'attachment; filename="trips_{start.date()}_{last}.{form}"'
    response["Cache-Control"] = "no-store"
    return response


def _month(text: str) -> date:
    try:
        return date.fromisoformat(f"{text}-01") if text else clock.now().astimezone(devices.BRUSSELS).date()
    except ValueError:
        raise InvalidInput(_("A month is written as 2026-10.")) from None


@router.get("/trips/days", response={200: list[DayTotal], **INVALID}, auth=ApiAuth(READ), url_name="trip_days")
def day_totals(request: HttpRequest, month: str = "") -> HttpResponse:
    """Use of every vehicle on every day of a month (such as 2026-10), this one by default."""
    return _json([one._asdict() for one in services.month_overview(_organisation(request), _month(month))])


@router.get("/trips/months", response={200: list[MonthTotal], **INVALID}, auth=ApiAuth(READ), url_name="trip_months")
def month_totals(request: HttpRequest, month: str = "") -> HttpResponse:
    """Use of every vehicle over a month (such as 2026-10), this one by default."""
    found: dict[tuple[int | None, int | None], dict[str, Any]] = {}
    for one in services.month_overview(_organisation(request), _month(month)):
        row = found.setdefault((one.vehicle, one.device), {
            "vehicle": one.vehicle, "device": one.device, "days": 0, "trips": 0, "distance_m": 0.0,
            "driving_s": 0.0, "idle_s": 0.0,
        })  # fmt: skip
        row["days"] += int(one.trips > 0)
        for name in ("trips", "distance_m", "driving_s", "idle_s"):
            row[name] += getattr(one, name)
    return _json(list(found.values()))


@router.post("/trips/merge", response={200: TripOut, **INVALID_404}, auth=ApiAuth(WRITE), url_name="merge_trips")
def merge(request: HttpRequest, body: MergeIn) -> HttpResponse:
    """Make one trip of neighbours of one device."""
    one = services.merge(_organisation(request), body.trips, reason=body.reason, who=current().name)
    return _json(_shown(_organisation(request), [one])[0])


@router.get(
    "/trips/corrections", response={200: list[CorrectionOut], **INVALID_404}, auth=ApiAuth(READ),
    url_name="trip_corrections",
)  # fmt: skip
def corrections(request: HttpRequest, asked: Query[Filter]) -> HttpResponse:
    """Corrections of a device that touch a time; without a device, those that late data put in doubt."""
    organisation = _organisation(request)
    if asked.device is None:
        return _json(_corrections(organisation, services.conflicts(organisation)))
    if not Device.objects.filter(pk=asked.device).exists():
        raise NotFound(_("There is no such device."))
    found = services.corrections_between(organisation, asked.device, *_span(asked))
    return _json(_corrections(organisation, found))


@router.post(
    "/trips/corrections/{int:correction}/undo", response={200: list[TripOut], **INVALID_404}, auth=ApiAuth(WRITE),
    url_name="undo_correction",
)  # fmt: skip
def undo(request: HttpRequest, correction: int, body: Reasoned) -> HttpResponse:
    """Take a correction back."""
    found = services.undo(_organisation(request), correction, reason=body.reason, who=current().name)
    return _json(_shown(_organisation(request), found))


@router.get("/trips/rules", response={200: list[RulesOut], **ERRORS}, auth=ApiAuth(READ), url_name="trip_rules")
def list_rules(request: HttpRequest) -> HttpResponse:
    """Rules that were set, the latest first."""
    return _json([asdict(one) for one in ruling.list_rules(_organisation(request))])


@router.post("/trips/rules", response={201: RulesOut, **INVALID_404}, auth=ApiAuth(RULES), url_name="trip_rules")
def set_rules(request: HttpRequest, body: RulesIn) -> Any:
    """Set rules for the organisation, a class or a device from a day on; none take back what was set."""
    one = ruling.set_rules(
        _organisation(request), body.scope, body.key, body.from_day, body.rules, who=current().name
    )  # fmt: skip
    return 201, asdict(one)


@router.get("/trips/{int:trip}", response={200: TripDetail, **WITH_404}, auth=ApiAuth(READ), url_name="trip")
def trip_detail(request: HttpRequest, trip: int) -> HttpResponse:
    """A trip, and what it was before it was corrected."""
    organisation = _organisation(request)
    found = services.trip_by_id(organisation, trip)
    one, *originals = services.named(
        organisation, [found, *services.originals_of(organisation, found)], current().account
    )
    told = [services.unplaced(each) if one.hidden else each for each in originals]
    return _json({"trip": trip_json(one), "originals": [trip_json(each) for each in told]})


@router.patch("/trips/{int:trip}", response={200: TripOut, **INVALID_404}, auth=ApiAuth(WRITE), url_name="trip")
def correct(request: HttpRequest, trip: int, body: CorrectIn) -> HttpResponse:
    """Say what a trip really was; what was computed stays visible."""
    change = Change(**body.model_dump(exclude={"reason"}))
    one = services.correct(_organisation(request), trip, change, reason=body.reason, who=current().name)
    return _json(_shown(_organisation(request), [one])[0])


@router.post(
    "/trips/{int:trip}/split", response={200: list[TripOut], **INVALID_404}, auth=ApiAuth(WRITE), url_name="split_trip"
)
def split(request: HttpRequest, trip: int, body: SplitIn) -> HttpResponse:
    """Cut a trip in two at a moment."""
    found = services.split(_organisation(request), trip, body.at, reason=body.reason, who=current().name)
    return _json(_shown(_organisation(request), found))
