"""Choosing out of many by typing: what is found, by whom, and what a form makes of it."""

from __future__ import annotations

import secrets
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import pytest
from django.http import QueryDict
from django.test import Client

from allconnects.kit.errors import InvalidInput

if TYPE_CHECKING:
    from allconnects.accounts.models import Organisation

Make = Callable[..., Any]


@pytest.fixture
def make(organisation: Organisation, database: None) -> Make:
    """``make(Model, of=…, name=…)``: a row, in a transaction that speaks for its organisation."""
    from allconnects.accounts.tenancy import speaking_for

    def build(model: Any, of: Organisation | None = None, **values: Any) -> Any:
        with speaking_for((of or organisation).pk):
            return model.objects.create(organisation=of or organisation, **values)

    return build


def many(make: Make, count: int = 60) -> list[Any]:
    """More vehicles than a list shows."""
    from allconnects.fleet.models import Vehicle

    return [make(Vehicle, name=f"Van {n:03}", plate=f"1-ABC-{n:03}") for n in range(count)]


def found(client: Client, kind: str, text: str) -> list[str]:
    answer = client.post(f"/find/{kind}/", {"q": text})
    assert answer.status_code == 200
    return [one["text"] for one in answer.json()["items"]]


def test_every_word_must_stand_in_what_is_found(make: Make, client_of: Callable[..., Client]) -> None:
    from allconnects.fleet.models import Person

    make(Person, first_name="Ann", last_name="Example-North", number="17")
    make(Person, first_name="Ann", last_name="Example-South", number="18")
    client = client_of("planner")
    assert found(client, "person", "ann example") == ["Ann Example-North · 17", "Ann Example-South · 18"]
    assert found(client, "person", "south ANN") == ["Ann Example-South · 18"]
    assert found(client, "person", "Ann Example-South · 18") == ["Ann Example-South · 18"], "as it is shown"
    assert found(client, "person", "17") == ["Ann Example-North · 17"]
    assert found(client, "person", "%") == found(client, "person", "_\0x") == []


def test_what_is_called_just_so_comes_first(make: Make, client_of: Callable[..., Client]) -> None:
    from allconnects.fleet.models import Vehicle

    for n in range(5, 500, 8):
        make(Vehicle, name=f"Van {n}", plate=f"1-ABC-{n}")
    for n in (50, 1005):
        make(Vehicle, name=f"Van {n}", plate="")
    client = client_of("driver")
    assert found(client, "vehicle", "van 5")[:2] == ["Van 5 · 1-ABC-5", "Van 50"]
    assert found(client, "vehicle", "Van 5 · 1-ABC-5")[0] == "Van 5 · 1-ABC-5"
    assert found(client, "vehicle", "1-abc-5")[0] == "Van 5 · 1-ABC-5"


def test_no_more_than_twenty_are_sent(make: Make, client_of: Callable[..., Client]) -> None:
    many(make, 21)
    answer = client_of("driver").post("/find/vehicle/", {"q": ""}).json()
    assert (len(answer["items"]), answer["more"]) == (20, True)
    assert client_of("driver").post("/find/vehicle/", {"q": "van 003"}).json()["more"] is False


def test_nobody_finds_what_the_other_tenant_has(
    make: Make, client_of: Callable[..., Client], other_organisation: Organisation
) -> None:
    from allconnects.fleet.models import Employer, Material, Person, Team, Vehicle
    from allconnects.places.models import Place
    from allconnects.products.live_connects.picking.sources import SOURCES
    from allconnects.telemetry.models import Device

    word = f"Theirs-{secrets.token_hex(4)}"
    for model in (Vehicle, Material, Team, Employer):
        make(model, other_organisation, name=word)
    make(Person, other_organisation, first_name=word, last_name="Example")
    make(Device, other_organisation, name=word, identifier=word)
    box: dict[str, float] = dict.fromkeys(("west", "south", "east", "north", "lon", "lat"), 4.0)
    make(Place, other_organisation, name=word, shape={}, **box)
    theirs, ours = client_of("owner", other_organisation), client_of("owner")
    assert {kind for kind in SOURCES if not found(theirs, kind, word if kind != "account" else "")} == set()
    assert {kind: found(ours, kind, word) for kind in SOURCES if found(ours, kind, word)} == {}
    assert len(found(ours, "account", "")) == 1, "just the owner of this organisation"


def test_a_short_list_is_a_select_and_a_long_one_is_typed(make: Make, client_of: Callable[..., Client]) -> None:
    from allconnects.fleet.models import Material

    tool = make(Material, name="Drill", token=secrets.token_hex(8))
    client, url = client_of("owner"), f"/register/materials/{tool.pk}/"
    few = client.get(url).content.decode()
    assert '<select class="form-select" id="h-vehicle" name="vehicle">' in few
    many(make)
    page = client.get(url).content.decode()
    assert 'id="h-vehicle" name="vehicle_text"' in page
    assert "Van 001" not in page


def test_the_text_is_enough_and_the_id_tells_namesakes_apart(make: Make, client_of: Callable[..., Client]) -> None:
    from allconnects.fleet.models import Custody, Material, Person

    vans = many(make)
    tool = make(Material, name="Drill", token=secrets.token_hex(8))
    twins = [make(Person, first_name="Ann", last_name="Example") for _ in range(60)]
    client, url = client_of("owner"), f"/register/materials/{tool.pk}/hand-over/"

    def held(**given: str) -> tuple[int, Any]:
        from allconnects.accounts.tenancy import speaking_for

        status = client.post(url, given).status_code
        with speaking_for(tool.organisation_id):
            last = Custody.objects.filter(material=tool).order_by("-id").first()
            return status, last and (last.vehicle_id, last.person_id)

    assert held(vehicle_text="1-abc-007", vehicle="", person_text="") == (302, (vans[7].pk, None))
    assert held(person_text="Ann Example", person=str(twins[3].pk)) == (302, (None, twins[3].pk))
    before = held(person_text="Ann Example", person="")
    assert before == (302, (None, twins[3].pk)), "which of them is not said, so nothing is done"
    assert held(vehicle_text="Van 009 · 1-ABC-009", vehicle=str(vans[8].pk)) == (302, (vans[9].pk, None)), (
        "whoever typed on after choosing means what he typed"
    )
    assert held(vehicle_text="no such van") == (302, (vans[9].pk, None))
    assert held(vehicle="999999999")[0] == 404


def test_fields_of_forms_refuse_what_is_not_there(
    make: Make, organisation: Organisation, other_organisation: Organisation
) -> None:
    from django import forms

    from allconnects.accounts.tenancy import speaking_for
    from allconnects.fleet.models import Vehicle
    from allconnects.products.live_connects.picking.fields import PickField
    from allconnects.products.live_connects.picking.sources import VEHICLE

    class Form(forms.Form):
        one = PickField(VEHICLE, required=False)
        some = PickField(VEHICLE, many=True, required=False)

    vans, theirs = many(make, 3), make(Vehicle, other_organisation, name="Theirs")

    def cleaned(text: str) -> Any:
        with speaking_for(organisation.pk):
            form = Form(QueryDict(text))
            return form.cleaned_data if form.is_valid() else sorted(form.errors)

    assert cleaned("") == {"one": "", "some": []}
    assert cleaned(f"one={vans[0].pk}&some={vans[1].pk}&some_text=van 002; 1-ABC-000") == {
        "one": str(vans[0].pk), "some": [str(vans[pk].pk) for pk in (1, 2, 0)],
    }  # fmt: skip
    for wrong in (str(theirs.pk), "999999999", "x", "-1", "9" * 30, "1e3", "%00"):
        assert cleaned(f"one={wrong}&some={wrong}") == ["one", "some"], wrong
    assert cleaned("one_text=van&some_text=van 001; theirs") == ["one", "some"]


def test_text_that_is_unclear_says_so() -> None:
    from allconnects.products.live_connects.picking.sources import Option, Source

    class Known(Source):
        def find(self, text: str, most: int = 20) -> list[Option]:
            names = ("Van 1 · A", "Van 1 · B", "Van 10 · C", "Crane · D", "Crane boom · E")
            hits = [name for name in names if text.casefold() in name.casefold()]
            return [Option(name[-1], name) for name in hits[:most]]

    known = Known("n", "driver", lambda: None, (), (), str)  # type: ignore[arg-type, return-value]
    assert known.one("van 1 · b") == "B"
    assert known.one("Van 10") == "C"
    assert known.one("crane") == "D", "the one of just that name, though another begins like it"
    for unclear in ("van 1", "Van", "", "nothing"):
        with pytest.raises(InvalidInput):
            known.one(unclear)


def test_a_plan_for_one_says_for_which(make: Make, client_of: Callable[..., Client]) -> None:
    from allconnects.accounts.tenancy import speaking_for
    from allconnects.maintenance.models import Plan

    vans = many(make)
    client = client_of("owner")
    page = client.get(f"/register/plans/add/?for=vehicle:{vans[4].pk}").content.decode()
    assert 'value="Van 004 · 1-ABC-004"' in page
    given = {"kind": "service", "name": "Oil", "target": "vehicle", "every_km": "20000", "soon_km": "1000",
             "soon_hours": "10", "soon_days": "14", "period": "day"}  # fmt: skip
    assert client.post("/register/plans/add/", given).status_code == 200, "it does not say for which vehicle"
    assert client.post("/register/plans/add/", given | {"vehicle_text": "van 004"}).status_code == 302
    with speaking_for(vans[0].organisation_id):
        assert Plan.objects.get().vehicle_id == vans[4].pk


def test_an_account_is_chosen_by_its_address(make: Make, client_of: Callable[..., Client]) -> None:
    """The field of a form of another room, drawn by this one."""
    from allconnects.accounts.tenancy import speaking_for
    from allconnects.fleet.models import Person

    person = make(Person, first_name="Ann", last_name="Example")
    client = client_of("owner")
    client_of("driver")
    page = client.get(f"/register/people/{person.pk}/edit/").content.decode()
    assert 'name="account"' in page
    (address,) = [text for text in found(client, "account", "driver") if "driver" in text][:1]
    version = {"version": "1", "first_name": "Ann", "last_name": "Example"}
    sent = version | {"account": "", "account_text": address.split(" · ")[0]}
    assert client.post(f"/register/people/{person.pk}/edit/", sent).status_code == 302
    with speaking_for(person.organisation_id):
        chosen = Person.objects.get(pk=person.pk).account
        assert chosen is not None
        assert chosen.email == address.split(" · ")[0]
    assert client.post(f"/register/people/{person.pk}/edit/", version | {"account_text": "nobody"}).status_code == 200


def test_an_account_of_another_organisation_cannot_be_linked(
    make: Make, client_of: Callable[..., Client], account_of: Callable[..., Any], other_organisation: Organisation
) -> None:
    """Accounts are under no row-level security, so what can be chosen is said before what was sent is judged."""
    from allconnects.accounts.tenancy import speaking_for
    from allconnects.fleet.models import Person

    person, theirs = make(Person, first_name="Ann", last_name="Example"), account_of("driver", other_organisation)
    sent = {"version": "1", "first_name": "Ann", "last_name": "Example", "account": str(theirs.pk)}
    assert client_of("owner").post(f"/register/people/{person.pk}/edit/", sent).status_code == 200
    with speaking_for(person.organisation_id):
        assert Person.objects.get(pk=person.pk).account is None
