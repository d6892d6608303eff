"""REST operations of reports: what there is, lines as JSON by pages, files, and who made what."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any, Literal, cast

import msgspec
from django.http import HttpRequest, HttpResponse, StreamingHttpResponse
from ninja import Query, Router, Schema
from pydantic import Field

from allconnects.accounts.access import ApiAuth, TenantRequest
from allconnects.accounts.models import Account
from allconnects.reports import running
from allconnects.reports.catalogue import report_of, reports
from allconnects.reports.declared import declared
from allconnects.reports.definition import Ask, Report, layout
from allconnects.reports.models import Run
from allconnects.reports.paging import MOST, page
from allconnects.reports.running import Reader
from allconnects.telemetry.api import INVALID, WITH_404, Problem
from allconnects.telemetry.export import in_thread

router = Router(tags=["reports"])
_encode = msgspec.json.Encoder(decimal_format="number").encode
FileForm = Literal["xlsx", "csv", "pdf"]
_FAR = 2**62


class ColumnOut(Schema):
    """A column: the unit stands at the end of its key (`_m`, `_s`, `_kmh`, `_kg`)."""

    key: str
    title: str
    kind: str
    adding: str


class ParameterOut(Schema):
    """A number that may be chosen."""

    key: str
    title: str
    default: int
    least: int
    most: int


class ReportOut(Schema):
    """A report, and the purposes it may be made for."""

    key: str
    title: str
    text: str
    purposes: list[str]
    groups: list[str]
    selectors: list[str]
    longest_days: int
    parameters: list[ParameterOut]
    columns: list[ColumnOut]


class Question(Schema):
    """What is asked. Days are Brussels days, both included; lists are numbers with commas between."""

    first: date = Field(alias="from")
    last: date = Field(alias="to")
    purpose: str = Field(max_length=30, description="One of the report's purposes: every run declares one.")
    group: str | None = Field(default=None, max_length=20)
    summary: bool = False
    vehicles: str = Field(default="", max_length=5000)
    people: str = Field(default="", max_length=20000)
    teams: str = Field(default="", max_length=5000)
    sites: str = Field(default="", max_length=5000)
    materials: str = Field(default="", max_length=5000)
    least_minutes: int | None = None
    limit_kmh: int | None = None
    silent_hours: int | None = None

    def given(self) -> dict[str, Any]:
        """As ``running.ask_of`` reads it."""
        found = self.model_dump(exclude_none=True)
        for name in running.SELECTORS:
            found[name] = [one for one in found[name].split(",") if one]
        return found


class PageQuestion(Question):
    """The same, a page at a time."""

    cursor: str = Field(default="", max_length=200)
    limit: int = Field(default=500, ge=1, le=MOST)


class FileQuestion(Question):
    """The same as a file."""

    dialect: Literal["excel", "plain"] = "excel"


class Lines(Schema):
    """A page of lines, by column; `next` asks for the following one, `totals` come with the last."""

    report: str
    notes: list[str]
    rows: list[dict[str, Any]]
    totals: dict[str, Any] | None
    next: str | None


class RunOut(Schema):
    """Who made which report for what, about what; never what stood in it."""

    id: int
    at: datetime
    account: int | None
    token: int | None
    schedule: int | None
    report: str
    purpose: str
    first: date
    last: date
    group: str
    scope: dict[str, list[str]]
    form: str
    lines: int
    outside_hours: bool


class RunQuestion(Schema):
    """Which page of the log."""

    before: int = Field(default=_FAR, ge=0, le=_FAR)
    limit: int = Field(default=100, ge=1, le=MOST)


class RunPage(Schema):
    """The latest runs first; `next` is the `before` of the following page."""

    runs: list[RunOut]
    next: int | None


def reader_of(request: HttpRequest) -> Reader:
    """Who asks: a member with his role, or a program, which may declare what a manager may."""
    found = cast(TenantRequest, request)
    assert found.organisation is not None
    if found.token_scopes is not None:
        return Reader(found.organisation.pk, "manager", token=getattr(found.organisation, "token", None))
    assert isinstance(found.user, Account)
    return Reader(found.organisation.pk, found.role or "driver", found.user)


@router.get("/reports", response={200: list[ReportOut], 401: Problem, 403: Problem}, auth=ApiAuth("reports:read"),
            url_name="reports")  # fmt: skip
def list_reports(request: HttpRequest) -> Any:
    """Every report with its columns, and the purposes that the caller may declare for it."""
    reader = reader_of(request)
    on = declared(reader.organisation)
    return [_described(report, reader, on) for report in reports().values()]


def _described(report: Report, reader: Reader, on: frozenset[str]) -> dict[str, Any]:
    return {
        "key": report.key, "title": str(report.title), "text": str(report.text), "groups": list(report.groups),
        "purposes": [one.key for one in running.may_declare(report, reader, on)],
        "selectors": list(report.selectors), "longest_days": report.longest_days,
        "parameters": [
            {"key": p.key, "title": str(p.title), "default": p.default, "least": p.least, "most": p.most}
            for p in report.parameters
        ],
        "columns": [
            {"key": c.key, "title": str(c.title), "kind": c.kind, "adding": c.adding} for c in report.columns
        ],
    }  # fmt: skip


@router.get("/reports/{report}/rows", response={200: Lines, **WITH_404, 409: Problem, 422: Problem},
            auth=ApiAuth("reports:read"), url_name="report_rows")  # fmt: skip
def report_rows(request: HttpRequest, report: str, question: Query[PageQuestion]) -> HttpResponse:
    """The lines of a report, at most 1,000 at a time. Each call is written to the log of runs."""
    reader, found = reader_of(request), report_of(report)
    ask = running.ask_of(found, reader, question.given())
    got = page(found, ask, running.items_of(found, ask), question.cursor, question.limit)
    running.log_run(reader, found, ask, "json", len(got.lines))
    names = [column.key for column in layout(found, ask)]
    body = {
        "report": report, "notes": list(running.notes(found, ask)),
        "rows": [dict(zip(names, line, strict=True)) for line in got.lines],
        "totals": None if got.totals is None else _totals(found, ask, got.totals), "next": got.following,
    }  # fmt: skip
    return HttpResponse(_encode(body), content_type="application/json")


def _totals(report: Report, ask: Ask, values: tuple[Any, ...]) -> dict[str, Any]:
    columns = layout(report, ask)
    return {c.key: value for c, value in zip(columns, values, strict=True) if c.adding}


@router.get("/reports/{report}/file.{form}", response={200: None, **WITH_404, 422: Problem},
            auth=ApiAuth("reports:read"), url_name="report_file")  # fmt: skip
def report_file(
    request: HttpRequest, report: str, form: FileForm, question: Query[FileQuestion]
) -> StreamingHttpResponse:
    """A report as XLSX, CSV or PDF. It is made whole before its first byte is sent: a file that arrives is complete."""
    return file_response(running.write_file(report, reader_of(request), question.given(), form, question.dialect))


def file_response(file: running.WrittenFile) -> StreamingHttpResponse:
    """A written report as an answer that nobody keeps."""
    response = StreamingHttpResponse(in_thread(file.pieces()), content_type=file.content_type)
    response["Content-Disposition"] = f'attachment; filename="{file.name}"'
    response["Content-Length"] = str(file.size)
    response["Cache-Control"] = "no-store"
    return response


@router.get("/report-runs", response={200: RunPage, **INVALID}, auth=ApiAuth("reports:audit"), url_name="report_runs")
def report_runs(request: HttpRequest, question: Query[RunQuestion]) -> Any:
    """Who made which report for which purpose, the latest first."""
    organisation = reader_of(request).organisation
    limit = question.limit
    rows = Run.objects.filter(organisation_id=organisation, pk__lt=question.before).order_by("-pk")[: limit + 1]
    found = [_run(row) for row in rows]
    return {"runs": found[:limit], "next": found[limit - 1]["id"] if len(found) > limit else None}


def _run(row: Run) -> dict[str, Any]:
    return {
        "id": row.pk, "at": row.at, "account": row.account_id, "token": row.token_id, "schedule": row.schedule_id,
        "report": row.report, "purpose": row.purpose, "first": row.first, "last": row.last, "group": row.grouped,
        "scope": row.scope, "form": row.form, "lines": row.lines, "outside_hours": row.outside_hours,
    }  # fmt: skip
