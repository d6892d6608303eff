"""Pages of reports that are sent by themselves."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.http import HttpResponse, StreamingHttpResponse
from django.shortcuts import redirect, render
from django.utils.dates import WEEKDAYS
from django.utils.translation import gettext as _
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from allconnects.accounts.access import TenantRequest, member, no_transaction
from allconnects.accounts.models import Account, Membership
from allconnects.accounts.tenancy import speaking_for
from allconnects.kit import config
from allconnects.kit.errors import InvalidInput, NotFound
from allconnects.products.live_connects.reports_reading import given_of, reader_of
from allconnects.reports import running, sending
from allconnects.reports.api import file_response
from allconnects.reports.catalogue import report_of
from allconnects.reports.definition import GROUPS
from allconnects.reports.models import FILES, Delivery, Frequency, Schedule

_NOT_STORED = ("purpose", "first", "last", "case")


def problems() -> dict[str, str]:
    """Why a sending failed, for people."""
    return {
        "": "", "not_wanted": _("Paused or unsubscribed"), "no_right": _("The receiver may not see this report"),
        "no_mail_server": _("No mail server is set"), "mail_refused": _("The mail server refused it"),
        "given_up": _("Nobody could send it within a day"), "invalid": _("The report could not be made"),
        "not_printed": _("The PDF could not be made"),
    }  # fmt: skip


@require_GET
@member("manager")
def scheduled(request: TenantRequest) -> HttpResponse:
    """What is sent by itself, and what became of the latest sendings."""
    organisation = reader_of(request).organisation
    rows = Schedule.objects.filter(organisation_id=organisation).prefetch_related("receivers").order_by("title", "pk")
    recent = Delivery.objects.filter(organisation_id=organisation).select_related("schedule", "receiver__account")
    words = problems()
    history = [(one, words.get(one.problem, one.problem)) for one in recent.order_by("-due_at", "-pk")[:60]]
    listed = [(one, report_of(one.report), sum(r.unsubscribed_at is None for r in one.receivers.all())) for one in rows]
    context = {"schedules": listed, "history": history, "mails": bool(config.current().email_url)}
    return render(request, "reports/scheduled.html", context)


@require_http_methods(["GET", "POST"])
@member("manager")
def schedule(request: TenantRequest, schedule: int | None = None) -> HttpResponse:
    """Set one up, from a report that was asked before, or change one."""
    reader = reader_of(request)
    found = Schedule() if schedule is None else sending.schedule_of(reader.organisation, schedule)
    key = found.report or request.GET.get("report", "")
    report, status = report_of(key), 200
    context: dict[str, Any] = {"report": report, "schedule": found}
    if request.method == "POST":
        try:
            scope = found.scope if schedule is not None else _scope(request, key)
            sending.save_schedule(reader, _values(request, key, scope), schedule)
        except InvalidInput as error:
            context["problem"], status = error.message, error.status
        else:
            messages.success(request, _("Saved. It is sent at its next time."))
            return redirect("reports:scheduled")
    members = Membership.objects.filter(organisation_id=reader.organisation).exclude(role__in=("driver", "viewer"))
    taken = (
        set(found.receivers.filter(unsubscribed_at=None).values_list("account_id", flat=True)) if found.pk else set()
    )
    context |= {
        "members": members.select_related("account").order_by("account__name", "account__email"),
        "taken": taken or {reader.account.pk if reader.account else 0}, "files": FILES,
        "frequencies": Frequency.choices, "weekdays": WEEKDAYS.items(), "hours": range(24), "month_days": range(1, 29),
        "purposes": running.may_declare(report, reader),
        "purpose": found.purpose or request.GET.get("purpose", ""), "title": found.title or report.title,
        "group": GROUPS.get(str(found.scope.get("group", request.GET.get("group", ""))), ""),
    }  # fmt: skip
    return render(request, "reports/schedule.html", context, status=status)


def _scope(request: TenantRequest, key: str) -> dict[str, Any]:
    """What was asked of the report, without its days, which come from how often it is sent."""
    query = request.GET.copy()
    query["period"] = "last_week"
    return {name: value for name, value in given_of(report_of(key), query).items() if name not in _NOT_STORED}


def _values(request: TenantRequest, key: str, scope: dict[str, Any]) -> dict[str, Any]:
    given = request.POST
    try:
        numbers = {name: int(given.get(name, "")) for name in ("weekday", "month_day", "hour", "link_days")}
        receivers = [int(one) for one in given.getlist("receivers")]
    except ValueError:
        raise InvalidInput(_("Choose a day and an hour.")) from None
    return {
        "title": given.get("title", ""), "report": key, "purpose": given.get("purpose", ""), "scope": scope,
        "form": given.get("form", ""), "frequency": given.get("frequency", ""), "attach": bool(given.get("attach")),
        "receivers": receivers, **numbers,
    }  # fmt: skip


@require_POST
@member("manager")
def act(request: TenantRequest, schedule: int) -> HttpResponse:
    """Pause, go on, send now or delete."""
    organisation, what = reader_of(request).organisation, request.POST.get("act", "")
    if what in ("pause", "resume"):
        sending.pause(organisation, schedule, what == "pause")
        messages.success(request, _("Paused.") if what == "pause" else _("It is sent again, from its next time on."))
    elif what == "send":
        count = sending.send_now(organisation, schedule)
        messages.success(request, _("It is being sent to %(count)s receivers.") % {"count": count})
    elif what == "again":
        number = request.POST.get("delivery", "")
        sending.schedule_of(organisation, schedule)
        try:
            sending.send_again(organisation, int(number) if number.isdecimal() and len(number) < 10 else 0)
            messages.success(request, _("It is being sent once more."))
        except InvalidInput as error:
            messages.error(request, error.message)
    elif what == "delete":
        sending.delete_schedule(organisation, schedule)
        messages.success(request, _("Deleted."))
    else:
        sending.schedule_of(organisation, schedule)
        messages.error(request, _("Choose what to do."))
    return redirect("reports:scheduled")


@require_GET
@member("planner")
def delivery(request: TenantRequest, delivery: int) -> HttpResponse | StreamingHttpResponse:
    """The file that a mail points at; made anew, for the one whom it was sent to, while the link works."""
    reader = reader_of(request)
    assert isinstance(request.user, Account)
    found = sending.delivery_of(reader.organisation, delivery, request.user)
    return file_response(
        running.write_file(found.schedule.report, reader, sending.given_of(found), found.schedule.form)
    )


@csrf_exempt
@no_transaction
@require_http_methods(["GET", "POST"])
def unsubscribe(request: TenantRequest, token: str) -> HttpResponse:
    """Out of it without signing in: a mail program may post here by itself (RFC 8058), so no CSRF token is asked."""
    try:
        organisation, receiver = sending.read_token(token)
        with speaking_for(organisation):
            found = (sending.unsubscribe if request.method == "POST" else sending.receiver_of)(organisation, receiver)
            context = {"title": found.schedule.title, "done": found.unsubscribed_at is not None}
            return render(request, "reports/unsubscribe.html", context)
    except NotFound as error:
        return render(request, "reports/unsubscribe.html", {"problem": error.message}, status=404)
