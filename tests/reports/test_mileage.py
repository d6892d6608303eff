"""Kilometres that the database adds up are those that the trips say, one by one."""

from __future__ import annotations

import random
from collections import Counter
from datetime import date, time, timedelta
from typing import Any

import pytest
from psycopg.types.json import Jsonb

from allconnects.accounts.tenancy import speaking_for
from allconnects.reports import running
from allconnects.reports.catalogue import report_of
from allconnects.reports.columns import Totals
from allconnects.reports.data.mileage import _segments
from allconnects.reports.data.trips import trips
from allconnects.reports.definition import Line
from allconnects.reports.hours import HoursBook, Schedule
from allconnects.reports.purposes import purposes
from tests.reports.firm import Firm, at, days

PERIOD = days("2026-10-21", "2026-10-28")
"""The night of 25 October has 25 hours."""


def hours(firm: Firm, team: int | None, spans: dict[str, list[list[str]]], margin: int) -> None:
    firm.put("reports_workinghours", "id", team_id=team, days=Jsonb(spans), margin_minutes=margin)


@pytest.fixture
def busy(firm: Firm) -> Firm:
    """Trips around every edge of hours by day, by night, of two teams, said by drivers and managers or by nobody."""
    every = [str(day) for day in range(7)]
    ann, bob, cas = (firm.person(name, "Example") for name in ("Ann", "Bob", "Cas"))
    night, early = firm.team("Night", ann, bob), firm.team("Early", bob)
    hours(firm, None, {day: [["06:00", "12:00"], ["13:00", "19:00"]] for day in every[:5]}, 30)
    hours(firm, night, {day: [["22:00", "04:00"]] for day in every}, 0)
    hours(firm, early, {day: [["02:30", "08:00"]] for day in every}, 60)
    firm.owner.execute(
        "UPDATE fleet_teammember SET until = '2026-10-24' WHERE organisation_id = %s AND team_id = %s",
        (firm.organisation, early),
    )
    chance = random.Random(5)
    devices = [firm.vehicle(f"Van {number}")[1] for number in range(3)]
    edges = ["00:00", "01:30", "02:30", "03:59", "05:30", "08:00", "12:30", "19:30", "22:00", "23:57"]
    for device in devices:
        for day in range(20, 29):
            for edge in edges:
                begin = at(f"2026-10-{day} {edge}") + timedelta(seconds=chance.choice([-60, 0, 60]))
                firm.trip(
                    device, begin, begin + timedelta(minutes=chance.choice([1, 30, 400])), distance_m=1 << (day - 19),
                    person=chance.choice([None, ann, bob, cas]),
                    purpose=chance.choice(["", "", "", "business", "commute", "private"]),
                )  # fmt: skip
    return firm


def one_by_one(ask: Any) -> Counter[Any]:
    found: Counter[Any] = Counter()
    for trip in trips(ask):
        key = (trip.vehicle, trip.person, trip.team, trip.day)
        found[*key, trip.use] += round(trip.distance_m)
        found[*key, "trips"] += 1
        found[*key, f"by_{trip.voice}"] += 1
    return found


@pytest.mark.parametrize("group", ["vehicle", "person", "team", "day", ""])
def test_added_up_is_what_single_trips_say(busy: Firm, group: str) -> None:
    reader, report = running.Reader(busy.organisation, "manager"), report_of("mileage")
    with speaking_for(busy.organisation):
        ask = running.ask_of(report, reader, {"purpose": "tax_logbook", "group": group, **PERIOD})
        wanted = one_by_one(ask)
        found: Counter[Any] = Counter()
        keys = [column.key for column in report.columns]
        for row in report.rows(ask):
            cells = dict(zip(keys, row, strict=True))
            key = (cells["vehicle"], cells["person"], cells["team"], cells["day"])
            for use in ("business", "commute", "private"):
                found[*key, use] += round(cells[f"{use}_m"] or 0)
            for count in ("trips", "by_driver", "by_manager", "by_rule"):
                found[*key, count] += cells[count]
    assert +found == +wanted
    assert {key[-1] for key in wanted} >= {"business", "commute", "private", "by_rule", "by_manager"}


@pytest.mark.parametrize("group", ["vehicle", "person", "team", "day"])
@pytest.mark.parametrize("chosen", [False, True])
def test_sums_of_a_whole_period_are_those_of_its_days(busy: Firm, group: str, chosen: bool) -> None:
    reader, report = running.Reader(busy.organisation, "manager"), report_of("mileage")
    with speaking_for(busy.organisation):
        given: dict[str, Any] = {"purpose": "tax_logbook", "group": group, **PERIOD}
        if chosen:
            row = busy.owner.execute(
                "SELECT min(id) FROM fleet_team WHERE organisation_id = %s", (busy.organisation,)
            ).fetchone()
            assert row is not None
            given["teams"] = [row[0]]
        totals = Totals(report.columns)
        for one in report.rows(running.ask_of(report, reader, given)):
            totals.add(one)
        short = running.ask_of(report, reader, {**given, "summary": True})
        lines = [item for item in running.items_of(report, short) if isinstance(item, Line)]
        again = Totals(report.columns)
        for one in report.rows(short):
            again.add(one)
    assert again.values() == totals.values()
    assert again.lines < totals.lines or group in ("team", "day") or chosen
    assert len(lines) == len({line.values[0] for line in lines})


def test_days_of_members_are_cut_where_teams_change() -> None:
    span = Schedule({0: ((time(6), time(7)),)})
    day = lambda number: date(2026, 10, number)  # noqa: E731
    ann: Any = "ann"
    book = HoursBook(span, {1: span, 2: span}, {ann: ((1, day(1), day(10)), (2, day(5), None), (9, day(1), None))})
    found = list(_segments(book))
    assert [one[1:] for one in found] == [
        (day(1), day(4), (1,)), (day(5), day(10), (1, 2)), (day(11), date(2199, 12, 31), (2,)),
    ]  # fmt: skip


def test_mileage_is_told_for_purposes_of_all_hours_only() -> None:
    """Days are summed in the database: no single trip can be left out of them."""
    assert all(purposes()[key].outside_hours for key in report_of("mileage").purposes)
