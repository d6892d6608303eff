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

from allconnects.accounts.access import TenantRequest, at_least, member
from allconnects.accounts.models import Account, Role
from allconnects.fleet.models import Person
from allconnects.kit import clock
from allconnects.kit.errors import AllconnectsError, InvalidInput, NotFound
from allconnects.privacy.requests import seconds
from allconnects.products.live_connects.reports_reading import month_of, reader_of
from allconnects.reports import contests, payroll, payroll_list, running
from allconnects.reports.catalogue import report_of
from allconnects.reports.classifying import last_day
from allconnects.reports.definition import Ask
from allconnects.reports.models import Outcome
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
    people, following = payroll_list.page_of(organisation, asked, text, state, cursor, PAGE)
    everybody, approved = payroll_list.counts_of(organisation, asked)
    _log(request, asked, len(people))
    context = {
        "q": text, "next_cursor": following, "later": bool(cursor), "state": state, "everybody": everybody,
        "asked": urlencode({"month": f"{asked:%Y-%m}", **({"state": state} if state else {})}),
        "month": asked, "people": people,
        "over": clock.today() > last_day(asked), "states": payroll.STATES,
        "without_driver": payroll.without_driver(organisation, asked),
        "contested": contests.waiting(asked),
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
        "month": asked, "one": found, "days": sorted(found.days.items()), "over": clock.today() > last_day(asked),
        "state": payroll.STATES[found.state], "contests": contests.of_person(person, asked),
        "own": Person.objects.filter(pk=person, account__pk=request.user.pk or 0).exists(), **_around(asked),
    }  # fmt: skip
    return render(request, "reports/payroll_person.html", context, status=status)


def _decide(request: TenantRequest, organisation: int, person: UUID, month: date) -> HttpResponse:
    assert isinstance(request.user, Account)
    if request.POST.get("act") in (Outcome.CORRECTED, Outcome.KEPT):
        given, number = request.POST, request.POST.get("contest", "")
        if not number.isdecimal() or len(number) > 9:
            raise NotFound(_("This is answered already, or was withdrawn."))
        contests.answer(organisation, request.user, person, int(number), given["act"], given.get("answer", ""))
        messages.success(request, _("Answered. The person reads it with your name."))
    elif request.POST.get("act") == "reopen":
        payroll.reopen(organisation, request.user, person, month)
        messages.success(request, _("Reopened."))
    else:
        payroll.approve(organisation, request.user, person, month, request.POST.get("digest", ""))
        messages.success(request, _("Approved."))
    return redirect(f"{reverse('reports:payroll_person', args=[person])}?month={month:%Y-%m}")


@require_http_methods(["GET", "POST"])
@member("driver")
def mine(request: TenantRequest) -> HttpResponse:
    """What was computed of whoever looks, day by day, and what he says against it."""
    assert request.organisation is not None
    assert isinstance(request.user, Account)
    organisation, account, status = request.organisation.pk, request.user, 200
    months = contests.months()
    asked = next((one for one in months if f"{one:%Y-%m}" == request.GET.get("month")), months[0])
    context: dict[str, Any] = {"month": asked, "months": months}
    try:
        if request.method == "POST":
            _say(request, organisation, account, asked)
            return redirect(f"{reverse('reports:my_hours')}?month={asked:%Y-%m}")
    except AllconnectsError as error:
        context |= {"problem": error.message, "reason": request.POST.get("reason", "")}
        status = error.status
    try:
        found = contests.my_month(organisation, account, asked)
    except NotFound as error:
        return render(request, "reports/my_hours.html", {"unlinked": error.message})
    context |= {
        "one": found, "days": sorted(found.days.items()), "state": payroll.STATES[found.state],
        "contests": contests.of_person(found.person, asked),
        # Who answers others has to be answered by another: in a firm of one there is none.
        "seconds": seconds.members(organisation, account, Role.MANAGER) if at_least(request.role, "manager") else None,
        "all_days": [asked.replace(day=number) for number in range(1, min(last_day(asked), clock.today()).day + 1)],
    }  # fmt: skip
    return render(request, "reports/my_hours.html", context, status=status)


def _say(request: TenantRequest, organisation: int, account: Account, month: date) -> None:
    given = request.POST
    if given.get("act") == "withdraw":
        number = given.get("contest", "")
        contests.withdraw(organisation, account, int(number) if number.isdecimal() and len(number) < 10 else 0)
        messages.success(request, _("Withdrawn."))
        return
    try:
        day = date.fromisoformat(given["day"]) if given.get("day") else None
    except ValueError:
        raise InvalidInput(_("This is no date.")) from None
    contests.contest(organisation, account, month, day, given.get("reason", ""))
    messages.success(request, _("Said. Somebody of the office has to answer before this month is approved."))
