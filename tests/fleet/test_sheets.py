"""Files of clerks with what goes wrong in them: understood where there is one meaning, else one clear error by row."""

from __future__ import annotations

import io
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

import openpyxl
import pytest
from django.utils import translation

from tests import database

database.prepare()

from allconnects.accounts.tenancy import speaking_for  # noqa: E402
from allconnects.fleet import files  # noqa: E402
from allconnects.fleet.kinds import EMPLOYER, KINDS, MATERIAL, PERSON, VEHICLE, Kind  # noqa: E402
from allconnects.fleet.sheets import read, tidied  # noqa: E402
from allconnects.fleet.who import Who  # noqa: E402
from allconnects.kit.errors import InvalidInput  # noqa: E402

Make = Callable[..., Any]


def xlsx(*rows: list[Any], merged: str = "") -> bytes:
    book = openpyxl.Workbook()
    for row in rows:
        book.active.append(row)
    if merged:
        book.active.merge_cells(merged)
    out = io.BytesIO()
    book.save(out)
    return out.getvalue()


@pytest.fixture
def looked(organisation: Any) -> Callable[..., files.Preview]:
    """``looked(kind, data)``: the preview of a file, in English unless said otherwise."""

    def look(kind: Kind, data: bytes, language: str = "en") -> files.Preview:
        with speaking_for(organisation.pk), translation.override(language):
            return files.preview(Who(organisation), kind, read(data, kind))

    return look


@contextmanager
def own(organisation: Any) -> Iterator[None]:
    with speaking_for(organisation.pk):
        yield


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "cp1252", "utf-16"])
@pytest.mark.parametrize("mark", [";", ",", "\t"])
def test_any_separator_and_encoding(encoding: str, mark: str) -> None:
    text = mark.join(["name", "brand", "note"]) + "\r\n" + mark.join(["Café é", "Citroën", "€ 5"]) + "\r\n"
    (row,) = read(text.encode(encoding), VEHICLE)
    assert (row["name"], row["brand"], row["note"]) == ("Café é", "Citroën", "€ 5")


def test_a_hint_of_the_separator_blank_rows_and_breaks_in_a_cell_keep_the_numbers_of_rows() -> None:
    data = b'sep=;\r\nname;note\r\n\r\nOne;"two\r\nlines"\r\n;\r\nTwo;x\r\n'
    assert [(row["name"], row[""]) for row in read(data, VEHICLE)] == [("One", "4"), ("Two", "7")]
    with pytest.raises(InvalidInput, match="row 3"):
        read(b'name;note\nOne;x\nTwo;"y" z\n', VEHICLE)


def test_a_title_above_the_headings_is_passed_over_and_headings_are_known_in_every_language() -> None:
    rows = ["Voertuigen 2026", None, None], [], [" Nummerplaat", "Naam", "Brandstof"], ["1-ABC-001", "Bus", "Diesel"]
    with translation.override("nl"):
        labels = [str(VEHICLE.form.base_fields[name].label) for name in ("plate", "name", "fuel")]
    rows[2][:] = labels
    (row,) = read(xlsx(*rows, merged="A1:C1"), VEHICLE)
    assert (row["plate"], row["name"], row["fuel"], row[""]) == ("1-ABC-001", "Bus", "Diesel", "4")
    with pytest.raises(InvalidInput, match="None of the headings is known: kleur, maat"):
        read(xlsx(["Kleur", "Maat"], ["rood", 5]), VEHICLE)


@pytest.mark.parametrize(
    ("given", "meant"),
    [("31/12/2026", "2026-12-31"), ("1-2-26", "2026-02-01"), ("01.02.2026", "2026-02-01"), ("2026-02-01", "2026-02-01"),
     ("2026-02-01T08:30:00", "2026-02-01"), ("46054", "2026-02-01"), ("31/02/2026", "2026-02-31"), ("soon", "soon")],
)  # fmt: skip
@pytest.mark.parametrize("language", ["en", "nl"])
def test_dates_have_the_day_first_in_every_language(given: str, meant: str, language: str) -> None:
    """What is no date stays one that the form refuses."""
    with translation.override(language):
        assert tidied(PERSON, "active_from", given) == meant


@pytest.mark.parametrize(
    ("given", "meant"),
    [("1234,5", "1234.5"), ("1.234,5", "1234.5"), ("1 234,5", "1234.5"), ("1\u202f234", "1234"),
     ("1.234.567", "1234567"),
     ("12.5", "12.5"), ("1.234", "1.234"), ("1,234.5", "1,234.5"), ("abc", "abc")],
)  # fmt: skip
def test_decimal_commas_and_thousands(given: str, meant: str) -> None:
    """1.234 may be either: it stays, and has too many decimals for an odometer."""
    assert tidied(VEHICLE, "odometer_km", given) == meant


def test_cells_of_a_workbook_dates_numbers_and_formulas(looked: Any) -> None:
    day = datetime(2026, 2, 1)  # noqa: DTZ001
    sheet = xlsx(
        ["name", "category", "purchased_on", "purchase_value", "serial"], ["Drill", "tool", day, 0.1 + 0.2, 12345]
    )
    (line,) = looked(MATERIAL, sheet).lines
    assert (line.errors, line.data["purchased_on"], line.data["purchase_value"], line.data["serial"]) == (
        [], "2026-02-01", "0.3", "12345",
    )  # fmt: skip
    (line,) = looked(MATERIAL, xlsx(["name", "category", "serial"], ["#N/A", "tool", "1,23457E+15"])).lines
    assert "error of the spreadsheet (#N/A)" in line.errors[0]
    assert "has shortened this number" in line.errors[1]


def test_choices_are_known_by_what_they_are_called(looked: Any) -> None:
    with translation.override("fr"):
        called = dict(VEHICLE.form.base_fields["vehicle_class"].choices)["van"]
    (line,) = looked(VEHICLE, f"name;vehicle_class\nOne;{str(called).upper()}\n".encode()).lines
    assert (line.errors, line.data["vehicle_class"]) == ([], "van")
    (line,) = looked(VEHICLE, b"name;vehicle_class\nOne;spaceship\n", "nl").lines
    assert len(line.errors) == 1
    assert "spaceship" in line.errors[0]


def test_two_rows_with_one_plate_and_a_plate_or_chassis_that_another_has(
    looked: Any, make: Make, organisation: Any
) -> None:
    with own(organisation):
        make("vehicle", name="Old", plate="1-AAA-111", vin="WVWZZZ1JZXW000001")
        make("vehicle", name="Other", plate="1-BBB-222", vin="")
    data = (
        "name;plate;vehicle_class;vin\nNew;1 ccc 333;van;\nTwin;1-CCC-333;van;\nOther;1-BBB-222;van;WVWZZZ1JZXW000001\n"
    )
    one, two, three = looked(VEHICLE, data.encode()).lines
    assert one.errors == []
    assert two.errors == ["Row 2 is about the same."]
    assert three.errors == ["Another vehicle has this chassis number."]


def test_zeros_that_a_spreadsheet_dropped_are_an_error_not_a_new_person(
    looked: Any, make: Make, organisation: Any
) -> None:
    with own(organisation):
        make("person", first_name="Ann", last_name="Example", number="00123")
    lost = looked(PERSON, b"number;first_name;last_name\n123;Ann;Example\n").lines[0]
    assert "the register has \u201c00123\u201d" in lost.errors[0]
    kept = looked(PERSON, b"number;first_name;last_name\n00123;Ann;Sample\n").lines[0]
    assert (kept.errors, kept.changes) == ([], [("last_name", "Example", "Sample")])


def test_an_old_export_tells_what_was_put_away_since(looked: Any, make: Make, organisation: Any) -> None:
    with own(organisation):
        make("vehicle", name="Sold", plate="1-AAA-111", archived_at=datetime(2026, 5, 1, tzinfo=UTC))
    (line,) = looked(VEHICLE, b"name;plate;vehicle_class\nSold;1-AAA-111;van\n").lines
    assert line.new
    assert "was put away; this becomes a new one" in line.notes[0]


@pytest.mark.parametrize("form", ["csv", "xlsx"])
def test_what_a_belgian_spreadsheet_makes_of_an_export_changes_nothing(
    looked: Any, make: Make, organisation: Any, form: str
) -> None:
    """Metres that are no tenth of a km, decimals, zeros in front, several lines; dates as Excel writes them again."""
    with own(organisation):
        make(
            "vehicle",
            name="Van; \u201c1\u201d",
            plate="1-AAA-111",
            odometer_m=123_456,
            odometer_at=datetime(2026, 5, 1, tzinfo=UTC),
        )
        make(
            "material", name="Mixer", serial="007", hours=Decimal("12.5"), hours_at=datetime(2026, 5, 1, tzinfo=UTC),
            purchase_value=Decimal("1234.50"), purchased_on=date(2026, 2, 1), note="one\ntwo",
        )  # fmt: skip
        for kind in (VEHICLE, MATERIAL):
            rows = kind.objects.all()
            data = files.to_xlsx(kind, rows) if form == "xlsx" else "".join(files.to_csv(kind, rows)).encode()
            if form == "csv":
                data = data.replace(b"2026-02-01", b"1/02/2026")
            found = looked(kind, data)
            assert found.counts == {"new": 0, "changed": 0, "same": 1, "wrong": 0}, found.lines
    assert form == "xlsx" or b";12,5" in data


def test_nothing_is_done_when_one_row_of_many_is_wrong(make: Make, organisation: Any) -> None:
    good = "".join(f"Firm {n};\n" for n in range(50))
    with own(organisation), pytest.raises(InvalidInput, match="Nothing was changed"):
        files.apply(Who(organisation), EMPLOYER, read(f"name;number\n{good}Bad;BE 0123.456.780\n".encode(), EMPLOYER))
    with own(organisation):
        assert not EMPLOYER.objects.exists()


def test_every_kind_has_headings_of_its_own_that_mean_one_field() -> None:
    from allconnects.fleet.sheets import headings

    for kind in KINDS.values():
        known = headings(kind)
        assert all(known[name] == name for name in files.fields_of(kind))
