"""The API of the register: pages by cursor, ETags, idempotency keys, and one clear answer to what is wrong."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any
from uuid import uuid4

import pytest

Ask = Callable[..., Any]


@pytest.fixture
def ask(token_of: Callable[..., str], stranger: Any) -> Ask:
    """``ask(method, path, body, **headers)``: the response."""
    from allconnects.accounts.access import SCOPES

    secret = token_of(list(SCOPES))

    def call(method: str, path: str, body: Any = None, **headers: str) -> Any:
        extra = {} if body is None else {"data": json.dumps(body), "content_type": "application/json"}
        headers = {"Authorization": f"Bearer {secret}", **{k.replace("_", "-"): v for k, v in headers.items()}}
        return getattr(stranger, method)(f"/api/v1/{path}", headers=headers, **extra)

    return call


GIVEN: dict[str, Any] = {
    "vehicles": {"name": "Van", "plate": "1abc234", "odometer_km": 12.5, "groups": ["a", "b"], "year": 2021},
    "materials": {"name": "Drill", "serial": "7", "hours": "12.5", "purchase_value": "99.90"},
    "people": {"first_name": "Ann", "last_name": "Example", "languages": ["nl"], "joint_committee": "PC 124"},
    "employers": {"name": "Firm", "number": "0417.497.106"},
    "teams": {"name": "North"},
}


@pytest.mark.parametrize("path", GIVEN)
def test_a_row_lives_its_life(ask: Ask, path: str) -> None:
    made = ask("post", path, GIVEN[path])
    assert made.status_code == 201, made.content
    row = made.json()
    url = f"{path}/{row['id']}"
    got = ask("get", url)
    assert (got.json(), got["ETag"]) == (row, '"1"')
    name = "last_name" if path == "people" else "name"
    changed = ask("patch", url, {name: "Other"}, If_Match='"1"')
    assert changed["ETag"] == '"2"'
    rest = {k: v for k, v in changed.json().items() if k not in (name, "version", "changed_at")}
    assert rest == {k: v for k, v in row.items() if k in rest}, "what is left out stays"
    refused = ask("patch", url, {name: "Third"}, If_Match='"1"')
    assert (refused.status_code, refused.json()["code"]) == (412, "changed_meanwhile")
    assert ask("get", url).json()[name] == "Other"
    told = ask("get", f"{url}/history").json()
    assert (told[0]["field"], told[0]["new"]) == (name, "Other")
    assert ask("delete", url, None, If_Match='"1"').status_code == 412
    assert ask("delete", url).status_code == 204
    assert ask("get", path).json()["items"] == []
    assert ask("get", f"{path}?archived=true").json()["items"][0]["id"] == row["id"]


def test_values_are_kept_in_their_units(ask: Ask) -> None:
    row = ask("post", "vehicles", GIVEN["vehicles"]).json()
    assert (row["odometer_m"], row["plate"], row["groups"]) == (12500, "1ABC234", ["a", "b"])
    assert row["odometer_at"]
    assert ask("post", "people", GIVEN["people"]).json()["joint_committee"] == "124"
    assert ask("post", "employers", GIVEN["employers"]).json()["number"] == "0417497106"


def test_cursors_walk_through_all(ask: Ask) -> None:
    names = {ask("post", "teams", {"name": f"T{n}"}).json()["name"] for n in range(7)}
    found, cursor = [], ""
    while True:
        page = ask("get", f"teams?limit=3&cursor={cursor}").json()
        found += [row["name"] for row in page["items"]]
        if page["next"] is None:
            break
        cursor = page["next"]
    assert (len(found), set(found)) == (7, names)
    assert ask("get", "teams?cursor=!!!").status_code == 422
    assert ask("get", "teams?cursor=eA").status_code == 422, "an x is no number"
    assert ask("get", "teams?limit=0").status_code == 422


def test_the_same_request_is_done_once(ask: Ask) -> None:
    key = str(uuid4())
    one = ask("post", "teams", {"name": "Once"}, Idempotency_Key=key)
    two = ask("post", "teams", {"name": "Once"}, Idempotency_Key=key)
    assert (one.status_code, two.status_code) == (201, 201)
    assert one.json() == two.json()
    assert len(ask("get", "teams").json()["items"]) == 1
    other = ask("post", "teams", {"name": "Twice"}, Idempotency_Key=key)
    assert (other.status_code, other.json()["code"]) == (422, "idempotency_key_reused")
    wrong = str(uuid4())
    assert ask("post", "teams", {"name": "Once"}, Idempotency_Key=wrong).status_code == 422, "the name is taken"
    assert ask("post", "teams", {"name": "Now"}, Idempotency_Key=wrong).status_code == 201, "a failure is not kept"


@pytest.mark.parametrize(
    ("path", "body"),
    [
        ("vehicles", {"name": ""}), ("vehicles", {"name": "x", "year": 99999}), ("vehicles", {"name": "x\u0007"}),
        ("vehicles", {"name": "x", "odometer_km": -1}), ("vehicles", {"name": "x", "vin": "IIIIIIIIIIIIIIIII"}),
        ("people", {"first_name": "a", "last_name": "b", "employer": 0}),
        ("people", {"first_name": "a", "last_name": "b", "languages": ["xx"]}),
        ("people", {"first_name": "a", "last_name": "b", "active_from": "2026-02-02", "active_until": "2026-02-01"}),
        ("materials", {"name": "x", "hours": 1e12}), ("vehicles", {"name": "a\u0000b"}),
    ],
)  # fmt: skip
def test_what_is_wrong_is_refused(ask: Ask, path: str, body: Any) -> None:
    answer = ask("post", path, body)
    assert answer.status_code == 422, answer.content
    assert ask("get", path).json()["items"] == []


def test_devices_people_and_custody(ask: Ask, make: Any, organisation: Any) -> None:
    from allconnects.accounts.tenancy import speaking_for

    vehicle = ask("post", "vehicles", GIVEN["vehicles"]).json()["id"]
    material = ask("post", "materials", GIVEN["materials"]).json()["id"]
    person = ask("post", "people", GIVEN["people"]).json()["id"]
    with speaking_for(organisation.pk):
        device = make("device").pk
    installed = ask("post", "installations", {"device": device, "vehicle": vehicle, "since": "2026-03-01T00:00:00Z"})
    assert installed.status_code == 201, installed.content
    again = ask("post", "installations", {"device": device, "material": material})
    assert again.status_code == 422
    assert ask("post", "installations", {"device": device}).status_code == 422
    assert ask("post", f"installations/{installed.json()['id']}/end", {}).json()["until"]
    assert len(ask("get", "installations").json()["items"]) == 1
    document = ask("post", "documents", {"vehicle": vehicle, "kind": "lease", "valid_until": "2026-12-31"})
    assert document.json()["vehicle"] == vehicle
    assert len(ask("get", "documents").json()["items"]) == 1
    assert ask("delete", f"documents/{document.json()['id']}").status_code == 204
    badge = ask("post", f"people/{person}/badges", {"number": "AABBCCDD", "since": "2026-03-01T00:00:00Z"}).json()
    assert badge["last4"] == "CCDD"
    events = [
        {
            "vehicle": vehicle,
            "source": "badge",
            "entering": True,
            "at": "2026-03-02T08:00:00Z",
            "number": "aa:bb:cc:dd",
        },
        {"vehicle": vehicle, "source": "badge", "entering": False, "at": "2026-03-02T09:00:00Z", "number": "aabbccdd"},
    ]
    assert ask("post", "occupancy/events", {"events": events}).json() == {"new": 2}
    assert ask("post", "occupancy/events", {"events": [*events, *events]}).json() == {"new": 0}
    assert ask("post", "occupancy/events", {"events": [{**events[0], "vehicle": 0}]}).status_code == 404
    span = "occupancy?since=2026-03-02T00:00:00Z&until=2026-03-03T00:00:00Z"
    (stay,) = ask("get", span).json()
    assert (stay["person"], stay["role"], stay["source"], stay["rank"]) == (person, "driver", "badge", 2)
    claim = ask(
        "post",
        "occupancy/claims",
        {"vehicle": vehicle, "since": "2026-03-02T08:00:00Z", "until": "2026-03-02T09:00:00Z"},
    )
    assert ask("get", span).json()[0]["role"] == "passenger", "nobody of ours drove"
    assert ask("delete", f"occupancy/claims/{claim.json()['id']}").status_code == 204
    assert ask("delete", f"badges/{badge['id']}").status_code == 204
    assert ask("get", f"materials/{material}/where").json()["certainty"] == "unknown"
    assert ask("post", f"materials/{material}/custody", {"vehicle": vehicle}).status_code == 204
    where = ask("get", f"materials/{material}/where").json()
    assert (where["how"], where["holder"], where["certainty"]) == (
        "vehicle",
        {"kind": "vehicle", "id": vehicle},
        "certain",
    )
    assert ask("post", f"materials/{material}/custody", {"vehicle": vehicle, "person": person}).status_code == 422
