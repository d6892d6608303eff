"""Who is nearest to a place: order, filters, and an estimate that never shrinks with the distance."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from itertools import pairwise
from typing import Any

import psycopg
import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from allconnects.accounts.models import Organisation
from allconnects.products.live_connects.nearest import estimated, straight_m
from allconnects.telemetry.live.snapshot import LatestRow
from tests.reports.firm import Firm

NOW = datetime.now(UTC)


def row(lat: float, lon: float) -> LatestRow:
    return LatestRow(1, "", "vehicle", NOW, NOW, round(lat * 1e7), round(lon * 1e7), 0, 0)


def test_straight_lines_are_those_of_a_sphere() -> None:
    same, degree, antimeridian = straight_m(0.0, 179.5, [row(0, 179.5), row(1, 179.5), row(0, -179.5)])
    assert same == 0
    assert degree == pytest.approx(111_195, rel=1e-3)
    assert antimeridian == pytest.approx(111_195, rel=1e-3)


def test_an_estimate_grows_with_the_distance() -> None:
    ways = [estimated(float(metres)) for metres in range(0, 300_000, 500)]
    assert all(a[0] < b[0] and a[1] < b[1] for a, b in pairwise(ways))
    road, minutes = estimated(10_000)
    assert road == pytest.approx(13_400)
    assert 15 < minutes < 40


def place(firm: Firm, device: int, lat: float, lon: float) -> None:
    firm.put(
        "telemetry_live", device_id=device, report_at=NOW, fix_time=NOW, lat_e7=round(lat * 1e7),
        lon_e7=round(lon * 1e7), altitude_m=float("nan"), speed_kmh=0.0, course_deg=0.0, satellites=8, attributes=b"",
        flags=3,
    )  # fmt: skip


def test_the_nearest_come_first_with_the_names_of_their_vehicles(
    organisation: Organisation,
    other_organisation: Organisation,
    owner_connection: psycopg.Connection[Any],
    client_of: Callable[..., Client],
) -> None:
    firm = Firm(owner_connection, organisation.pk)
    for name, lat, groups in (("Far", 51.9, []), ("Near", 51.11, ["Roofs"]), ("Middle", 51.3, ["Roofs"])):
        place(firm, firm.vehicle(name, groups=groups)[1], lat, 4.4)
    place(firm, firm.material("Crane")[1], 51.1001, 4.4)
    strange = Firm(owner_connection, other_organisation.pk)
    place(strange, strange.vehicle("Theirs")[1], 51.1, 4.4)
    client = client_of("viewer")
    url = "/api/v1/positions/nearest?lat=51.1&lon=4.4"
    with CaptureQueriesContext(connection) as asked:
        found = client.get(url).json()
    assert [one["name"] for one in found] == ["Crane", "Near", "Middle", "Far"]
    assert len(asked) <= 12
    near = found[1]
    assert (near["distance_m"], near["kind"], near["state"]) == (pytest.approx(1112, abs=2), "vehicle", "standing")
    assert near["road_m"] > near["distance_m"]
    assert [one["name"] for one in client.get(url + "&kind=vehicle&group=Roofs&limit=1").json()] == ["Near"]
    assert client.get("/api/v1/positions/nearest?lat=91&lon=4.4").status_code == 422
