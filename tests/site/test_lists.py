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


def _questions(client: Client, path: str) -> int | None:
    """How many questions a page asks the second time; None for what is no page of an owner without an id."""
    client.get(path)
    with CaptureQueriesContext(connection) as found:
        answer = client.get(path)
        if answer.streaming:
            answer.close()
    return len(found) if answer.status_code == 200 and not answer.streaming else None
