"""Months: all vehicles in a table, one vehicle in a calendar, both as files."""

from __future__ import annotations

from datetime import date

from django.core.paginator import Paginator
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _

from allconnects.accounts.access import TenantRequest, member
from allconnects.fleet.models import Vehicle
from allconnects.kit import clock
from allconnects.kit.errors import NotFound
from allconnects.products.live_connects import history_files as files
from allconnects.products.live_connects import history_overview as overview
from allconnects.products.live_connects.history_views import TABLES, organisation_of
from allconnects.telemetry import services as telemetry
from allconnects.telemetry.models import Device
from allconnects.telemetry.store.segments import bounds
from allconnects.trips import services as trips
from allconnects.trips.stored import StoredTrip

PAGE = 100


def asked_month(request: HttpRequest) -> date:
    """The first of the month that is asked for; the present one for anything else."""
    try:
        found = date.fromisoformat(request.GET.get("month", "")[:7] + "-01")
    except ValueError:
        return clock.today().replace(day=1)
    return found if 1990 <= found.year <= 2200 else clock.today().replace(day=1)


def _rows(request: TenantRequest, asked: date) -> list[overview.Row]:
    vehicles, devices = (dict(kind.objects.values_list("id", "name")) for kind in (Vehicle, Device))
    rows = overview.rows_of(trips.month_overview(organisation_of(request).pk, asked), vehicles, devices)
    return overview.ordered(rows, request.GET.get("sort", "name"), request.GET.get("q", "")[:100])


@member("viewer")
def month(request: TenantRequest) -> HttpResponse:
    """Every vehicle that drove in a month, from trips alone."""
    asked = asked_month(request)
    rows = _rows(request, asked)
    page = Paginator(rows, PAGE).get_page(request.GET.get("page"))
    following = overview.following(asked)
    length = (following - asked).days
    context = {
        "month": asked,
        "before": overview.preceding(asked),
        "after": following if following <= clock.today() else None,
        "page": page,
        "rows": [(row, overview.bars(row)) for row in page],
        "total": overview.summed(rows),
        "width": length * 4,
        "sort": request.GET.get("sort", "name"),
        "sorts": overview.SORTS,
        "q": request.GET.get("q", "")[:100],
        "tables": TABLES,
    }
    return render(request, "history/month.html", context)


@member("viewer")
def month_file(request: TenantRequest, form: str) -> HttpResponse:
    """The same as a file: all rows, as sorted and filtered."""
    asked = asked_month(request)
    if form not in files.WRITERS:
        raise Http404
    return files.answer(form, f"trips-{asked:%Y-%m}", files.month_table(_rows(request, asked)))


def _trips_of_month(
    request: TenantRequest, asked: date, *, device: int | None = None, vehicle: int | None = None
) -> list[StoredTrip]:
    start, end = bounds(asked)[0], bounds(overview.following(asked))[0]
    found = trips.trips_between(organisation_of(request).pk, start, end, device=device, vehicle=vehicle)
    return [one for one in found if start <= one.start < end]


def _named(request: TenantRequest, found: list[StoredTrip]) -> list[StoredTrip]:
    return trips.named(organisation_of(request).pk, found, request.user.pk)


def vehicle_name(vehicle: int) -> str:
    """What a vehicle is called. Raises NotFound."""
    found = Vehicle.objects.filter(pk=vehicle).values_list("name", flat=True).first()
    if found is None:
        raise NotFound(_("There is no such vehicle."))
    return found


@member("viewer")
def calendar(request: TenantRequest, device: int) -> HttpResponse:
    """The month of one device, day by day."""
    name = telemetry.device_details(device).summary.name
    found = _trips_of_month(request, asked_month(request), device=device)
    addresses = {"day": reverse("history:day", args=[device]), "file": reverse("history:day", args=[device])}
    return _calendar(request, name, found, addresses, devices=[device])


@member("viewer")
def vehicle_calendar(request: TenantRequest, vehicle: int) -> HttpResponse:
    """The month of one vehicle, whichever devices were in it."""
    name = vehicle_name(vehicle)
    found = _trips_of_month(request, asked_month(request), vehicle=vehicle)
    addresses = {"day": reverse("history:vehicle", args=[vehicle]), "file": reverse("history:vehicle", args=[vehicle])}
    return _calendar(request, name, found, addresses, vehicles=[vehicle])


def _calendar(
    request: TenantRequest, name: str, found: list[StoredTrip], addresses: dict[str, str], **which: list[int]
) -> HttpResponse:
    asked = asked_month(request)
    following = overview.following(asked)
    idled = trips.idled(organisation_of(request).pk, bounds(asked)[0], bounds(following)[0], **which)
    context = {
        "name": name,
        "addresses": addresses,
        "month": asked,
        "before": overview.preceding(asked),
        "after": following if following <= clock.today() else None,
        "today": clock.today(),
        "weeks": overview.month_cells(found, asked),
        "totals": trips.totals_of(found, sum(idled.values())),
        "tables": TABLES,
        "trips": found,
    }
    return render(request, "history/calendar.html", context)


@member("viewer")
def trips_file(request: TenantRequest, device: int, form: str) -> HttpResponse:
    """The trips of a month of one device as a file."""
    if form not in files.WRITERS:
        raise Http404
    asked = asked_month(request)
    name = telemetry.device_details(device).summary.name
    table = files.trips_table(name, _named(request, _trips_of_month(request, asked, device=device)))
    return files.answer(form, f"trips-{device}-{asked:%Y-%m}", table)


@member("viewer")
def vehicle_file(request: TenantRequest, vehicle: int, form: str) -> HttpResponse:
    """The same of a vehicle."""
    if form not in files.WRITERS:
        raise Http404
    asked = asked_month(request)
    found = _named(request, _trips_of_month(request, asked, vehicle=vehicle))
    table = files.trips_table(vehicle_name(vehicle), found)
    return files.answer(form, f"trips-vehicle-{vehicle}-{asked:%Y-%m}", table)
