"""What trips were for, and the logbook that nobody changes afterwards."""

from __future__ import annotations

import io
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, date, datetime
from typing import Any

import openpyxl
import psycopg
import pytest
from django.db import DatabaseError, connection
from pypdf import PdfReader

from allconnects.accounts.models import Account
from allconnects.accounts.tenancy import speaking_for
from allconnects.kit import clock
from allconnects.kit.errors import InvalidInput, NotFound
from allconnects.reports import classifying, logbook
from allconnects.reports.classifying import Closed, TooLate
from allconnects.reports.logbook_paper import write_logbook, written
from allconnects.reports.models import LogbookRow
from allconnects.reports.running import Reader
from tests.reports.firm import Firm, at

OCTOBER = date(2026, 10, 1)
LATER = datetime(2026, 11, 20, 9, tzinfo=UTC)


@pytest.fixture
def car(firm: Firm, account_of: Callable[..., Account]) -> dict[str, Any]:
    """A car with a driver who has an account; four trips in October, one of them at night."""
    account, boss = account_of("driver"), account_of("manager")
    driver = firm.person("Ann", "Adams", account.pk)
    vehicle, device = firm.vehicle("Car", "1-ABC-001")
    keys = [
        firm.trip(device, at(f"2026-10-{day:02d} {hour}:00"), at(f"2026-10-{day:02d} {hour}:30"), person=driver,
                  distance_m=1000 * day, to=f"Place {day}")
        for day, hour in ((5, "08"), (6, "09"), (7, "22"), (30, "17"))
    ]  # fmt: skip
    return {"account": account, "boss": boss, "driver": driver, "vehicle": vehicle, "device": device, "keys": keys}


@contextmanager
def on(organisation: Any, moment: datetime = LATER) -> Iterator[int]:
    """The organisation's transaction at a moment."""
    with clock.at(moment), speaking_for(organisation.pk):
        yield organisation.pk


def close(organisation: Any, car: dict[str, Any], month: date = OCTOBER, moment: datetime = LATER) -> int:
    with on(organisation, moment) as pk:
        return logbook.close_month(pk, car["boss"], car["vehicle"], month)


def test_a_driver_says_within_his_days_what_his_trips_were(organisation: Any, car: dict[str, Any]) -> None:
    with on(organisation, at("2026-10-08 12:00")) as pk:
        assert classifying.classify_mine(pk, car["account"], car["keys"][:2], "commute") == 2
        found = {one.key: one for one in classifying.my_trips(pk, classifying.person_of(pk, car["account"]),
                                                              OCTOBER, date(2026, 10, 31))}  # fmt: skip
    uses = [(found[key].trip.use, found[key].trip.voice) for key in car["keys"]]
    assert uses == [("commute", "driver"), ("commute", "driver"), ("private", "rule"), ("business", "rule")]
    assert found[car["keys"][2]].trip.end_place == "Place 7", "he sees his own places"


def test_after_his_days_only_a_manager_says_and_the_driver_sees_who(organisation: Any, car: dict[str, Any]) -> None:
    with on(organisation, at("2026-10-13 00:05")), pytest.raises(TooLate):
        classifying.classify_mine(organisation.pk, car["account"], car["keys"][:1], "commute")
    with on(organisation, at("2026-10-12 23:55")) as pk:
        classifying.classify_mine(pk, car["account"], car["keys"][:1], "commute")
    with on(organisation, at("2026-10-15 09:00")) as pk:
        with pytest.raises(InvalidInput):
            classifying.classify_as_manager(pk, car["boss"], car["keys"][:1], "private", "  ")
        classifying.classify_as_manager(pk, car["boss"], car["keys"][:1], "private", "It was a holiday")
        said = classifying.said_of(pk, car["keys"][0])
    assert [(one.use, one.voice, one.account_id) for one in said] == [
        ("private", "manager", car["boss"].pk), ("commute", "driver", car["account"].pk),
    ]  # fmt: skip


def test_nobody_classifies_the_trip_of_another_and_all_or_none_are_said(
    organisation: Any, car: dict[str, Any], firm: Firm, other_organisation: Any, account_of: Callable[..., Account]
) -> None:
    _v, device = firm.vehicle("Other")
    other = firm.trip(device, at("2026-10-05 08:00"), at("2026-10-05 08:30"), person=firm.person("Bob", "Brook"))
    with pytest.raises(NotFound), on(organisation, at("2026-10-06 12:00")):
        classifying.classify_mine(organisation.pk, car["account"], [car["keys"][0], other], "private")
    with on(organisation, at("2026-10-06 12:00")) as pk:
        assert classifying.said_of(pk, car["keys"][0]) == []
    with on(other_organisation), pytest.raises(NotFound):
        classifying.classify_as_manager(other_organisation.pk, car["boss"], car["keys"][:1], "private", "because")


def test_a_closed_month_is_a_chain_without_places_of_private_trips(organisation: Any, car: dict[str, Any]) -> None:
    assert close(organisation, car) == 4
    with on(organisation) as pk:
        assert logbook.check(pk, car["vehicle"]) == logbook.Chain(5, logbook.check(pk, car["vehicle"]).head, None)
        rows = list(LogbookRow.objects.filter(vehicle_id=car["vehicle"]).order_by("number"))
    private = rows[2].content
    assert (private["use"], private["began"], private["to"], private["distance_m"]) == ("private", None, None, 7000)
    assert "Place 7" not in str(rows)
    counted = {"trips": 4, "business_m": 41_000, "commute_m": 0, "private_m": 7000, "by_rule": 4}
    assert rows[4].content == {**counted, "odometer": {}}


def test_a_month_is_closed_once_in_order_and_when_drivers_have_spoken(organisation: Any, car: dict[str, Any]) -> None:
    with pytest.raises(InvalidInput, match="07/11/2026"):
        close(organisation, car, moment=at("2026-11-07 23:00"))
    close(organisation, car, moment=at("2026-11-08 00:05"))
    with pytest.raises(Closed):
        close(organisation, car)
    with pytest.raises(Closed):
        close(organisation, car, date(2026, 9, 1))
    with on(organisation) as pk, pytest.raises(Closed):
        classifying.classify_as_manager(pk, car["boss"], car["keys"][:1], "private", "too late now")


def test_two_who_close_at_once_close_it_once(organisation: Any, car: dict[str, Any]) -> None:
    results: list[Any] = []

    def work() -> None:
        try:
            results.append(close(organisation, car))
        except Closed as error:
            results.append(error.code)
        finally:
            connection.close()

    threads = [threading.Thread(target=work) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(map(str, results)) == ["4", "month_closed"]


def test_corrections_are_appended_and_the_row_stays(organisation: Any, car: dict[str, Any], firm: Firm) -> None:
    close(organisation, car)
    with on(organisation) as pk:
        before = logbook.check(pk, car["vehicle"]).head
        logbook.correct(pk, car["boss"], car["vehicle"], 1, "private", "It was a day off")
        with pytest.raises(InvalidInput):
            logbook.correct(pk, car["boss"], car["vehicle"], 1, "private", "again")
        with pytest.raises(NotFound):
            logbook.correct(pk, car["boss"], car["vehicle"], 5, "private", "that is the close")
        firm.trip(car["device"], at("2026-10-12 08:00"), at("2026-10-12 08:30"), person=car["driver"], distance_m=500)
        assert logbook.add_late(pk, car["boss"], car["vehicle"], OCTOBER, "Tracker was away") == 1
        assert logbook.late_trips(pk, car["vehicle"], OCTOBER) == []
        found = written(pk, car["vehicle"], OCTOBER)
        chain = logbook.check(pk, car["vehicle"])
    assert (found[0].number, found[0].was, found[0].use) == (1, "business", "private")
    assert "It was a day off" in found[0].notes[0]
    assert [one.late for one in found] == [False, False, False, True, False]
    assert (chain.rows, chain.whole) == (7, True)
    assert chain.head != before


@pytest.mark.parametrize(
    "what",
    ["UPDATE reports_logbookrow SET month = month", "DELETE FROM reports_logbookrow", "TRUNCATE reports_logbookrow"],
)
def test_not_even_the_owner_of_the_tables_changes_a_row(
    organisation: Any, car: dict[str, Any], owner_connection: psycopg.Connection[Any], what: str
) -> None:
    close(organisation, car)
    with pytest.raises(psycopg.errors.RestrictViolation):
        owner_connection.execute(what)

    def as_page() -> None:
        with speaking_for(organisation.pk), connection.cursor() as cursor:
            cursor.execute(what)

    with pytest.raises(DatabaseError):
        as_page()


@pytest.mark.parametrize(
    "tampering",
    [
        "UPDATE reports_logbookrow SET content = content || '{\"distance_m\": 1}' WHERE vehicle_id = %s AND number = 2",
        "DELETE FROM reports_logbookrow WHERE vehicle_id = %s AND number = 2",
        "UPDATE reports_logbookrow SET number = number + 100 WHERE vehicle_id = %s AND number = 2",
    ],
)
def test_whoever_gets_around_that_is_found(
    organisation: Any, car: dict[str, Any], owner_connection: psycopg.Connection[Any], tampering: str
) -> None:
    close(organisation, car)
    owner_connection.execute("ALTER TABLE reports_logbookrow DISABLE TRIGGER USER")
    try:
        owner_connection.execute(tampering, (car["vehicle"],))
    finally:
        owner_connection.execute("ALTER TABLE reports_logbookrow ENABLE TRIGGER USER")
    with on(organisation) as pk:
        assert not logbook.check(pk, car["vehicle"]).whole


def test_the_files_say_what_proves_them(organisation: Any, car: dict[str, Any]) -> None:
    close(organisation, car)
    with on(organisation) as pk:
        reader = Reader(pk, "manager", car["boss"])
        head = logbook.check(pk, car["vehicle"]).head
        printed = write_logbook(reader, car["vehicle"], OCTOBER, "pdf").content()
        book = write_logbook(reader, car["vehicle"], OCTOBER, "xlsx").content()
        with pytest.raises(NotFound):
            write_logbook(reader, car["vehicle"], date(2026, 9, 1), "pdf")
    text = "".join(page.extract_text() for page in PdfReader(io.BytesIO(printed)).pages)
    assert head in text.replace("\n", "")
    assert "is whole" in text
    assert "Place 7" not in text
    sheet = openpyxl.load_workbook(io.BytesIO(book), data_only=True).worksheets[0]
    assert sheet.cell(sheet.max_row, 8).value == pytest.approx(41.0)
    assert sheet.cell(sheet.max_row, 10).value == pytest.approx(7.0)


def test_a_correction_tells_who_said_what_when(organisation: Any, car: dict[str, Any]) -> None:
    close(organisation, car)
    with on(organisation, LATER) as pk:
        logbook.correct(pk, car["boss"], car["vehicle"], 1, "private", "It was a holiday")
        (first, *_rest) = written(pk, car["vehicle"], OCTOBER)
    (note,) = first.notes
    assert note.startswith("20/11/2026 10:00, ")
    assert (car["boss"].name or car["boss"].email) in note
    assert note.endswith("Business → Private: It was a holiday")


def test_the_odometer_goes_on_from_month_to_month_and_a_gap_is_told(
    organisation: Any, car: dict[str, Any], firm: Firm
) -> None:
    """48 km in October by trips, 20 in November; a reading of 1 December says 30 km more than trips do."""
    from allconnects.reports.odometer import sentences

    def read(km: int, moment: datetime) -> None:
        firm.owner.execute(
            "UPDATE fleet_vehicle SET odometer_m = %s, odometer_at = %s WHERE id = %s",
            (km * 1000, moment, car["vehicle"]),
        )

    def told(month: date) -> dict[str, Any]:
        row = LogbookRow.objects.get(vehicle_id=car["vehicle"], month=month, entry="close")
        return row.content["odometer"]

    read(50_010, at("2026-10-06 00:00"))
    firm.trip(car["device"], at("2026-11-10 08:00"), at("2026-11-10 09:00"), person=car["driver"], distance_m=20_000)
    close(organisation, car)
    read(50_103, at("2026-12-01 08:00"))
    close(organisation, car, date(2026, 11, 1), datetime(2026, 12, 20, 9, tzinfo=UTC))
    with on(organisation, datetime(2026, 12, 20, 9, tzinfo=UTC)) as pk:
        october, november = told(OCTOBER), told(date(2026, 11, 1))
        texts = list(sentences(november))
        assert logbook.check(pk, car["vehicle"]).whole
    assert (october["begin_m"], october["end_m"]) == (50_005_000, 50_053_000)
    assert (november["begin_m"], november["end_m"], november["gap_m"]) == (50_083_000, 50_103_000, 30_000)
    assert "50,083 km at the beginning" in texts[0]
    assert texts[1].startswith("30 km between")


def test_without_a_reading_the_logbook_says_so(organisation: Any, car: dict[str, Any]) -> None:
    from allconnects.reports.odometer import sentences

    close(organisation, car)
    with on(organisation):
        row = LogbookRow.objects.get(vehicle_id=car["vehicle"], entry="close")
        assert list(sentences(row.content["odometer"])) == ["Odometer: nobody has entered a reading of this vehicle."]
        assert list(sentences({})) == list(sentences(None)), "also of months closed before"
