"""What the pages of reports read out of a request, and how they show a report."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any, Final
from uuid import UUID

from django.http import QueryDict
from django.utils.translation import gettext as _

from allconnects.accounts.access import TenantRequest
from allconnects.accounts.models import Account
from allconnects.kit import clock
from allconnects.kit.errors import InvalidInput, NotFound
from allconnects.products.live_connects.picking.fields import PickWidget, picked_many
from allconnects.products.live_connects.picking.sources import MATERIAL, PERSON, PLACE, TEAM, VEHICLE
from allconnects.reports.columns import Column
from allconnects.reports.definition import Ask, Head, Item, Line, Report, Sum, layout
from allconnects.reports.period import named
from allconnects.reports.running import SELECTORS, Reader
from allconnects.reports.shown import cell, day, heading

MOST_ON_PAGE: Final = 1000
MOST_BARS: Final = 31
CHOICES: Final = {
    "vehicles": VEHICLE, "people": PERSON, "teams": TEAM, "sites": PLACE, "materials": MATERIAL,
}  # fmt: skip
"""Out of what each selector chooses."""


def reader_of(request: TenantRequest) -> Reader:
    """The member who asks."""
    assert request.organisation is not None
    assert isinstance(request.user, Account)
    return Reader(request.organisation.pk, request.role or "driver", request.user)


def given_of(report: Report, query: QueryDict) -> dict[str, Any]:
    """A question out of a form. Raises InvalidInput for days and numbers that cannot be read."""
    first, last = period_of(query)
    found: dict[str, Any] = {
        "purpose": query.get("purpose", ""), "first": first, "last": last,
        "group": query.get("group", report.groups[0]), "summary": bool(query.get("summary")),
        **{name: chosen for name in SELECTORS if (chosen := picked_many(query, CHOICES[name], name))},
    }  # fmt: skip
    if case := query.get("case"):
        found["case"] = _case(case)
    for parameter in report.parameters:
        if text := query.get(parameter.key):
            if not text.isdigit() or len(text) > 6:
                raise InvalidInput(_("%(name)s must be a whole number.") % {"name": parameter.title})
            found[parameter.key] = int(text)
    return found


def _case(text: str) -> UUID:
    try:
        return UUID(text)
    except ValueError:
        raise NotFound(_("There is no such investigation.")) from None


def period_of(query: QueryDict) -> tuple[date, date]:
    """The named period, or the days that were given. Raises InvalidInput."""
    name = query.get("period", "last_week")
    if name != "days":
        try:
            return named(name, clock.today())
        except KeyError:
            raise InvalidInput(_("There is no such period.")) from None
    try:
        return date.fromisoformat(query.get("from", "")), date.fromisoformat(query.get("to", ""))
    except ValueError:
        raise InvalidInput(_("Give the first and the last day.")) from None


def choices(report: Report, query: QueryDict) -> list[dict[str, Any]]:
    """What a report can be narrowed to, each with its field; with none where there is nothing to choose."""
    titles = {"vehicles": _("Vehicles"), "people": _("People"), "teams": _("Teams"), "sites": _("Sites"),
              "materials": _("Materials")}  # fmt: skip
    return [{"name": name, "title": titles[name], "field": _field(name, query)} for name in report.selectors]


def _field(name: str, query: QueryDict) -> str:
    few = CHOICES[name].few()
    if few == []:
        return ""
    return PickWidget(CHOICES[name], many=True).render(name, query.getlist(name), {"id": f"choose-{name}"}, few=few)


@dataclass(slots=True)
class Shown:
    """A report as a page shows it: at most so many lines, totals over all of them."""

    heads: list[dict[str, Any]]
    rows: list[dict[str, Any]] = field(default_factory=list)
    totals: list[str] = field(default_factory=list)
    lines: int = 0
    kept: int = 0
    bars: dict[str, float] = field(default_factory=dict)
    unit: str = ""
    bar_title: str = ""

    @property
    def more(self) -> int:
        """Lines that are only in the files."""
        return self.lines - self.kept


def shown(report: Report, ask: Ask, items: Iterator[Item]) -> Shown:
    """Read a whole report and keep what a page shows of it."""
    columns = layout(report, ask)
    sections = bool(ask.group) and not ask.summary
    places = [i for i, c in enumerate(columns) if not c.in_files_only and not (sections and c.key == ask.group)]
    found = Shown([_head(columns[place]) for place in places])
    bars = _Bars(report, columns, found)
    for item in items:
        if isinstance(item, Line):
            found.lines += 1
            bars.add(item)
            if found.kept < MOST_ON_PAGE:
                found.kept += 1
                found.rows.append({"kind": "line", "cells": [_cell(columns[p], item.values[p]) for p in places]})
        elif isinstance(item, Sum) and item.label is None:
            found.totals = [cell(columns[p].kind, item.values[p]) for p in places]
        elif found.kept < MOST_ON_PAGE:
            found.rows.append(_between(columns, item, places, ask.group))
    bars.finish()
    return found


def _head(column: Column) -> dict[str, Any]:
    return {"title": heading(column), "right": column.numeric, "key": column.key}


def _cell(column: Column, value: Any) -> dict[str, Any]:
    if isinstance(value, datetime):
        sort: Any = value.timestamp()
    else:
        sort = "" if value is None else value
    return {"text": cell(column.kind, value), "right": column.numeric, "sort": sort}


def _between(columns: tuple[Column, ...], item: Item, places: list[int], group: str) -> dict[str, Any]:
    if isinstance(item, Head):
        kind = next(column.kind for column in columns if column.key == group)
        return {"kind": "head", "text": cell(kind, item.label) or _("Not known")}
    assert isinstance(item, Sum)
    cells = [{"text": cell(columns[p].kind, item.values[p]), "right": columns[p].numeric} for p in places]
    return {"kind": "sum", "cells": cells, "lines": item.lines}


class _Bars:
    """Sums for the chart, by the largest or by day."""

    def __init__(self, report: Report, columns: tuple[Column, ...], found: Shown) -> None:
        self.found, self.sums = found, dict[Any, float]()
        keys = [column.key for column in columns]
        chart = report.chart
        self.places: tuple[int, int] | None = None
        if chart is not None and chart.by in keys and chart.column in keys:
            self.places = keys.index(chart.by), keys.index(chart.column)
            self.column = columns[self.places[1]]

    def add(self, line: Line) -> None:
        if self.places is None:
            return
        by, value = line.values[self.places[0]], line.values[self.places[1]]
        if by is not None and value is not None and (by in self.sums or len(self.sums) < 10_000):
            self.sums[by] = self.sums.get(by, 0.0) + float(value)

    def finish(self) -> None:
        if self.places is None or len(self.sums) < 2:
            return
        scale = {"distance_m": 1000, "duration_s": 3600}.get(self.column.kind, 1)
        if all(isinstance(by, date) for by in self.sums):
            chosen = sorted(self.sums.items())[-MOST_BARS:]
        else:
            chosen = sorted(self.sums.items(), key=lambda item: -item[1])[:MOST_BARS]
        self.found.bars = {day(by)[:5] if isinstance(by, date) else str(by): value / scale for by, value in chosen}
        self.found.unit = {"distance_m": "km", "duration_s": "h", "kg": "kg"}.get(self.column.kind, "")
        self.found.bar_title = str(self.column.title)


def month_of(query: Mapping[str, Any]) -> date:
    """The month of ``month=2026-10``; the one before this when none is given. Raises InvalidInput."""
    text = str(query.get("month", ""))
    if not text:
        return named("last_month", clock.today())[0]
    try:
        found = date.fromisoformat(f"{text}-01")
    except ValueError:
        raise InvalidInput(_("There is no such month.")) from None
    if not 2000 <= found.year <= 2100:
        raise InvalidInput(_("There is no such month."))
    return found
