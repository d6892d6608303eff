"""A month of a thousand vehicles out of the database: in a stream, and lists with a fixed number of questions."""

from __future__ import annotations

import tracemalloc
from collections.abc import Callable

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from allconnects.accounts.tenancy import speaking_for
from allconnects.reports.running import Reader, write_file
from tests.reports.firm import Firm, at, days

MONTH = days("2026-10-01", "2026-10-31")
VEHICLES = 1000
_VEHICLES = """
    WITH v AS (INSERT INTO fleet_vehicle (organisation_id, name, plate, vin, vehicle_class, fuel, brand, model, groups,
            state, note, version, created_at, changed_at)
        SELECT %(o)s, 'Van ' || n, '1-' || n || '-' || %(o)s, '', 'van', 'diesel', '', '', '{}', 'active', '', 1,
            '2020-01-01', now() FROM generate_series(1, %(n)s) n RETURNING id),
    d AS (INSERT INTO telemetry_device (organisation_id, name, kind, identifier, protocol, secret_hash, created_at)
        SELECT %(o)s, 'd', 'vehicle', 'large-' || %(o)s || '-' || n, '', '', now() FROM generate_series(1, %(n)s) n
        RETURNING id)
    INSERT INTO fleet_installation (organisation_id, device_id, vehicle_id, main, during)
    SELECT %(o)s, d.id, v.id, true, tstzrange('2020-01-01', NULL)
    FROM (SELECT id, row_number() OVER () AS n FROM v) v
    JOIN (SELECT id, row_number() OVER () AS n FROM d) d USING (n)"""
_TRIPS = """
    INSERT INTO trips_trip (organisation_id, id, device_id, vehicle, start_at, end_at, start_lat_e7,
        start_lon_e7, end_lat_e7, end_lon_e7, start_place, end_place, distance_m, distance_why, distance_gps_m,
        moving_s, idle_s, max_speed_kmh, max_speed_source, start_estimated, end_estimated, still_open, purpose,
        shown, computed, changed, corrections, rules_version, why, computed_at)
    SELECT %(o)s, nextval('trips_number'), d.id, i.vehicle_id, s, s + interval '30 minutes', 0, 0, 0, 0, 'Depot',
        'Site', 20000, '', 20000, 1700, 100, 80, '', false, false, false, '', true, true, false, '{}', '1', '{}', s
    FROM telemetry_device d JOIN fleet_installation i ON i.device_id = d.id
    CROSS JOIN generate_series(timestamptz '2026-10-01 07:00+02', timestamptz '2026-10-30 07:00+02', '1 day') day
    CROSS JOIN LATERAL (SELECT day AS s UNION ALL SELECT day + interval '9 hours') two
    WHERE d.organisation_id = %(o)s AND extract(isodow FROM day) < 6"""


@pytest.fixture
def fleet(firm: Firm) -> Firm:
    """A thousand vans that each go out and come back on every working day of October: 44,000 trips."""
    for day in range(1, 32):
        firm.owner.execute("SELECT trips_make_partition(%s)", (at(f"2026-10-{day:02d} 12:00").date(),))
    firm.owner.execute(_VEHICLES, {"o": firm.organisation, "n": VEHICLES})
    firm.owner.execute(_TRIPS, {"o": firm.organisation})
    firm.owner.execute("ANALYZE trips_trip, fleet_installation, fleet_vehicle, telemetry_device")
    return firm


def test_a_month_of_a_thousand_vehicles_is_streamed(fleet: Firm) -> None:
    """Out of the database too: that each form needs no more memory for more lines is tried in ``test_files``."""
    reader = Reader(fleet.organisation, "manager")
    tracemalloc.start()
    with speaking_for(fleet.organisation):
        file = write_file("trips", reader, {"purpose": "dispatch", "group": "vehicle", **MONTH}, "csv")
    _now, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    file.file.close()
    assert file.lines == 44_000
    assert peak < 25_000_000


def test_pages_of_the_month_ask_a_fixed_number_of_questions(fleet: Firm, client_of: Callable[..., Client]) -> None:
    client = client_of("manager")
    query = "?purpose=maintenance&period=days&from=2026-10-01&to=2026-10-31&group=vehicle&summary=1"
    counts = {}
    for path in (f"/reports/run/use/{query}", "/reports/", "/reports/payroll/?month=2026-10",
                 "/reports/logbook/?month=2026-10"):  # fmt: skip
        with CaptureQueriesContext(connection) as asked:
            assert client.get(path).status_code == 200
        counts[path] = len(asked)
    assert max(counts.values()) <= 25, counts
