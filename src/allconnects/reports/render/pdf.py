"""PDF by typst, with the firm's head. The same document gives the same bytes: only fonts that typst brings along,
and the moment of the document as its date."""

from __future__ import annotations

import re
from typing import Any, Final, Literal

from django.utils.translation import gettext as _

from allconnects.kit.errors import InvalidInput
from allconnects.kit.paper import compiled
from allconnects.reports.columns import Column
from allconnects.reports.definition import Head, Item, Line
from allconnects.reports.render.document import Document, Letterhead
from allconnects.reports.shown import cell, heading

MOST_LINES: Final = 10_000
"""A table of more is nothing to print, and typst holds all of it in memory."""
_NARROW: Final = 78
_UNPRINTABLE: Final = re.compile(r"[\x00-\x08\x0b-\x1f\x7f]")
LOGOS: Final = {"image/png": "logo.png", "image/jpeg": "logo.jpg"}


def write(document: Document, seal: tuple[str, ...] = ()) -> bytes:
    """The whole file. ``seal``: lines in a box at the end. Raises InvalidInput for more than MOST_LINES lines."""
    return _compile(document, seal, "pdf")[0]


def pictures(document: Document, ppi: float = 80) -> list[bytes]:
    """Each page as a PNG, to be looked at."""
    return _compile(document, (), "png", ppi)


def _compile(
    document: Document, seal: tuple[str, ...], form: Literal["pdf", "png"], ppi: float | None = None
) -> list[bytes]:
    logo = _logo(document.letterhead)
    return compiled(
        "allconnects.reports.render", "table.typ", _data(document, seal, logo),
        at=document.made_at.timestamp(), form=form, ppi=ppi, files={logo: document.letterhead.logo} if logo else None,
    )  # fmt: skip


def _data(document: Document, seal: tuple[str, ...], logo: str) -> dict[str, Any]:
    head, places = document.letterhead, _printed(document)
    columns = [document.columns[place] for place in places]
    wide = sum(column.width for column in columns)
    return {
        "title": document.title,
        "name": head.name,
        "lines": [_clean(line) for line in head.lines],
        "vat": head.vat,
        "logo": logo,
        "language": document.language,
        "landscape": wide > _NARROW,
        "size": 8 if wide > 150 else 9,
        "about": [[word, _clean(text)] for word, text in document.about],
        "notes": list(document.notes),
        "heads": [heading(column) for column in columns],
        "right": [column.numeric for column in columns],
        "widths": [column.width for column in columns],
        "rows": _rows(document, places),
        "footer": f"{head.name} · {cell('moment', document.made_at)}",
        "empty": _("Nothing to report for this period."),
        "seal": list(seal),
    }


def _printed(document: Document) -> list[int]:
    """Columns on paper: not the group's, which stands in the heads, nor those for files only."""
    return [
        place
        for place, column in enumerate(document.columns)
        if not column.in_files_only and not (document.sections and column.key == document.group)
    ]


def _rows(document: Document, places: list[int]) -> list[dict[str, Any]]:
    rows: list[dict[str, Any]] = []
    for item in document.items:
        if len(rows) > MOST_LINES:
            raise InvalidInput(_("This is too long to print: choose a shorter period, a summary, or XLSX."))
        rows.append(_row(document.columns, item, places, document.group))
    return [] if len(rows) == 1 else rows


def _row(columns: Any, item: Item, places: list[int], group: str) -> dict[str, Any]:
    if isinstance(item, Head):
        return {"kind": "head", "cells": [_clean(_label(columns, item.label, group)) or "–"]}
    cells = [_clean(cell(columns[place].kind, item.values[place])) for place in places]
    if isinstance(item, Line):
        return {"kind": "line", "cells": cells}
    if cells and (not cells[0] or not columns[places[0]].adding):
        cells[0] = _("Total")
    return {"kind": "total" if item.label is None else "sum", "cells": cells}


def _label(columns: Any, label: Any, group: str) -> str:
    column: Column = next(column for column in columns if column.key == group)
    return cell(column.kind, label)


def _clean(text: str) -> str:
    return _UNPRINTABLE.sub(" ", text)


def _logo(head: Letterhead) -> str:
    return LOGOS.get(head.logo_type, "") if head.logo else ""
