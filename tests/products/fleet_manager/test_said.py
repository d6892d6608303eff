"""What people contest or ask to have corrected, decided on the phone: by whom, once, and read by whoever asked."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from django.test import Client
from django.utils import translation

from allconnects.accounts.models import Account, Organisation
from allconnects.accounts.tenancy import speaking_for
from allconnects.fleet.models import Person
from allconnects.kit import clock
from allconnects.privacy.requests import receiving, rectifying
from allconnects.privacy.requests.models import Case, Channel, Correction, Identity
from allconnects.privacy.requests.ready import REASONS
from allconnects.reports import contests
from allconnects.reports.models import Contest
from tests.products.fleet_manager.test_work import act

WHY = "The badge and the tracker say the same."


@pytest.fixture
def driver(organisation: Organisation, account_of: Callable[..., Account]) -> Account:
    account = account_of("driver")
    with speaking_for(organisation.pk):
        Person.objects.create(organisation=organisation, first_name="Noor", last_name="Fictief", account=account)
    return account


@pytest.fixture
def contest(organisation: Organisation, driver: Account) -> Contest:
    month = clock.today().replace(day=1)
    with speaking_for(organisation.pk):
        return contests.contest(organisation.pk, driver, month, None, "I was there until five.")


def asked(organisation: Organisation, account: Account, identity: Identity = Identity.SESSION) -> Correction:
    """One correction of a request to correct something."""
    given = receiving.Asked(
        channel=Channel.PAGE, right="rectification", words="Wrong.", account=account.pk, identity=identity
    )
    with speaking_for(organisation.pk):
        return rectifying.ask(receiving.receive(organisation.pk, given), "trip", "16/11", "42 km", "12 km")


def body(one: Contest, accept: bool = False, reason: str = WHY) -> dict[str, Any]:
    return {"act": "contest", "contest": one.pk, "person": str(one.person_id), "accept": accept, "reason": reason}


def test_contested_hours_are_answered_once_and_the_driver_reads_it(
    contest: Contest, driver: Account, client_of: Callable[..., Client]
) -> None:
    office = client_of("manager")
    (told,) = office.get("/manager/waiting.json").json()["contests"]
    assert (told["name"], told["reason"]) == ("Noor Fictief", "I was there until five.")
    assert office.get(told["url"]).status_code == 200
    first, again = act(office, body(contest), "k-1"), act(office, body(contest), "k-1")
    assert (first.status_code, again.status_code) == (201, 201)
    late = act(client_of("owner"), body(contest), "k-2")
    assert (late.status_code, late.json()["title"]) == (409, "Somebody else answered this first.")
    assert office.get("/manager/waiting.json").json()["contests"] == []
    mine = Client(SERVER_NAME="localhost")
    mine.force_login(driver)
    assert WHY in mine.get("/my/hours/").content.decode()
    first_page = mine.get("/driver/").content.decode()
    assert WHY in first_page
    assert f"/my/hours/?month={contest.month:%Y-%m}" in first_page


def test_an_answer_that_stood_ready_is_read_in_the_language_of_whoever_reads_it(
    contest: Contest, driver: Account, client_of: Callable[..., Client], organisation: Organisation
) -> None:
    Account.objects.filter(pk=driver.pk).update(language="nl")
    office = client_of("manager")
    wrong = body(contest, reason="") | {"ready": "added"}
    assert act(office, wrong).status_code == 422, "said of hours that were corrected"
    assert act(office, wrong | {"ready": "unknown"}).status_code == 422
    assert act(office, body(contest, reason="whatever the phone shows") | {"ready": "badge"}).status_code == 201
    with translation.override("nl"):
        dutch = translation.gettext(WHY)
    assert dutch != WHY
    mine = Client(SERVER_NAME="localhost")
    mine.force_login(driver)
    for language, words in (("nl", dutch), ("en", WHY)):
        Account.objects.filter(pk=driver.pk).update(language=language)
        for page in ("/my/hours/", "/driver/"):
            assert words in mine.get(page, headers={"Accept-Language": language}).content.decode(), (page, language)
    with speaking_for(organisation.pk):
        assert Contest.objects.get(pk=contest.pk).answer == dutch, "a copy of his data has it in his language"


def test_a_reason_that_stood_ready_is_read_in_the_language_of_whoever_reads_it(
    organisation: Organisation, driver: Account, client_of: Callable[..., Client]
) -> None:
    Account.objects.filter(pk=driver.pk).update(language="fr")
    one, owner = asked(organisation, driver), client_of("owner")
    case = owner.get("/manager/waiting.json").json()["requests"][0]["url"]
    given = {"act": "correction", "correction": one.pk, "accept": False, "reason": "whatever the phone shows"}
    assert act(owner, given | {"ready": "badge"}).status_code == 422, "one of hours"
    assert act(owner, given | {"ready": "agrees"}).status_code == 201
    english = str(REASONS["agrees"])
    with translation.override("fr"):
        french = str(REASONS["agrees"])
    assert french != english
    mine = Client(SERVER_NAME="localhost")
    mine.force_login(driver)
    pages = (f"/privacy/requests/{one.case_id}/", "/driver/")
    for page in pages:
        assert french in mine.get(page, headers={"Accept-Language": "fr"}).content.decode()
    assert english in owner.get(case).content.decode()
    with speaking_for(organisation.pk):
        assert Correction.objects.get(pk=one.pk).reason == french, "a copy of his data has it in his language"


def test_hours_are_not_called_corrected_while_they_are_what_they_were(
    contest: Contest, client_of: Callable[..., Client]
) -> None:
    office = client_of("manager")
    assert act(office, body(contest, accept=True)).status_code == 422
    assert act(office, body(contest, reason="no")).status_code == 422, "a reason that says nothing"
    assert act(office, body(contest) | {"accept": "yes"}).status_code == 422
    assert len(office.get("/manager/waiting.json").json()["contests"]) == 1


def test_only_managers_of_the_organisation_answer(
    contest: Contest, client_of: Callable[..., Client], other_organisation: Organisation
) -> None:
    planner, stranger = client_of("planner"), client_of("owner", other_organisation)
    assert planner.get("/manager/waiting.json").json()["contests"] == []
    assert act(planner, body(contest)).status_code == 403
    assert stranger.get("/manager/waiting.json").json()["contests"] == []
    assert act(stranger, body(contest)).status_code == 404


def test_what_is_taken_back_meanwhile_is_not_answered(
    contest: Contest, driver: Account, organisation: Organisation, client_of: Callable[..., Client]
) -> None:
    with speaking_for(organisation.pk):
        contests.withdraw(organisation.pk, driver, contest.pk)
    answer = act(client_of("manager"), body(contest))
    assert (answer.status_code, "taken back" in answer.json()["title"]) == (409, True)


def test_a_correction_is_decided_by_those_who_answer_requests(
    organisation: Organisation, driver: Account, client_of: Callable[..., Client]
) -> None:
    one = asked(organisation, driver)
    given = {"act": "correction", "correction": one.pk, "accept": False, "reason": WHY}
    owner, manager = client_of("owner"), client_of("manager")
    (told,) = owner.get("/manager/waiting.json").json()["requests"]
    assert (told["known"], told["corrections"][0]["id"]) == (True, one.pk)
    assert act(manager, given).status_code == 403
    assert act(owner, given | {"reason": "No."}).status_code == 422, "words that the person understands"
    assert act(owner, given, "k").status_code == act(owner, given, "k").status_code == 201
    late = act(owner, given | {"accept": True})
    assert (late.status_code, late.json()["title"]) == (409, "Somebody else decided this first.")
    (told,) = owner.get("/manager/waiting.json").json()["requests"]
    assert told["corrections"] == [], "the answer itself is still to be sent"
    mine = Client(SERVER_NAME="localhost")
    mine.force_login(driver)
    assert WHY in mine.get(f"/privacy/requests/{one.case_id}/").content.decode()
    assert f"/privacy/requests/{one.case_id}/" in mine.get("/driver/").content.decode()


def test_who_asks_has_to_be_known_first_and_nothing_is_decided_of_a_closed_request(
    organisation: Organisation, driver: Account, client_of: Callable[..., Client]
) -> None:
    owner, one = client_of("owner"), asked(organisation, driver, Identity.NONE)
    given = {"act": "correction", "correction": one.pk, "accept": True}
    assert owner.get("/manager/waiting.json").json()["requests"][0]["known"] is False
    assert act(owner, given).status_code == 422
    with speaking_for(organisation.pk):
        Case.objects.filter(pk=one.case_id).update(identity=Identity.SESSION, state="withdrawn", closed_at=clock.now())
    assert act(owner, given).status_code == 409


def test_another_tenants_correction_is_not_found(
    organisation: Organisation, driver: Account, other_organisation: Organisation, client_of: Callable[..., Client]
) -> None:
    one = asked(organisation, driver)
    stranger = client_of("owner", other_organisation)
    assert act(stranger, {"act": "correction", "correction": one.pk, "accept": True}).status_code == 404
