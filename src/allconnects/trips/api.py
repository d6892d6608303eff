"""REST operations of trips, stops, their totals, corrections and rules."""

from __future__ import annotations

import base64
from collections.abc import Sequence
from dataclasses import asdict
from datetime import date, datetime, timedelta
from typing import Any, Literal, cast

import msgspec
from django.http import HttpRequest, HttpResponse, StreamingHttpResponse
from django.utils.translation import get_language
from django.utils.translation import gettext as _
from ninja import Query, Router

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
from allconnects.trips.schemas import (
    CorrectIn,
    CorrectionOut,
    DayTotal,
    Filter,
    MergeIn,
    MonthTotal,
    Paged,
    Reasoned,
    RulesIn,
    RulesOut,
    SplitIn,
    StopPage,
    TripDetail,
    TripOut,
    TripPage,
    stop_json,
    trip_json,
)
from allconnects.trips.stored import Change, Correction, StoredTrip

router = Router(tags=["trips"])
_encode = msgspec.json.Encoder().encode
READ, WRITE, RULES = "trips:read", "trips:write", "trips:rules"
LONGEST = timedelta(days=366)
INVALID_404 = {**WITH_404, 422: Problem}


def _organisation(request: HttpRequest) -> int:
    organisation = cast(TenantRequest, request).organisation
    assert organisation is not None
    return organisation.pk


def _shown(organisation: int, found: Sequence[StoredTrip]) -> list[dict[str, Any]]:
    return [trip_json(one) for one in services.named(organisation, found, current().account)]


def _corrections(organisation: int, found: Sequence[Correction]) -> list[dict[str, Any]]:
    """Corrections without the places that somebody gave to private trips of others."""
    hidden = services.hidden_corrections(organisation, found, current().account)
    unsaid = {"start_place": None, "end_place": None}
    told = [asdict(one) for one in found]
    return [{**one, "change": {**one["change"], **unsaid}} if one["id"] in hidden else one for one in told]


def _json(found: Any) -> HttpResponse:
    return HttpResponse(_encode(found), content_type="application/json")


def _span(asked: Filter) -> tuple[datetime, datetime]:
    today = clock.today().isoformat()
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
                 current())  # fmt: skip
    response = StreamingHttpResponse(in_thread(FORMATS[form].write(what)), content_type=FORMATS[form].content_type)
    last = (end - timedelta(microseconds=1)).date()
    response["Content-Disposition"] = f'attachment; filename="trips_{start.date()}_{last}.{form}"'
    response["Cache-Control"] = "no-store"
    return response


def _month(text: str) -> date:
    try:
        return date.fromisoformat(f"{text}-01") if text else clock.today()
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
