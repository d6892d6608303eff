"""Purposes are declared, allowed and written down; working hours decide; pages follow one another."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest
from django.test import Client

from allconnects.accounts.tenancy import speaking_for
from allconnects.kit.errors import Forbidden, InvalidInput
from allconnects.reports.catalogue import REPORTS, report_of
from allconnects.reports.hours import DEFAULT, HoursBook, parse_schedule
from allconnects.reports.models import Run, WorkingHours
from allconnects.reports.purposes import TITLES, purposes
from allconnects.reports.running import Reader, ask_of
from tests.reports.firm import Firm, at, days

WEEK = days("2026-10-05", "2026-10-11")
QUERY = "from=2026-10-05&to=2026-10-11"


@pytest.fixture
def busy(firm: Firm) -> Firm:
    """A van with seven trips on a Monday."""
    _vehicle, device = firm.vehicle("Van 1")
    for hour in range(7, 14):
        firm.trip(device, at(f"2026-10-05 {hour:02d}:00"), at(f"2026-10-05 {hour:02d}:30"), distance_m=1000 * hour)
    return firm


def test_every_purpose_has_words_and_every_report_only_known_ones() -> None:
    assert set(TITLES) == set(purposes())
    for report in REPORTS:
        assert report.purposes
        assert set(report.purposes) <= set(purposes())
        shows_when = {column.kind for column in report.columns} & {"time", "moment"}
        if shows_when and report.personal:
            open_ones = {key for key in report.purposes if purposes()[key].outside_hours}
            assert open_ones <= {"payroll", "mobility_allowance", "tax_logbook", "security_incident"}, report.key


@pytest.mark.parametrize(
    "given",
 [
        {"purpose": ""},
        {"purpose": "curiosity"},
        {"purpose": "environment"},
        {"last": WEEK["first"].replace(year=2025)},
        {"last": WEEK["last"].replace(year=2027)},
        {"first": None},
        {"group": "site"},
        {"sites": ["1"]},
        {"vehicles": ["x"]},
        {"vehicles": [str(2**40)]},
        {"people": ["1"]},
        {"vehicles": ["1"] * 501},
    ],
)  # fmt: skip
def test_what_cannot_be_asked_is_refused(organisation: Any, given: dict[str, Any]) -> None:
    with speaking_for(organisation.pk), pytest.raises(InvalidInput):
        ask_of(report_of("trips"), Reader(organisation.pk, "owner"), {"purpose": "dispatch", **WEEK, **given})


def test_a_planner_may_not_declare_what_is_for_managers(organisation: Any) -> None:
    with speaking_for(organisation.pk), pytest.raises(Forbidden):
        ask_of(report_of("trips"), Reader(organisation.pk, "planner"), {"purpose": "security_incident", **WEEK})


def test_each_run_is_written_down_without_what_stood_in_it(
    busy: Firm, organisation: Any, client_of: Callable[..., Client]
) -> None:
    client = client_of("manager")
    assert client.get("/reports/run/trips/").status_code == 200
    with speaking_for(organisation.pk):
        assert Run.objects.filter(organisation_id=organisation.pk).count() == 0, "nothing ran"
    page = client.get("/reports/run/trips/?purpose=dispatch&period=days&" + QUERY)
    assert page.status_code == 200
    assert client.get("/reports/run/trips/?purpose=environment&period=days&" + QUERY).status_code == 422
    with speaking_for(organisation.pk):
        (run,) = Run.objects.filter(organisation_id=organisation.pk)
        assert (run.report, run.purpose, run.form, run.lines, run.outside_hours) == (
            "trips",
            "dispatch",
            "page",
            7,
            False,
        )
        assert run.account_id is not None
    assert "Movement outside of working hours is left out." in page.content.decode()


def test_runs_cannot_be_changed_or_deleted_by_pages(busy: Firm, organisation: Any) -> None:
    from django.db import ProgrammingError, connection

    def tamper(what: str) -> None:
        with speaking_for(organisation.pk), connection.cursor() as cursor:
            cursor.execute(what)

    for what in ("DELETE FROM reports_run", "UPDATE reports_run SET lines = 0"):
        with pytest.raises(ProgrammingError):
            tamper(what)


def api(client: Client, path: str, secret: str) -> Any:
    return client.get(f"/api/v1/{path}", headers={"Authorization": f"Bearer {secret}"})


def test_pages_of_the_api_follow_one_another_and_shift_by_nothing_new(
    busy: Firm, stranger: Client, token_of: Callable[..., str]
) -> None:
    secret = token_of(["reports:read"])
    path = f"reports/trips/rows?purpose=dispatch&{QUERY}&limit=3"
    first = json.loads(api(stranger, path, secret).content)
    assert ([row["distance_m"] for row in first["rows"]], first["totals"]) == ([7000, 8000, 9000], None)
    (device,) = busy.owner.execute(
        "SELECT device_id FROM trips_trip WHERE organisation_id = %s LIMIT 1", (busy.organisation,)
    ).fetchone()  # type: ignore[misc]
    busy.trip(device, at("2026-10-05 06:15"), at("2026-10-05 06:45"), distance_m=1)
    second = json.loads(api(stranger, f"{path}&cursor={first['next']}", secret).content)
    assert [row["distance_m"] for row in second["rows"]] == [10_000, 11_000, 12_000]
    third = json.loads(api(stranger, f"{path}&cursor={second['next']}", secret).content)
    assert ([row["distance_m"] for row in third["rows"]], third["next"]) == ([13_000], None)
    assert third["totals"]["distance_m"] == 70_001
    other = api(stranger, f"reports/stops/rows?purpose=dispatch&{QUERY}&cursor={first['next']}", secret)
    assert other.status_code == 422
    busy.owner.execute("DELETE FROM trips_trip WHERE organisation_id = %s AND distance_m = 9000", (busy.organisation,))
    assert api(stranger, f"{path}&cursor={first['next']}", secret).status_code == 409


def test_the_api_describes_its_reports_and_writes_files(
    busy: Firm, stranger: Client, token_of: Callable[..., str]
) -> None:
    secret = token_of(["reports:read", "reports:audit"])
    listed = {one["key"]: one for one in json.loads(api(stranger, "reports", secret).content)}
    assert set(listed) == {report.key for report in REPORTS}
    assert "distance_m" in [column["key"] for column in listed["trips"]["columns"]]
    assert api(stranger, f"reports/nothing/rows?purpose=dispatch&{QUERY}", secret).status_code == 404
    assert api(stranger, "reports/trips/rows?from=2026-10-05&to=2026-10-06", secret).status_code == 422
    for form in ("csv", "xlsx", "pdf"):
        answer = api(stranger, f"reports/trips/file.{form}?purpose=dispatch&{QUERY}", secret)
        assert answer.status_code == 200
        assert answer["Content-Disposition"].endswith(f'.{form}"')
        assert int(answer["Content-Length"]) > 100
        answer.close()
    runs = json.loads(api(stranger, "report-runs", secret).content)["runs"]
    assert [run["form"] for run in runs] == ["pdf", "xlsx", "csv"]
    assert all(run["token"] for run in runs)


def test_working_hours_with_margin_nights_and_the_night_on_which_the_clock_changes() -> None:
    allows = DEFAULT.allows
    assert allows(at("2026-10-05 05:20"), at("2026-10-05 06:10")), "the way to the first site"
    assert not allows(at("2026-10-05 04:40"), at("2026-10-05 06:10"))
    assert not allows(at("2026-10-05 19:10"), at("2026-10-05 19:30")), "wholly after work"
    assert not allows(at("2026-10-10 10:00"), at("2026-10-10 11:00")), "Saturday"
    night = parse_schedule({"5": [["22:00", "06:00"]]}, 0)
    assert night.allows(at("2026-10-24 23:00"), at("2026-10-25 05:59"))
    assert not night.allows(at("2026-10-25 05:30"), at("2026-10-25 06:01"))


def test_a_team_has_hours_of_its_own_while_somebody_is_in_it(firm: Firm, organisation: Any, lines: Any) -> None:
    from allconnects.reports.firm import hours_book

    early, late = firm.person("Ann", "Early"), firm.person("Bob", "Late")
    team = firm.team("Milk", early)
    with speaking_for(organisation.pk):
        WorkingHours.objects.create(
            organisation_id=organisation.pk, team_id=team, days={"0": [["03:00", "09:00"]]}, margin_minutes=0
        )
        book = hours_book(organisation.pk)
    assert isinstance(book, HoursBook)
    span = at("2026-10-05 03:10"), at("2026-10-05 03:40")
    assert book.allows(early, *span)
    assert not book.allows(late, *span)
    assert not book.allows(None, *span)
    assert not book.allows(early, at("2026-10-05 10:00"), at("2026-10-05 11:00"))
