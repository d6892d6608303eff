"""Traffic of a day: whose lines, how many points, and what is not there."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import numpy as np
import psycopg
import pytest
from django.test import Client

from allconnects.accounts.models import Organisation
from allconnects.products.live_connects.traffic import MOST_DEVICES, pieces, simplified
from allconnects.telemetry.store.reader import Track
from tests.reports.firm import BRUSSELS, Firm


def track(seconds: list[float], lon: list[float], lat: list[float]) -> Track:
    count = len(seconds)
    return Track(
        (np.array(seconds) * 1000).astype(np.int64), (np.array(lat) * 1e7).astype(np.int32),
        (np.array(lon) * 1e7).astype(np.int32), np.zeros(count, np.float32), np.zeros(count, np.float32),
    )  # fmt: skip


def test_no_line_is_drawn_over_what_was_not_recorded() -> None:
    # A private quarter of an hour, then a jump of ten kilometres within a minute.
    found = list(pieces(track([0, 60, 960, 1020, 1080, 1140], [4, 4.01, 4.02, 4.03, 4.18, 4.19], [51] * 6)))
    assert [part[:, 0].round(2).tolist() for part in found] == [[4, 4.01], [4.02, 4.03], [4.18, 4.19]]
    assert list(pieces(track([0, 60], [4, 4], [51, 51]))) == []
    assert list(pieces(track([], [], []))) == []


def test_lines_stay_near_their_fixes_and_bounded() -> None:
    steps = np.linspace(0, 40 * np.pi, 20_000)
    round_and_round = np.stack((4.4 + 0.05 * np.sin(steps), 51 + 0.03 * np.cos(steps)), axis=1)
    (one,) = simplified({1: [round_and_round]})[1]
    assert 20 < len(one) < 4_000
    assert one[0] == pytest.approx(round_and_round[0], abs=1e-5)
    many = simplified({n: [round_and_round] for n in range(MOST_DEVICES)}, 2_000)
    assert all(many[n] for n in range(MOST_DEVICES))
    assert sum(len(part) for rows in many.values() for part in rows) <= 2_000
    noise = np.random.default_rng(4).uniform((2.5, 49.5), (6.4, 51.5), (5_000, 2))
    wild = simplified({1: [noise], 2: [noise[:100]]}, 500)
    assert 0 < sum(len(part) for rows in wild.values() for part in rows) <= 500


def test_trips_name_their_drivers_to_planners_only(
    organisation: Organisation, owner_connection: psycopg.Connection[Any], client_of: Callable[..., Client]
) -> None:
    firm = Firm(owner_connection, organisation.pk)
    _vehicle, device = firm.vehicle("Van 7", "1-ABC-007")
    begin = datetime.now(UTC) - timedelta(minutes=5)
    firm.trip(device, begin, begin + timedelta(minutes=4), person=firm.person("Ann", "Adams"), distance_m=4200)
    url = f"/map/traffic?device={device}&day={begin.astimezone(BRUSSELS).date()}"
    for role, drivers in (("planner", ["Ann Adams"]), ("viewer", [])):
        (line,) = client_of(role).get(url).json()["lines"]
        assert (line["name"], line["plate"], line["km"], line["drivers"]) == ("Van 7", "1-ABC-007", 4.2, drivers)
        assert line["parts"] == []


def test_what_is_asked_for_wrongly_is_refused(client_of: Callable[..., Client]) -> None:
    client = client_of("viewer")
    many = ",".join(str(n) for n in range(1, MOST_DEVICES + 2))
    for query, status in (("", 422), ("device=1;2", 422), (f"device={many}", 422), ("device=999999999", 404)):
        assert client.get(f"/map/traffic?{query}", headers={"Accept": "application/json"}).status_code == status
