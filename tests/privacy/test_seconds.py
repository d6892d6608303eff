"""A firm with one owner: before he begins what needs two, the page says who is missing and how to name that person."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from uuid import UUID, uuid4

import psycopg
import pytest
from django.test import Client
from django.urls import reverse

from allconnects.accounts.models import Account, Organisation
from allconnects.accounts.tenancy import speaking_for
from allconnects.fleet.private import exceptions
from allconnects.kit import clock
from allconnects.kit.errors import Forbidden, InvalidInput
from allconnects.privacy.disclosures import service as disclosures
from allconnects.privacy.investigations import rules
from allconnects.privacy.requests import answering, receiving, seconds
from allconnects.privacy.requests.models import Case, Channel, Decision, Ground, Identity, Kind
from allconnects.privacy.requests.naming import name_officer
from tests.privacy.investigating import asked
from tests.reports.firm import Firm

MISSING = "This needs a second person, and there is none yet"
WAITING = "/privacy/waiting/"


class Alone:
    """An organisation with one owner and nobody else; what he asks for waits."""

    def __init__(self, organisation: Organisation, owner: Account, firm: Firm) -> None:
        self.pk, self.owner, self.firm = organisation.pk, owner, firm
        self.client = client_of(owner)
        self.person = UUID(str(firm.person("Ann", "Example")))

    def case(self) -> Case:
        with speaking_for(self.pk):
            given = receiving.Asked(
                right="access", account=self.owner.pk, identity=Identity.SESSION, channel=Channel.PAGE
            )  # fmt: skip
            return receiving.receive(self.pk, given)

    def refusal(self, case: Case) -> Decision:
        with speaking_for(self.pk):
            evidence = "The same was asked each day of this month."
            return answering.propose(case, Kind.REFUSAL, Ground.EXCESSIVE, evidence, self.owner)

    def disclosure(self) -> disclosures.Disclosure:
        today = clock.today()
        demand = disclosures.Demand(
            "Public prosecutor of Antwerp", "judicial", "AN/26/0001", today, "Called back on the court's own number.",
            "The order names these days and these times only.", self.person, ["days"], today, today,
        )  # fmt: skip
        with speaking_for(self.pk):
            return disclosures.propose(self.pk, demand, self.owner)

    def theft(self) -> exceptions.LocationException:
        van, _device = self.firm.vehicle("Van 7")
        with speaking_for(self.pk):
            return exceptions.declare_theft(self.pk, van, self.owner, "gone from the depot")

    def waiting(self, client: Client | None = None) -> str:
        page = (client or self.client).get(WAITING)
        assert page.status_code == 200
        return page.content.decode()


def client_of(account: Account) -> Client:
    made = Client(SERVER_NAME="localhost")
    made.force_login(account)
    return made


@pytest.fixture
def alone(
    organisation: Organisation, account_of: Callable[..., Account], owner_connection: psycopg.Connection[object]
) -> Alone:
    return Alone(organisation, account_of("owner"), Firm(owner_connection, organisation.pk))


def begins(alone: Alone) -> dict[str, str]:
    """Where each of them begins."""
    return {
        "investigation": "/privacy/investigations/new/",
        "disclosure": f"/privacy/disclosures/new/?person={alone.person}",
        "refusal": reverse("requests:case", args=[alone.case().pk]),
        "theft": "/driver/office/",
    }


def test_each_page_says_before_it_begins_who_is_missing_and_how_to_name_them(
    alone: Alone, account_of: Callable[..., Account]
) -> None:
    pages = begins(alone)
    for name, path in pages.items():
        page = alone.client.get(path).content.decode()
        assert ("nobody else can yet" if name == "disclosure" else MISSING) in page, name
        assert 'href="/organisation/#invite"' in page, name
        assert f'href="{WAITING}"' in page, name
        assert (reverse("requests:officers") in page) == (name != "theft"), name
    second = account_of("planner")
    assert MISSING not in alone.client.get(pages["theft"]).content.decode(), "a planner can confirm"
    assert MISSING in alone.client.get(pages["investigation"]).content.decode(), "a planner answers no requests"
    with speaking_for(alone.pk):
        name_officer(alone.pk, second.pk, alone.owner)
    for name, path in pages.items():
        page = alone.client.get(path).content.decode()
        assert MISSING not in page, name
        assert second.name in page or second.email in page, name
        assert ("Two others have to approve this, and only" in page) == (name == "disclosure")
    account_of("owner")
    assert "Two others have to approve this, and only" not in alone.client.get(pages["disclosure"]).content.decode()


def test_who_is_no_owner_is_told_whom_to_ask(alone: Alone, account_of: Callable[..., Account]) -> None:
    planner = account_of("planner")
    alone.firm.owner.execute("UPDATE accounts_account SET is_active = false WHERE id = %s", (alone.owner.pk,))
    page = client_of(planner).get("/driver/office/").content.decode()
    assert MISSING in page
    assert "Ask an owner" in page
    assert "/organisation/#invite" not in page


def test_what_waits_stands_in_a_list_that_is_seen(alone: Alone, account_of: Callable[..., Account]) -> None:
    assert "Nothing waits for a second person" in alone.waiting()
    assert WAITING not in alone.client.get("/overview/").content.decode()
    case = alone.case()
    alone.refusal(case)
    made, theft = alone.disclosure(), alone.theft()
    looked = asked(alone.pk, alone.owner, person=alone.person, first_day=clock.today(), last_day=clock.today())
    page = alone.waiting()
    links = (
        reverse("requests:case", args=[case.pk]), reverse("disclosures:one", args=[made.pk]),
        reverse("investigations:one", args=[looked.pk]), "/driver/office/#h-theft",
    )  # fmt: skip
    for link in links:
        assert f'href="{link}"' in page
    assert page.count("You asked: somebody else decides") == 4
    assert "You can decide" not in page
    assert MISSING in page
    assert "4 things wait for a second person" in alone.client.get("/overview/").content.decode()
    assert 'ms-1">4</span>' in alone.client.get("/organisation/").content.decode()
    second = client_of(account_of("owner"))
    page = alone.waiting(second)
    assert page.count("You can decide") == 4
    assert MISSING not in page
    with speaking_for(alone.pk):
        exceptions.end_theft(alone.pk, theft.pk, alone.owner)
    assert "3 things wait" in second.get("/overview/").content.decode()


def test_the_list_shows_nobody_what_is_not_his(alone: Alone, account_of: Callable[..., Account]) -> None:
    alone.refusal(alone.case())
    alone.theft()
    looked = asked(alone.pk, alone.owner, person=alone.person, first_day=clock.today(), last_day=clock.today())
    planner, driver = client_of(account_of("planner")), client_of(account_of("driver"))
    page = alone.waiting(planner)
    assert page.count("You can decide") == 1
    assert "Van 7" in page
    assert str(looked.pk) not in page
    assert driver.get(WAITING).status_code == 403
    with clock.at(clock.now() + exceptions.OPEN_FOR):
        assert "Van 7" not in alone.waiting(), "it has to be declared anew"
        assert str(looked.pk) in alone.waiting()
    with clock.at(clock.now() + timedelta(days=rules.number("wait_days", clock.today()))):
        assert str(looked.pk) not in alone.waiting(), "it has to be asked anew"


def test_nobody_alone_decides_however_few_there_are(alone: Alone) -> None:
    case = alone.case()
    decision, made, theft = alone.refusal(case), alone.disclosure(), alone.theft()
    with speaking_for(alone.pk):
        with pytest.raises(InvalidInput):
            answering.decide(decision, approve=True, by=alone.owner)
        with pytest.raises(InvalidInput):
            disclosures.approve(made, alone.owner)
        with pytest.raises(Forbidden):
            exceptions.confirm_theft(alone.pk, theft.pk, alone.owner)


def test_support_that_is_the_only_owner_cannot_let_itself_in(alone: Alone, account_of: Callable[..., Account]) -> None:
    alone.firm.owner.execute(
        "INSERT INTO accounts_supportgrant (organisation_id, account_id, ticket, asked_at) "
        "VALUES (%s, %s, 'T-1', now())",
        (alone.pk, alone.owner.pk),
    )
    assert MISSING in alone.client.get("/organisation/support/").content.decode()
    assert "You asked: somebody else decides" in alone.waiting()
    account_of("manager")
    assert MISSING not in alone.client.get("/organisation/support/").content.decode()


def test_an_owner_who_contests_his_own_hours_reads_that_another_has_to_answer(
    alone: Alone, account_of: Callable[..., Account]
) -> None:
    alone.firm.owner.execute("UPDATE fleet_person SET account_id = %s WHERE id = %s", (alone.owner.pk, alone.person))
    assert MISSING in alone.client.get("/my/hours/").content.decode()
    account_of("manager")
    assert MISSING not in alone.client.get("/my/hours/").content.decode()


def test_who_it_is_about_is_not_counted(alone: Alone, account_of: Callable[..., Account]) -> None:
    second = account_of("owner")
    alone.firm.owner.execute("UPDATE fleet_person SET account_id = %s WHERE id = %s", (second.pk, alone.person))
    with speaking_for(alone.pk):
        assert seconds.who_answer(alone.pk, alone.owner).can == (second,)
        assert seconds.who_answer(alone.pk, alone.owner, about={uuid4()}).can == (second,)
        assert seconds.who_answer(alone.pk, alone.owner, about={alone.person}).lacks
    looked = asked(alone.pk, alone.owner, person=alone.person, first_day=clock.today(), last_day=clock.today())
    assert MISSING in alone.client.get(reverse("investigations:one", args=[looked.pk])).content.decode()
