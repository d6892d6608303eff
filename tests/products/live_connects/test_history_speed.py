"""The month of 1,000 vehicles, from trips alone, while somebody waits for the page."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, timedelta
from typing import Any

import psycopg
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from tests import database

database.prepare()
VEHICLES, DAYS, TRIPS = 1_000, 22, 4
MONTH = date(2026, 10, 1)
FILL = """
    INSERT INTO trips_trip (organisation_id, id, device_id, start_at, end_at, start_lat_e7, start_lon_e7, end_lat_e7,
        end_lon_e7, start_place, end_place, distance_m, distance_why, distance_gps_m, moving_s, idle_s,
        max_speed_source, start_estimated, end_estimated, still_open, purpose, shown, computed, changed, corrections,
        rules_version, why, computed_at)
    SELECT %(organisation)s, d.id::bigint * 100000 + day * 100 + n, d.id, at, at + interval '50 minutes',
        0, 0, 0, 0, '', '', 20000 + d.id, 'no_odometer', 20000, 2400, 120, 'device', false, false, false, '',
        true, true, false, '{}', 'v', '{"start": ["movement", []], "end": ["standstill", []], "within": []}', now()
    FROM telemetry_device d, generate_series(0, %(days)s - 1) day, generate_series(0, %(trips)s - 1) n,
        LATERAL (SELECT timestamptz '2026-10-02 06:00+00' + day * interval '1 day' + n * interval '2 hours' AS at) x
    WHERE d.organisation_id = %(organisation)s"""


def filled(owner: psycopg.Connection[Any], organisation: int) -> None:
    owner.execute(
        "INSERT INTO telemetry_device (organisation_id, name, kind, identifier, protocol, secret_hash, created_at) "
        "SELECT %s, 'Van ' || n, 'vehicle', 'speed-' || %s || '-' || n, '', '', now() FROM generate_series(1, %s) n",
        (organisation, organisation, VEHICLES),
    )
    for week in range(7):
        owner.execute("SELECT trips_make_partition(%s)", (MONTH + timedelta(days=7 * week),))
    owner.execute(FILL, {"organisation": organisation, "days": DAYS, "trips": TRIPS})
    owner.execute("ANALYZE trips_trip")


def test_the_month_of_a_thousand_vehicles_asks_little_and_shows_a_page_of_them(
    client_of: Callable[..., Client], organisation: Any, owner_connection: psycopg.Connection[Any]
) -> None:
    filled(owner_connection, organisation.pk)
    client = client_of("viewer")
    with CaptureQueriesContext(connection) as asked:
        page = client.get("/trips/?month=2026-10&sort=km")
    assert "1000 vehicles" in page.content.decode()
    assert page.content.count(b"month-bars") == 100, "a page of them"
    assert len(asked) < 20
    whole = client.get("/trips/month.csv?month=2026-10").content.decode()
    assert whole.count("\n") == VEHICLES + 1
