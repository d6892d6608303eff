"""What holds for all operations: ETags, keys that make a request count once, pages of lists that are arrays."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from datetime import timedelta
from itertools import product
from typing import Any
from uuid import uuid4

import psycopg
import pytest
from django.test import Client

from allconnects.accounts.models import Organisation
from tests import database

database.prepare()
Ask = Callable[..., Any]


@pytest.fixture
def ask(token_of: Callable[..., str], stranger: Client) -> Ask:
    """``ask(method, path, body, **headers)``: the response."""
    from allconnects.accounts.access import SCOPES

    secret = token_of(list(SCOPES))

    def call(method: str, path: str, body: Any = None, **headers: str) -> Any:
        extra = {} if body is None else {"data": json.dumps(body), "content_type": "application/json"}
        headers = {"Authorization": f"Bearer {secret}", **{k.replace("_", "-"): v for k, v in headers.items()}}
        return getattr(stranger, method)(f"/api/v1/{path}", headers=headers, **extra)

    return call


@pytest.fixture
def filled(organisation: Organisation, owner_connection: psycopg.Connection[Any]) -> None:
    from allconnects.bench.pages import seed

    seed(owner_connection, organisation.pk, vehicles=7, people=5, materials=2, places=7, alerts=1)


@pytest.mark.parametrize("path", ["openapi.json", "devices", "vehicles", "places", "occupancy", "live/subjects"])
def test_what_somebody_has_already_is_not_sent_again(filled: None, ask: Ask, path: str) -> None:
    first = ask("get", path)
    assert first.status_code == 200
    again = ask("get", path, If_None_Match=first["ETag"])
    assert (again.status_code, again.content, again["ETag"]) == (304, b"", first["ETag"])
    assert again["Content-Security-Policy"], "it has the headers of every answer"
    assert ask("get", path, If_None_Match='"other"').content == first.content


def test_another_state_has_another_etag(ask: Ask) -> None:
    empty = ask("get", "devices")["ETag"]
    ask("post", "devices", {"identifier": uuid4().hex, "name": "Van"})
    assert ask("get", "devices", If_None_Match=empty).status_code == 200


@pytest.mark.parametrize("path", ["devices", "places", "occupancy"])
def test_pages_of_arrays_are_linked_and_lose_nothing(filled: None, ask: Ask, path: str) -> None:
    whole = ask("get", path)
    assert "Link" not in whole
    rows: list[Any] = []
    page, pages = ask("get", f"{path}?limit=2"), 1
    rows += page.json()
    while "Link" in page:
        following = re.fullmatch(r"</api/v1/(.*)>; rel=\"next\"", page["Link"])
        assert following is not None
        page, pages = ask("get", following[1]), pages + 1
        rows += page.json()
    assert rows == whole.json()
    assert pages == -(-len(rows) // 2) > 2


def test_devices_are_found_by_words_without_accents_and_capitals(ask: Ask) -> None:
    for name in ("Crane Liège", "Van LIEGE", "Van Namur"):
        assert ask("post", "devices", {"identifier": uuid4().hex, "name": name}).status_code == 201
    names = lambda text: [one["name"] for one in ask("get", f"devices?q={text}").json()]  # noqa: E731
    assert names("liege") == names("LIÈGE") == ["Crane Liège", "Van LIEGE"]
    assert names("liege%20van") == ["Van LIEGE"]
    assert names("%25") == names("_") == []


@pytest.mark.parametrize("path", ["devices", "places", "occupancy"])
@pytest.mark.parametrize("cursor", ["x", "AAAA", "MA", "OTk5OTk5OTk5", "LTE", "OTk5OTk5OTk5OTk5OTk"])
def test_cursors_that_are_none_are_refused(filled: None, ask: Ask, path: str, cursor: str) -> None:
    assert ask("get", f"{path}?limit=2&cursor={cursor}").status_code == 422
    assert ask("get", f"{path}?limit=0").status_code == 422


def test_a_cursor_of_the_other_tenant_is_none(
    filled: None, ask: Ask, other_organisation: Organisation, owner_connection: psycopg.Connection[Any]
) -> None:
    from allconnects.bench.pages import seed
    from allconnects.kit.paging import cursor_of

    seed(owner_connection, other_organisation.pk, vehicles=2, people=1, materials=1, places=2, alerts=1)
    tables = {"devices": "telemetry_device", "places": "places_place", "occupancy": "fleet_occupancy"}
    for path, table in tables.items():
        row = owner_connection.execute(
            f"SELECT min(id) FROM {table} WHERE organisation_id = %s", (other_organisation.pk,)
        ).fetchone()
        assert row is not None
        assert ask("get", f"{path}?limit=2&cursor={cursor_of(row[0])}").status_code == 422


CIRCLE = {"type": "Circle", "coordinates": [4.4, 51.1], "radius_m": 100}
POSTS = {"devices": {"identifier": "", "name": "Van"}, "places": {"name": "Site", "shape": CIRCLE}}


@pytest.mark.parametrize("path", POSTS)
def test_every_post_counts_once_for_a_key(ask: Ask, path: str) -> None:
    body = {name: value or uuid4().hex for name, value in POSTS[path].items()}
    key = str(uuid4())
    one = ask("post", path, body, Idempotency_Key=key)
    two = ask("post", path, body, Idempotency_Key=key)
    assert (one.status_code, two.status_code) == (201, 201)
    assert one.json() == two.json()
    assert [row["id"] for row in ask("get", path).json()] == [one.json()["id"]]
    other = ask("post", path, {**body, "name": "Other"}, Idempotency_Key=key)
    assert (other.status_code, other.json()["code"]) == (422, "idempotency_key_reused")
    assert ask("post", path, body, Idempotency_Key="k" * 256).status_code == 422


def test_what_was_refused_may_be_sent_again(ask: Ask) -> None:
    key = str(uuid4())
    assert ask("post", "places", {"name": "Site", "shape": {}}, Idempotency_Key=key).status_code == 422
    assert ask("post", "places", {"name": "Site", "shape": CIRCLE}, Idempotency_Key=key).status_code == 201


def test_a_key_tells_nothing_to_who_may_not_ask(
    ask: Ask, token_of: Callable[..., str], stranger: Client, client_of: Callable[..., Client],
    other_organisation: Organisation,
) -> None:  # fmt: skip
    key, body = str(uuid4()), {"name": "Site", "shape": CIRCLE}
    assert ask("post", "places", body, Idempotency_Key=key).status_code == 201
    send = {"data": json.dumps(body), "content_type": "application/json"}
    headers = {"Authorization": f"Bearer {token_of(['places:read'])}", "Idempotency-Key": key}
    assert stranger.post("/api/v1/places", headers=headers, **send).status_code == 403
    assert stranger.post("/api/v1/places", headers={"Idempotency-Key": key}, **send).status_code == 401
    theirs = client_of("owner", other_organisation).post("/api/v1/places", headers={"Idempotency-Key": key}, **send)
    assert theirs.status_code == 201, "keys of two organisations have nothing to do with each other"


def test_the_secret_of_a_webhook_is_not_kept_for_a_second_answer(
    ask: Ask, owner_connection: psycopg.Connection[Any], organisation: Organisation
) -> None:
    body = {"name": "Hook", "url": "https://example.org/hook", "events": ["alert.opened"]}
    made = ask("post", "webhooks", body, Idempotency_Key=str(uuid4()))
    kept = owner_connection.execute("SELECT count(*) FROM fleet_reply WHERE organisation_id = %s", (organisation.pk,))
    assert kept.fetchone() == (0,)
    assert made.status_code in (201, 422)


def test_the_document_names_the_headers_and_is_in_english(ask: Ask) -> None:
    dutch = ask("get", "openapi.json", Accept_Language="nl").json()
    places = dutch["paths"]["/api/v1/places"]
    named = {method: [one["name"] for one in places[method]["parameters"]] for method in ("get", "post")}
    assert "If-None-Match" in named["get"]
    assert "304" in places["get"]["responses"]
    assert "Idempotency-Key" in named["post"]
    assert dutch == ask("get", "openapi.json", Accept_Language="en").json()


def test_states_of_long_lists_are_those_of_the_map(owner_connection: psycopg.Connection[Any]) -> None:
    """One rule, written three times so that five thousand rows are quick, listed or counted."""
    from allconnects.kit import clock
    from allconnects.telemetry.live.snapshot import MOVING, SILENT, known, ms
    from allconnects.telemetry.live.state import MOVING_FOR_MS, SILENT_AFTER_MS, Edges, State, state_of

    now = clock.now().replace(microsecond=0)
    edges = Edges.at(now)
    ages = [one + by for one in (0, MOVING_FOR_MS, SILENT_AFTER_MS) for by in (-1, 0, 1)]
    moments = [None, *(now - timedelta(milliseconds=age) for age in ages)]
    cases = list(product(moments, moments, (None, float("nan"), 0.0, 4.99, 4.996, 5.0, 90.0)))
    expected = []
    for at, seen, speed in cases:
        told = known(speed)
        state = state_of(ms(now), None if at is None else ms(at), None if seen is None else ms(seen), told)
        assert edges.state(at, seen, told) == state
        expected.append((state == State.MOVING, state == State.SILENT))
    columns = [list(column) for column in zip(*cases, strict=True)]
    counted = owner_connection.execute(
        f"SELECT coalesce({MOVING}, false), {SILENT} FROM unnest(%(reports)s::timestamptz[], %(fixes)s::timestamptz[], "
        "%(speeds)s::real[]) AS l (report_at, fix_time, speed_kmh)",
        dict(zip(("reports", "fixes", "speeds"), columns, strict=True)) | edges._asdict(),
    ).fetchall()
    assert counted == expected
