"""Pages of reports: which there are, asking one, its file, and the log of who asked what."""

from __future__ import annotations

from dataclasses import replace
from urllib.parse import urlencode

from django.core.paginator import Paginator
from django.http import HttpResponse, StreamingHttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET

from allconnects.accounts.access import TenantRequest, at_least, member
from allconnects.kit.errors import InvalidInput, NotFound
from allconnects.products.live_connects.reports_reading import MOST_ON_PAGE, choices, given_of, reader_of, shown
from allconnects.reports import running
from allconnects.reports.api import file_response
from allconnects.reports.catalogue import report_of, reports
from allconnects.reports.definition import GROUPS
from allconnects.reports.models import Form, Run
from allconnects.reports.period import NAMED
from allconnects.reports.purposes import TITLES


@require_GET
@member("planner")
def overview(request: TenantRequest) -> HttpResponse:
    """Every report, and what else stands in this room."""
    shown_apart = {"payroll-month"}
    listed = [one for key, one in reports().items() if key not in shown_apart]
    context = {"reports": listed, "manages": at_least(request.role, "manager")}
    return render(request, "reports/list.html", context)


@require_GET
@member("planner")
def run(request: TenantRequest, key: str) -> HttpResponse:
    """Ask a report, and see what it says. Nothing is shown and nothing logged before a purpose is declared."""
    report, reader = report_of(key), reader_of(request)
    context = {
        "report": report, "periods": NAMED.items(),
        "purposes": running.may_declare(report, reader, case="case" in request.GET),
        "groups": [(group, GROUPS[group]) for group in report.groups], "choices": choices(report, request.GET),
        "asked": request.GET, "period": request.GET.get("period", "last_week"),
        "narrowed": any(request.GET.getlist(name) for name in running.SELECTORS),
        "numbers": [(p, request.GET.get(p.key, p.default)) for p in report.parameters],
        "query": request.GET.urlencode(),
    }  # fmt: skip
    status = 200
    if "purpose" in request.GET:
        try:
            ask = running.ask_of(report, reader, given_of(report, request.GET))
            seen = replace(ask, named=0 if ask.summary and ask.group else MOST_ON_PAGE)
            found = shown(report, ask, running.items_of(report, seen))
            running.log_run(reader, report, ask, Form.PAGE, found.lines)
            context |= {
                "found": found, "about": list(running.about(report, ask)), "notes": list(running.notes(report, ask)),
                "chart": {"bars": found.bars, "unit": found.unit, "title": found.bar_title},
                "flat": not ask.group or ask.summary,
            }  # fmt: skip
        except InvalidInput as error:
            context["problem"], status = error.message, error.status
    return render(request, "reports/run.html", context, status=status)


@require_GET
@member("planner")
def file(request: TenantRequest, key: str, form: str) -> HttpResponse | StreamingHttpResponse:
    """The same as a file."""
    report, reader = report_of(key), reader_of(request)
    if form not in running.CONTENT_TYPES:
        raise NotFound(_("There is no such file."))
    try:
        given = given_of(report, request.GET)
        return file_response(running.write_file(key, reader, given, form, request.GET.get("dialect", "excel")))
    except InvalidInput as error:
        back = urlencode([(k, v) for k, values in request.GET.lists() for v in values])
        context = {"message": error.message, "status": error.status, "report": report, "back": back}
        return render(request, "reports/refused.html", context, status=error.status)


@require_GET
@member("manager")
def log(request: TenantRequest) -> HttpResponse:
    """Who made which report for which purpose; never what stood in it."""
    rows = Run.objects.filter(organisation_id=reader_of(request).organisation).select_related("account")
    page = Paginator(rows.order_by("-pk"), 100).get_page(request.GET.get("page"))
    known = reports()
    for one in page:
        one.title = known[one.report].title if one.report in known else one.report  # type: ignore[attr-defined]
        one.purpose_title = TITLES.get(one.purpose, one.purpose)  # type: ignore[attr-defined]
    return render(request, "reports/log.html", {"page": page})
