"""Pages of the logbook: vehicles by month, what each trip was for, closing, correcting; and a driver's own trips."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any
from urllib.parse import urlencode

from django.contrib import messages
from django.http import HttpResponse, StreamingHttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods

from allconnects.accounts.access import TenantRequest, member
from allconnects.accounts.models import Account
from allconnects.fleet.models import Vehicle
from allconnects.kit import clock
from allconnects.kit.errors import AllconnectsError, InvalidInput, NotFound
from allconnects.products.live_connects.reports_payroll import _around
from allconnects.products.live_connects.reports_reading import month_of, reader_of
from allconnects.reports import classifying, logbook, logbook_list, running
from allconnects.reports.api import file_response
from allconnects.reports.catalogue import report_of
from allconnects.reports.classifying import last_day
from allconnects.reports.data.trips import named_trips
from allconnects.reports.definition import Ask
from allconnects.reports.firm import profile
from allconnects.reports.logbook_paper import write_logbook, written
from allconnects.reports.models import Entry, LogbookRow
from allconnects.reports.odometer import sentences
from allconnects.reports.purposes import purposes
from allconnects.trips.models import Classification, Use, Voice

PAGE = 50


def _month(request: TenantRequest) -> date:
    try:
        return month_of(request.GET)
    except InvalidInput:
        return month_of({})


def _account(request: TenantRequest) -> Account:
    assert isinstance(request.user, Account)
    return request.user


@require_GET
@member("manager")
def overview(request: TenantRequest) -> HttpResponse:
    """Vehicles with their kilometres of a month by what they were for, and whether the month is closed."""
    month, reader = _month(request), reader_of(request)
    text, cursor = request.GET.get("q", "")[:200], request.GET.get("cursor", "")[:500]
    shown, following = logbook_list.page_of(reader.organisation, month, text, cursor, PAGE)
    ask = Ask(organisation=reader.organisation, first=month, last=last_day(month), purpose=purposes()["tax_logbook"],
              vehicles=tuple(one.pk for one in shown))  # fmt: skip
    sums = logbook_list.sums_of(ask)
    rows = LogbookRow.objects.filter(organisation_id=reader.organisation, entry=Entry.CLOSE, month=month)
    closed = set(rows.filter(vehicle_id__in=ask.vehicles).values_list("vehicle_id", flat=True))
    running.log_run(reader, report_of("mileage"), ask, "page", len(sums))
    context = {
        "vehicles": [(one, sums.get(one.pk), one.pk in closed) for one in shown], "month": month,
        "q": text, "next_cursor": following, "later": bool(cursor), "asked": urlencode({"month": f"{month:%Y-%m}"}),
        "free": logbook.closes_from(reader.organisation, month), "today": clock.today(), **_around(month),
    }  # fmt: skip
    return render(request, "reports/logbook.html", context)


@require_http_methods(["GET", "POST"])
@member("manager")
def vehicle(request: TenantRequest, vehicle: int) -> HttpResponse:
    """A month of a vehicle: classify, close, correct, add what came late."""
    month, reader, status = _month(request), reader_of(request), 200
    found = Vehicle.objects.filter(organisation_id=reader.organisation, pk=vehicle).first()
    if found is None:
        raise NotFound(_("There is no such vehicle."))
    context: dict[str, Any] = {"vehicle": found, "month": month, "uses": Use.choices, **_around(month)}
    if request.method == "POST":
        try:
            _act(request, reader.organisation, vehicle, month)
            return redirect(f"{reverse('reports:logbook_vehicle', args=[vehicle])}?month={month:%Y-%m}")
        except NotFound:
            raise
        except AllconnectsError as error:
            context["problem"], status = error.message, error.status
    closed = classifying.is_closed(reader.organisation, vehicle, month)
    ask = Ask(organisation=reader.organisation, first=month, last=last_day(month), purpose=purposes()["tax_logbook"],
              vehicles=(vehicle,))  # fmt: skip
    if closed:
        context |= _closed(reader.organisation, vehicle, month)
    else:
        context["open"] = [(trip, f"{trip.device}-{trip.number}") for trip in named_trips(ask, "start_at", "id")]
    context |= {"closed": closed, "free": logbook.closes_from(reader.organisation, month), "today": clock.today(),
                "use_words": dict(Use.choices), "voice_words": dict(Voice.choices)}  # fmt: skip
    if request.method == "GET":
        running.log_run(
            reader, report_of("mileage"), ask, "page", len(context["written"] if closed else context["open"])
        )
    return render(request, "reports/logbook_vehicle.html", context, status=status)


def _closed(organisation: int, vehicle: int, month: date) -> dict[str, Any]:
    close = LogbookRow.objects.select_related("made_by").get(
        organisation_id=organisation, vehicle_id=vehicle, month=month, entry=Entry.CLOSE
    )
    return {
        "written": written(organisation, vehicle, month), "close": close,
        "odometer": list(sentences(close.content.get("odometer"))),
        "chain": logbook.check(organisation, vehicle), "late": logbook.late_trips(organisation, vehicle, month),
    }  # fmt: skip


def _act(request: TenantRequest, organisation: int, vehicle: int, month: date) -> None:
    given, account, what = request.POST, _account(request), request.POST.get("act", "")
    if what == "close":
        count = logbook.close_month(organisation, account, vehicle, month)
        messages.success(request, _("The month is closed with %(count)s trips.") % {"count": count})
    elif what == "correct":
        number = given.get("number", "")
        if not number.isdigit() or len(number) > 9:
            raise InvalidInput(_("Choose the trip first."))
        logbook.correct(organisation, account, vehicle, int(number), given.get("use", ""), given.get("reason", ""))
        messages.success(request, _("The correction is appended."))
    elif what == "late":
        count = logbook.add_late(organisation, account, vehicle, month, given.get("reason", ""))
        messages.success(request, _("%(count)s trips are appended.") % {"count": count})
    else:
        keys = given.getlist("trips")
        count = classifying.classify_as_manager(
            organisation, account, keys, given.get("use", ""), given.get("reason", "")
        )
        messages.success(request, _("%(count)s trips are classified.") % {"count": count})


@require_GET
@member("manager")
def file(request: TenantRequest, vehicle: int, form: str) -> StreamingHttpResponse:
    """A closed month as PDF or XLSX."""
    return file_response(write_logbook(reader_of(request), vehicle, _month(request), form))


@require_http_methods(["GET", "POST"])
@member("driver")
def mine(request: TenantRequest) -> HttpResponse:
    """A driver's own trips, and what each was for."""
    assert request.organisation is not None
    organisation, account, status = request.organisation.pk, _account(request), 200
    context: dict[str, Any] = {"uses": Use.choices}
    try:
        person = classifying.person_of(organisation, account)
    except NotFound as error:
        context = {"problem": error.message, "unlinked": True}
        return render(request, "reports/my_trips.html", context)
    if request.method == "POST":
        try:
            keys = request.POST.getlist("trips")
            classifying.classify_mine(organisation, account, keys, request.POST.get("use", ""))
            messages.success(request, _("Saved."))
            return redirect("reports:mine")
        except NotFound:
            raise
        except AllconnectsError as error:
            context["problem"], status = error.message, error.status
    first = clock.today() - timedelta(days=31)
    found = classifying.my_trips(organisation, person, first, clock.today())
    context |= {
        "days": _by_day(found), "person": person, "limit": profile(organisation).classify_days,
        "waiting": sum(one.open and one.trip.voice == Voice.RULE for one in found),
        "said": _reasons(organisation, person.pk), "use_words": dict(Use.choices), "voice_words": dict(Voice.choices),
    }  # fmt: skip
    return render(request, "reports/my_trips.html", context, status=status)


def _by_day(found: list[classifying.MyTrip]) -> list[tuple[date, list[classifying.MyTrip]]]:
    days: dict[date, list[classifying.MyTrip]] = {}
    for one in found:
        days.setdefault(one.trip.day, []).append(one)
    return list(days.items())


def _reasons(organisation: int, person: Any) -> list[Classification]:
    """What managers said of his trips, with their reasons."""
    rows = Classification.objects.filter(organisation_id=organisation, person_id=person, voice=Voice.MANAGER)
    return list(rows.select_related("account").order_by("-at")[:20])
