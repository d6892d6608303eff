"""The replay of several devices together: a page, and the track of each when it is asked for.

Its address holds ids and days, nothing else.
"""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any, Final

import msgspec
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.templatetags.static import static
from django.urls import reverse
from django.utils import formats
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET

from allconnects.accounts.access import TenantRequest, member
from allconnects.kit import clock
from allconnects.kit.errors import InvalidInput
from allconnects.products.live_connects import history_day as days
from allconnects.products.live_connects import history_spans as spans
from allconnects.products.live_connects.history_texts import texts
from allconnects.products.live_connects.history_views import organisation_of
from allconnects.products.live_connects.subjects import subjects
from allconnects.products.live_connects.traffic import chosen
from allconnects.telemetry import services as telemetry
from allconnects.telemetry.models import Device
from allconnects.telemetry.store.segments import bounds
from allconnects.trips import services as trips

MOST_DEVICES: Final = 12
MOST_DAYS: Final = 7
MOST_POINTS: Final = 6_000
"""Of one device: a fix each two minutes over the longest period, each 15 seconds over a day."""
_encode = msgspec.json.Encoder().encode


def asked_days(request: HttpRequest) -> tuple[date, date]:
    """First and last day, both included; today by default. Raises InvalidInput."""
    first = _day(request.GET.get("from", "")) or clock.today()
    last = _day(request.GET.get("to", "")) or first
    if last < first:
        raise InvalidInput(_("The period ends before it begins."))
    if (last - first).days >= MOST_DAYS:
        raise InvalidInput(_("At most %(most)s days can be replayed at once.") % {"most": MOST_DAYS})
    return first, last


def _day(text: str) -> date | None:
    try:
        found = date.fromisoformat(text) if text else None
    except ValueError:
        found = date.min
    if found and not 1990 <= found.year <= 2200:
        raise InvalidInput(_("The day must be given as in 2026-10-31."))
    return found


@require_GET
@member("viewer")
def page(request: TenantRequest) -> HttpResponse:
    """Choose devices and days; with both, map and replay. Tracks come afterwards, one by one."""
    problem = ""
    try:
        first, last = asked_days(request)
        ids = chosen(request.GET.getlist("device"), MOST_DEVICES)
    except InvalidInput as error:
        problem, ids, first, last = error.message, [], clock.today(), clock.today()
    length = (last - first).days + 1
    after = first + timedelta(days=length)
    context = {
        "problem": problem, "ids": ids, "first": first, "last": last, "today": clock.today(), "most": MOST_DEVICES,
        "before": (first - timedelta(days=length), last - timedelta(days=length)),
        "after": (after, last + timedelta(days=length)) if after <= clock.today() else None,
        "settings": _settings(ids, first, last),
    }  # fmt: skip
    return render(request, "history/together.html", context)


def named(ids: list[int]) -> list[dict[str, Any]]:
    """What to call each device: by what it is in."""
    known = {one.device: (one.name, one.plate) for one in subjects()} if ids else {}
    own = dict(Device.objects.filter(pk__in=ids).values_list("id", "name"))
    rows = [(device, *known.get(device, (own[device], ""))) for device in ids]
    return [{"id": device, "name": name, "plate": plate if plate != name else ""} for device, name, plate in rows]


def _settings(ids: list[int], first: date, last: date) -> dict[str, Any]:
    start, end = spans.bounds_ms(first)[0], spans.bounds_ms(last)[1]
    return {
        "start": start,
        "end": end,
        "hours": spans.hours(first) if first == last else _midnights(first, last),
        "devices": named(ids),
        "most": MOST_DEVICES,
        "range": [first.isoformat(), last.isoformat()],
        "urls": {
            "data": f"{reverse('history:together_data')}?from={first.isoformat()}&to={last.isoformat()}",
            "devices": reverse("api:devices"),
            "subjects": reverse("api:live_subjects"),
            "trips": reverse("history:month"),
            "style": reverse("basemap:style"),
            "icons": static("vendor/icons.svg"),
        },
        "texts": {**texts(), **_texts()},
    }


def _midnights(first: date, last: date) -> list[tuple[int, str]]:
    every = [first + timedelta(days=n) for n in range((last - first).days + 1)]
    return [(spans.bounds_ms(day)[0], formats.date_format(day, "D j")) for day in every]


def _texts() -> dict[str, str]:
    return {
        "loading": _("{done} of {count} tracks are here"),
        "someless": _("The tracks of {names} cannot be shown now."),
        "nothingmoved": _("Nothing was sent in these days."),
        "standing": _("Standing"),
        "full": _("At most {most} together: take one out first."),
        "allgroups": _("All groups and teams"),
        "morefound": _("{count} more: search to find them"),
        "none": _("Nothing matches."),
        "takeout": _("Take {name} out"),
        "showline": _("Show {name}"),
        "thisday": _("The day of {name}"),
    }


@require_GET
@member("viewer")
def data(request: TenantRequest) -> HttpResponse:
    """The track of one device over the period, with its trips. Raises NotFound, InvalidInput."""
    first, last = asked_days(request)
    ids = chosen(request.GET.getlist("device"), 1)
    if not ids:
        raise InvalidInput(_("Choose at least one device."))
    organisation = organisation_of(request)
    track, _first, _last = telemetry.range_track(organisation, ids[0], first.isoformat(), last.isoformat())
    found = trips.trips_between(organisation.pk, bounds(first)[0], bounds(last)[1], device=ids[0])
    body = days.track_data(track, found, MOST_POINTS)
    body["trips"] = [(days.ms(one.start), days.ms(one.end)) for one in found]
    response = HttpResponse(_encode(body), content_type="application/json")
    response["Cache-Control"] = "no-store"
    return response
