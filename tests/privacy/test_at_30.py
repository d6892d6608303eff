"""AT-30: staff of the operator look at a customer with a ticket and a grant only, for hours, seen by all."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any
from uuid import uuid4

import psycopg
import pytest
from django.db import connection
from django.test import Client

from allconnects.accounts import streams
from allconnects.accounts.actor import Actor, acting
from allconnects.accounts.models import Account, Organisation, SupportGrant
from allconnects.accounts.tenancy import speaking_for
from allconnects.kit import clock, db
from allconnects.kit.errors import Forbidden, InvalidInput
from allconnects.privacy.access import service as access
from allconnects.privacy.support import service

Owner = psycopg.Connection[Any]


class Desk:
    """A supporter, a customer with a manager, and what they press."""

    def __init__(self, organisation: Organisation, helper: Account, office: Client) -> None:
        self.organisation, self.helper, self.office = organisation, helper, office
        self.client = Client(SERVER_NAME="localhost")
        self.client.force_login(helper)

    def ask(self, ticket: str = "#42") -> int:
        """Asks, and gives the number of what was asked."""
        self.client.post("/support/", {"organisation": self.organisation.slug, "ticket": ticket})
        with speaking_for(self.organisation.pk):
            return SupportGrant.objects.latest("pk").pk

    def decide(self, grant: int, act: str = "grant", hours: str = "4") -> int:
        """What the customer's manager presses."""
        return self.office.post(f"/organisation/support/{grant}/", {"act": act, "hours": hours}).status_code


@pytest.fixture
def desk(
    organisation: Organisation, account_of: Callable[..., Account], client_of: Callable[..., Client],
    owner_connection: Owner,
) -> Desk:  # fmt: skip
    helper = account_of(None)
    owner_connection.execute("INSERT INTO accounts_supporter VALUES (%s, now())", (helper.pk,))
    return Desk(organisation, helper, client_of("manager"))


def test_ticket_and_grant_open_the_map_and_each_page_says_so(desk: Desk) -> None:
    assert desk.client.get("/map/").status_code == 403
    grant = desk.ask()
    assert desk.client.get("/map/").status_code == 403, "asked is not granted"
    assert desk.decide(grant) == 302
    for page in ("/map/", "/register/vehicles/", "/devices/"):
        told = desk.client.get(page).content.decode()
        assert "#42" in told, page
        assert "as support" in told, page
    seen = desk.office.get("/organisation/support/").content.decode()
    assert "live:map" in seen
    assert "register:list" in seen
    assert desk.client.get("/organisation/support/").status_code == 403


def test_support_reads_and_changes_nothing(desk: Desk) -> None:
    desk.decide(desk.ask())
    assert desk.client.post("/register/vehicles/add/", {"name": "x"}).status_code == 403
    assert desk.client.post("/views/", {"name": "x"}).status_code in (403, 404)
    assert desk.client.get("/register/people/").status_code == 403, "no list of people"
    assert desk.client.get("/organisation/tokens/").status_code == 403


def test_it_ends_after_four_hours_at_most_and_at_a_press(desk: Desk) -> None:
    desk.decide(desk.ask())
    key = desk.client.session.session_key
    assert streams._still(key, desk.helper.pk, desk.organisation.pk)
    with clock.at(clock.now() + timedelta(hours=4, seconds=1)):
        assert desk.client.get("/map/").status_code == 403
        assert not streams._still(key, desk.helper.pk, desk.organisation.pk)
    again = desk.ask("#43")
    desk.decide(again, hours="5")
    assert desk.client.get("/map/").status_code == 200, "the first still lasts"
    with speaking_for(desk.organisation.pk):
        first = SupportGrant.objects.get(ticket="#42").pk
        assert SupportGrant.objects.get(pk=again).begins_at is None, "five hours are refused"
    desk.decide(first, "end")
    assert desk.client.get("/map/").status_code == 403


def test_the_database_knows_no_grant_of_five_hours_nor_by_oneself(desk: Desk) -> None:
    grant = desk.ask()
    for change in ("begins_at = now(), ends_at = now() + interval '4 hours 1 second'", "decided_by_id = account_id"):
        with db.connect("owner") as raw, pytest.raises(psycopg.errors.CheckViolation):
            raw.execute(f"UPDATE accounts_supportgrant SET {change} WHERE id = %s".encode(), (grant,))


def test_only_staff_with_a_ticket_ask(desk: Desk, account_of: Callable[..., Account], owner_connection: Owner) -> None:
    with pytest.raises(Forbidden):
        service.ask(account_of("owner"), desk.organisation.slug, "#1")
    for ticket in ("", "a b", "x" * 41):
        with pytest.raises(InvalidInput):
            service.ask(desk.helper, desk.organisation.slug, ticket)
    desk.decide(desk.ask())
    owner_connection.execute("DELETE FROM accounts_supporter WHERE account_id = %s", (desk.helper.pk,))
    assert desk.client.get("/map/").status_code == 403, "who is staff no longer has no access left"


def test_customer_and_driver_see_each_reading_and_many_are_told(desk: Desk) -> None:
    desk.decide(desk.ask())
    people = [str(uuid4()) for _ in range(access.threshold("bulk_persons_support", clock.now().date()))]
    today = clock.now().date()
    with (
        acting(Actor(f"account:{desk.helper.pk}", "support")),
        speaking_for(desk.organisation.pk),
        connection.cursor() as cursor,
    ):
        access.note(
            cursor,
            desk.organisation.pk,
            people,
            purpose="fleet.dispatch",
            scope="track",
            first=today,
            last=today,
            size=9,
        )
        (reading,) = access.readings(cursor, desk.organisation.pk, people[0])
    assert (reading.role, reading.actor) == ("support", f"account:{desk.helper.pk}")
    page = desk.office.get("/organisation/support/").content.decode()
    assert f"{len(people)} people" in page
    assert "unusually many" not in page
    with speaking_for(desk.organisation.pk), connection.cursor() as cursor:
        assert access.tell_bulk(cursor, desk.organisation.pk) == [(f"account:{desk.helper.pk}", len(people))]
    assert "unusually many" in desk.office.get("/organisation/support/").content.decode()


def test_what_the_map_notes_has_the_role_support(desk: Desk, owner_connection: Owner) -> None:
    """The stream notes that everybody was shown; a track notes its person. Both say who reads as what."""
    from allconnects.accounts.middleware import _actor

    desk.decide(desk.ask())
    request = desk.client.get("/map/").wsgi_request
    assert _actor(request) == Actor(f"account:{desk.helper.pk}", "support")  # type: ignore[arg-type]


def test_another_customer_sees_nothing(
    desk: Desk, client_of: Callable[..., Client], other_organisation: Organisation
) -> None:
    grant = desk.ask()
    other = client_of("owner", other_organisation)
    assert other.post(f"/organisation/support/{grant}/", {"act": "grant", "hours": "1"}).status_code == 404
    assert "#42" not in other.get("/organisation/support/").content.decode()
    desk.decide(grant)
    desk.client.post("/organisation/choose/", {"organisation": other_organisation.pk})
    assert "#42" in desk.client.get("/map/").content.decode(), "still in the organisation of the grant"
