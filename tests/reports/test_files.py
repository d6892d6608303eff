"""Files of a report, read back by other programs: numbers are numbers, totals add up, no text is a formula."""

from __future__ import annotations

import io
import tracemalloc
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import openpyxl
import pytest
from django.utils import translation
from pypdf import PdfReader

from allconnects.kit.errors import InvalidInput
from allconnects.reports import shown
from allconnects.reports.columns import Column, Row
from allconnects.reports.definition import Ask, Head, Line, Report, Sum, arrange, layout
from allconnects.reports.purposes import purposes
from allconnects.reports.render import csv, pdf, xlsx
from allconnects.reports.render.document import Document, Letterhead

COLUMNS = (
    Column("vehicle", "Vehicle"), Column("day", "Day", "date"), Column("began", "Start", "time"),
    Column("to", "To", width=26), Column("distance_m", "Distance", "distance_m", adding="sum"),
    Column("driving_s", "Driving", "duration_s", adding="sum"), Column("idle_s", "Idling", "duration_s", adding="sum"),
    Column("share", "Share", "share", adding="ratio", ratio=("idle_s", "driving_s")),
    Column("top", "Top", "speed_kmh", adding="max"), Column("id", "Key", in_files_only=True),
)  # fmt: skip
START = datetime(2026, 10, 25, 0, 30, tzinfo=UTC)


def rows(_ask: Ask, vehicles: int = 2, each: int = 3) -> Iterator[Row]:
    for vehicle in range(vehicles):
        for n in range(each):
            begin = START + timedelta(hours=n)
            yield (f"Van {vehicle}", date(2026, 10, 25), begin, "=HYPERLINK(1)" if n == 0 else "Gent; Zuid",
                   1500.0 + n, 3600.0, 360.0, 0.1, 80.0 + n, f"{vehicle}-{n}")  # fmt: skip


REPORT = Report(key="t", title="Trips: all?", text="", icon="", columns=COLUMNS, purposes=("dispatch",), rows=rows,
                identity=("id",), groups=("", "vehicle", "day"))  # fmt: skip
ASK = Ask(organisation=1, first=date(2026, 10, 25), last=date(2026, 10, 25), purpose=purposes()["dispatch"])


def document(group: Any = "", summary: bool = False, source: Iterator[Row] | None = None) -> Document:
    ask = Ask(organisation=1, first=ASK.first, last=ASK.last, purpose=ASK.purpose, group=group, summary=summary)
    return Document(
        title="Trips: all?", columns=layout(REPORT, ask), items=arrange(REPORT, ask, source or rows(ask)),
        letterhead=Letterhead("Example Bouw NV", ("Example Street 1", "9000 Gent"), "BE 0123.456.749"),
        made_at=datetime(2026, 11, 1, 9, tzinfo=UTC), language="en", about=(("Purpose", "Planning"),),
        notes=("Movement outside of working hours is left out.",), group=group, sections=bool(group) and not summary,
    )  # fmt: skip


def sheet(tmp_path: Path, values: bool, *args: Any) -> Any:
    xlsx.write(document(*args), tmp_path / "r.xlsx")
    return openpyxl.load_workbook(tmp_path / "r.xlsx", data_only=values)


def test_groups_have_a_head_lines_and_a_sum_and_all_have_one() -> None:
    found = list(document("vehicle").items)
    assert [type(item) for item in found] == [Head, Line, Line, Line, Sum, Head, Line, Line, Line, Sum, Sum]
    last = found[-1]
    assert isinstance(last, Sum)
    assert (last.values[4], last.values[7], last.values[8], last.lines) == (9006.0, pytest.approx(0.1), 82.0, 6)


def test_a_source_out_of_order_is_noticed() -> None:
    mixed = iter([("A", *(None,) * 9), ("B", *(None,) * 9), ("A", *(None,) * 9)])
    with pytest.raises(RuntimeError, match="not ordered"):
        list(document("vehicle", source=mixed).items)


def test_a_spreadsheet_holds_numbers_and_sums_as_formulas(tmp_path: Path) -> None:
    book = sheet(tmp_path, False, "vehicle")
    lines = book.worksheets[0]
    assert lines.freeze_panes == "A2"
    assert [cell.value for cell in lines[1]][:5] == ["Vehicle", "Day", "Start", "To", "Distance (km)"]
    assert lines["E2"].value == 1.5
    assert lines["E2"].number_format == "#,##0.0"
    assert (lines["F2"].value, lines["F2"].number_format) == (timedelta(hours=1), "[h]:mm")
    assert lines["B2"].value.date() == date(2026, 10, 25)
    assert [lines[f"C{n}"].value.hour for n in (2, 3, 4)] == [2, 2, 3], "the hour that comes twice"
    assert (lines["D2"].value, lines["D2"].data_type) == ("=HYPERLINK(1)", "s")
    assert lines["E5"].value == "=SUBTOTAL(9,E2:E4)"
    assert lines["E10"].value == "=SUBTOTAL(9,E2:E9)"
    assert lines["I10"].value == "=SUBTOTAL(4,I2:I9)"
    assert "G10/F10" in lines["H10"].value
    assert "Movement outside of working hours is left out." in [row[1].value for row in book.worksheets[1].rows]


def test_the_stored_values_of_formulas_are_those_of_the_lines(tmp_path: Path) -> None:
    lines = sheet(tmp_path, True, "vehicle").worksheets[0]
    assert lines["E10"].value == pytest.approx(sum(lines[f"E{n}"].value for n in (2, 3, 4, 6, 7, 8)))
    assert lines["E10"].value == pytest.approx(9.006)
    assert lines["H10"].value == pytest.approx(0.1)


def test_a_summary_has_one_line_each_group(tmp_path: Path) -> None:
    lines = sheet(tmp_path, True, "vehicle", True).worksheets[0]
    assert [cell.value for cell in lines["A"]] == ["Vehicle", "Van 0", "Van 1", "Total"]
    assert lines["B4"].value == pytest.approx(9.006)


def test_csv_for_a_belgian_excel_and_for_programs() -> None:
    excel = b"".join(csv.write(document())).decode("utf-8")
    assert excel.startswith("﻿Vehicle;Day;Start;To;Distance (km)")
    first, second = excel.split("\r\n")[1:3]
    assert first == "Van 0;25/10/2026;02:30:00;'=HYPERLINK(1);1,500;1:00:00;0:06:00;10,0%;80,00;0-0"
    assert '"Gent; Zuid"' in second
    plain = b"".join(csv.write(document(), "plain")).decode()
    assert plain.split("\r\n")[1].startswith("Van 0,2026-10-25,2026-10-25T02:30:00+02:00,'=HYPERLINK(1),1500,3600")
    assert plain.split("\r\n")[2].split(",")[2] == "2026-10-25T02:30:00+01:00"


def test_a_pdf_has_the_firms_head_page_numbers_and_every_line_and_is_the_same_each_time() -> None:
    long = lambda: document("vehicle", source=rows(ASK, 6, 40))  # noqa: E731
    made = pdf.write(long(), ("Last hash: abc",))
    assert made == pdf.write(long(), ("Last hash: abc",))
    pages = [page.extract_text() for page in PdfReader(io.BytesIO(made)).pages]
    assert len(pages) > 3
    assert all(word in pages[0] for word in ("Example Bouw NV", "9000 Gent", "BE 0123.456.749", "Planning"))
    for number, text in enumerate(pages, 1):
        assert f"{number} / {len(pages)}" in text
        assert "Distance" in text, "the head of the table comes back"
    whole = "\n".join(pages)
    assert whole.count("1.5") >= 6
    assert "Last hash: abc" in whole
    assert "#" not in pages[0], "nothing of the data is read as markup"


def test_markup_in_data_is_text_in_a_pdf() -> None:
    nasty = iter([('#panic("x") $a$ *b* [c]', *(None,) * 9)])
    text = PdfReader(io.BytesIO(pdf.write(document(source=nasty)))).pages[0].extract_text()
    assert '#panic("x")' in text.replace("“", '"').replace("”", '"')


def test_too_much_to_print_is_refused() -> None:
    with pytest.raises(InvalidInput):
        pdf.write(document(source=rows(ASK, 1, pdf.MOST_LINES + 2)))


def test_a_month_of_three_hundred_vehicles_needs_no_more_memory_than_one_of_thirty(tmp_path: Path) -> None:
    def peak(vehicles: int) -> int:
        tracemalloc.start()
        xlsx.write(document("vehicle", source=rows(ASK, vehicles, 22)), tmp_path / "m.xlsx")
        for _piece in csv.write(document("vehicle", source=rows(ASK, vehicles, 22))):
            pass
        _now, most = tracemalloc.get_traced_memory()
        tracemalloc.stop()
        return most

    small, large = peak(30), peak(300)
    assert large < small + 4_000_000, (small, large)


@pytest.mark.parametrize(("language", "text"), [("en", "1,234.5"), ("nl", "1\u202f234,5"), ("de", "1\u202f234,5")])
def test_numbers_are_written_as_the_reader_reads_them(language: str, text: str) -> None:
    with translation.override(language):
        assert shown.cell("distance_m", 1_234_500) == text
