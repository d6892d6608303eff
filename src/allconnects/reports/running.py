"""Making a report: what is asked is checked, its purpose declared, the run logged, the document written."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any, BinaryIO, Final
from uuid import UUID

from django.utils import translation
from django.utils.translation import gettext as _

from allconnects.accounts.access import at_least
from allconnects.accounts.models import Account
from allconnects.kit import clock
from allconnects.kit.errors import Forbidden, InvalidInput
from allconnects.privacy.investigations import service as investigations
from allconnects.reports import shown
from allconnects.reports.catalogue import report_of
from allconnects.reports.declared import declared
from allconnects.reports.definition import GROUPS, Ask, Item, Line, Report, arrange, layout
from allconnects.reports.firm import hours_book, letterhead
from allconnects.reports.models import Form, Run
from allconnects.reports.purposes import Purpose, purposes
from allconnects.reports.render import csv, pdf, xlsx
from allconnects.reports.render.document import Document

SELECTORS: Final = ("vehicles", "people", "teams", "sites", "materials")
MOST_CHOSEN: Final = 500
CONTENT_TYPES: Final[Mapping[str, str]] = {
    "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    "csv": "text/csv; charset=utf-8",
    "pdf": "application/pdf",
}


class NotDeclared(InvalidInput):
    """A purpose that the organisation has not switched on."""

    code = "purpose_not_declared"


@dataclass(frozen=True, slots=True)
class Reader:
    """Who asks: a member with a role, or a program with a token, whose scope stands for the role of a manager."""

    organisation: int
    role: str
    account: Account | None = None
    token: int | None = None
    schedule: int | None = None


def ask_of(report: Report, reader: Reader, given: Mapping[str, Any]) -> Ask:
    """What is asked, checked. ``given``: first, last (dates), purpose, group, summary, selectors, parameters.

    Raises InvalidInput for what cannot be, Forbidden for a purpose that this role may not declare.
    """
    purpose = _purpose(report, reader, given.get("purpose", ""))
    first, last = _period(report, given.get("first"), given.get("last"))
    opened = _opened(report, reader, purpose, given.get("case"), first, last)
    group = given.get("group", report.groups[0])
    if group not in report.groups:
        raise InvalidInput(_("This report is not grouped that way."))
    hides = report.personal and not purpose.outside_hours
    return Ask(
        organisation=reader.organisation, first=first, last=last, purpose=purpose, group=group,
        summary=bool(given.get("summary")) and bool(group), numbers=_numbers(report, given),
        hours=hours_book(reader.organisation) if hides else None, opened=opened,
        **_chosen(report, given) | _only(opened),
    )  # fmt: skip


def _purpose(report: Report, reader: Reader, key: str) -> Purpose:
    if not key:
        raise InvalidInput(_("Say what the report is for: every report is made for a declared purpose."))
    if key not in report.purposes:
        raise InvalidInput(_("This report may not be made for that purpose."))
    found = purposes()[key]
    if key not in declared(reader.organisation):
        raise NotDeclared(
            _("Your organisation has not declared this purpose. An owner can, in the registry of data protection.")
        )
    if not at_least(reader.role, found.role):
        raise Forbidden(_("Your role may not declare this purpose."))
    return found


def _opened(
    report: Report, reader: Reader, purpose: Purpose, case: Any, first: date, last: date
) -> investigations.Opened | None:  # fmt: skip
    """What is opened by the investigation under which a report about people is made, where its purpose asks for one."""
    if not (purpose.case and report.personal):
        if case:
            raise InvalidInput(_("This report is not made under an investigation."))
        return None
    if not isinstance(case, UUID) or reader.account is None:
        raise InvalidInput(
            _("For this purpose a report about people needs an investigation that somebody else granted.")
        )
    return investigations.opened(case, reader.account, report.key, first, last)


def _only(opened: investigations.Opened | None) -> dict[str, Any]:
    """A case is about one vehicle or one person, whatever else was chosen."""
    if opened is None:
        return {}
    if opened.vehicle is not None:
        return {"vehicles": (opened.vehicle,)}
    return {"people": tuple(UUID(one) for one in opened.people)}


def may_declare(
    report: Report, reader: Reader, on: frozenset[str] | None = None, *, case: bool = False
) -> list[Purpose]:  # fmt: skip
    """The purposes that a reader may declare for a report. ``on``: those of his organisation, when known already.

    ``case``: under an investigation, for which there are purposes of their own.
    """
    known, on = purposes(), declared(reader.organisation) if on is None else on
    may = [known[key] for key in report.purposes if key in on and at_least(reader.role, known[key].role)]
    return [one for one in may if (one.case and report.personal) == case]


def _period(report: Report, first: Any, last: Any) -> tuple[date, date]:
    if not isinstance(first, date) or not isinstance(last, date):
        raise InvalidInput(_("Give the first and the last day."))
    if not (first.year >= 2000 and last.year <= 2100):
        raise InvalidInput(_("Give days of this century."))
    if last < first:
        raise InvalidInput(_("The period ends before it begins."))
    if (last - first).days >= report.longest_days:
        raise InvalidInput(_("This report covers at most %(days)s days.") % {"days": report.longest_days})
    return first, last


def _numbers(report: Report, given: Mapping[str, Any]) -> dict[str, int]:
    found = {}
    for parameter in report.parameters:
        value = given.get(parameter.key)
        value = parameter.default if value is None else value
        if not isinstance(value, int) or not parameter.least <= value <= parameter.most:
            bounds = {"name": parameter.title, "least": parameter.least, "most": parameter.most}
            raise InvalidInput(_("%(name)s: a number from %(least)s to %(most)s.") % bounds)
        found[parameter.key] = value
    return found


def _chosen(report: Report, given: Mapping[str, Any]) -> dict[str, Any]:
    """Numbers of other organisations find nothing: row-level security hides what they name."""
    found: dict[str, Any] = {}
    for selector in SELECTORS:
        values = given.get(selector) or ()
        if values and selector not in report.selectors:
            raise InvalidInput(_("This report cannot be narrowed that way."))
        if len(values) > MOST_CHOSEN:
            raise InvalidInput(_("Choose at most %(most)s.") % {"most": MOST_CHOSEN})
        try:
            read = UUID if selector == "people" else int
            found[selector] = tuple(read(str(value)) for value in values)
        except ValueError:
            raise InvalidInput(_("What was chosen is not known.")) from None
        if selector != "people" and any(not 0 < value < 2**31 for value in found[selector]):
            raise InvalidInput(_("What was chosen is not known."))
    return found


def items_of(report: Report, ask: Ask) -> Iterator[Item]:
    """The stream of a report."""
    return arrange(report, ask, report.rows(ask))


def document_of(report: Report, ask: Ask, items: Iterator[Item], language: str) -> Document:
    """The report with its head, in the language that is active."""
    return Document(
        title=str(report.title), columns=layout(report, ask), items=items,
        letterhead=letterhead(ask.organisation), made_at=clock.now().replace(microsecond=0), language=language,
        about=tuple(about(report, ask)), notes=tuple(notes(report, ask)), group=ask.group,
        name=f"{report.key}_{ask.first}_{ask.last}", sections=bool(ask.group) and not ask.summary,
    )  # fmt: skip


def about(report: Report, ask: Ask) -> Iterator[tuple[str, str]]:
    """What a reader must know of a report before its first line."""
    yield _("Period"), f"{shown.day(ask.first)} – {shown.day(ask.last)}"
    yield _("Purpose"), ask.purpose.title
    if ask.group:
        yield _("Grouped by"), str(GROUPS[ask.group])
    for parameter in report.parameters:
        yield str(parameter.title), f"{ask.numbers[parameter.key]} {parameter.unit}"
    chosen = sum(len(getattr(ask, selector)) for selector in SELECTORS)
    if chosen:
        yield _("Narrowed to"), str(chosen)


def notes(report: Report, ask: Ask) -> Iterator[str]:
    """Sentences that say what the numbers leave out."""
    if report.personal:
        if ask.hours is not None:
            yield _("Movement outside of working hours is left out.")
        else:
            yield _("Movement outside of working hours is included, as this purpose allows.")
    if report.notes is not None:
        yield from report.notes(ask)


class Counted:
    """A stream that counts the lines that pass."""

    def __init__(self, items: Iterator[Item]) -> None:
        self.items, self.lines = items, 0

    def __iter__(self) -> Iterator[Item]:
        for item in self.items:
            self.lines += isinstance(item, Line)
            yield item


def log_run(reader: Reader, report: Report, ask: Ask, form: str, lines: int) -> Run:
    """Write down who made which report, for what and about what; nothing of what stood in it."""
    if ask.opened is not None:
        investigations.note_read(ask.opened, reader.organisation, report.key, lines)
    scope = {name: [str(one) for one in getattr(ask, name)] for name in SELECTORS if getattr(ask, name)}
    return Run.objects.create(
        organisation_id=reader.organisation, account=reader.account, token_id=reader.token,
        schedule_id=reader.schedule, report=report.key, purpose=ask.purpose.key, first=ask.first, last=ask.last,
        grouped=ask.group, scope=scope, form=form, lines=lines, at=clock.now(),
        outside_hours=report.personal and ask.hours is None,
    )  # fmt: skip


@dataclass(frozen=True, slots=True)
class WrittenFile:
    """A report, written. Its place on disk is gone already: closing it, or the end of the process, frees it."""

    file: BinaryIO
    name: str
    content_type: str
    lines: int
    size: int

    def pieces(self, size: int = 1 << 16) -> Iterator[bytes]:
        """The content, once."""
        with self.file:
            while piece := self.file.read(size):
                yield piece

    def content(self) -> bytes:
        """All of it."""
        return b"".join(self.pieces())


def write_file(key: str, reader: Reader, given: Mapping[str, Any], form: str, dialect: str = "excel") -> WrittenFile:
    """Make a report as a file, whole, in the transaction that is open; memory does not grow with its lines.

    Raises NotFound, InvalidInput, Forbidden; then nothing was logged and nothing is left.
    """
    report = report_of(key)
    ask = ask_of(report, reader, given)
    counted = Counted(items_of(report, ask))
    document = document_of(report, ask, iter(counted), translation.get_language() or "en")
    with tempfile.TemporaryDirectory(prefix="allconnects-report-") as folder:
        path = Path(folder) / f"report.{form}"
        _write(document, path, form, dialect)
        log_run(reader, report, ask, form, counted.lines)
        size = path.stat().st_size
        return WrittenFile(path.open("rb"), f"{document.name}.{form}", CONTENT_TYPES[form], counted.lines, size)


def _write(document: Document, path: Path, form: str, dialect: str) -> None:
    if form == Form.XLSX:
        xlsx.write(document, path)
    elif form == Form.PDF:
        path.write_bytes(pdf.write(document))
    elif form == Form.CSV:
        with path.open("wb") as file:
            for piece in csv.write(document, "plain" if dialect == "plain" else "excel"):
                file.write(piece)
    else:
        raise InvalidInput(_("A report is written as XLSX, CSV or PDF."))
