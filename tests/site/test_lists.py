"""Every page and every list operation asks a fixed number of questions, however much there is."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import psycopg
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from allconnects.accounts.models import Organisation
from tests import database

database.prepare()

BUDGET = 40
"""Questions of one page, those of session, account and organisation among them."""


def test_no_page_asks_more_because_there_is_more(
    make_organisation: Callable[..., Organisation], client_of: Callable[..., Client],
    owner_connection: psycopg.Connection[Any],
) -> None:  # fmt: skip
    """The same addresses in an organisation of a few things and in one of many."""
    from allconnects.bench.pages import addresses, seed

    few, many = make_organisation(), make_organisation()
    seed(owner_connection, few.pk, vehicles=3, people=2, materials=3, places=3, alerts=3, cases=3)
    seed(owner_connection, many.pk, vehicles=60, people=40, materials=60, places=60, alerts=60, cases=60)
    clients = [client_of("owner", one) for one in (few, many)]
    asked = {path: [_questions(client, path) for client in clients] for _name, path in addresses()}
    answered = {path: counts for path, counts in asked.items() if None not in counts}
    assert len(answered) > 60, "these are pages of an owner and operations without an id"
    assert {path: counts for path, counts in answered.items() if counts[1] > counts[0]} == {}
    assert {path: counts for path, counts in answered.items() if counts[1] > BUDGET} == {}


DETAILS = (
    ("/register/vehicles/{}/", "fleet_vehicle"), ("/register/materials/{}/", "fleet_material"),
    ("/register/people/{}/edit/", "fleet_person"), ("/devices/{}/", "telemetry_device"),
    ("/alerts/rules/{}/", "alerts_rule"), ("/api/v1/devices/{}", "telemetry_device"),
)  # fmt: skip
"""Pages about one thing that let people choose another one, out of many."""
ALWAYS = ("/reports/run/trips/", "/reports/run/site-hours/", "/register/people/add/", "/api/v1/devices?limit=2",
          "/api/v1/places?limit=2", "/api/v1/occupancy?limit=2", "/devices/?q=T", "/reports/logbook/?q=van",
          "/reports/payroll/?q=ann&state=open")  # fmt: skip


def test_choosing_out_of_many_asks_as_little_as_out_of_few(
    make_organisation: Callable[..., Organisation], client_of: Callable[..., Client],
    owner_connection: psycopg.Connection[Any],
) -> None:  # fmt: skip
    """A list of sixty is no select any more; neither way asks once a row, and what finds them asks as little."""
    from allconnects.bench.pages import seed
    from allconnects.products.live_connects.picking.sources import MOST_LISTED, SOURCES

    few, many = make_organisation(), make_organisation()
    seed(owner_connection, few.pk, vehicles=3, people=2, materials=3, places=3, alerts=3)
    seed(owner_connection, many.pk, vehicles=60, people=60, materials=60, places=60, alerts=60)
    assert MOST_LISTED < 60
    asked = {}
    for one in (few, many):
        client = client_of("owner", one)
        paths = [path.format(_any(owner_connection, table, one.pk)) for path, table in DETAILS]
        for name, path in zip([path for path, _ in DETAILS] + list(ALWAYS), [*paths, *ALWAYS], strict=True):
            asked.setdefault(name, []).append(_questions(client, path))
        for name in SOURCES:
            asked.setdefault(name, []).append(_questions(client, f"/find/{name}/", {"q": "n"}))
    assert {path: counts for path, counts in asked.items() if None in counts} == {}
    assert {path: counts for path, counts in asked.items() if counts[1] > counts[0]} == {}
    assert {path: counts for path, counts in asked.items() if counts[1] > BUDGET} == {}


def _any(owner: psycopg.Connection[Any], table: str, organisation: int) -> Any:
    row = owner.execute(f"SELECT id FROM {table} WHERE organisation_id = %s LIMIT 1", (organisation,)).fetchone()
    assert row is not None
    return row[0]


def _questions(client: Client, path: str, body: dict[str, str] | None = None) -> int | None:
    """How many questions a page asks the second time; None for what is no page of an owner without an id."""
    ask = (lambda: client.get(path)) if body is None else lambda: client.post(path, body)
    ask()
    with CaptureQueriesContext(connection) as found:
        answer = ask()
        if answer.streaming:
            answer.close()
    return len(found) if answer.status_code == 200 and not answer.streaming else None
