"""The logbook of a vehicle as people read it: rows with their corrections, on a page and as a file with its seal."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path
from typing import Any
from uuid import UUID

from django.utils import translation
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from allconnects.fleet.models import Person, Vehicle
from allconnects.kit import clock
from allconnects.kit.errors import InvalidInput, NotFound
from allconnects.reports import shown
from allconnects.reports.classifying import last_day
from allconnects.reports.columns import Column, Row
from allconnects.reports.definition import Ask, Report, arrange
from allconnects.reports.firm import letterhead
from allconnects.reports.logbook import Chain, check, corrections_by_trip
from allconnects.reports.models import Entry, LogbookRow
from allconnects.reports.odometer import sentences
from allconnects.reports.purposes import purposes
from allconnects.reports.render import pdf, xlsx
from allconnects.reports.render.document import Document
from allconnects.reports.running import CONTENT_TYPES, Reader, WrittenFile, log_run
from allconnects.trips.models import Use, Voice

COLUMNS = (
    Column("number", gettext_lazy("No."), "count", 5),
    Column("day", gettext_lazy("Day"), "date", 11),
    Column("began", gettext_lazy("Start"), "time", 7),
    Column("ended", gettext_lazy("End"), "time", 7),
    Column("from", gettext_lazy("From"), width=22),
    Column("to", gettext_lazy("To"), width=22),
    Column("driver", gettext_lazy("Driver"), width=16),
    Column("business_m", gettext_lazy("Business"), "distance_m", 9, "sum"),
    Column("commute_m", gettext_lazy("Home to work"), "distance_m", 9, "sum"),
    Column("private_m", gettext_lazy("Private"), "distance_m", 9, "sum"),
    Column("said_by", gettext_lazy("Said by"), width=9),
    Column("note", gettext_lazy("Correction"), width=24),
)


@dataclass(frozen=True, slots=True)
class Written:
    """A trip of a closed month. ``use``: after its corrections; ``was``: as closed; ``notes``: why it changed."""

    number: int
    day: date
    began: datetime | None
    ended: datetime | None
    start: str | None
    to: str | None
    driver: str | None
    distance_m: int
    use: str
    was: str
    said_by: str
    notes: tuple[str, ...]
    late: bool


def written(organisation: int, vehicle: int, month: date) -> list[Written]:
    """The trips of a closed month with their corrections, by day; late ones among them."""
    found_rows = LogbookRow.objects.filter(organisation_id=organisation, vehicle_id=vehicle, month=month)
    rows = list(found_rows.select_related("made_by").order_by("number"))
    corrections = corrections_by_trip(rows)
    trips = [row for row in rows if row.entry == Entry.TRIP or (row.entry == Entry.CORRECTION and not row.corrects)]
    names = _names(organisation, {row.content["driver"] for row in trips} - {None})
    found = [_written(row, corrections.get(row.number, []), names) for row in trips]
    return sorted(found, key=lambda one: (one.day, one.number))


def _written(row: LogbookRow, corrections: list[LogbookRow], names: dict[str, str]) -> Written:
    content, words = row.content, dict(Use.choices)
    notes = [f"{_signed(row)}: {content['reason']}"] if "reason" in content else []
    notes += [f"{_signed(one)}: {words[one.content['was']]} → {words[one.content['use']]}: {one.content['reason']}"
              for one in corrections]  # fmt: skip
    return Written(
        row.number, date.fromisoformat(content["day"]), _moment(content["began"]), _moment(content["ended"]),
        content["from"], content["to"], names.get(content["driver"] or "", content["driver"] and _("no longer known")),
        content["distance_m"], corrections[-1].content["use"] if corrections else content["use"], content["use"],
        content["said_by"], tuple(notes), row.entry == Entry.CORRECTION,
    )  # fmt: skip


def _signed(row: LogbookRow) -> str:
    """When and by whom a row was appended."""
    return f"{row.made_at.astimezone(clock.BRUSSELS):%d/%m/%Y %H:%M}, {_who(row)}"


def _who(row: LogbookRow) -> str:
    return row.made_by.name or row.made_by.email if row.made_by else _("somebody who is no longer known")


def _moment(text: str | None) -> datetime | None:
    return datetime.fromisoformat(text) if text else None


def _names(organisation: int, people: set[str]) -> dict[str, str]:
    rows = Person.objects.filter(organisation_id=organisation, pk__in=[UUID(one) for one in people])
    return {str(one.pk): one.name for one in rows}


def write_logbook(reader: Reader, vehicle: int, month: date, form: str) -> WrittenFile:
    """A closed month as PDF or XLSX, with its chain checked and sealed. Raises NotFound, InvalidInput."""
    found = Vehicle.objects.filter(organisation_id=reader.organisation, pk=vehicle).first()
    closes = LogbookRow.objects.filter(organisation_id=reader.organisation, vehicle_id=vehicle, month=month)
    close = closes.filter(entry=Entry.CLOSE).select_related("made_by").first()
    if found is None or close is None:
        raise NotFound(_("This month is not closed."))
    if form not in ("pdf", "xlsx"):
        raise InvalidInput(_("A logbook is written as PDF or XLSX."))
    ask = Ask(organisation=reader.organisation, first=month, last=last_day(month), purpose=purposes()["tax_logbook"],
              vehicles=(vehicle,))  # fmt: skip
    rows, seal = written(reader.organisation, vehicle, month), tuple(_seal(close, check(reader.organisation, vehicle)))
    report = _report(rows)
    document = _document(report, ask, found, seal if form == "xlsx" else ())
    with tempfile.TemporaryDirectory(prefix="allconnects-logbook-") as folder:
        path = Path(folder) / f"logbook.{form}"
        if form == "pdf":
            path.write_bytes(pdf.write(document, seal))
        else:
            xlsx.write(document, path)
        log_run(reader, report, ask, form, len(rows))
        name = f"logbook-{vehicle}_{month:%Y-%m}.{form}"
        return WrittenFile(path.open("rb"), name, CONTENT_TYPES[form], len(rows), path.stat().st_size)


def _report(rows: list[Written]) -> Report:
    return Report(
        key="logbook", title=gettext_lazy("Logbook"), text="", icon="book", columns=COLUMNS,
        purposes=("tax_logbook",), rows=lambda _ask: _rows(rows), identity=("number",),
    )  # fmt: skip


def _rows(rows: list[Written]) -> Iterator[Row]:
    words = dict(Voice.choices)
    for one in rows:
        metres: list[Any] = [one.distance_m if one.use == use else None for use in Use.values]
        yield (
            one.number, one.day, one.began, one.ended, one.start, one.to, one.driver, *metres,
            str(words.get(one.said_by, one.said_by)), "; ".join(one.notes),
        )  # fmt: skip


def _document(report: Report, ask: Ask, vehicle: Vehicle, notes: tuple[str, ...]) -> Document:
    plate = f" · {vehicle.plate}" if vehicle.plate else ""
    return Document(
        title=f"{report.title} {vehicle.name}{plate}", columns=COLUMNS, items=arrange(report, ask, report.rows(ask)),
        letterhead=letterhead(ask.organisation), made_at=clock.now().replace(microsecond=0),
        language=translation.get_language() or "en",
        about=((_("Vehicle"), f"{vehicle.name}{plate}"), (_("Chassis number (VIN)"), vehicle.vin or "–"),
               (_("Period"), f"{shown.day(ask.first)} – {shown.day(ask.last)}"), (_("Purpose"), ask.purpose.title)),
        notes=(_("Of private trips only day and kilometres are kept."), *notes), name="logbook",
    )  # fmt: skip


def _seal(close: LogbookRow, chain: Chain) -> Iterator[str]:
    """What proves the month: when and by whom it was closed, its hash, and whether the chain is whole."""
    who = _who(close)
    yield from sentences(close.content.get("odometer"))
    yield _("Closed on %(day)s by %(who)s.") % {"day": shown.cell("moment", close.made_at), "who": who}
    yield _("Hash of the close (row %(number)s): %(hash)s") % {"number": close.number, "hash": close.hash}
    yield _("Last hash of this logbook: %(hash)s") % {"hash": chain.head}
    yield (
        _("The chain of %(rows)s rows was checked and is whole.") % {"rows": chain.rows}
        if chain.whole
        else _("The chain is BROKEN at row %(number)s.") % {"number": chain.broken_at}
    )
