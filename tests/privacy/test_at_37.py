"""AT-37: a consent that is forged, sent twice or comes from elsewhere is turned away, and the log says so."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest
from django.test import Client

from allconnects.accounts.models import Account
from allconnects.accounts.tenancy import speaking_for
from allconnects.privacy.consents import addresses, ledger, newsletter, tickets
from allconnects.privacy.consents.models import Method, Rejection
from tests.privacy.letters import an_address, ask, deeds, posting, subscribe


@pytest.fixture
def mails(monkeypatch: pytest.MonkeyPatch, database: None) -> Iterator[list[Any]]:
    with posting(monkeypatch) as sent:
        yield sent


def rejected() -> list[str]:
    return list(Rejection.objects.order_by("id").values_list("reason", flat=True))


def ticket_of(client: Client, path: str) -> str:
    return client.get(path).content.decode().split('name="ticket" value="')[1].split('"')[0]


@pytest.fixture
def me(account_of: Callable[..., Account]) -> tuple[Account, Client]:
    account, client = account_of("driver"), Client(SERVER_NAME="localhost")
    client.force_login(account)
    return account, client


def change(client: Client, ticket: str, deed: str = "withdraw") -> int:
    given = {"ticket": ticket, "purpose": "newsletter", "deed": deed}
    return int(client.post("/privacy/consents/change/", given).status_code)


@pytest.mark.parametrize("kind", ["none", "torn", "of_somebody_else", "of_a_stranger"])
def test_at_37_a_forged_ticket_changes_nothing(
    kind: str, mails: list[Any], me: tuple[Account, Client], account_of: Callable[..., Account]
) -> None:
    account, client = me
    subscribe(account.email, "newsletter")
    good = ticket_of(client, "/privacy/consents/")
    forged = {
        "none": "", "torn": good[:-3] + "abc",
        "of_somebody_else": tickets.issue(account_of("owner").pk, {"newsletter": "x"}),
        "of_a_stranger": ticket_of(Client(SERVER_NAME="localhost"), "/newsletter/"),
    }[kind]  # fmt: skip
    before = len(rejected())
    change(client, forged)
    assert rejected()[before:] == ["forged"]
    assert [deed for _p, deed, _m in deeds(account.email)] == ["given"]


def test_at_37_a_form_sent_twice_is_turned_away(mails: list[Any], me: tuple[Account, Client]) -> None:
    account, client = me
    subscribe(account.email, "newsletter")
    ticket = ticket_of(client, "/privacy/consents/")
    change(client, ticket)
    subscribe(account.email, "newsletter")
    before = len(rejected())
    change(client, ticket)
    assert rejected()[before:] == ["replayed"]
    assert ledger.allowed(addresses.subject(account.email), "newsletter")


def test_at_37_an_old_confirmation_brings_no_withdrawn_consent_back(mails: list[Any], stranger: Client) -> None:
    email = an_address()
    path = ask(email, "newsletter")
    assert stranger.post(path).status_code == 200
    subscribe(email, "research")  # keeps the address
    with speaking_for(None):
        newsletter.withdraw(addresses.hashed(email), "newsletter", method=Method.PAGE, origin="t", language="en")
    before = len(rejected())
    assert stranger.post(path).status_code == 404
    assert rejected()[before:] == ["replayed"]
    assert not ledger.allowed(addresses.subject(email), "newsletter")


def test_at_37_a_form_of_another_site_is_turned_away(mails: list[Any], me: tuple[Account, Client]) -> None:
    account, _client = me
    subscribe(account.email, "newsletter")
    strict = Client(SERVER_NAME="localhost", enforce_csrf_checks=True)
    strict.force_login(account)
    ticket, token = ticket_of(strict, "/privacy/consents/"), strict.cookies["csrftoken"].value
    given = {"ticket": ticket, "purpose": "newsletter", "deed": "withdraw"}
    before = len(rejected())
    answer = strict.post("/privacy/consents/change/", given)
    assert answer.status_code == 403
    given["csrfmiddlewaretoken"] = token
    answer = strict.post("/privacy/consents/change/", given, HTTP_ORIGIN="https://elsewhere.example.org")
    assert answer.status_code == 403
    assert rejected()[before:] == ["cross_origin", "cross_origin"]
    assert ledger.allowed(addresses.subject(account.email), "newsletter")
    assert strict.post("/privacy/consents/change/", given).status_code == 302
    assert not ledger.allowed(addresses.subject(account.email), "newsletter")


def test_at_37_a_link_that_was_tampered_with_stops_nobody_else(mails: list[Any], stranger: Client) -> None:
    email = an_address()
    reader = subscribe(email, "newsletter")
    token = newsletter.out_token(reader, "newsletter")
    before = len(rejected())
    assert stranger.post(f"/newsletter/out/{token[:-4]}abcd/").status_code == 404
    assert rejected()[before:] == ["forged"]
    assert ledger.allowed(addresses.subject(email), "newsletter")


def test_at_37_typing_an_address_subscribes_nobody(mails: list[Any], stranger: Client) -> None:
    email = an_address()
    path = ask(email, "newsletter")
    assert stranger.get(path).status_code == 200
    assert not ledger.allowed(addresses.subject(email), "newsletter")
    assert deeds(email) == []


def test_at_37_nobody_fills_a_mailbox_by_asking_again(mails: list[Any]) -> None:
    email = an_address()
    for _each in range(6):
        with speaking_for(None):
            newsletter.ask(email, ["newsletter"], "en")
    assert len(mails) == 3
