"""Figures of the fleet: counted from trips and put right later, the same for every reader, quick for thousands."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import psycopg
import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from psycopg.types.range import Range

from allconnects.accounts.models import Organisation
from allconnects.accounts.tenancy import speaking_for
from allconnects.kit import clock
from allconnects.products.live_connects.counting import DAYS, count_use
from allconnects.products.live_connects.dashboard import Overview, overview
from tests.reports.firm import LONG_AGO, Firm, at

NOW = at("2026-11-25 15:00")
"""A Wednesday."""


@pytest.fixture
def firm(owner_connection: psycopg.Connection[Any], organisation: Organisation) -> Iterator[Firm]:
    with clock.at(NOW):
        yield Firm(owner_connection, organisation.pk)


def figures(organisation: Organisation, **chosen: Any) -> Overview:
    with speaking_for(organisation.pk):
        return overview(organisation, **chosen)


def counted(firm: Firm, days: int = DAYS) -> list[tuple[Any, ...]]:
    with speaking_for(firm.organisation):
        count_use(firm.organisation, days)
    return firm.owner.execute(
        "SELECT vehicle_id, day::text, trips, distance_m FROM live_use WHERE organisation_id = %s ORDER BY 1, 2",
        (firm.organisation,),
    ).fetchall()


def test_days_are_counted_again_when_trips_change(firm: Firm, other_organisation: Organisation) -> None:
    van, device = firm.vehicle("Van")
    firm.trip(device, at("2026-11-24 23:50"), at("2026-11-25 00:20"), distance_m=9_000)
    firm.trip(device, at("2026-11-10 08:00"), at("2026-11-10 09:00"), distance_m=20_000)
    firm.trip(device, at("2026-10-20 08:00"), at("2026-10-20 09:00"), distance_m=50_000)
    strange = Firm(firm.owner, other_organisation.pk)
    _theirs, device_of_theirs = strange.vehicle("Theirs")
    strange.trip(device_of_theirs, at("2026-11-24 08:00"), at("2026-11-24 09:00"))
    before = [(van, "2026-11-10", 1, 20_000), (van, "2026-11-24", 1, 9_000)]
    assert counted(firm) == before == counted(firm)
    firm.owner.execute("DELETE FROM trips_trip WHERE device_id = %s AND start_at < '2026-11-20'", (device,))
    firm.trip(device, at("2026-11-24 10:00"), at("2026-11-24 11:00"), distance_m=1_000)
    assert counted(firm, 2) == [before[0], (van, "2026-11-24", 2, 10_000)]
    assert counted(firm) == [(van, "2026-11-24", 2, 10_000)]


def live(firm: Firm, device: int, minutes: int, kmh: float) -> None:
    seen = NOW - timedelta(minutes=minutes)
    firm.put(
        "telemetry_live", device_id=device, report_at=seen, fix_time=seen, lat_e7=510000000, lon_e7=44000000,
        altitude_m=0, speed_kmh=kmh, course_deg=0, satellites=8, attributes=b"", flags=3,
    )  # fmt: skip


def test_figures_are_of_what_was_chosen(firm: Firm, organisation: Organisation) -> None:
    person = firm.person("Ann", "Adams")
    team = firm.team("Roofs", person)
    busy, device = firm.vehicle("Busy", groups=["North"])
    firm.put(
        "fleet_occupancy", vehicle_id=busy, person_id=person, role="driver", source="manual", rank=1,
        during=Range(NOW - timedelta(days=3), NOW - timedelta(days=2)),
    )  # fmt: skip
    live(firm, device, 1, 70)
    idle, parked = firm.vehicle("Idle", groups=["South"])
    live(firm, parked, 2, 0)
    firm.vehicle("Sold", state="sold")
    for day in (23, 24, 25):
        firm.trip(device, at(f"2026-11-{day} 08:00"), at(f"2026-11-{day} 10:00"), idle_s=1800)
    counted(firm)
    found = figures(organisation)
    assert (found.vehicles, found.moving, found.standing, found.silent, found.without_device) == (2, 1, 1, 0, 0)
    assert (round(found.km), found.driving_h, found.idle_h, found.idle_share) == (30, 4.5, 1.5, 25)
    assert [one.name for one in found.least] == ["Idle"]
    assert (found.unused, found.least[0].id) == (1, idle)
    wednesday, saturday = found.days[-1], found.days[-5]
    assert (wednesday.vehicles, wednesday.use, saturday.use) == (1, 50, None)
    chosen: dict[str, Any]
    for chosen in ({"group": "North"}, {"team": team, "people": True}):
        one = figures(organisation, **chosen)
        assert (one.vehicles, one.moving, one.standing, one.days[-1].use) == (1, 1, 0, 100)
    assert figures(organisation, group="Nothing").vehicles == 0


_MANY = """
    WITH v AS (INSERT INTO fleet_vehicle (organisation_id, name, plate, vin, vehicle_class, fuel, brand, model, groups,
            state, note, version, created_at, changed_at)
        SELECT %(o)s, 'Van ' || n, '1-' || n || '-' || %(o)s, '', 'van', 'diesel', '', '', '{}', 'active', '', 1,
            '2020-01-01', now() FROM generate_series(1, %(n)s) n RETURNING id),
    d AS (INSERT INTO telemetry_device (organisation_id, name, kind, identifier, protocol, secret_hash, created_at)
        SELECT %(o)s, 'd', 'vehicle', 'many-' || %(o)s || '-' || n, '', '', now() FROM generate_series(1, %(n)s) n
        RETURNING id),
    i AS (INSERT INTO fleet_installation (organisation_id, device_id, vehicle_id, main, during)
        SELECT %(o)s, d.id, v.id, true, tstzrange('2020-01-01', NULL)
        FROM (SELECT id, row_number() OVER () AS n FROM v) v
        JOIN (SELECT id, row_number() OVER () AS n FROM d) d USING (n) RETURNING device_id)
    INSERT INTO telemetry_live (organisation_id, device_id, report_at, fix_time, lat_e7, lon_e7, speed_kmh)
    SELECT %(o)s, device_id, now(), now(), 510000000, 44000000, 20 FROM i"""
_USED = """
    INSERT INTO live_use (organisation_id, vehicle_id, day, trips, distance_m, driving_s, idle_s)
    SELECT %(o)s, v.id, %(last)s::date - n, 5, 90000, 7000, 500
    FROM fleet_vehicle v CROSS JOIN generate_series(0, 27) n WHERE v.organisation_id = %(o)s AND v.id %% 10 > 0"""


def test_who_may_not_see_persons_gets_no_figures_of_a_few(
    firm: Firm, client_of: Callable[..., Client], organisation: Organisation
) -> None:
    """Ten in their vans are a team to a viewer; one is not, nor are eleven who are the ten and one more."""
    people = [firm.person("Ann", f"No {number}") for number in range(41)]
    for number, person in enumerate(people):
        van, _device = firm.vehicle(f"Van {number}")
        firm.occupancy(van, person, NOW - timedelta(days=3), NOW - timedelta(days=2))
    ten, one, eleven = firm.team("Ten", *people[:10]), firm.team("One", people[0]), firm.team("Eleven", *people[:11])
    viewer, planner = client_of("viewer"), client_of("planner")
    answers = [viewer.get("/overview/", {"team": team}).status_code for team in (eleven, one, ten)]
    assert answers == [200, 404, 404], "the largest first; what differs from it by one is not shown beside it"
    page = viewer.get("/overview/").content.decode()
    assert ">Eleven</option>" in page
    assert ">Ten</option>" not in page
    assert [planner.get("/overview/", {"team": team}).status_code for team in (ten, one, eleven)] == [200] * 3


def test_five_thousand_vehicles_ask_as_much_as_few(
    owner_connection: psycopg.Connection[Any], organisation: Organisation, client_of: Callable[..., Client]
) -> None:
    client = client_of("manager")
    with CaptureQueriesContext(connection) as few:
        assert client.get("/overview/").status_code == 200
    given = {"o": organisation.pk, "n": 5000, "last": datetime.now(UTC).date()}
    owner_connection.execute(_MANY, given)
    owner_connection.execute(_USED, given)
    owner_connection.execute("ANALYZE live_use, fleet_vehicle, fleet_installation, telemetry_live, telemetry_device")
    with CaptureQueriesContext(connection) as many:
        assert client.get("/overview/").status_code == 200
    assert len(many) <= len(few) + 2
    owner_connection.execute("DELETE FROM live_use WHERE organisation_id = %s", (organisation.pk,))


def test_nothing_there_says_what_to_do(
    client_of: Callable[..., Client], owner_connection: psycopg.Connection[Any], organisation: Organisation
) -> None:
    firm = Firm(owner_connection, organisation.pk)
    page = client_of("manager").get("/overview/").content.decode()
    assert "There is no vehicle yet" in page
    assert 'href="/start/"' in page
    firm.put(
        "fleet_vehicle", name="v", plate="", vin="", vehicle_class="van", fuel="", brand="", model="", groups=[],
        state="active", note="", version=1, created_at=LONG_AGO, changed_at=LONG_AGO,
    )  # fmt: skip
    assert "Nothing was driven yet" in client_of("viewer").get("/overview/").content.decode()


def test_each_figure_of_the_table_says_what_it_is_where_columns_are_lines(
    firm: Firm, client_of: Callable[..., Client]
) -> None:
    _van, device = firm.vehicle("Van")
    firm.trip(device, at("2026-11-24 08:00"), at("2026-11-24 09:00"), distance_m=9_000)
    counted(firm)
    page = client_of("viewer").get("/overview/").content.decode()
    table = page.partition('id="days-table"')[2].partition("</table>")[0]
    head, _, body = table.partition("<tbody>")
    heads = re.findall(r"<th[^>]*>([^<]+)</th>", head)[1:]
    labels = re.findall(r'<td class="number[^"]*" data-label="([^"]+)">', body)
    assert len(labels) == body.count("<td") == len(heads) * body.count("<tr>") > 0
    assert labels[: len(heads)] == heads
