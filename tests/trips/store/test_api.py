"""The API of trips: pages, totals, files, corrections with a reason, rules."""

from __future__ import annotations

import asyncio
import io
import json
import zipfile
from collections.abc import Callable
from typing import Any

import pytest

from allconnects.kit import clock
from tests.trips.store.test_corrections import NOW, two_trips
from tests.trips.store.yard import Trips

DAY = "2026-09-21"


async def _whole(pieces: Any) -> bytes:
    return b"".join([piece async for piece in pieces])


@pytest.fixture
def api(token_of: Callable[..., str], stranger: Any) -> Callable[..., Any]:
    """``api(path)``: what a program of the organisation gets; with a body it posts."""
    secret = token_of(["trips:read", "trips:write", "trips:rules"])

    def call(path: str, body: Any = None, method: str = "", status: int = 200) -> Any:
        extra = {} if body is None else {"data": json.dumps(body), "content_type": "application/json"}
        method = method or ("get" if body is None else "post")
        with clock.at(NOW):
            response = getattr(stranger, method)(
                f"/api/v1/{path}", headers={"Authorization": f"Bearer {secret}"}, **extra
            )
            assert response.status_code == status, (path, response.status_code, response.content[:500])
            if not response.streaming:
                return response.json()
            return asyncio.run(_whole(response.streaming_content))

    return call


def test_trips_come_in_pages(trips: Trips, api: Callable[..., Any]) -> None:
    device, _ = two_trips(trips)
    first = api(f"trips?from={DAY}&limit=1&device={device.id}")
    second = api(f"trips?from={DAY}&limit=1&device={device.id}&cursor={first['next']}")
    assert [len(first["items"]), len(second["items"]), second["next"]] == [1, 1, None]
    assert [page["items"][0]["distance_m"] for page in (first, second)] == [10_000, 6_000]
    one = first["items"][0]
    assert one["why"]["start"]["rule"] == "ignition_on"
    assert api(f"trips/{one['id']}")["trip"] == one
    assert len(api(f"stops?from={DAY}")["items"]) == 3
    assert api("trips?from=2026-09-20")["items"] == []
    api("trips?from=2026-09-20&cursor=eA==", status=422)
    api("trips?from=2020-01-01&to=2026-09-20", status=422)


def test_totals_of_days_and_months(trips: Trips, api: Callable[..., Any]) -> None:
    device, _ = two_trips(trips)
    (day,) = api("trips/days?month=2026-09")
    assert (day["device"], day["vehicle"], day["day"], day["trips"], day["distance_m"]) == (
        device.id, None, DAY, 2, 16_000,
    )  # fmt: skip
    (month,) = api("trips/months?month=2026-09")
    assert (month["days"], month["trips"], month["driving_s"]) == (1, 2, day["driving_s"])
    assert api("trips/days?month=2026-08") == []
    api("trips/days?month=2026-13", status=422)


def test_corrections_by_programs(trips: Trips, api: Callable[..., Any]) -> None:
    device, _ = two_trips(trips)
    ids = [one["id"] for one in api(f"trips?from={DAY}")["items"]]
    api("trips/merge", {"trips": ids, "reason": ""}, status=422)
    one = api("trips/merge", {"trips": ids, "reason": "one delivery"})
    assert one["distance_m"] == 16_000
    (said,) = api(f"trips/corrections?device={device.id}&from={DAY}")
    assert (said["kind"], said["state"], said["reason"]) == ("merge", "applied", "one delivery")
    assert said["made_by"].startswith("token:")
    changed = api(
        f"trips/{one['id']}", {"purpose": "private", "distance_m": 15_000, "reason": "week-end"}, method="patch"
    )
    assert (changed["purpose"], len(api(f"trips/{one['id']}")["originals"])) == ("private", 2)
    api(f"trips/corrections/{said['id']}/undo", {"reason": "was wrong"})
    assert api("trips/corrections")[0]["state"] == "conflict"


def test_files(trips: Trips, api: Callable[..., Any]) -> None:
    two_trips(trips)
    one = api(f"trips?from={DAY}")["items"][0]
    api(f"trips/{one['id']}", {"end_place": "=HYPERLINK(1)", "reason": "name"}, method="patch")
    lines = api(f"trips.csv?from={DAY}").decode().split("\r\n")
    assert len(lines) == 4
    assert lines[0].startswith("Device,")
    assert "2026-09-21T07:30:20+02:00" in lines[1]
    assert ",'=HYPERLINK(1)," in lines[1]
    book = zipfile.ZipFile(io.BytesIO(api(f"trips.xlsx?from={DAY}")))
    sheet = book.read("xl/worksheets/sheet1.xml").decode()
    assert sheet.count("<row ") == 3
    assert "<f>" not in sheet


def test_rules_of_a_day_compute_it_anew(trips: Trips, api: Callable[..., Any]) -> None:
    device, _ = two_trips(trips)
    body = {"scope": "device", "key": str(device.id), "from_day": DAY, "rules": {"trip_m": 8000}}
    made = api("trips/rules", body, status=201)
    assert api("trips/rules")[0]["id"] == made["id"]
    trips.compute(device, NOW)
    (one,) = api(f"trips?from={DAY}")["items"]
    assert (one["distance_m"], "+" in one["rules_version"]) == (10_000, True)
    api("trips/rules", {**body, "rules": {}}, status=201)
    trips.compute(device, NOW)
    assert len(api(f"trips?from={DAY}")["items"]) == 2
    api("trips/rules", {**body, "rules": {"trip_m": -1}}, status=422)
    api("trips/rules", {**body, "rules": {"nonsense": 1}}, status=422)
    api("trips/rules", {**body, "key": "999999"}, status=404)
    api("trips/rules", {**body, "from_day": "2020-01-01"}, status=422)
