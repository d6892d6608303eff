"""Trips as CSV and XLSX, a page of rows at a time, so that a year of a fleet needs no more memory than a day."""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final
from uuid import UUID

from django.utils.translation import get_language, override
from django.utils.translation import gettext as _

from allconnects.accounts.actor import PROCESS, Actor, acting
from allconnects.accounts.tenancy import speaking_for
from allconnects.fleet.models import Material, Person, Vehicle
from allconnects.kit.clock import BRUSSELS
from allconnects.kit.csv import guarded
from allconnects.telemetry.models import Device
from allconnects.trips.ends import named
from allconnects.trips.reading import trips_between
from allconnects.trips.stored import StoredTrip

PAGE: Final = 2000
_CHUNK: Final = 1 << 16
_SHEET_ROWS: Final = 1_000_000
Cell = str | float | datetime | None
Loader = Callable[[tuple[datetime, int] | None], list[StoredTrip]]


@dataclass(frozen=True, slots=True)
class Asked:
    """Which trips of which organisation; ``header``: names of the columns in the ``language`` of who asks.

    ``actor``: who asks. A file is made after the request is answered, when nobody acts any more: it is made as that
    one may see trips, and written down as his reading.
    """

    organisation: int
    start: datetime
    end: datetime
    device: int | None
    vehicle: int | None
    person: UUID | None
    header: tuple[str, ...]
    language: str = ""
    actor: Actor = PROCESS


def header() -> tuple[str, ...]:
    """Names of the columns."""
    return (
        _("Device"), _("Vehicle or material"), _("Driver"), _("Start"), _("End"), _("From"), _("To"),
        _("Start latitude"), _("Start longitude"), _("End latitude"), _("End longitude"), _("Distance (km)"),
        _("Distance by"), _("Duration (min)"), _("Driving (min)"), _("Idle (min)"), _("Highest speed (km/h)"),
        _("Purpose"), _("Corrected"), _("Number"),
    )  # fmt: skip


def rows(asked: Asked) -> Iterator[list[Cell]]:
    """Cells of every trip in order. Each page is a transaction of its own."""
    after: tuple[datetime, int] | None = None
    names: dict[str, dict[Any, str]] = {}
    while True:
        with acting(asked.actor), speaking_for(asked.organisation):
            names = names or _names()
            found = trips_between(
                asked.organisation, asked.start, asked.end, device=asked.device, vehicle=asked.vehicle,
                person=asked.person, after=after, limit=PAGE,
            )  # fmt: skip
            with override(asked.language or get_language()):
                found = named(asked.organisation, found, asked.actor.account)
        for one in found:
            yield _cells(one, names)
        if len(found) < PAGE:
            return
        after = found[-1].start, found[-1].id


def _names() -> dict[str, dict[Any, str]]:
    people = Person.objects.values_list("pk", "first_name", "last_name")
    return {
        "device": dict(Device.objects.values_list("pk", "name")),
        "vehicle": dict(Vehicle.objects.values_list("pk", "name")),
        "material": dict(Material.objects.values_list("pk", "name")),
        "person": {key: f"{first} {last}".strip() for key, first, last in people},
    }


def _cells(one: StoredTrip, names: dict[str, dict[Any, str]]) -> list[Cell]:
    carrier = names["vehicle"].get(one.vehicle) or names["material"].get(one.material) or ""
    driver = "" if one.person is None else names["person"].get(one.person, str(one.person))
    start, end = ((at + timedelta(milliseconds=500)).astimezone(BRUSSELS).replace(microsecond=0)
                  for at in (one.start, one.end))  # fmt: skip
    return [
        names["device"].get(one.device, ""), carrier, driver, start, end, one.start_name, one.end_name,
        one.start_lat, one.start_lon, one.end_lat, one.end_lon, round(one.distance_m / 1000, 3), one.distance_why,
        round(one.duration_s / 60, 1), round(one.moving_s / 60, 1), round(one.idle_s / 60, 1), one.max_speed_kmh,
        one.purpose, "" if one.computed else "x", one.id,
    ]  # fmt: skip


def csv(asked: Asked) -> Iterator[bytes]:
    """A table after RFC 4180; times in Brussels with their offset."""
    yield _line(list(asked.header))
    for row in rows(asked):
        yield _line(row)


def _line(cells: list[Any]) -> bytes:
    return (",".join(_quoted(cell) for cell in cells) + "\r\n").encode()


def _quoted(cell: Cell) -> str:
    if cell is None:
        return ""
    if isinstance(cell, datetime):
        return cell.isoformat()
    if not isinstance(cell, str):
        return str(cell)
    text = guarded(cell)
    return '"' + text.replace('"', '""') + '"' if any(sign in text for sign in ',"\r\n') else text


def xlsx(asked: Asked) -> Iterator[bytes]:
    """A workbook, written to a temporary file row by row and then sent; texts are never formulas."""
    import xlsxwriter

    with tempfile.TemporaryFile() as file:
        with xlsxwriter.Workbook(file, {"constant_memory": True}) as book:
            _fill(book, asked)
        file.seek(0)
        while piece := file.read(_CHUNK):
            yield piece


def _fill(book: Any, asked: Asked) -> None:
    times = book.add_format({"num_format": "yyyy-mm-dd hh:mm:ss"})
    bold = book.add_format({"bold": True})
    sheet = None
    for number, row in enumerate(rows(asked)):
        if number % _SHEET_ROWS == 0:
            sheet = _sheet(book, asked.header, bold)
        for column, cell in enumerate(row):
            _write(sheet, number % _SHEET_ROWS + 1, column, cell, times)
    if sheet is None:
        _sheet(book, asked.header, bold)


def _sheet(book: Any, names: tuple[str, ...], bold: Any) -> Any:
    sheet = book.add_worksheet()
    sheet.set_column(0, len(names) - 1, 18)
    sheet.freeze_panes(1, 0)
    sheet.write_row(0, 0, names, bold)
    return sheet


def _write(sheet: Any, row: int, column: int, cell: Cell, times: Any) -> None:
    if isinstance(cell, datetime):
        # A workbook knows no zones: the clock of Brussels.
        sheet.write_datetime(row, column, cell.replace(tzinfo=None), times)
    elif isinstance(cell, str):
        sheet.write_string(row, column, cell)
    elif cell is not None:
        sheet.write_number(row, column, cell)


@dataclass(frozen=True, slots=True)
class Format:
    """How a file of this kind is called and written."""

    content_type: str
    write: Callable[[Asked], Iterator[bytes]]


FORMATS: Final = {
    "csv": Format("text/csv; charset=utf-8", csv),
    "xlsx": Format("application/vnd.openxmlformats-officedocument.spreadsheetml.sheet", xlsx),
}
"""By the end of the file's name."""
