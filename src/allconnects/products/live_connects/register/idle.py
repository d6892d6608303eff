"""Materials that are missing or idle, and the hours that each ran."""

from __future__ import annotations

from datetime import timedelta

from django.http import HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET

from allconnects.accounts.access import TenantRequest, member
from allconnects.fleet.services import materials
from allconnects.kit import clock
from allconnects.maintenance.services import idle, sheet, usage
from allconnects.products.live_connects.register.common import sections
from allconnects.products.live_connects.register.files import XLSX

SPANS = (7, 14, 30, 60, 90)


@require_GET
@member("viewer")
def missing(request: TenantRequest) -> HttpResponse:
    """Materials that nobody saw for so many days, those that lie idle, and hours of those that run."""
    days = _asked(request)
    found = idle.states(shown=True)
    names = materials.names_of([one.where for one in found])
    today = clock.today()
    hours = usage.hours_between(today - timedelta(days=days - 1), today)
    lost = idle.missing(found, days)
    gone = {one.material.pk for one in lost}
    lying = [one for one in idle.idle(found, days) if one.material.pk not in gone]
    running = sorted((one for one in found if one.material.pk in hours), key=lambda one: -hours[one.material.pk])
    lists = [
        (title, hint, [(one, names.get(one.where.holder or ("", ""), ""), at(one)) for one in rows])
        for title, hint, rows, at in (
            (_("Missing"), _("No tracker, tag or person told of it in this time."), lost, idle.seen_at),
            (_("Idle"), _("Seen, but neither moved nor used nor handed over in this time."), lying, _active),
        )
    ]
    context = {
        "lists": lists, "sections": sections(request), "days": days, "spans": SPANS,
        "running": [(one.material, round(hours[one.material.pk], 1)) for one in running[:300]],
    }  # fmt: skip
    return render(request, "register/missing.html", context)


@require_GET
@member("viewer")
def hours_file(request: TenantRequest) -> HttpResponse:
    """The hours that materials ran in so many days, for a spreadsheet."""
    today = clock.today()
    first = today - timedelta(days=_asked(request) - 1)
    response = HttpResponse(sheet.hours_xlsx(first, today), content_type=XLSX)
    response["Content-Disposition"] = f'attachment; filename="hours_{first}_{today}.xlsx"'
    response["Cache-Control"] = "no-store"
    return response


def _asked(request: TenantRequest) -> int:
    asked = request.GET.get("days", "")
    return int(asked) if asked in [str(one) for one in SPANS] else 30


def _active(one: idle.State) -> object:
    return one.active_at
