"""The register as files: rows out as CSV and XLSX. What is read in again changes nothing."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from allconnects.fleet.kinds import Kind
from allconnects.fleet.who import Who
from allconnects.kit.csv import guarded

LEFT_OUT = frozenset({"account"})
"""Fields that are in no file."""


def fields_of(kind: Kind) -> list[str]:
    """Columns of a file, in order."""
    return [name for name in kind.form(Who(None)).fields if name not in LEFT_OUT]  # type: ignore[arg-type]


def cells(kind: Kind, row: Any) -> list[Any]:
    """A row as it stands in a file; what is read in again changes nothing."""
    return [cell_of(row, name) for name in fields_of(kind)]


def cell_of(row: Any, name: str) -> Any:
    if name == "odometer_km":
        return None if row.odometer_m is None else round(Decimal(row.odometer_m) / 1000, 1)
    value = getattr(row, name)
    if isinstance(value, list):
        return ", ".join(value)
    return value.name if name == "employer" and value is not None else value


def to_csv(kind: Kind, rows: Any) -> Iterator[str]:
    """A CSV with semicolons, as spreadsheets in Belgium open it, in pieces."""
    out = io.StringIO()
    writer = csv.writer(out, delimiter=";")
    yield "\ufeff"
    writer.writerow(fields_of(kind))
    for row in rows:
        writer.writerow([_written(value) for value in cells(kind, row)])
        yield out.getvalue()
        out.seek(0)
        out.truncate()
    yield out.getvalue()


def _written(value: Any) -> Any:
    """Decimals with a comma; a text that a spreadsheet would run as a formula begins with an apostrophe."""
    if isinstance(value, Decimal):
        return f"{value:f}".replace(".", ",")
    return guarded(value) if isinstance(value, str) else value


def to_xlsx(kind: Kind, rows: Any) -> bytes:
    """An XLSX with a heading that stays, filters, and choices offered in their columns."""
    import xlsxwriter

    out = io.BytesIO()
    options = {"in_memory": True, "strings_to_formulas": False, "strings_to_urls": False, "remove_timezone": True}
    book = xlsxwriter.Workbook(out, options)
    sheet = book.add_worksheet(str(kind.plural)[:31])
    bold, day = book.add_format({"bold": True}), book.add_format({"num_format": "yyyy-mm-dd"})
    names, count = fields_of(kind), 0
    sheet.write_row(0, 0, names, bold)
    for count, row in enumerate(rows, 1):
        for column, value in enumerate(cells(kind, row)):
            if isinstance(value, date):
                sheet.write_datetime(count, column, datetime(value.year, value.month, value.day), day)  # noqa: DTZ001
            elif value is not None:
                sheet.write(count, column, value)
    sheet.freeze_panes(1, 1)
    sheet.autofilter(0, 0, max(count, 1), len(names) - 1)
    for column, name in enumerate(names):
        sheet.set_column(column, column, 18)
        choices = [str(value) for value, _label in getattr(kind.form.base_fields[name], "choices", ()) if value]
        if choices and len(",".join(choices)) < 250:
            offered = {"validate": "list", "source": choices, "error_type": "warning"}
            sheet.data_validation(1, column, 5000, column, offered)
    book.close()
    return out.getvalue()
