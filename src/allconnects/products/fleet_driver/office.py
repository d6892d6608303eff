"""What the office sets: bounds of what is seen, hours and absences of people, switches in vehicles, thefts."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, time
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.db.models import Q
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils.dates import WEEKDAYS
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST

from allconnects.accounts.access import TenantRequest, at_least, member
from allconnects.accounts.models import Account, Role
from allconnects.fleet.models import Person, PersonHours, Pool, Precision
from allconnects.fleet.models.private import NOTICE_DAYS
from allconnects.fleet.private import exceptions, rules, settings, switching
from allconnects.fleet.private import planning as plan
from allconnects.fleet.private.rules import Clock
from allconnects.kit.errors import AllconnectsError, InvalidInput, NotFound
from allconnects.privacy.requests import seconds
from allconnects.products.live_connects.picking.fields import picked
from allconnects.products.live_connects.picking.sources import VEHICLE
from allconnects.telemetry.models import Device


def inputs() -> list[tuple[str, str]]:
    """Inputs that a switch can be wired to, with their names."""
    wired = [(f"in{n}", _("digital input %(number)s") % {"number": n}) for n in (1, 2, 3, 4)]
    return [("", _("no switch")), ("privateMode", _("the tracker's private mode")), *wired]


def _organisation(request: TenantRequest) -> int:
    assert request.organisation is not None
    return request.organisation.pk


@require_http_methods(["GET", "POST"])
@never_cache
@member("planner")
def rule(request: TenantRequest) -> HttpResponse:
    """What others may see of people; managers set it. Thefts and switches stand on the same page."""
    organisation, account = _organisation(request), request.user
    assert isinstance(account, Account)
    if request.method == "POST":
        if not at_least(request.role, "manager"):
            return render(request, "error.html", {"status": 403, "message": _("Managers set this.")}, status=403)
        return _told(request, lambda: settings.set_rule(organisation, _given(request.POST)), _("Saved."))
    context = {
        "rule": settings.rule_of(organisation),
        "precisions": Precision.choices,
        "pools": Pool.choices,
        "most": NOTICE_DAYS,
        "inputs": inputs(),
        "switched": Device.objects.exclude(private_input="").order_by("name")[:200],
        "declarations": exceptions.declarations(),
        "manages": at_least(request.role, "manager"),
        "seconds": seconds.members(organisation, account, Role.PLANNER),
    }
    return render(request, "driver/office.html", context)


def _told(request: TenantRequest, act: Callable[[], Any], said: str, back: str = "driver:office") -> HttpResponse:
    try:
        act()
        messages.success(request, said)
    except NotFound:
        raise
    except AllconnectsError as error:
        messages.error(request, error.message)
    return redirect(back)


def _given(post: Any) -> dict[str, Any]:
    return {
        "precision": post.get("precision", ""), "coarsest": post.get("coarsest", ""), "pool": post.get("pool", ""),
        "days": _number(post.get("days", "")), "fewest_days": _number(post.get("fewest_days", "")),
        "holidays_off": post.get("holidays_off") == "on", "informed_on": _day(post.get("informed_on", "")),
    }  # fmt: skip


def _number(text: str) -> int:
    if not text.isdecimal() or len(text) > 3:
        raise InvalidInput(_("Give a number of days."))
    return int(text)


def _day(text: str) -> date | None:
    try:
        return date.fromisoformat(text) if text else None
    except ValueError:
        raise InvalidInput(_("The day must be given as in 2026-10-31.")) from None


@require_POST
@member("manager")
def switch(request: TenantRequest) -> HttpResponse:
    """By which input a switch in a vehicle asks for private time."""
    text, organisation = request.POST.get("device", "").strip()[:100], _organisation(request)

    def act() -> None:
        found = list(Device.objects.filter(Q(name__iexact=text) | Q(identifier=text))[:2]) if text else []
        if len(found) != 1:
            raise InvalidInput(_("No device has exactly that name or identifier."))
        switching.choose(organisation, found[0].pk, request.POST.get("input", ""))

    return _told(request, act, _("Saved."))


@require_POST
@member("planner")
def declare(request: TenantRequest) -> HttpResponse:
    """Say that a vehicle was stolen; a second person confirms."""
    account = request.user
    assert isinstance(account, Account)

    def act() -> None:
        vehicle = picked(request.POST, VEHICLE, "vehicle")
        if not vehicle.isdecimal() or len(vehicle) > 9:
            raise InvalidInput(_("Choose the vehicle."))
        exceptions.declare_theft(_organisation(request), int(vehicle), account, request.POST.get("reason", ""))

    return _told(request, act, _("Declared. A second person has to confirm it before anything is recorded."))


@require_POST
@member("planner")
def decide(request: TenantRequest, exception: int) -> HttpResponse:
    """Confirm a declaration of somebody else, or end it."""
    account = request.user
    assert isinstance(account, Account)
    if request.POST.get("act") == "end":
        return _told(request, lambda: exceptions.end_theft(_organisation(request), exception, account), _("Ended."))
    act = lambda: exceptions.confirm_theft(_organisation(request), exception, account)  # noqa: E731
    return _told(request, act, _("Confirmed. The driver reads of it when it is over."))


@require_http_methods(["GET", "POST"])
@never_cache
@member("manager")
def planning(request: TenantRequest, person: UUID) -> HttpResponse:
    """Hours and absences of one person."""
    found = Person.objects.filter(pk=person).first()
    if found is None:
        raise NotFound(_("There is no such person."))
    problem, status = "", 200
    if request.method == "POST":
        try:
            _change(_organisation(request), found, request.POST)
            messages.success(request, _("Saved."))
            return redirect("driver:planning", person=person)
        except InvalidInput as error:
            problem, status = error.message, 422
    own = PersonHours.objects.filter(pk=found.pk).first()
    week = rules.parse_week(own.days) if own else {}
    context = {
        "person": found, "own": own is not None, "problem": problem, "absences": plan.absences(found.pk),
        "days": [(day, name, _filled(week.get(day, ()))) for day, name in WEEKDAYS.items()],
    }  # fmt: skip
    return render(request, "driver/planning.html", context, status=status)


def _filled(spans: Any) -> list[tuple[str, str]]:
    texts = [(f"{start:%H:%M}", f"{end:%H:%M}") for start, end in spans]
    return [*texts, ("", ""), ("", "")][: max(2, len(texts))]


def _change(organisation: int, person: Person, post: Any) -> None:
    what = post.get("what", "")
    if what == "absence":
        first, last = _day(post.get("first", "")), _day(post.get("last", "") or post.get("first", ""))
        if first is None or last is None:
            raise InvalidInput(_("Give the first and the last day."))
        plan.add_absence(organisation, person, first, last)
    elif what == "drop":
        number = post.get("absence", "")
        plan.drop_absence(organisation, person, int(number) if number.isdecimal() and len(number) < 10 else 0)
    elif what == "forget":
        plan.set_hours(organisation, person, None)
    else:
        plan.set_hours(organisation, person, {day: _spans(post, day) for day in range(7)})


def _spans(post: Any, day: int) -> list[Clock]:
    found: list[Clock] = []
    for place in range(plan.MOST_SPANS):
        begin, end = post.get(f"from-{day}-{place}", "").strip(), post.get(f"to-{day}-{place}", "").strip()
        if not begin and not end:
            continue
        try:
            found.append((time.fromisoformat(begin.zfill(5)), time.fromisoformat(end.zfill(5))))
        except ValueError:
            raise InvalidInput(_("Give times as in 06:30.")) from None
    return found
