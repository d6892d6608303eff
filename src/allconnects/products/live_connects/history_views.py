"""The day of a device: page and data."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from typing import Any

import msgspec
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.templatetags.static import static
from django.urls import reverse
from django.utils.translation import gettext as _

from allconnects.accounts.access import TenantRequest, at_least, member
from allconnects.accounts.models import Organisation
from allconnects.fleet.models import Vehicle
from allconnects.kit import clock
from allconnects.kit.errors import InvalidInput, NotFound
from allconnects.products.live_connects import history_day as days
from allconnects.products.live_connects import history_spans as spans
from allconnects.products.live_connects.history_texts import texts
from allconnects.telemetry import services as telemetry
from allconnects.telemetry.store.segments import bounds
from allconnects.trips import services as trips
from allconnects.trips.stored import Day

CORRECTS = "planner"
"""The lowest role that may correct trips."""
TRACKS = (("gpx", "GPX"), ("geojson", "GeoJSON"), ("csv", "CSV"), ("kml", "KML"))
TABLES = (("xlsx", "Excel"), ("csv", "CSV"))
PURPOSES: dict[str, Callable[[], str]] = {
    "": lambda: _("Not said"),
    "business": lambda: _("Business"),
    "private": lambda: _("Private"),
    "commute": lambda: _("Home to work"),
}
_encode = msgspec.json.Encoder().encode


def organisation_of(request: TenantRequest) -> Organisation:
    """The organisation that ``member`` made sure of."""
    assert request.organisation is not None
    return request.organisation


def who_asks(request: TenantRequest) -> str:
    """As the log of the vault names who asks."""
    return f"account:{request.user.pk}"


def asked_day(request: HttpRequest) -> date:
    """The day that is asked for; today by default. Raises InvalidInput."""
    text = request.GET.get("day", "") or request.POST.get("day", "")
    if not text:
        return clock.today()
    try:
        found = date.fromisoformat(text)
    except ValueError:
        raise InvalidInput(_("The day must be given as in 2026-10-31.")) from None
    if not 1990 <= found.year <= 2200:
        raise InvalidInput(_("The day must be given as in 2026-10-31."))
    return found


@member("viewer")
def day(request: TenantRequest, device: int) -> HttpResponse:
    """One day: timeline, map with replay, trips and stops; the track comes afterwards."""
    summary = telemetry.device_details(device).summary
    try:
        asked = asked_day(request)
    except InvalidInput:
        return redirect("history:day", device=device)
    found = trips.day_of(organisation_of(request).pk, device, asked, request.user.pk)
    entries = days.entries(found)
    before, after = days.neighbours(asked)
    context = {
        "device": summary,
        "day": asked,
        "before": before,
        "after": after,
        "today": clock.today(),
        "found": found,
        "entries": entries,
        "corrects": at_least(request.role, CORRECTS),
        "imports": at_least(request.role, "manager"),
        "tracks": TRACKS,
        "tables": TABLES,
        "purposes": [(value, text()) for value, text in PURPOSES.items()],
        "settings": _settings(found, entries, asked),
    }
    return render(request, "history/day.html", context)


def _settings(found: Day, entries: list[days.Entry], asked: date) -> dict[str, Any]:
    """What the scripts of the page need to know."""
    start, end = spans.bounds_ms(asked)
    return {
        "start": start,
        "end": end,
        "hours": spans.hours(asked),
        "entries": days.shown(entries),
        "urls": {
            "data": f"{reverse('history:data', kwargs={'device': found.device})}?day={asked.isoformat()}",
            "style": reverse("basemap:style"),
            "worker": static("vendor/maplibre/maplibre-gl-worker.mjs"),
        },
        "texts": texts(),
    }


@member("viewer")
def data(request: TenantRequest, device: int) -> HttpResponse:
    """The track of a day as columns, its silences and where it idled."""
    organisation = organisation_of(request)
    asked = asked_day(request)
    track = telemetry.day_track(organisation, device, asked)
    start, end = bounds(asked)
    found = trips.trips_between(organisation.pk, start, end, device=device)
    response = HttpResponse(_encode(days.track_data(track, found)), content_type="application/json")
    response["Cache-Control"] = "no-store"
    return response


@member("viewer")
def vehicle_day(request: TenantRequest, vehicle: int) -> HttpResponse:
    """The day of a vehicle: that of the device that was in it; its calendar where no trip says which."""
    if not Vehicle.objects.filter(pk=vehicle).exists():
        raise NotFound(_("There is no such vehicle."))
    asked = asked_day(request)
    start, end = bounds(asked)
    organisation = organisation_of(request).pk
    found = trips.trips_between(organisation, start, end, vehicle=vehicle, limit=1)
    found = found or trips.trips_between(organisation, *spans.year_before(asked), vehicle=vehicle, limit=1)
    if not found:
        return redirect("history:vehicle_calendar", vehicle=vehicle)
    return redirect(f"{reverse('history:day', kwargs={'device': found[0].device})}?day={asked.isoformat()}")
