"""Tables as XLSX and CSV. Numbers stay numbers, times are Brussels times; text never becomes a formula."""

from __future__ import annotations

import csv
import io
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from django.http import HttpResponse
from django.utils.translation import gettext as _

from allconnects.kit.clock import BRUSSELS
from allconnects.kit.csv import guarded
from allconnects.products.live_connects.history_overview import Row
from allconnects.trips.stored import StoredTrip

Value = str | int | float | datetime | None


@dataclass(frozen=True, slots=True)
class Table:
    """A header, rows of the same width, and the name of the sheet."""

    title: str
    header: Sequence[str]
    rows: Iterable[Sequence[Value]]


def month_table(rows: Iterable[Row]) -> Table:
    """The overview of a month."""
    header = (_("Vehicle"), _("Trips"), _("Days"), "km", _("Driving (h)"), _("Idling (h)"))
    lines = (
        (row.name, row.trips, row.days, round(row.distance_m / 1000, 1), _hours(row.driving_s), _hours(row.idle_s))
        for row in rows
    )
    return Table(_("Month"), header, lines)


def trips_table(name: str, trips: Iterable[StoredTrip]) -> Table:
    """Trips, one in a row."""
    header = (
        _("Vehicle"), _("Start"), _("End"), _("From"), _("To"), "km", _("Driving (h)"), _("Idling (h)"),
        _("Highest speed (km/h)"), _("Purpose"), _("Corrected"),
    )  # fmt: skip
    lines = (
        (
            name, _local(one.start), _local(one.end), one.start_name, one.end_name, round(one.distance_m / 1000, 1),
            _hours(one.moving_s), _hours(one.idle_s), one.max_speed_kmh, one.purpose,
            "" if one.computed else _("yes"),
        ) for one in trips
    )  # fmt: skip
    return Table(_("Trips"), header, lines)


def _hours(seconds: float) -> float:
    return round(seconds / 3600, 2)


def _local(moment: datetime) -> datetime:
    return moment.astimezone(BRUSSELS).replace(microsecond=0, tzinfo=None)


def as_csv(table: Table) -> bytes:
    """UTF-8 with a mark, so that spreadsheets know it; semicolons, as Belgian ones expect."""
    text = io.StringIO(newline="")
    out = csv.writer(text, delimiter=";")
    out.writerow(table.header)
    out.writerows([_cell(value) for value in row] for row in table.rows)
    return b"\xef\xbb\xbf" + text.getvalue().encode()


def _cell(value: Value) -> Any:
    if isinstance(value, datetime):
        return value.isoformat(sep=" ")
    if isinstance(value, str):
        return guarded(value)
    return "" if value is None else value


def as_xlsx(table: Table) -> bytes:
    """One sheet with a frozen header and filters."""
    import xlsxwriter

    memory = io.BytesIO()
    with xlsxwriter.Workbook(
        memory, {"in_memory": True, "strings_to_formulas": False, "strings_to_urls": False}
    ) as book:
        sheet = book.add_worksheet(table.title[:31])
        bold, moment = book.add_format({"bold": True}), book.add_format({"num_format": "yyyy-mm-dd hh:mm:ss"})
        sheet.write_row(0, 0, table.header, bold)
        last = 0
        for last, row in enumerate(table.rows, 1):
            for column, value in enumerate(row):
                _put(sheet, last, column, value, moment)
        sheet.freeze_panes(1, 0)
        sheet.autofilter(0, 0, last, len(table.header) - 1)
        sheet.autofit()
    return memory.getvalue()


def _put(sheet: Any, row: int, column: int, value: Value, moment: Any) -> None:
    if isinstance(value, datetime):
        sheet.write_datetime(row, column, value, moment)
    elif isinstance(value, str):
        sheet.write_string(row, column, value)
    elif value is not None:
        sheet.write_number(row, column, value)


WRITERS: Final[dict[str, tuple[str, Callable[[Table], bytes]]]] = {
    "xlsx": ("application/vnd.openxmlformats-officedocument.spreadsheetml.sheet", as_xlsx),
    "csv": ("text/csv; charset=utf-8", as_csv),
}


def answer(form: str, name: str, table: Table) -> HttpResponse:
    """The table as a file to keep."""
    content_type, write = WRITERS[form]
    response = HttpResponse(write(table), content_type=content_type)
    response["Content-Disposition"] = f'attachment; filename="{name}.{form}"'
    response["Cache-Control"] = "no-store"
    return response
