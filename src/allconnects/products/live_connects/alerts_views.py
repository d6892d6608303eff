"""The inbox of alerts, and one event with its history."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_POST

from allconnects.accounts.access import TenantRequest, at_least, member
from allconnects.alerts import params as settings
from allconnects.alerts import sentences
from allconnects.alerts.cursor import Cursor, InvalidCursor
from allconnects.alerts.delivery import keys
from allconnects.alerts.models import Alert, Delivery, Handling, Severity
from allconnects.alerts.placed import Places
from allconnects.alerts.services import inbox
from allconnects.kit.errors import InvalidInput

SNOOZES = ((60, "1 h"), (240, "4 h"), (1440, "24 h"))


@member("viewer")
def inbox_page(request: TenantRequest) -> HttpResponse:
    """Events by filter, newest first, a page at a time."""
    wanted, after = _wanted(request)
    rows = inbox.alerts(wanted, after, inbox.PAGE + 1, beside=True)
    page = rows[: inbox.PAGE]
    following = ""
    if len(rows) > inbox.PAGE:
        query = request.GET.copy()
        query["cursor"] = Cursor.write(page[-1].start_at, page[-1].pk)
        following = "?" + query.urlencode()
    context = {
        "rows": [_row(one) for one in page],
        "following": following,
        "wanted": wanted,
        "later": after is not None,
        "filtered": bool(wanted.text or wanted.severity or wanted.rule or wanted.handling != "unresolved"),
        "handlings": [("unresolved", _("Not resolved")), *Handling.choices, ("all", _("All"))],
        "severities": Severity.choices,
        "handles": at_least(request.role, "planner"),
        "manages": at_least(request.role, "manager"),
        "snoozes": SNOOZES,
        "push_key": keys.application_server_key(),
        "chosen": request.GET.get("handling") or "unresolved",
    }
    return render(request, "alerts/inbox.html", context)


def _wanted(request: TenantRequest) -> tuple[inbox.Filter, tuple[Any, int] | None]:
    """What the address asks for; what makes no sense in it is passed over."""
    asked = request.GET
    handling = asked.get("handling") or "unresolved"
    rule = asked.get("rule", "")
    severity = asked.get("severity", "")
    wanted = inbox.Filter(
        "" if handling == "all" else handling,
        severity if severity in Severity.values else "",
        int(rule) if rule.isdecimal() and len(rule) < 10 else None,
        text=asked.get("q", "").strip()[:100],
    )
    try:
        after = Cursor.read(asked["cursor"]) if asked.get("cursor") else None
    except InvalidCursor:
        after = None
    return wanted, after


def _row(one: Alert) -> dict[str, Any]:
    return {
        "alert": one,
        "happened": sentences.HAPPENED[one.rule.kind],
        "peak": sentences.peak(one.rule.kind, one.peak),
        "open": one.handling in inbox.OPEN,
    }


@member("viewer")
def detail(request: TenantRequest, alert: int) -> HttpResponse:
    """One event: what, when, how much, where, and what was done about it."""
    found = inbox.looked_at(alert)
    read = settings.read(found.rule.kind, found.rule.params)
    names = Places(read.places).names.values()
    context = {
        **_row(found),
        "rule": sentences.condition(read, ", ".join(names)),
        "steps": inbox.history(found),
        "deliveries": Delivery.objects.filter(alert=found).order_by("id")[:100],
        "handles": at_least(request.role, "planner"),
        "manages": at_least(request.role, "manager"),
        "snoozes": SNOOZES,
        "lat": None if found.lat_e7 is None else f"{found.lat_e7 / 1e7:.5f}",
        "lon": None if found.lon_e7 is None else f"{found.lon_e7 / 1e7:.5f}",
    }
    return render(request, "alerts/detail.html", context)


@require_POST
@member("planner")
def act(request: TenantRequest) -> HttpResponse:
    """Take on, close, put off, open again or annotate one or many events."""
    numbers = [int(one) for one in request.POST.getlist("ids") if one.isdecimal() and len(one) < 19]
    try:
        said = _act(request, request.POST.get("action", ""), numbers)
    except InvalidInput as error:
        messages.error(request, error.message)
    else:
        messages.success(request, said)
    back = request.POST.get("next", "")
    here = url_has_allowed_host_and_scheme(back, allowed_hosts=None)
    return redirect(back if here else reverse("alerts:inbox"))


def _act(request: TenantRequest, action: str, numbers: list[int]) -> str:
    account, note = request.user.pk, request.POST.get("note", "")
    if action == "acknowledge":
        count = inbox.acknowledge(numbers, account, note)
    elif action == "resolve":
        count = inbox.resolve(numbers, account, note)
    elif action == "reopen":
        count = inbox.reopen(numbers, account, note)
    elif action.startswith("snooze-") and action[7:].isdecimal():
        count = inbox.snooze(numbers, account, int(action[7:]), note)
    elif action == "note" and len(numbers) == 1:
        inbox.note(numbers[0], account, note)
        return _("Written down.")
    else:
        raise InvalidInput(_("Choose what to do."))
    return ngettext("%(n)s alert changed.", "%(n)s alerts changed.", count) % {"n": count}
