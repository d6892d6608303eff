"""What a report is: a declared object that yields rows, and how its rows become heads, lines and totals."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from typing import Any, Literal
from uuid import UUID

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from allconnects.kit.clock import BRUSSELS as BRUSSELS
from allconnects.privacy.investigations.service import Opened
from allconnects.reports.columns import Column, Row, Totals, place_of
from allconnects.reports.hours import HoursBook
from allconnects.reports.purposes import Purpose

Group = Literal["", "vehicle", "person", "team", "site", "day", "material"]
GROUPS: Mapping[str, str | Promise] = {
    "": _("No groups"),
    "vehicle": _("Vehicle"),
    "person": _("Person"),
    "team": _("Team"),
    "site": _("Site"),
    "day": _("Day"),
    "material": _("Material"),
}


@dataclass(frozen=True, slots=True)
class Parameter:
    """A number that whoever runs the report may choose."""

    key: str
    title: str | Promise
    default: int
    least: int
    most: int
    unit: str | Promise = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Ask:
    """What is asked of a report: from the first to the last day, both included, and about whom.

    Empty ``vehicles``, ``people``, ``teams``, ``sites`` and ``materials`` mean all. ``hours``: movement outside of
    them is left out; None keeps everything. ``named``: of how many lines the names of ends are shown, None all; naming
    the others would be for nothing. ``noted``: whom it tells about is written down in the access log by its rows; False
    where whoever asks for them does that, or shows sums of everybody only. ``opened``: what an investigation
    opens under which it is made.
    """

    organisation: int
    first: date
    last: date
    purpose: Purpose
    group: Group = ""
    summary: bool = False
    vehicles: tuple[int, ...] = ()
    people: tuple[UUID, ...] = ()
    teams: tuple[int, ...] = ()
    sites: tuple[int, ...] = ()
    materials: tuple[int, ...] = ()
    numbers: Mapping[str, int] = field(default_factory=dict)
    hours: HoursBook | None = None
    named: int | None = None
    noted: bool = True
    opened: Opened | None = None

    @property
    def begin(self) -> datetime:
        """The instant at which the first day begins in Brussels."""
        return datetime.combine(self.first, time(), BRUSSELS).astimezone(UTC)

    @property
    def end(self) -> datetime:
        """The instant at which the last day has ended in Brussels."""
        return datetime.combine(self.last + timedelta(days=1), time(), BRUSSELS).astimezone(UTC)

    @property
    def days(self) -> int:
        """Number of days."""
        return (self.last - self.first).days + 1


Selector = Literal["vehicles", "people", "teams", "sites", "materials"]


@dataclass(frozen=True, slots=True)
class Chart:
    """Bars: sums of one column by another."""

    by: str
    column: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Report:
    """One report. ``rows`` yields tuples as wide as ``columns``, ordered by ``ask.group`` first.

    ``purposes``: keys of the purposes it may be run for. ``identity``: keys of columns that together name a line.
    ``personal``: whether its lines are about people, so that working hours apply.
    """

    key: str
    title: str | Promise
    text: str | Promise
    icon: str
    columns: Sequence[Column]
    purposes: tuple[str, ...]
    rows: Callable[[Ask], Iterator[Row]]
    identity: tuple[str, ...]
    groups: tuple[Group, ...] = ("",)
    selectors: tuple[Selector, ...] = ()
    parameters: tuple[Parameter, ...] = ()
    chart: Chart | None = None
    personal: bool = True
    longest_days: int = 92
    notes: Callable[[Ask], list[str]] | None = None

    def group_column(self, group: Group) -> Column | None:
        """The column that a grouping goes by."""
        return self.columns[place_of(self.columns, group)] if group else None


@dataclass(frozen=True, slots=True)
class Head:
    """A group begins."""

    label: Any


@dataclass(frozen=True, slots=True)
class Line:
    """One line."""

    values: Row


@dataclass(frozen=True, slots=True)
class Sum:
    """Totals of a group, or of everything where ``label`` is None."""

    label: Any
    values: Row
    lines: int


Item = Head | Line | Sum


def layout(report: Report, ask: Ask) -> tuple[Column, ...]:
    """The columns of the lines: all, or for a summary the group's and those that add up."""
    if not ask.summary or not ask.group:
        return tuple(report.columns)
    group = report.group_column(ask.group)
    return tuple(column for column in report.columns if column is group or column.adding)


def arrange(report: Report, ask: Ask, rows: Iterator[Row]) -> Iterator[Item]:
    """Rows as a stream of heads, lines and sums; the sum of everything comes last.

    A group that comes twice would show two wrong sums, so a source that breaks its order is an error here.
    """
    whole = Totals(report.columns)
    if not ask.group:
        for row in rows:
            whole.add(row)
            yield Line(row)
    elif ask.summary:
        yield from _summary(report, ask, rows, whole)
    else:
        yield from _grouped(report, ask, rows, whole)
    values = whole.values()
    yield Sum(None, _shown(report, ask, values), whole.lines)


def _grouped(report: Report, ask: Ask, rows: Iterator[Row], whole: Totals) -> Iterator[Item]:
    for label, part in _parts(report, ask.group, rows):
        totals = Totals(report.columns)
        yield Head(label)
        for row in part:
            totals.add(row)
            whole.add(row)
            yield Line(row)
        yield Sum(label, totals.values(), totals.lines)


def _summary(report: Report, ask: Ask, rows: Iterator[Row], whole: Totals) -> Iterator[Item]:
    place = place_of(report.columns, ask.group)
    for label, part in _parts(report, ask.group, rows):
        totals = Totals(report.columns)
        for row in part:
            totals.add(row)
            whole.add(row)
        values = list(totals.values())
        values[place] = label
        yield Line(_shown(report, ask, tuple(values)))


def _parts(report: Report, group: Group, rows: Iterator[Row]) -> Iterator[tuple[Any, Iterator[Row]]]:
    """Rows by group, in one pass; each part must be read before the next is asked for."""
    place = place_of(report.columns, group)
    seen: set[Any] = set()
    following = next(rows, None)
    while following is not None:
        label, first = following[place], following
        if label in seen:
            raise RuntimeError(f"report {report.key}: rows are not ordered by {group}")
        seen.add(label)
        ahead: list[Row | None] = [None]

        def part(first: Row = first, label: Any = label, ahead: list[Row | None] = ahead) -> Iterator[Row]:
            row: Row | None = first
            while row is not None and row[place] == label:
                yield row
                row = next(rows, None)
            ahead[0] = row

        yield label, part()
        following = ahead[0]


def _shown(report: Report, ask: Ask, values: Row) -> Row:
    if not (ask.summary and ask.group):
        return values
    kept = layout(report, ask)
    return tuple(value for column, value in zip(report.columns, values, strict=True) if column in kept)
