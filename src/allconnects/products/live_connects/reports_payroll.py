"""Pages for whoever prepares pay: everybody's month, one person's days, approving."""

from __future__ import annotations

from datetime import date
from typing import Any
from urllib.parse import urlencode
from uuid import UUID

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods

from allconnects.accounts.access import TenantRequest, member
from allconnects.accounts.models import Account
from allconnects.kit.errors import AllconnectsError, InvalidInput, NotFound
from allconnects.products.live_connects.reports_reading import month_of, reader_of, today
from allconnects.reports import payroll, running
from allconnects.reports.catalogue import report_of
from allconnects.reports.classifying import last_day
from allconnects.reports.definition import Ask
from allconnects.reports.period import next_month
from allconnects.reports.purposes import purposes

PAGE = 50


def _asked(request: TenantRequest) -> date:
    try:
        return month_of(request.GET)
    except InvalidInput:
        return month_of({})


def _log(request: TenantRequest, month: date, lines: int, person: UUID | None = None) -> None:
    reader = reader_of(request)
    ask = Ask(organisation=reader.organisation, first=month, last=last_day(month), purpose=purposes()["payroll"],
              people=(person,) if person else ())  # fmt: skip
    running.log_run(reader, report_of("payroll-month"), ask, "page", lines)


@require_GET
@member("manager")
def month(request: TenantRequest) -> HttpResponse:
    """Everybody's month, fifty people on a page."""
    asked, organisation = _asked(request), reader_of(request).organisation
    text, cursor = request.GET.get("q", "")[:200], request.GET.get("cursor", "")[:500]
    state = request.GET.get("state", "") if request.GET.get("state") in ("open", "approved") else ""
    people, following = payroll.page_of(organisation, asked, text, state, cursor, PAGE)
    everybody, approved = payroll.counts_of(organisation, asked)
    _log(request, asked, len(people))
    context = {
        "q": text, "following": following, "later": bool(cursor), "state": state, "everybody": everybody,
        "asked": urlencode({"month": f"{asked:%Y-%m}", **({"state": state} if state else {})}),
        "month": asked, "people": people,
        "over": today() > last_day(asked), "states": payroll.STATES,
        "without_driver": payroll.without_driver(organisation, asked),
        "approved": approved, "last": last_day(asked), **_around(asked),
    }  # fmt: skip
    return render(request, "reports/payroll.html", context)


def _around(month: date) -> dict[str, str]:
    """The months beside it, as addresses name them."""
    before = date(month.year - (month.month == 1), (month.month - 2) % 12 + 1, 1)
    return {"previous": f"{before:%Y-%m}", "following": f"{next_month(month):%Y-%m}", "text": f"{month:%Y-%m}"}


@require_http_methods(["GET", "POST"])
@member("manager")
def person(request: TenantRequest, person: UUID) -> HttpResponse:
    """One person's days of a month; approve or reopen it here."""
    asked, organisation, status = _asked(request), reader_of(request).organisation, 200
    context: dict[str, Any] = {}
    if request.method == "POST":
        try:
            return _decide(request, organisation, person, asked)
        except NotFound:
            raise
        except AllconnectsError as error:
            context["problem"], status = error.message, error.status
    (found,) = payroll.month_of(organisation, asked, person)
    if request.method == "GET":
        _log(request, asked, len(found.days), person)
    context |= {
        "month": asked, "one": found, "days": sorted(found.days.items()), "over": today() > last_day(asked),
        "state": payroll.STATES[found.state], **_around(asked),
    }  # fmt: skip
    return render(request, "reports/payroll_person.html", context, status=status)


def _decide(request: TenantRequest, organisation: int, person: UUID, month: date) -> HttpResponse:
    assert isinstance(request.user, Account)
    if request.POST.get("act") == "reopen":
        payroll.reopen(organisation, request.user, person, month)
        messages.success(request, _("Reopened."))
    else:
        payroll.approve(organisation, request.user, person, month, request.POST.get("digest", ""))
        messages.success(request, _("Approved."))
    return redirect(f"{reverse('reports:payroll_person', args=[person])}?month={month:%Y-%m}")
