"""AT-36: each consent is withdrawn by each route, also between making a mail and sending it; nothing is sent then."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import psycopg
import pytest
from django.core import mail as django_mail
from django.test import Client

from allconnects.accounts.models import Account
from allconnects.accounts.tenancy import speaking_for
from allconnects.kit import clock, db
from allconnects.privacy.consents import addresses, keeping, ledger, mailing, newsletter, wordings
from allconnects.privacy.consents.models import Act, Copy, Method, Subscriber, Suppressed
from tests.privacy.letters import an_address, ask, deeds, links, posting, subscribe

NEWS = {"en": {"subject": "News", "text": "Something is new."}, "nl": {"subject": "Nieuws", "text": "Iets nieuws."}}


@pytest.fixture
def mails(monkeypatch: pytest.MonkeyPatch, database: None) -> Iterator[list[Any]]:
    with posting(monkeypatch) as sent:
        yield sent


def make(purpose: str = "newsletter") -> int:
    """A mailing of its own. Returns its number."""
    texts = {**NEWS, "en": {"subject": "News", "text": an_address()}}
    with speaking_for(None):
        made, _count = mailing.make(purpose, texts)
    return made.pk


def send(email: str, mails: list[Any]) -> list[Any]:
    """Send what waits; what reached that address."""
    mails.clear()
    mailing.send_due(30)
    return [one for one in mails if one.to == [email]]


def copy_of(number: int, reader: Subscriber | Any) -> Copy:
    return Copy.objects.get(mailing_id=number, subscriber_id=reader.key)


def ticket_of(client: Client, path: str) -> str:
    page = client.get(path).content.decode()
    return page.split('name="ticket" value="')[1].split('"')[0]


ROUTES = ("one_click", "mail_link", "form", "page", "staff")


def withdraw(route: str, email: str, out: str, client_of: Callable[..., Client], account: Account | None) -> None:
    stranger = Client(SERVER_NAME="localhost")
    if route == "one_click":
        assert stranger.post(out, {"List-Unsubscribe": "One-Click"}).status_code == 200
    elif route == "mail_link":
        assert stranger.get(out).status_code == 200
        assert ledger.allowed(addresses.subject(email), "newsletter"), "looking is not withdrawing"
        assert stranger.post(out).status_code == 200
    elif route == "form":
        given = {"ticket": ticket_of(stranger, "/newsletter/"), "email": f" {email.upper()} ", "deed": "stop"}
        assert stranger.post("/newsletter/", given).status_code == 200
    elif route == "page":
        client = Client(SERVER_NAME="localhost")
        assert account is not None
        client.force_login(account)
        given = {"ticket": ticket_of(client, "/privacy/consents/"), "purpose": "newsletter", "deed": "withdraw"}
        assert client.post("/privacy/consents/change/", given).status_code == 302
    else:
        with speaking_for(None):
            newsletter.withdraw(addresses.hashed(email), None, method=Method.STAFF, origin="mail", language="nl")


@pytest.mark.parametrize("route", ROUTES)
def test_at_36_withdrawn_by_any_route_between_making_and_sending_nothing_is_sent(
    route: str, mails: list[Any], client_of: Callable[..., Client], account_of: Callable[..., Account]
) -> None:
    account = account_of("driver")
    email = account.email
    reader = subscribe(email, "newsletter")
    first = make()
    (letter,) = send(email, mails)
    (out,) = links(letter.extra_headers["List-Unsubscribe"].strip("<>"))
    second = make()
    withdraw(route, email, out, client_of, account)
    assert send(email, mails) == []
    assert not ledger.allowed(addresses.subject(email), "newsletter")
    assert [deed for _purpose, deed, _method in deeds(email)] == ["given", "withdrawn"], "history is kept"
    assert not Copy.objects.filter(mailing_id__in=(first, second), subscriber_id=reader.key).exists()
    assert not Subscriber.objects.filter(address_hash=reader.address_hash).exists(), "the address went with its consent"


def test_at_36_one_purpose_is_withdrawn_and_the_other_stays(mails: list[Any]) -> None:
    email = an_address()
    reader = subscribe(email, "newsletter", "research")
    news, question = make("newsletter"), make("research")
    with speaking_for(None):
        newsletter.withdraw(reader.address_hash, "newsletter", method=Method.ONE_CLICK, origin="t", language="en")
    assert len(send(email, mails)) == 1
    assert (copy_of(news, reader).outcome, copy_of(question, reader).outcome) == ("dropped", "sent")
    assert not Suppressed.objects.filter(address_hash=reader.address_hash).exists()


def test_at_36_taking_back_takes_no_more_steps_than_giving(
    mails: list[Any], account_of: Callable[..., Account]
) -> None:
    """Each page asked for and each button pressed is a step. By the page: give is button, mail, button; by mail too."""
    account = account_of("driver")
    client = Client(SERVER_NAME="localhost")
    client.force_login(account)
    steps = {"give": 0, "withdraw": 0}

    def step(which: str, method: str, path: str, **given: Any) -> Any:
        steps[which] += 1
        answer = getattr(client, method)(path, given)
        assert answer.status_code in (200, 302)
        return answer

    ticket = step("give", "get", "/privacy/consents/").content.decode().split('name="ticket" value="')[1].split('"')[0]
    step("give", "post", "/privacy/consents/change/", ticket=ticket, purpose="newsletter", deed="give")
    (path,) = links(mails.pop().body)
    step("give", "get", path)
    step("give", "post", path)
    assert ledger.allowed(addresses.subject(account.email), "newsletter")
    ticket = step("withdraw", "get", "/privacy/consents/").content.decode().split('"ticket" value="')[1].split('"')[0]
    step("withdraw", "post", "/privacy/consents/change/", ticket=ticket, purpose="newsletter", deed="withdraw")
    assert not ledger.allowed(addresses.subject(account.email), "newsletter")
    assert steps["withdraw"] <= steps["give"]


def test_at_36_a_consent_runs_out_and_is_asked_again(mails: list[Any], account_of: Callable[..., Account]) -> None:
    account = account_of("driver")
    subscribe(account.email, "research")
    later = datetime.now(UTC) + timedelta(days=370)
    client = Client(SERVER_NAME="localhost")
    with clock.at(later):
        client.force_login(account)
        assert not ledger.allowed(addresses.subject(account.email), "research")
        assert "Run out" in client.get("/privacy/consents/", HTTP_ACCEPT_LANGUAGE="en").content.decode()
        make("research")
        assert send(account.email, mails) == []


def test_at_36_closing_an_account_stops_every_mail(mails: list[Any], account_of: Callable[..., Account]) -> None:
    account, deleted = account_of("driver"), account_of(None)
    subscribe(account.email, "newsletter")
    subscribe(deleted.email, "newsletter")
    make()
    with speaking_for(None):
        account.is_active = False
        account.save(update_fields=["is_active"])
        newsletter.end(deleted.email)
    assert send(account.email, mails) == []
    assert send(deleted.email, mails) == []
    assert deeds(account.email)[-1] == ("newsletter", "withdrawn", "closed")


def test_at_36_an_account_closed_past_the_program_is_noticed_before_sending(
    mails: list[Any], account_of: Callable[..., Account], owner_connection: psycopg.Connection[Any]
) -> None:
    account = account_of("driver")
    reader = subscribe(account.email, "newsletter")
    number = make()
    owner_connection.execute("UPDATE accounts_account SET is_active = false WHERE id = %s", (account.pk,))
    assert send(account.email, mails) == []
    assert copy_of(number, reader).outcome == "dropped"


def test_at_36_words_are_kept_as_they_were_shown_with_their_hash(mails: list[Any]) -> None:
    email = an_address()
    subscribe(email, "newsletter", language="fr")
    (act,) = ledger.history(addresses.subject(email))
    asked = wordings.purpose("newsletter")
    assert act.wording.text == asked.texts["fr"]
    assert act.wording_id == asked.digest("fr") != asked.digest("nl")
    assert (act.wording.language, act.wording.controller) == ("fr", asked.controller)


def test_at_36_the_ledger_only_grows(mails: list[Any], owner_connection: psycopg.Connection[Any]) -> None:
    email = an_address()
    subscribe(email, "newsletter")
    for statement in (
        "UPDATE privacy_consents_act SET deed = 'refused' WHERE subject = %s",
        "DELETE FROM privacy_consents_act WHERE subject = %s",
        "UPDATE privacy_consents_wording SET text = %s",
    ):
        with pytest.raises(psycopg.errors.RestrictViolation):
            owner_connection.execute(statement, (addresses.subject(email),))


def test_at_36_what_was_never_confirmed_goes_after_a_week(mails: list[Any]) -> None:
    email = an_address()
    ask(email, "newsletter")
    with db.connect("worker", autocommit=True) as connection:
        keeping.keep(connection)
        assert Subscriber.objects.filter(address_hash=addresses.hashed(email)).exists()
        with clock.at(datetime.now(UTC) + timedelta(days=8)):
            keeping.keep(connection)
    assert not Subscriber.objects.filter(address_hash=addresses.hashed(email)).exists()
    assert deeds(email) == []


def test_at_36_a_mail_server_that_is_away_is_tried_again(mails: list[Any], monkeypatch: pytest.MonkeyPatch) -> None:
    email = an_address()
    reader = subscribe(email, "newsletter")
    number = make()

    def refuse(*_args: Any, **_named: Any) -> int:
        raise OSError

    with monkeypatch.context() as patch:
        patch.setattr(django_mail.EmailMessage, "send", refuse)
        mailing.send_due(30)
    assert (copy_of(number, reader).outcome, copy_of(number, reader).attempts) == ("waiting", 1)
    with clock.at(datetime.now(UTC) + timedelta(minutes=20)):
        assert len(send(email, mails)) == 1
    assert Act.objects.filter(subject=addresses.subject(email)).count() == 1
