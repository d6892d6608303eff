"""SCIM as directories speak it: taking in, finding, changing, letting go, and errors in the form of RFC 7644."""

from __future__ import annotations

import json
import secrets
from collections.abc import Callable
from contextlib import suppress
from typing import Any

import pytest
from django.test import Client
from hypothesis import given
from hypothesis import strategies as st

from allconnects.accounts.models import Account, Invitation, Membership, Organisation
from allconnects.accounts.tenancy import speaking_for
from allconnects.fleet.models import Badge, Person
from allconnects.fleet.services import badging
from allconnects.fleet.who import Who
from allconnects.integrations.scim import patches, shapes
from allconnects.integrations.scim.errors import SCHEMA, ScimError
from allconnects.integrations.scim.filters import Term, parse

USERS = "/api/scim/v2/Users"
PATCH = {"schemas": [shapes.PATCH]}


class Directory:
    """A program that speaks SCIM."""

    def __init__(self, token: str) -> None:
        self.client, self.token = Client(SERVER_NAME="localhost"), token

    def ask(self, method: str, path: str, body: Any = None, status: int = 200, **headers: str) -> Any:
        """The JSON of the answer, whose status must be that."""
        data = json.dumps(body) if body is not None else ""
        given = {"Authorization": f"Bearer {self.token}", **headers}
        found = self.client.generic(method, path, data, "application/scim+json", headers=given)
        assert found.status_code == status, found.content
        if found.content:
            assert found.headers["Content-Type"] == "application/scim+json"
            answer = json.loads(found.content)
            if status >= 400:
                assert answer["schemas"] == [SCHEMA]
                assert answer["status"] == str(status)
            return answer
        return None


@pytest.fixture
def directory(token_of: Callable[..., str]) -> Directory:
    return Directory(token_of(["directory:write"]))


def somebody(**more: Any) -> dict[str, Any]:
    name = f"a-{secrets.token_hex(4)}@example.org"
    return {"schemas": [shapes.USER], "userName": name, "name": {"givenName": "Ann", "familyName": "Example"}, **more}


def test_taking_in_invites(directory: Directory, organisation: Organisation) -> None:
    made = directory.ask("POST", USERS, somebody(externalId="x1", roles=[{"value": "planner"}]), 201)
    assert made["active"] is True
    assert made["meta"]["location"].endswith(f"{USERS}/{made['id']}")
    with speaking_for(organisation.pk):
        assert Invitation.objects.get(email=made["userName"]).role == "planner"
    again = directory.ask("POST", USERS, {**somebody(), "userName": made["userName"].upper()}, 409)
    assert again["scimType"] == "uniqueness"
    assert directory.ask("GET", f"{USERS}/{made['id']}") == made


def test_members_who_came_otherwise_are_found(directory: Directory, account_of: Callable[..., Account]) -> None:
    one = account_of("viewer")
    found = directory.ask("GET", f'{USERS}?filter=userName eq "{one.email.upper()}"')
    assert (found["totalResults"], found["Resources"][0]["userName"]) == (1, one.email)
    assert directory.ask("GET", f'{USERS}?filter=userName eq "nobody@example.org"')["Resources"] == []
    assert directory.ask("GET", f'{USERS}?filter=id eq "no uuid"')["totalResults"] == 0
    page = directory.ask("GET", f"{USERS}?startIndex=1&count=0")
    assert page["totalResults"] >= 1
    assert page["Resources"] == []


def test_at_24_a_leaver_of_the_directory_has_no_way_in(
    directory: Directory, organisation: Organisation, account_of: Callable[..., Account]
) -> None:
    account = account_of("planner")
    client = Client(SERVER_NAME="localhost")
    client.force_login(account)
    with speaking_for(organisation.pk):
        person = Person.objects.create(
            organisation=organisation, first_name="Ann", last_name="Example", account=account
        )
        badge = badging.give(Who(organisation), person, "rfid", "04FFEE112233")
    assert client.get("/organisation/").status_code == 200
    (found,) = directory.ask("GET", f'{USERS}?filter=userName eq "{account.email}"')["Resources"]
    gone = {**PATCH, "Operations": [{"op": "Replace", "path": "active", "value": "False"}]}
    assert directory.ask("PATCH", f"{USERS}/{found['id']}", gone)["active"] is False
    assert client.get("/organisation/").status_code == 302
    with speaking_for(organisation.pk):
        assert not Membership.objects.filter(account=account).exists()
        assert Badge.objects.get(pk=badge.pk).revoked_at
    back = {**PATCH, "Operations": [{"op": "replace", "value": {"active": True}}]}
    assert directory.ask("PATCH", f"{USERS}/{found['id']}", back)["active"] is True
    with speaking_for(organisation.pk):
        assert not Membership.objects.filter(account=account).exists(), "asked in again, not let in"
        assert Invitation.objects.filter(email=account.email).exists()


def test_at_24_somebody_without_an_account_is_known_by_number(directory: Directory, organisation: Organisation) -> None:
    with speaking_for(organisation.pk):
        person = Person.objects.create(organisation=organisation, first_name="Bo", last_name="Example", number="1042")
        badge = badging.give(Who(organisation), person, "rfid", "04FFEE112244")
    made = directory.ask("POST", USERS, somebody(**{shapes.ENTERPRISE: {"employeeNumber": "1042"}}), 201)
    directory.ask("DELETE", f"{USERS}/{made['id']}", status=204)
    directory.ask("GET", f"{USERS}/{made['id']}", status=404)
    with speaking_for(organisation.pk):
        assert Badge.objects.get(pk=badge.pk).revoked_at
        assert not Invitation.objects.filter(email=made["userName"]).exists()


def test_who_leaves_by_another_door_is_not_active(
    directory: Directory, account_of: Callable[..., Account], client_of: Callable[..., Client]
) -> None:
    account = account_of("viewer")
    (found,) = directory.ask("GET", f'{USERS}?filter=userName eq "{account.email}"')["Resources"]
    row = Membership.objects.raw("SELECT * FROM accounts_organisations_of(%s)", [account.pk])
    assert row
    page = client_of("owner")
    with speaking_for(account_organisation(account)):
        membership = account.membership_set.get().pk
    page.post(f"/organisation/leaving/member/{membership}/")
    assert directory.ask("GET", f"{USERS}/{found['id']}")["active"] is False


def account_organisation(account: Account) -> int:
    """The one organisation of an account."""
    return Organisation.objects.raw("SELECT * FROM accounts_organisations_of(%s)", [account.pk])[0].pk


def test_an_owner_is_let_go_by_hand(directory: Directory, account_of: Callable[..., Account]) -> None:
    owner = account_of("owner")
    account_of("owner")
    (found,) = directory.ask("GET", f'{USERS}?filter=userName eq "{owner.email}"')["Resources"]
    gone = {**PATCH, "Operations": [{"op": "replace", "path": "active", "value": False}]}
    directory.ask("PATCH", f"{USERS}/{found['id']}", gone, 403)
    assert directory.ask("GET", f"{USERS}/{found['id']}")["active"] is True, "all or nothing"


@pytest.mark.parametrize(
    ("method", "path", "body", "status", "word"),
    [
        ("POST", USERS, {"userName": "no address"}, 400, "invalidValue"),
        ("POST", USERS, {"schemas": [shapes.USER]}, 400, "invalidValue"),
        ("POST", USERS, ["a list"], 400, "invalidSyntax"),
        ("POST", USERS, {"userName": "x@example.org", "roles": [{"value": "owner"}]}, 400, "invalidValue"),
        ("POST", USERS, {"userName": "x@example.org", "active": 3}, 400, "invalidValue"),
        ("GET", f'{USERS}?filter=password eq "x"', None, 400, "invalidFilter"),
        ("GET", f'{USERS}?filter=userName gt "x"', None, 400, "invalidFilter"),
        ("GET", f"{USERS}?startIndex=x", None, 400, "invalidValue"),
        ("DELETE", USERS, None, 405, None),
        ("GET", "/api/scim/v2/Groups", None, 404, None),
        ("GET", f"{USERS}/00000000-0000-4000-8000-000000000000", None, 404, None),
    ],
)
def test_errors(directory: Directory, method: str, path: str, body: Any, status: int, word: str | None) -> None:
    assert directory.ask(method, path, body, status).get("scimType") == word


def test_changes_of_the_address_and_lost_updates_are_refused(directory: Directory) -> None:
    made = directory.ask("POST", USERS, somebody(), 201)
    path = f"{USERS}/{made['id']}"
    assert directory.ask("PUT", path, {**somebody()}, 400)["scimType"] == "mutability"
    new = directory.ask("PUT", path, {**made, "name": {"givenName": "Bo"}}, 200, **{"If-Match": 'W/"1"'})
    assert new["name"] == {"givenName": "Bo", "familyName": ""}
    directory.ask("PUT", path, made, 412, **{"If-Match": 'W/"1"'})


def test_only_a_token_with_the_scope_of_that_organisation(
    directory: Directory, token_of: Callable[..., str], client_of: Callable[..., Client],
    other_organisation: Organisation,
) -> None:  # fmt: skip
    made = directory.ask("POST", USERS, somebody(), 201)
    for token, status in (("", 401), ("ac_unknown", 401), (token_of(["devices:read"]), 403)):
        Directory(token).ask("GET", USERS, status=status)
    other = Directory(token_of(["directory:write"], other_organisation))
    other.ask("GET", f"{USERS}/{made['id']}", status=404)
    other.ask("DELETE", f"{USERS}/{made['id']}", status=404)
    assert other.ask("GET", USERS)["totalResults"] == 0
    assert client_of("owner").get(USERS).status_code == 401


def test_what_the_endpoint_says_of_itself(directory: Directory) -> None:
    for path, count in (("ResourceTypes", 1), ("Schemas", 2)):
        assert directory.ask("GET", f"/api/scim/v2/{path}")["totalResults"] == count
    assert directory.ask("GET", "/api/scim/v2/ServiceProviderConfig")["patch"]["supported"]


def test_filters_are_read() -> None:
    assert parse('userName eq "Ann@Example.org" and active eq true') == [
        Term("user_name__iexact", "Ann@Example.org"), Term("active", True),
    ]  # fmt: skip
    assert parse('emails[type eq "work"].value sw "ann"') == [Term("user_name__istartswith", "ann")]
    assert parse(r'externalId eq "a\"b"') == [Term("external_id__exact", 'a"b')]
    assert parse("") == []


@given(st.text(max_size=80))
def test_no_filter_raises_anything_but_its_own_error(text: str) -> None:
    with suppress(ScimError):
        parse(text)


_JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=12),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=12), inner, max_size=3),
    max_leaves=8,
)


@given(
    st.sampled_from(["add", "replace", "remove", "Replace", "x"]), st.sampled_from([*patches._PATHS, "", None]), _JSON
)
def test_no_patch_raises_anything_but_its_own_error(verb: str, path: str | None, value: Any) -> None:
    operation = {"op": verb, "value": value, **({} if path is None else {"path": path})}
    with suppress(ScimError):
        assert "id" not in patches.changes({**PATCH, "Operations": [operation]})
