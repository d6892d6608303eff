"""Every report as page, XLSX, CSV and PDF tells the same figures, which are added up by hand below."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import openpyxl
import pytest
from django.utils import translation
from pypdf import PdfReader

from allconnects.accounts.tenancy import speaking_for
from allconnects.reports import running
from allconnects.reports.catalogue import REPORTS, report_of
from allconnects.reports.columns import Column, Totals
from allconnects.reports.purposes import purposes
from allconnects.reports.shown import cell
from tests.reports.firm import Firm, at, days

PERIOD = days("2026-10-19", "2026-10-31")
"""The clock is put back in the night to 25 October: that day has 25 hours."""
NUMBERS = {"sum", "max", "min", "ratio"}
H = 3600
BY_HAND: dict[str, dict[str, float]] = {
    # Trips of 40, 10 and 100 km; that of 21 h is left out for dispatch. Driving 50 + 30 + 60 min, idle 10 min.
    "trips": {"distance_m": 150_000, "driving_s": 140 * 60, "idle_s": 600, "top_kmh": 135},
    # From 8 to 12; from 21:30 is after working hours.
    "stops": {"standing_s": 4 * H, "count": 1},
    "visits": {"stay_s": 4 * H, "count": 1},
    # Driver and mate; the van itself. A crane stands from Saturday 22 h to Monday 2 h, but came outside of the hours.
    "site-hours": {"person_s": 8 * H, "vehicle_s": 4 * H, "inferred": 2},
    "driver-day": {"span_s": 5.5 * H, "driving_s": 1.5 * H, "break_s": 4 * H, "trips": 2, "distance_m": 50_000,
                   "days": 1},
    # 3 trips of the van and 1 of the electric one; idle 10 min in a trip, 15 min in the stop after it, 1 h on Sunday.
    "use": {"trips": 4, "distance_m": 165_000, "driving_s": 170 * 60, "idle_s": 85 * 60, "used_days": 2},
    "idling": {"driving_s": 170 * 60, "idle_s": 85 * 60, "engine_s": 255 * 60, "litres": 85 / 60 * 0.9,
               "co2_kg": 85 / 60 * 0.9 * 2.64, "trips": 4, "idle_share": 85 / 255},
    # The trip of 21 h is private by the rule.
    "mileage": {"distance_m": 165_000, "business_m": 150_000, "private_m": 15_000, "trips": 4, "by_rule": 4},
    "materials": {"days": 3, "stay_s": 28 * H},
    # 65 km at 200 g/km, 100 km at 28 kWh.
    "fuel": {"distance_m": 165_000, "co2_kg": 13, "litres": 13 / 2.64, "per_100km": 13 / 2.64 / 65 * 100, "kwh": 28},
    # That of 12 h; that of 21 h is private, and its speed nobody's business.
    "speed": {"count": 1, "top_kmh": 135, "over_kmh": 15, "distance_m": 10_000},
    # Paid for the sites and the 50 km of work; the private 15 km are not among them.
    "payroll-month": {"days": 2, "site_s": 8 * H, "driver_m": 50_000, "passenger_m": 40_000},
    # A trip without driver, and three devices that never reported.
    "exceptions": {"count": 4},
}  # fmt: skip


@pytest.fixture(autouse=True)
def declared(monkeypatch: pytest.MonkeyPatch) -> None:
    """An organisation that declared every purpose."""
    monkeypatch.setattr(running, "declared", lambda organisation: frozenset(purposes()))


@pytest.fixture
def day(firm: Firm, monkeypatch: pytest.MonkeyPatch) -> None:
    """A van with driver and mate on a Tuesday, an electric one by nobody, a crane in the night of 25 hours."""
    monkeypatch.setattr("allconnects.reports.running.declared", lambda _organisation: frozenset(purposes()))
    driver, mate = firm.person("Ann", "Adams"), firm.person("Bob", "Brook")
    firm.team("Roofs", driver, mate)
    vehicle, van = firm.vehicle("Van; 1", "1-ABC-001", co2_g_km=200)
    _electric, other = firm.vehicle("=Van 2", "1-ABC-002", fuel="electric")
    site = firm.place("Site “North”, € 7", "S-7")
    firm.occupancy(vehicle, driver, at("2026-10-20 07:00"), at("2026-10-20 22:00"))
    firm.occupancy(vehicle, mate, at("2026-10-20 07:00"), at("2026-10-20 07:58"), "passenger")
    firm.trip(van, at("2026-10-20 07:00"), at("2026-10-20 08:00"), person=driver, distance_m=40_000, idle_s=600, top=90)
    firm.trip(van, at("2026-10-20 12:00"), at("2026-10-20 12:30"), person=driver, distance_m=10_000, top=135)
    firm.trip(van, at("2026-10-20 21:00"), at("2026-10-20 21:30"), person=driver, distance_m=15_000, top=150)
    firm.trip(other, at("2026-10-21 09:00"), at("2026-10-21 10:00"), distance_m=100_000)
    firm.stop(van, at("2026-10-20 08:00"), at("2026-10-20 12:00"), driver,
              (at("2026-10-20 08:00"), at("2026-10-20 08:15")))  # fmt: skip
    midnight = at("2026-10-25 02:30")
    firm.stop(van, at("2026-10-20 21:30"), at("2026-10-26 07:00"), driver, (midnight, midnight + timedelta(hours=1)))
    firm.visit(van, site, at("2026-10-20 08:00"), at("2026-10-20 12:00"))
    _crane, crane = firm.material("Mixer")
    firm.visit(crane, site, at("2026-10-24 22:00"), at("2026-10-26 01:00"))


def given(key: str) -> dict[str, Any]:
    report = report_of(key)
    purpose = {"speed": "road_safety", "payroll-month": "payroll", "mileage": "tax_logbook"}
    numbers = {"limit_kmh": 120} if key == "speed" else {}
    return {"purpose": purpose.get(key, report.purposes[0]), "group": report.groups[0], **numbers, **PERIOD}


def totals_of(key: str, organisation: int) -> tuple[tuple[Column, ...], list[Any], int]:
    """What the rows add up to."""
    report = report_of(key)
    ask = running.ask_of(report, running.Reader(organisation, "manager"), given(key))
    totals = Totals(report.columns)
    for row in report.rows(ask):
        totals.add(row)
    return tuple(report.columns), list(totals.values()), totals.lines


@pytest.mark.parametrize("key", [report.key for report in REPORTS])
def test_the_figures_are_those_that_a_clerk_adds_up_by_hand(day: None, organisation: Any, key: str) -> None:
    with speaking_for(organisation.pk):
        columns, totals, _lines = totals_of(key, organisation.pk)
    found = {column.key: value for column, value in zip(columns, totals, strict=True)}
    assert {name: found[name] for name in BY_HAND[key]} == pytest.approx(BY_HAND[key])


def written(organisation: int, key: str, form: str, dialect: str = "excel") -> bytes:
    return running.write_file(key, running.Reader(organisation, "manager"), given(key), form, dialect).content()


@pytest.mark.parametrize("key", [report.key for report in REPORTS])
@pytest.mark.parametrize("language", ["nl", "fr", "en", "de"])
def test_page_and_files_tell_the_same_totals_in_every_language(
    day: None, organisation: Any, key: str, language: str
) -> None:
    from allconnects.products.live_connects.reports_reading import shown

    with speaking_for(organisation.pk), translation.override(language):
        columns, totals, lines = totals_of(key, organisation.pk)
        texts = [cell(column.kind, value) for column, value in zip(columns, totals, strict=True)]
        on_page = [place for place, column in enumerate(columns) if not column.in_files_only]
        report = report_of(key)
        ask = running.ask_of(report, running.Reader(organisation.pk, "manager"), given(key))
        page = shown(report, ask, running.items_of(report, ask))
        heads = [head["key"] for head in page.heads]
        assert page.lines == lines > 0
        for place in on_page:
            if columns[place].key in heads:
                assert page.totals[heads.index(columns[place].key)] == texts[place]
        sheet = openpyxl.load_workbook(io.BytesIO(written(organisation.pk, key, "xlsx")), data_only=True).worksheets[0]
        last = list(sheet.iter_rows(values_only=True))[-1]
        for column, value, stored in zip(columns, totals, last, strict=True):
            if column.adding and value is not None:
                assert _unscaled(column, stored) == pytest.approx(value, abs=0.02), column.key
        for dialect in ("excel", "plain"):
            _same_in_csv(written(organisation.pk, key, "csv", dialect), dialect, columns, totals, lines)
        pages = PdfReader(io.BytesIO(written(organisation.pk, key, "pdf"))).pages
        paper = " ".join(page.extract_text() for page in pages)
        for place in on_page:
            if columns[place].adding and texts[place] and columns[place].key in heads:
                assert texts[place].replace("\u202f", "") in paper.replace("\u202f", "").replace("\xa0", ""), key


def _unscaled(column: Column, value: Any) -> float:
    if column.kind == "duration_s":
        return value.total_seconds() if isinstance(value, timedelta) else value * 86_400
    return float(value) * (1000 if column.kind == "distance_m" else 1)


def _same_in_csv(content: bytes, dialect: str, columns: tuple[Column, ...], totals: list[Any], lines: int) -> None:
    rows = list(csv.reader(io.StringIO(content.decode("utf-8-sig")), delimiter=";" if dialect == "excel" else ","))
    assert len(rows) == lines + 1
    assert all(len(row) == len(columns) for row in rows)
    for place, column in enumerate(columns):
        if column.adding == "sum":
            numbers = list(_numbers((row[place] for row in rows[1:]), column, dialect))
            slack = {"duration_s": 0.5, "distance_m": 0.5}.get(column.kind, 0.005) * max(1, len(numbers))
            assert sum(numbers) == pytest.approx(totals[place] or 0, abs=slack), column.key


def _numbers(cells: Iterator[str], column: Column, dialect: str) -> Iterator[float]:
    for text in cells:
        if not text:
            continue
        if dialect == "plain":
            yield float(text)
        elif column.kind == "duration_s":
            hours, minutes, seconds = text.split(":")
            yield int(hours) * 3600 + int(minutes) * 60 + int(seconds)
        else:
            yield float(text.replace(",", ".")) * (1000 if column.kind == "distance_m" else 1)


@pytest.mark.parametrize("key", [report.key for report in REPORTS])
def test_a_firm_without_anything_gets_an_empty_report_and_no_error(organisation: Any, key: str) -> None:
    with speaking_for(organisation.pk), translation.override("nl"):
        for form in ("xlsx", "csv", "pdf"):
            assert len(written(organisation.pk, key, form)) > 20
