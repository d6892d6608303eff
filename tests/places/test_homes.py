"""A home is seen by the one who lives there, and by nobody else, wherever one looks."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest
from django.test import Client

from allconnects.accounts.models import Account, Organisation
from allconnects.accounts.tenancy import speaking_for
from allconnects.kit.errors import InvalidInput
from allconnects.places import addresses, homes
from tests.places.test_fences import LAT, LON, circle
from tests.telemetry.store.hot import Yard


def lives(organisation: Organisation, account: Account) -> None:
    with speaking_for(organisation.pk):
        homes.set_home(organisation, account, circle(0, 0, 100))


def test_only_its_account_sees_it(
    organisation: Organisation, account_of: Callable[..., Account], stranger: Client, token_of: Callable[..., str]
) -> None:
    driver, owner = account_of("driver"), account_of("owner")
    lives(organisation, driver)
    mine, boss = Client(SERVER_NAME="localhost"), Client(SERVER_NAME="localhost")
    mine.force_login(driver)
    boss.force_login(owner)
    mark = f"{LAT:.6f}".encode()
    assert mark in mine.get("/places/home/").content
    token = token_of(["places:read", "visits:read"])
    for path in ("/places/", "/places/home/", "/places/shapes.json"):
        answer = boss.get(path)
        assert answer.status_code == 200
        assert mark not in answer.content
    for path in ("places", "places.geojson", "visits"):
        answer = stranger.get(f"/api/v1/{path}", headers={"Authorization": f"Bearer {token}"})
        assert answer.status_code == 200
        assert f"{LON:.3f}".encode() not in answer.content, path
    boss.post("/places/home/", {"forget": "1"})
    assert mark in mine.get("/places/home/").content, "one forgets one's own home only"
    mine.post("/places/home/", {"forget": "1"})
    assert mark not in mine.get("/places/home/").content


def test_a_point_in_a_home_has_no_address(
    organisation: Organisation, other_organisation: Organisation, account_of: Callable[..., Account]
) -> None:
    lives(organisation, account_of("driver"))
    with speaking_for(organisation.pk):
        assert addresses.describe(organisation.pk, LAT, LON, "nl") == "Thuis" or (
            addresses.describe(organisation.pk, LAT, LON, "en") == "Home"
        )
        assert "Kontich" in addresses.describe(organisation.pk, LAT + 0.005, LON, "en")
        assert homes.at_home([LAT, LAT + 0.1], [LON, LON]).tolist() == [True, False]
    with speaking_for(other_organisation.pk):
        assert "Kontich" in addresses.describe(other_organisation.pk, LAT, LON, "en")


@pytest.mark.parametrize("shape", [circle(0, 0, 20), circle(0, 0, 600), {"type": "Corridor"}])
def test_what_is_no_home_is_refused(
    organisation: Organisation, account_of: Callable[..., Account], shape: dict[str, Any]
) -> None:
    account = account_of("driver")
    with speaking_for(organisation.pk), pytest.raises(InvalidInput):
        homes.set_home(organisation, account, shape)


def test_the_places_of_the_api_are_those_of_the_pages(
    yard: Yard, client_of: Callable[..., Client], stranger: Client, token_of: Callable[..., str]
) -> None:
    del yard
    planner = client_of("planner")
    form = {
        "name": "Depot", "kind": "depot", "colour": "red", "dwell_minutes": "5", "timezone": "Europe/Brussels",
        "shape": "Polygon", "points": "51.1, 4.4\n51.1, 4.5\n51.2, 4.5\n\n51.11, 4.45\n51.11, 4.46\n51.12, 4.46",
        "radius_m": "", "width_m": "",
    }  # fmt: skip
    assert planner.post("/places/add/", form).status_code == 302
    token = token_of(["places:read", "places:write", "visits:read"])
    ask = lambda method, path, body=None: stranger.generic(  # noqa: E731
        method, f"/api/v1/{path}", json.dumps(body) if body else "", "application/json",
        headers={"Authorization": f"Bearer {token}"},
    )  # fmt: skip
    (place,) = ask("GET", "places?q=depot").json()
    assert (place["kind"], place["dwell_s"], len(place["shape"]["coordinates"])) == ("depot", 300, 2)
    changed = ask("PUT", f"places/{place['id']}", {**place, "name": "Yard"})
    assert (changed.status_code, changed.json()["version"]) == (200, 2)
    assert ask("PUT", f"places/{place['id']}", place).status_code == 422, "of a version that is past"
    exported = ask("GET", "places.geojson").content
    assert ask("DELETE", f"places/{place['id']}").status_code == 204
    from django.core.files.uploadedfile import SimpleUploadedFile

    look = planner.post("/places/import/", {"file": SimpleUploadedFile("p.geojson", exported)})
    again = planner.post("/places/import/", {"content": look.context["signed"], "confirm": "1"})
    assert again.status_code == 302
    assert [one["shape"] for one in ask("GET", "places").json()] == [place["shape"]]
    assert planner.post("/places/import/", {"content": "forged", "confirm": "1"}).status_code == 200
    wrong = planner.post("/places/add/", {**form, "points": "51.1, 4.4\nnonsense"})
    assert "Line 2" in wrong.content.decode()
    for query in ("from=0001-01-01T00:00:00", "from=2026-02-01&to=2026-01-01", "place=0", "to=9999-12-31T00:00:00Z"):
        assert ask("GET", f"visits?{query}").status_code == 422, query
    assert ask("GET", "places?q=%00").json() == []
    huge = '{"name": "x", "shape": {"type": "Circle", "coordinates": [1, 2], "radius_m": 1' + "0" * 400 + "}}"
    answer = stranger.generic(
        "POST", "/api/v1/places", huge, "application/json", headers={"Authorization": f"Bearer {token}"}
    )
    assert answer.status_code in (400, 422)
