"""Pages of a report for programs. A cursor names the last line that was given, so that lines that arrive meanwhile
shift nothing; it fits one question only."""

from __future__ import annotations

import base64
import binascii
import hashlib
import json
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Final

from django.utils.translation import gettext as _

from allconnects.kit.errors import AllconnectsError, InvalidInput
from allconnects.reports.columns import Row, place_of
from allconnects.reports.definition import Ask, Item, Line, Report, Sum, layout

MOST: Final = 1000


class CursorGone(AllconnectsError):
    """The line at which a page ended is there no longer: late data replaced it. Begin again."""

    code = "cursor_gone"
    status = 409


@dataclass(frozen=True, slots=True)
class Page:
    """Some lines; ``following`` asks for the next, and is None with the last, which has the totals."""

    lines: list[Row]
    totals: Row | None
    following: str | None


def page(report: Report, ask: Ask, items: Iterator[Item], cursor: str, limit: int) -> Page:
    """The lines after a cursor. Raises InvalidInput for a cursor of another question, CursorGone."""
    last = _read(cursor, _question(report, ask)) if cursor else ""
    lines: list[Row] = []
    found = not last
    for item in items:
        if isinstance(item, Line):
            if not found:
                found = _identity(report, ask, item.values) == last
            elif len(lines) < limit:
                lines.append(item.values)
            else:
                return Page(lines, None, _write(_question(report, ask), _identity(report, ask, lines[-1])))
        elif isinstance(item, Sum) and item.label is None and found:
            return Page(lines, item.values, None)
    raise CursorGone(_("The data have changed since the last page. Begin again."))


def _identity(report: Report, ask: Ask, values: Row) -> str:
    columns = layout(report, ask)
    names = (ask.group,) if ask.summary else report.identity
    text = "\n".join(str(values[place_of(columns, name)]) for name in names)
    return hashlib.sha256(text.encode()).hexdigest()[:24]


def _question(report: Report, ask: Ask) -> str:
    """Names what was asked; working hours may change between two pages, the question does not."""
    parts: list[Any] = [
        report.key, ask.organisation, ask.first, ask.last, ask.purpose.key, ask.group, ask.summary, ask.vehicles,
        ask.people, ask.teams, ask.sites, ask.materials, sorted(ask.numbers.items()),
    ]  # fmt: skip
    return hashlib.sha256(repr(parts).encode()).hexdigest()[:24]


def _write(question: str, last: str) -> str:
    return base64.urlsafe_b64encode(json.dumps([question, last]).encode()).decode().rstrip("=")


def _read(cursor: str, question: str) -> str:
    try:
        found = json.loads(base64.urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4)))
        if isinstance(found, list) and len(found) == 2 and found[0] == question:
            return str(found[1])
    except (ValueError, binascii.Error):
        pass
    raise InvalidInput(_("The cursor belongs to another question."))
