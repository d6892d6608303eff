"""Months out of days: sums, order, search, files."""

from __future__ import annotations

import csv
import io
import zipfile
from datetime import UTC, date, datetime, timedelta

import pytest

from allconnects.products.live_connects import history_overview as overview
from allconnects.trips.stored import DayUse
from tests import database

database.prepare()

AT = datetime(2026, 11, 2, 8, tzinfo=UTC)
VAN = 4


def use(vehicle: int | None, device: int | None, day: int, km: float) -> DayUse:
    begin = AT + timedelta(days=day - 2)
    return DayUse(vehicle, device, date(2026, 11, day), 2, km * 1000, 3600.0, 60.0, begin, begin + timedelta(hours=1))


ROWS = [use(VAN, None, 2, 10), use(VAN, None, 3, 20), use(None, 4, 2, 50), use(None, 5, 9, 1)]
NAMES = {VAN: "Van 12"}, {4: "truck élan", 5: "=Crane"}


def test_each_vehicle_is_a_row_with_its_sums() -> None:
    rows = overview.ordered(overview.rows_of(ROWS, *NAMES), "name", "")
    assert [row.name for row in rows] == ["=Crane", "truck élan", "Van 12"]
    van = rows[2]
    assert (van.trips, van.distance_m, van.days, van.driving_s) == (4, 30_000, 2, 7200)
    total = overview.summed(rows)
    assert (total.distance_m, total.trips) == (81_000, 8)
    assert total.by_day[2] == 60_000


def test_order_and_search() -> None:
    rows = overview.rows_of(ROWS, *NAMES)
    assert [row.name for row in overview.ordered(rows, "km", "")] == ["truck élan", "Van 12", "=Crane"]
    assert [row.name for row in overview.ordered(rows, "nonsense", "VAN 1")] == ["Van 12"]
    assert overview.ordered(rows, "km", "nobody") == []


def test_bars_are_as_high_as_the_day_was_long() -> None:
    (van,) = overview.ordered(overview.rows_of(ROWS, *NAMES), "name", "van")
    assert overview.bars(van) == "M4 16v-8h3v8zM8 16v-16h3v16z"


def test_weeks_of_a_month_begin_on_monday() -> None:
    weeks = overview.month_cells([], date(2026, 11, 1))
    assert weeks[0][0].day == date(2026, 10, 26)
    assert sum(cell.inside for week in weeks for cell in week) == 30


@pytest.mark.parametrize("month", [date(2026, 1, 1), date(2026, 12, 1), date(2024, 2, 1)])
def test_months_before_and_after(month: date) -> None:
    assert overview.preceding(overview.following(month)) == month
    assert overview.following(month).day == 1


def test_a_file_holds_numbers_and_no_formulas() -> None:
    from allconnects.products.live_connects import history_files as files

    table = files.month_table(overview.ordered(overview.rows_of(ROWS, *NAMES), "name", ""))
    lines = list(csv.reader(io.StringIO(files.as_csv(table).decode("utf-8-sig")), delimiter=";"))
    assert len(lines) == 4
    assert lines[1][0] == "'=Crane"
    assert lines[3][:4] == ["Van 12", "4", "2", "30.0"]
    table = files.month_table(overview.ordered(overview.rows_of(ROWS, *NAMES), "name", ""))
    with zipfile.ZipFile(io.BytesIO(files.as_xlsx(table))) as book:
        sheet = book.read("xl/worksheets/sheet1.xml").decode()
    assert "<f>" not in sheet
    assert "<v>30</v>" in sheet
