"""XLSX in constant memory: real numbers, dates and durations, a head that stays, totals as formulas.

Totals are ``SUBTOTAL``, which leaves out the sums of groups and the rows that a filter hides; their value is stored
as well, for programs that do not compute.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from django.utils.translation import gettext as _

from allconnects.kit.clock import BRUSSELS
from allconnects.kit.errors import InvalidInput
from allconnects.reports.columns import Column, Kind, place_of
from allconnects.reports.definition import Head, Line, Sum
from allconnects.reports.render.document import Document
from allconnects.reports.shown import heading

if TYPE_CHECKING:
    from xlsxwriter.workbook import Workbook
    from xlsxwriter.worksheet import Worksheet

MOST_ROWS: Final = 1_048_000
_FORMATS: Final[dict[Kind, str]] = {
    "text": "General", "date": "dd/mm/yyyy", "time": "hh:mm", "moment": "dd/mm/yyyy hh:mm", "duration_s": "[h]:mm",
    "distance_m": "#,##0.0", "count": "#,##0", "share": "0%", "speed_kmh": "0", "litres": "#,##0.0",
    "kg": "#,##0.0", "rate": "0.0",
}  # fmt: skip
_FUNCTIONS: Final = {"sum": 9, "max": 4, "min": 5}
_DAY_S: Final = 86400


def write(document: Document, target: Path) -> None:
    """Write the whole file. Raises InvalidInput when there are more lines than a sheet has."""
    from xlsxwriter.workbook import Workbook  # only here: most processes write none

    book = Workbook(str(target), {"constant_memory": True, "default_date_format": "dd/mm/yyyy"})
    book.set_properties({"title": document.title, "author": document.letterhead.name, "created": document.made_at})
    try:
        _Sheet(book, document).fill()
        _about(book, document)
    except BaseException:
        book.worksheets_objs.clear()
        raise
    book.close()


class _Sheet:
    """The sheet of the lines, row after row."""

    def __init__(self, book: Workbook, document: Document) -> None:
        self.document, self.columns = document, document.columns
        self.sheet: Worksheet = book.add_worksheet(_sheet_name(document.title))
        self.plain = [book.add_format({"num_format": _FORMATS[c.kind], "valign": "top"}) for c in self.columns]
        self.bold = [
            book.add_format({"num_format": _FORMATS[c.kind], "bold": True, "top": 1, "bg_color": "#EEF2F7"})
            for c in self.columns
        ]
        self.head = book.add_format({"bold": True, "bg_color": "#0B5CAD", "font_color": "#FFFFFF", "text_wrap": True})
        self.row, self.group_began = 1, 1

    def fill(self) -> None:
        """Head, lines and sums."""
        self._prepare()
        for item in self.document.items:
            if self.row > MOST_ROWS:
                raise InvalidInput(_("A spreadsheet holds a million lines at most: choose fewer days, or CSV."))
            if isinstance(item, Line):
                self._line(item)
            elif isinstance(item, Sum):
                self._sum(item)
            elif isinstance(item, Head):
                self.group_began = self.row

    def _prepare(self) -> None:
        sheet, document = self.sheet, self.document
        for place, column in enumerate(self.columns):
            sheet.set_column(place, place, max(column.width, 9))
            sheet.write_string(0, place, heading(column), self.head)
        sheet.freeze_panes(1, 0)
        sheet.set_landscape()
        sheet.set_paper(9)
        sheet.fit_to_pages(1, 0)
        sheet.repeat_rows(0)
        sheet.set_header("&L" + _plain(document.letterhead.name) + "&R" + _plain(document.title))
        sheet.set_footer("&L&D&R&P / &N")

    def _line(self, line: Line) -> None:
        for place, (column, value) in enumerate(zip(self.columns, line.values, strict=True)):
            _write(self.sheet, self.row, place, column.kind, value, self.plain[place])
        self.row += 1

    def _sum(self, item: Sum) -> None:
        """A row of totals: of the group that ends here, or of everything."""
        began = 1 if item.label is None else self.group_began
        label = _("Total") if item.label is None else f"{_('Total')} {_text(item.label)}"
        for place, (column, value) in enumerate(zip(self.columns, item.values, strict=True)):
            formula = self._formula(column, place, began) if item.lines else ""
            if formula:
                self.sheet.write_formula(
                    self.row, place, formula, self.bold[place], "" if value is None else as_number(column.kind, value)
                )
            else:
                self.sheet.write_string(self.row, place, label if place == 0 else "", self.bold[place])
        self.row += 1

    def _formula(self, column: Column, place: int, began: int) -> str:
        from xlsxwriter.utility import xl_rowcol_to_cell

        if column.adding in _FUNCTIONS:
            span = f"{xl_rowcol_to_cell(began, place)}:{xl_rowcol_to_cell(self.row - 1, place)}"
            return f"=SUBTOTAL({_FUNCTIONS[column.adding]},{span})"
        if column.adding == "ratio" and column.ratio is not None:
            return self._ratio(column, column.ratio)
        return ""

    def _ratio(self, column: Column, parts: tuple[str, str]) -> str:
        """The ratio of two sums of the same row; units of the cells differ from those of the values."""
        from xlsxwriter.utility import xl_rowcol_to_cell

        above, below = (place_of(self.columns, key) for key in parts)
        units = _unit(self.columns[below].kind) / _unit(self.columns[above].kind)
        cells = xl_rowcol_to_cell(self.row, above), xl_rowcol_to_cell(self.row, below)
        return f'=IF(N({cells[1]})=0,"",{cells[0]}/{cells[1]}*{column.scale / units:.10g})'


def _write(sheet: Worksheet, row: int, place: int, kind: Kind, value: Any, form: Any) -> None:
    if value is None:
        sheet.write_blank(row, place, None, form)
    elif kind == "text":
        sheet.write_string(row, place, str(value), form)
    elif kind in ("date", "time", "moment"):
        sheet.write_datetime(row, place, _local(kind, value), form)
    else:
        sheet.write_number(row, place, as_number(kind, value), form)


def _local(kind: Kind, value: Any) -> Any:
    if isinstance(value, datetime):
        value = value.astimezone(BRUSSELS).replace(tzinfo=None)
        return value.date() if kind == "date" else value.time().replace(microsecond=0) if kind == "time" else value
    return value


def as_number(kind: Kind, value: Any) -> float:
    """The number of a cell: kilometres, days for durations, else the value."""
    return float(value) / _unit(kind)


def _unit(kind: Kind) -> float:
    return {"distance_m": 1000.0, "duration_s": float(_DAY_S)}.get(kind, 1.0)


def _text(label: Any) -> str:
    return f"{label:%d/%m/%Y}" if isinstance(label, date) else str(label)


def _sheet_name(title: str) -> str:
    """At most 31 characters, none of those that Excel refuses."""
    kept = "".join(" " if sign in "[]:*?/\\'" else sign for sign in title).strip()
    return kept[:31] or "Report"


def _plain(text: str) -> str:
    """An ampersand begins a code in heads of pages."""
    return text.replace("&", "&&")


def _about(book: Workbook, document: Document) -> None:
    """A second sheet that says what this is and what it was made for."""
    sheet = book.add_worksheet(_("About"))
    sheet.set_column(0, 0, 22)
    sheet.set_column(1, 1, 90)
    bold = book.add_format({"bold": True})
    rows: Sequence[tuple[str, str]] = [
        (document.title, ""), (document.letterhead.name, document.letterhead.vat), *document.about,
        *(("", note) for note in document.notes),
    ]  # fmt: skip
    for row, (word, text) in enumerate(rows):
        sheet.write_string(row, 0, word, bold)
        sheet.write_string(row, 1, text)
