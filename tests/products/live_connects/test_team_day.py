"""A team's day: who drove, rode along, stood and idled, on days of 23, 24 and 25 hours, and nobody else's."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from typing import Any

import psycopg
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from allconnects.accounts.models import Organisation
from allconnects.products.live_connects.history_spans import bounds_ms
from allconnects.products.live_connects.team_day import Bar, whole
from allconnects.products.live_connects.team_views import share
from tests.reports.firm import Firm, at

DAY = date(2026, 10, 5)


def span(day: date) -> tuple[datetime, datetime]:
    start, end = (datetime.fromtimestamp(ms / 1000, UTC) for ms in bounds_ms(day))
    return start, end


def kinds(bars: list[Bar]) -> list[tuple[str, float]]:
    return [(bar.kind, (bar.end - bar.start).total_seconds() / 3600) for bar in bars]


def test_what_nobody_knows_is_said_and_bars_end_with_the_day() -> None:
    start, end = span(DAY)
    drive = Bar("drive", start + timedelta(hours=7), start + timedelta(hours=8))
    night = Bar("stop", end - timedelta(hours=2), end + timedelta(hours=9))
    assert kinds(whole([night, drive], start, end)) == [("unknown", 7), ("drive", 1), ("unknown", 14), ("stop", 2)]
    assert kinds(whole([], start, end)) == [("unknown", 24)]
    idle = Bar("idle", start + timedelta(hours=7), start + timedelta(hours=7, minutes=6))
    assert kinds(whole([drive, idle], start, end))[1:3] == [("drive", 1), ("idle", 0.1)]


def test_days_of_summer_time_are_as_long_as_they_are() -> None:
    for day, hours in ((date(2026, 3, 29), 23), (date(2026, 10, 25), 25)):
        start, end = span(day)
        assert kinds(whole([], start, end)) == [("unknown", hours)]
        noon = datetime(day.year, day.month, day.day, 11 if hours == 25 else 10, tzinfo=UTC)
        assert share(noon, day) == f"{(noon - start) / (end - start) * 100:.3f}%"
        assert share(end, day) == "100.000%"


def test_each_member_has_a_row(
    organisation: Organisation, owner_connection: psycopg.Connection[Any], client_of: Callable[..., Client]
) -> None:
    firm = Firm(owner_connection, organisation.pk)
    ann, bob, eve = (firm.person(*name.split()) for name in ("Ann Adams", "Bob Brown", "Eve Else"))
    team = firm.team("Roofs", ann, bob)
    _vehicle, device = firm.vehicle("Van 7")
    firm.trip(device, at("2026-10-05 07:00"), at("2026-10-05 08:00"), person=ann)
    firm.stop(device, at("2026-10-05 08:00"), at("2026-10-05 16:00"), person=ann)
    firm.trip(device, at("2026-10-05 16:00"), at("2026-10-05 17:00"), person=eve)
    client = client_of("planner")
    with CaptureQueriesContext(connection) as one:
        page = client.get(f"/trips/team/{team}/?day=2026-10-05").content.decode()
    assert "Ann Adams" in page
    assert "Bob Brown" in page
    assert "Eve Else" not in page
    assert page.count('class="team-drive"') == 1 + 1  # one of them in the legend
    assert f"/trips/device/{device}/?day=2026-10-05" in page
    noted = owner_connection.execute(
        "SELECT count(DISTINCT person) FROM privacy_access WHERE organisation_id = %s AND scope = 'trips' "
        "AND first_day = '2026-10-05'", (organisation.pk,),
    ).fetchone()  # fmt: skip
    assert noted == (2,)
    by_vehicle = client.get(f"/trips/team/{team}/?day=2026-10-05&by=vehicle").content.decode()
    assert by_vehicle.count('class="team-drive"') == 2 + 1
    for n in range(10, 40):
        more = firm.person(f"P{n}", "Q")
        firm.put("fleet_teammember", team_id=team, person_id=more, since=date(2020, 1, 1), leads=False)
        firm.trip(device, at(f"2026-10-05 17:{n}"), at(f"2026-10-05 17:{n + 1}"), person=more)
    with CaptureQueriesContext(connection) as many:
        client.get(f"/trips/team/{team}/?day=2026-10-05")
    assert len(many) <= len(one) + 12  # what is remembered for some seconds may have to be asked again
