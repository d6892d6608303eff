"""What devices stand for on the map, and the views that people keep."""

from __future__ import annotations

import json
import secrets
from collections.abc import Callable
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import psycopg
import pytest
from django.test import Client

from allconnects.kit import clock

if TYPE_CHECKING:
    from allconnects.accounts.models import Organisation

Owner = psycopg.Connection[Any]
FILTERS = {"states": ["moving"], "kinds": [], "groups": ["g:Crew 1"], "search": "van", "place": [4.35, 50.85, 11]}


def device_of(owner: Owner, organisation: int) -> int:
    row = owner.execute(
        "INSERT INTO telemetry_device (organisation_id, name, kind, identifier, protocol, secret_hash, created_at) "
        "VALUES (%s, 'tracker', 'vehicle', %s, '', '', now()) RETURNING id",
        (organisation, secrets.token_hex(8)),
    ).fetchone()
    assert row is not None
    number: int = row[0]
    return number


def installed(organisation: int, device: int, since_h: float, until_h: float | None = None, **thing: Any) -> None:
    from allconnects.accounts.tenancy import speaking_for
    from allconnects.fleet.models import Installation

    now = clock.now()
    during = (now + timedelta(hours=since_h), None if until_h is None else now + timedelta(hours=until_h))
    with speaking_for(organisation):
        Installation.objects.create(organisation_id=organisation, device_id=device, during=during, **thing)


def test_a_device_goes_by_the_vehicle_that_it_is_in_now(
    owner_connection: Owner, organisation: Organisation, client_of: Callable[..., Client]
) -> None:
    from allconnects.accounts.tenancy import speaking_for
    from allconnects.fleet.models import Material, Person, Vehicle

    van, crane, past, carried = (device_of(owner_connection, organisation.pk) for _ in range(4))
    with speaking_for(organisation.pk):
        vehicle = Vehicle.objects.create(organisation=organisation, name="Van 7", plate="1-ABC-123", groups=["North"])
        other = Vehicle.objects.create(organisation=organisation, name="Van 8")
        material = Material.objects.create(organisation=organisation, name="Crane", groups=["Heavy"])
        person = Person.objects.create(organisation=organisation, first_name="Test", last_name="Person")
    installed(organisation.pk, van, -1, vehicle=vehicle)
    installed(organisation.pk, crane, -1, material=material)
    installed(organisation.pk, past, -5, -1, vehicle=other)
    installed(organisation.pk, carried, -1, person=person)
    found = client_of("viewer").get("/api/v1/live/subjects").json()
    assert found == [
        {"device": van, "kind": "vehicle", "name": "Van 7", "plate": "1-ABC-123", "groups": ["North"], "teams": []},
        {"device": crane, "kind": "material", "name": "Crane", "plate": "", "groups": ["Heavy"], "teams": []},
    ]


def test_another_tenants_vehicles_are_not_told(
    owner_connection: Owner, organisation: Organisation, other_organisation: Organisation,
    client_of: Callable[..., Client],
) -> None:  # fmt: skip
    from allconnects.accounts.tenancy import speaking_for
    from allconnects.fleet.models import Vehicle

    device = device_of(owner_connection, other_organisation.pk)
    with speaking_for(other_organisation.pk):
        vehicle = Vehicle.objects.create(organisation=other_organisation, name="Theirs")
    installed(other_organisation.pk, device, -1, vehicle=vehicle)
    assert client_of("owner").get("/api/v1/live/subjects").json() == []


def keep(client: Client, name: str, filters: Any) -> Any:
    return client.post("/map/views/", json.dumps({"name": name, "filters": filters}), "application/json")


def test_a_view_is_kept_replaced_and_forgotten_by_its_account_only(client_of: Callable[..., Client]) -> None:
    client, other = client_of("viewer"), client_of("owner")
    kept = keep(client, "Morning", FILTERS).json()["views"]
    assert [one["name"] for one in kept] == ["Morning"]
    assert kept[0]["filters"]["place"] == [4.35, 50.85, 11.0]
    replaced = keep(client, "Morning", {**FILTERS, "search": "truck"}).json()["views"]
    assert [(one["id"], one["filters"]["search"]) for one in replaced] == [(kept[0]["id"], "truck")]
    assert other.get("/map/views/").json() == {"views": []}
    assert other.post(f"/map/views/{kept[0]['id']}/").status_code == 404
    assert client.post(f"/map/views/{kept[0]['id']}/").status_code == 204
    assert client.get("/map/views/").json() == {"views": []}


@pytest.mark.parametrize(
    ("name", "filters"),
    [
        ("", FILTERS),
        ("x" * 81, FILTERS),
        ("a", {**FILTERS, "place": [4.35, 91, 11]}),
        ("a", {**FILTERS, "place": ["x", 1, 2]}),
        ("a", {**FILTERS, "place": [float("nan"), 1, 2]}),
        ("a", []),
        ("a", "text"),
    ],
)
def test_what_is_no_view_is_refused(client_of: Callable[..., Client], name: str, filters: Any) -> None:
    answer = keep(client_of("viewer"), name, filters)
    assert answer.status_code == 422
    assert answer.json()["title"]
