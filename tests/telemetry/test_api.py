"""What programs get from the API: their organisation's devices and positions, and one clear answer otherwise."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import pytest

from allconnects.kit import clock
from tests.telemetry.store.hot import NOON, Yard, at

DAY = datetime.fromtimestamp(NOON / 1000, UTC).date().isoformat()


@pytest.fixture
def ask(token_of: Callable[..., str], stranger: Any) -> Callable[..., tuple[int, Any]]:
    """``ask(method, path, body)``: status and JSON, good or bad."""
    secret = token_of(["positions:read", "devices:read", "devices:write", "events:read"])

    def call(method: str, path: str, body: Any = None) -> tuple[int, Any]:
        extra = {} if body is None else {"data": json.dumps(body), "content_type": "application/json"}
        response = getattr(stranger, method)(f"/api/v1/{path}", headers={"Authorization": f"Bearer {secret}"}, **extra)
        return response.status_code, response.json() if response.content else None

    return call


def test_the_latest_positions_are_those_of_the_organisation(
    yard: Yard, other_organisation: Any, api: Callable[..., Any]
) -> None:
    own = yard.device()
    other = Yard(yard.owner, other_organisation.pk, yard.conninfo)
    now = clock.now_ms()
    yard.send(own, at(now, speed=63.4), received=now)
    other.send(other.device(), at(now), received=now)
    other.close()
    assert api("positions/latest") == [
        {
            "device": own.id,
            "name": "x",
            "kind": "vehicle",
            "time": datetime.fromtimestamp(now / 1000, UTC).isoformat().replace("+00:00", "Z"),
            "lat": 50.8,
            "lon": 4.35,
            "speed_kmh": 63.4,
            "course_deg": 90.0,
            "state": "moving",
        }
    ]


@pytest.mark.parametrize(("age_s", "speed", "state"), [(0, 60, "moving"), (0, 2, "standing"), (7200, 60, "silent")])
def test_the_state_of_a_device_follows_its_last_report(
    yard: Yard, api: Callable[..., Any], age_s: int, speed: float, state: str
) -> None:
    then = clock.now_ms() - age_s * 1000
    yard.send(yard.device(), at(then, speed=speed), received=then)
    assert [p["state"] for p in api("positions/latest")] == [state]


def test_a_device_is_added_changed_and_removed_with_all_it_sent(yard: Yard, api: Callable[..., Any], ask: Any) -> None:
    from allconnects.telemetry.gateway.directory import DeviceRef

    name = f"imei-{yard.organisation}"
    made = api("devices", {"identifier": f" {name} ", "name": "Van", "kind": "vehicle"})
    assert (made["identifier"], made["state"], made["time"]) == (name, "silent", None)
    path = f"devices/{made['id']}"
    assert api(path, {"name": "Van 2", "kind": "material"}, "patch")["name"] == "Van 2"
    device = DeviceRef(made["id"], yard.organisation, name, "", "", 0)
    yard.send(device, at(NOON))
    yard.owner.execute(
        "INSERT INTO telemetry_event (organisation_id, device_id, kind, at) VALUES (%s, %s, 'seen_twice', now())",
        (yard.organisation, device.id),
    )
    assert [e["kind"] for e in api("events")] == ["seen_twice"]
    assert ask("delete", path) == (204, None)
    assert yard.times(device) == []
    assert ask("get", path)[0] == 404
    assert api("events") == []
    again = api("devices", {"identifier": name, "name": "Van", "kind": "vehicle"})
    assert again["id"] != made["id"]


def test_details_name_what_the_device_said_with_units(yard: Yard, api: Callable[..., Any]) -> None:
    device = yard.device()
    yard.send(device, at(NOON, sat=9, power=12.5, odometer=1000, strange="x"))
    found = api(f"devices/{device.id}")
    assert (found["lat"], found["speed_kmh"], found["altitude_m"]) == (50.8, 30.0, 12.0)
    named = {a["name"]: (a["value"], a["unit"]) for a in found["attributes"]}
    assert named["power"] == (12.5, "V")
    assert named["odometer"] == (1000, "m")
    assert named["sat"][0] == 9
    assert named["strange"] == ("x", None)


@pytest.mark.parametrize("value", [float("inf"), float("-inf"), float("nan"), 1e39, -1e300])
def test_what_is_no_number_is_unknown(yard: Yard, api: Callable[..., Any], value: float) -> None:
    device = yard.device()
    yard.send(device, at(NOON, speed=value, odd=value if abs(value) > 1e40 else 0))
    assert api(f"devices/{device.id}")["speed_kmh"] is None
    assert [p["speed_kmh"] for p in api("positions/latest")] == [None]
    assert [p[3] for p in api(f"devices/{device.id}/track?date={DAY}")["points"]] == [None]


@pytest.mark.parametrize(
    ("method", "path", "body"),
    [
        ("get", "", None),
        ("get", "/track", None),
        ("patch", "", {"name": "Mine now"}),
        ("delete", "", None),
    ],
)
def test_a_device_of_another_organisation_is_not_there(
    yard: Yard, other_organisation: Any, ask: Any, method: str, path: str, body: Any
) -> None:
    other = Yard(yard.owner, other_organisation.pk, yard.conninfo)
    device = other.device()
    other.send(device, at(NOON))
    code, problem = ask(method, f"devices/{device.id}{path}", body)
    assert (code, problem["status"]) == (404, 404)
    assert ask(method, f"devices/999999999{path}", body) == (code, problem), "as if it did not exist"
    assert other.times(device) == [NOON]
    other.close()


@pytest.mark.parametrize(
    "change",
    [
        {"identifier": ""},
        {"identifier": "   "},
        {"identifier": "x" * 101},
        {"identifier": "a\0b"},
        {"identifier": "a\nb"},
        {"identifier": "\ud800"},
        {"name": ""},
        {"name": "  "},
        {"name": "a\0b"},
        {"name": "\ud800"},
        {"kind": "spaceship"},
        {"secret": "short"},
        {"identifier": None},
    ],
    ids=repr,
)
def test_a_device_that_cannot_be_is_refused_in_one_answer(ask: Any, change: dict[str, Any]) -> None:
    code, problem = ask("post", "devices", {"identifier": "fine", "name": "Fine", "kind": "vehicle"} | change)
    assert code == 422
    assert problem["status"] == 422
    assert "\0" not in problem["title"]


def test_an_identifier_belongs_to_one_organisation(yard: Yard, other_organisation: Any, ask: Any) -> None:
    taken = Yard(yard.owner, other_organisation.pk, yard.conninfo).device()
    code, problem = ask("post", "devices", {"identifier": taken.identifier, "name": "x", "kind": "vehicle"})
    assert code == 422
    assert taken.identifier not in json.dumps(problem)


@pytest.mark.parametrize("day", ["9999-12-31", "0001-01-01", "1970-01-01"])
def test_a_day_at_the_end_of_the_calendar_has_no_points(yard: Yard, api: Callable[..., Any], day: str) -> None:
    device = yard.device()
    assert api(f"devices/{device.id}/track?date={day}") == {"device": device.id, "points": []}


@pytest.mark.parametrize("day", ["yesterday", "2026-02-30", "10000-01-01", "-1"])
def test_a_day_that_is_none_is_refused(yard: Yard, ask: Any, day: str) -> None:
    assert ask("get", f"devices/{yard.device().id}/track?date={day}")[0] == 422


def test_a_line_is_of_a_day_in_brussels(yard: Yard, api: Callable[..., Any]) -> None:
    """On the day before summer time ends midnight in Belgium is 22:00 UTC."""
    device = yard.device()
    start = int(datetime(2026, 10, 23, 22, tzinfo=UTC).timestamp() * 1000)
    end = int(datetime(2026, 10, 24, 22, tzinfo=UTC).timestamp() * 1000)
    times = [start - 1000, start, end - 1000, end]
    yard.send(device, *map(at, times), received=end + 60_000)
    assert [p[2] for p in api(f"devices/{device.id}/track?date=2026-10-24")["points"]] == [start, end - 1000]


def test_the_day_the_clock_is_turned_back_has_25_hours(yard: Yard, api: Callable[..., Any]) -> None:
    device = yard.device()
    start = int(datetime(2026, 10, 24, 22, tzinfo=UTC).timestamp() * 1000)
    times = [start + hour * 3_600_000 for hour in range(26)]
    yard.send(device, *map(at, times), received=times[-1] + 60_000)
    assert [p[2] for p in api(f"devices/{device.id}/track?date=2026-10-25")["points"]] == times[:25]


def test_a_long_line_is_thinned_out_and_keeps_its_ends(yard: Yard, api: Callable[..., Any]) -> None:
    device = yard.device()
    times = [NOON + n * 1000 for n in range(9001)]
    for begin in range(0, len(times), 3000):
        yard.send(device, *map(at, times[begin : begin + 3000]), received=times[-1])
    points = api(f"devices/{device.id}/track?date={DAY}")["points"]
    assert 2000 < len(points) <= 4000
    assert (points[0][2], points[-1][2]) == (times[0], times[-1])


def test_unknown_devices_are_nobody_elses_business(yard: Yard, ask: Any, api: Callable[..., Any]) -> None:
    name = f"waiting-{yard.organisation}"
    yard.owner.execute(
        "INSERT INTO telemetry_unknowndevice (protocol, identifier, first_seen, last_seen, attempts) "
        "VALUES ('gt06', %s, now(), now(), 1)",
        (name,),
    )
    accept = {"protocol": "gt06", "identifier": name, "name": "New", "kind": "vehicle"}
    assert api("unknown-devices") == []
    assert ask("post", "unknown-devices/accept", accept)[0] == 403
    yard.owner.execute("UPDATE accounts_organisation SET takes_unknown_devices = false")
    yard.owner.execute(
        "UPDATE accounts_organisation SET takes_unknown_devices = true WHERE id = %s", (yard.organisation,)
    )
    try:
        assert name in [u["identifier"] for u in api("unknown-devices")]
        assert ask("post", "unknown-devices/accept", accept | {"identifier": "nobody"})[0] == 404
        assert api("unknown-devices/accept", accept)["protocol"] == "gt06"
        assert ask("post", "unknown-devices/accept", accept)[0] == 404
    finally:
        yard.owner.execute("UPDATE accounts_organisation SET takes_unknown_devices = false")


def test_the_list_of_devices_takes_the_same_questions_for_one_as_for_many(
    yard: Yard, api: Callable[..., Any], database: None
) -> None:
    from django.db import connection
    from django.test.utils import CaptureQueriesContext

    def questions(path: str) -> int:
        with CaptureQueriesContext(connection) as asked:
            api(path)
        return len(asked)

    paths = ("devices", "positions/latest", "events")
    now = clock.now_ms()
    yard.send(yard.device(), at(now), received=now)
    one = [questions(path) for path in paths]
    for _ in range(20):
        yard.send(yard.device(), at(now), received=now)
    assert [questions(path) for path in paths] == one
