"""Pages of many places: a fixed number of queries, in time, and nothing sent twice."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from allconnects.accounts.models import Organisation
from allconnects.accounts.tenancy import speaking_for
from allconnects.places import services
from allconnects.places.services import Given
from tests.places.test_fences import circle

MANY = 5_000


@pytest.fixture
def many(organisation: Organisation) -> None:
    with speaking_for(organisation.pk):
        services.add_places(
            organisation,
            [Given(name=f"Site {n:04}", shape=circle(n % 100 * 300, n // 100 * 300, 50)) for n in range(MANY)],
        )


@pytest.mark.usefixtures("many")
def test_lists_of_5000_places(client_of: Callable[..., Client], organisation: Organisation) -> None:
    client = client_of("planner")
    counts = []
    for path in ("/places/", "/places/?page=30", "/places/?q=site+4"):
        with CaptureQueriesContext(connection) as queries:
            answer = client.get(path)
        counts.append(len(queries))
        assert answer.content.count(b"place-dot") == 100
    assert len(set(counts)) == 1
    first = client.get("/places/shapes.json")
    assert len(first.json()["places"]) == MANY
    again = client.get("/places/shapes.json", headers={"If-None-Match": first["ETag"]})
    assert again.status_code == 304
    with speaking_for(organisation.pk):
        services.delete_place(first.json()["places"][0]["id"])
    assert client.get("/places/shapes.json", headers={"If-None-Match": first["ETag"]}).status_code == 200


@pytest.mark.usefixtures("many")
def test_a_place_among_5000(client_of: Callable[..., Client], organisation: Organisation) -> None:
    client = client_of("planner")
    with speaking_for(organisation.pk):
        place = services.list_places("Site 4999")[0].pk
    assert b"Nobody is here" in client.get(f"/places/{place}/").content
    for query in ("from=x&to=y", "from=2026-03-01&to=2026-02-01", "from=1950-01-01&to=9999-12-31", "to=2026-10-25"):
        assert client.get(f"/places/{place}/?{query}").status_code == 200
