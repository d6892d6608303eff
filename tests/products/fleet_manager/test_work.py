"""Trips and decisions of the phone app: done once for a key, whole or not at all, and taken back."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

import pytest
from django.test import Client

from allconnects.kit import clock
from allconnects.telemetry.store.segments import bounds
from tests.alerts.conftest import Fleet


def begun() -> datetime:
    """When a trip of today began: the first second of its day, which lies before every present."""
    return bounds(clock.today())[0]


@pytest.fixture
def fleet(organisation: Any, owner_connection: Any) -> Fleet:
    return Fleet(organisation, owner_connection)


@pytest.fixture
def planner(client_of: Callable[..., Client]) -> Client:
    return client_of("planner")


def act(client: Client, body: dict[str, Any], key: str = "") -> Any:
    headers = {"Idempotency-Key": key} if key else {}
    return client.post("/manager/act", json.dumps(body), content_type="application/json", headers=headers)


def vehicle(fleet: Fleet) -> int:
    row = fleet.owner.execute(
        "INSERT INTO fleet_vehicle (organisation_id, name, plate, vin, vehicle_class, fuel, brand, model, groups, "
        "state, note, created_at, changed_at, version) "
        "VALUES (%s, 'Van 1', '', '', 'van', '', '', '', '{}', 'active', '', now(), now(), 1) RETURNING id",
        (fleet.organisation.pk,),
    ).fetchone()
    assert row is not None
    return int(row[0])


def trip(fleet: Fleet, van: int) -> int:
    start = begun()
    fleet.owner.execute("SELECT trips_make_partition(%s)", (start.date(),))
    row = fleet.owner.execute(
        "INSERT INTO trips_trip VALUES (%s, nextval('trips_number'), %s, NULL, %s, NULL, %s, %s, 0, 0, 0, 0, "
        "'', '', 12345, 'no_odometer', 0, NULL, 600, 0, NULL, 'places', false, false, false, '', true, true, false, "
        """'{}', 'x', '{"start": ["movement", []], "end": ["standstill", []]}', now()) RETURNING id""",
        (fleet.organisation.pk, fleet.device(), van, start, start + timedelta(minutes=30)),
    ).fetchone()
    assert row is not None
    return int(row[0])


def question(fleet: Fleet, van: int) -> int:
    row = fleet.owner.execute(
        "INSERT INTO fleet_question (organisation_id, kind, key, vehicle_id, during, asked_at, decision) "
        "VALUES (%s, 'unknown_badge', 'x', %s, '[2026-01-01,)', now(), '') RETURNING id",
        (fleet.organisation.pk, van),
    ).fetchone()
    assert row is not None
    return int(row[0])


def test_the_trips_of_the_day_are_told(fleet: Fleet, planner: Client) -> None:
    van = vehicle(fleet)
    trip(fleet, van)
    found = planner.get("/manager/day.json").json()
    (one,) = found["trips"]
    assert (one["name"], one["km"], one["purpose"], one["vehicle"]) == ("Van 1", 12.3, "", van)
    assert planner.get("/manager/day.json", {"back": "1"}).json()["trips"] == []


def test_a_decision_sent_twice_with_its_key_is_made_once(fleet: Fleet, planner: Client) -> None:
    number = question(fleet, vehicle(fleet))
    assert len(planner.get("/manager/waiting.json").json()["questions"]) == 1
    body = {"act": "question", "question": number, "choice": "ignore"}
    first, again = act(planner, body, "k-1"), act(planner, body, "k-1")
    assert (first.status_code, again.status_code) == (201, 201)
    assert again.json() == {"question": number}
    late = act(planner, body, "k-2")
    assert late.status_code == 409, "somebody has decided this already"
    assert late.json()["title"]
    assert planner.get("/manager/waiting.json").json()["questions"] == []


@pytest.mark.parametrize(
    ("body", "status"),
    [
        ({}, 422),
        ({"act": "explode"}, 422),
        ({"act": "trip", "trip": "x"}, 404),
        ({"act": "trip", "trip": 2**62, "purpose": "business"}, 404),
        ({"act": "question", "question": 1, "choice": "assign", "person": "nobody"}, 404),
        ({"act": "question", "question": 1, "choice": "end", "end": "yesterday"}, 422),
        ({"act": "device", "protocol": "gt06", "identifier": "1", "choice": "take", "name": "n"}, 403),
        ([], 422),
    ],
)
def test_what_cannot_be_done_is_refused_in_one_sentence(planner: Client, body: Any, status: int) -> None:
    answer = act(planner, body, "k")
    assert answer.status_code == status
    assert answer.json()["title"]


def test_what_others_decide_is_not_found(
    fleet: Fleet, other_organisation: Any, client_of: Callable[..., Client]
) -> None:
    number = question(fleet, vehicle(fleet))
    stranger = client_of("owner", other_organisation)
    assert act(stranger, {"act": "question", "question": number, "choice": "ignore"}).status_code == 404
    assert stranger.get("/manager/waiting.json").json()["questions"] == []
