"""AT-39: every mail to many can be stopped by one click, and who stopped is not written to again, whatever happens."""

from __future__ import annotations

import io
import re
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import psycopg
import pytest
from django.test import Client

import allconnects
from allconnects.accounts.tenancy import speaking_for
from allconnects.kit.errors import InvalidInput
from allconnects.privacy.consents import addresses, ledger, mailing, moving, newsletter
from allconnects.privacy.consents.models import Copy, Method, Subscriber, Suppressed
from tests.privacy.letters import HOST, an_address, links, posting, subscribe

MAIL_CODE = {
    "accounts/adapters.py": "about signing in, on what the account itself did",
    "accounts/mail.py": "asked for by a colleague: one invitation",
    "alerts/delivery/send.py": "asked for by the receiver's own rules",
    "billing/sending.py": "an invoice to whom it is for",
    "products/fleet_driver/bulk.py": "to who answers for data protection: somebody read about many people",
    "products/live_connects/message_mail.py": "that a colleague wrote and it was not read",
    "reports/mailing.py": "a report that a manager set up for a member; can be stopped by one click too",
    "privacy/registry/jobs.py": "how the use of one's data changes: has to be told",
    "privacy/offboarding/answer.py": "to who had the organisation leave: what went, what stays and why",
    "privacy/consents/newsletter.py": "the one mail that asks for confirmation",
    "privacy/consents/mailing.py": "to many",
}
"""Every place of the program that makes a mail, and what kind it is. A new one has to be put here."""
TO_MANY = {"privacy/consents/mailing.py", "reports/mailing.py"}
WORDS = "I want to get news about the platform by e-mail."


@pytest.fixture
def mails(monkeypatch: pytest.MonkeyPatch, database: None) -> Iterator[list[Any]]:
    with posting(monkeypatch) as sent:
        yield sent


def make(purpose: str, text: str) -> None:
    with speaking_for(None):
        mailing.make(purpose, {"en": {"subject": "News", "text": text}})


def test_at_39_every_place_that_makes_a_mail_is_known() -> None:
    root = Path(allconnects.__file__).parent
    made = {
        str(path.relative_to(root)): path.read_text("utf-8")
        for path in root.rglob("*.py")
        if re.search(r"\b(EmailMessage|EmailMultiAlternatives|send_mail|send_mass_mail)\(", path.read_text("utf-8"))
    }
    assert set(MAIL_CODE) - set(made) == set(), "these make no mail any more"
    unknown = {path for path in made if path not in MAIL_CODE and not path.startswith("privacy/requests/")}
    assert unknown == set(), "say here what kind of mail this is"
    for path in TO_MANY:
        assert '"List-Unsubscribe-Post": "List-Unsubscribe=One-Click"' in made[path]


@pytest.mark.parametrize("purpose", ["newsletter", "research"])
def test_at_39_each_mail_to_many_carries_the_way_out(purpose: str, mails: list[Any]) -> None:
    email = an_address()
    subscribe(email, purpose)
    make(purpose, email)
    mailing.send_due(30)
    (letter,) = [one for one in mails if one.to == [email]]
    sent = letter.message()
    assert sent["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
    (url,) = re.fullmatch(r"<(https://\S+)>", sent["List-Unsubscribe"].replace("\n", "")).groups()  # type: ignore[union-attr]
    assert url.startswith(HOST)
    assert url in letter.body
    assert email not in url
    bare = Client(SERVER_NAME="localhost", enforce_csrf_checks=True)  # without a cookie, as a mail program posts
    answer = bare.post(url.removeprefix(HOST), "List-Unsubscribe=One-Click", "application/x-www-form-urlencoded")
    assert answer.status_code == 200
    assert not ledger.allowed(addresses.subject(email), purpose)


def test_at_39_no_mail_goes_where_no_https_link_could_stop_it(mails: list[Any], monkeypatch: Any) -> None:
    from dataclasses import replace

    from allconnects.kit import config

    for other in ("", "http://fleet.example.org"):
        settings = replace(config.current(), public_url=other)
        with monkeypatch.context() as patch:
            patch.setattr(config, "current", lambda found=settings: found)
            with pytest.raises(InvalidInput, match="https"):
                make("newsletter", an_address())


def test_at_39_a_suppressed_address_stays_so_after_erasure_and_import(
    mails: list[Any], owner_connection: psycopg.Connection[Any]
) -> None:
    email = an_address()
    reader = subscribe(email, "newsletter")
    with speaking_for(None):
        newsletter.withdraw(reader.address_hash, None, method=Method.ONE_CLICK, origin="t", language="en")
    # Erasure leaves nothing of the person but the keyed hash.
    owner_connection.execute("DELETE FROM privacy_consents_subscriber WHERE email = %s", (email,))
    table = f"email,language,purpose,given_on,words\n{email.upper()},en,newsletter,2026-11-01,{WORDS}\n"
    with speaking_for(None):
        assert moving.move_in(io.StringIO(table)) == {"suppressed": 1}
    make("newsletter", email)
    mailing.send_due(30)
    assert [one for one in mails if one.to == [email]] == []
    assert email not in str(list(Suppressed.objects.values_list()))


def test_at_39_only_the_owner_of_the_address_ends_a_suppression(mails: list[Any]) -> None:
    email = an_address()
    with speaking_for(None):
        ledger.suppress(addresses.hashed(email), "objected")
    subscribe(email, "newsletter")
    assert ledger.allowed(addresses.subject(email), "newsletter")


def test_at_39_an_import_takes_only_what_can_be_shown(mails: list[Any]) -> None:
    fresh, old = an_address(), an_address()
    day = (datetime.now(UTC) - timedelta(days=30)).date()
    head = "email,language,purpose,given_on,words\n"
    with speaking_for(None):
        rows = f"{fresh},nl,newsletter,{day},{WORDS}\n{old},nl,newsletter,2020-01-01,{WORDS}\n"
        assert moving.move_in(io.StringIO(head + rows)) == {"taken": 1, "run_out": 1}
        assert moving.move_in(io.StringIO(head + rows)) == {"known": 1, "run_out": 1}
    (act,) = ledger.history(addresses.subject(fresh))
    assert (act.method, act.wording.text) == ("moved", WORDS)
    for wrong in (
        f"{an_address()},nl,newsletter,{day},\n", f"nobody,nl,newsletter,{day},{WORDS}\n",
        f"{an_address()},nl,advertising,{day},{WORDS}\n", f"{an_address()},xx,newsletter,{day},{WORDS}\n",
        f"{an_address()},nl,newsletter,2999-01-01,{WORDS}\n", f"{an_address()},nl\n",
    ):  # fmt: skip
        also = an_address()
        good = f"{also},nl,newsletter,{day},{WORDS}\n"
        with pytest.raises(InvalidInput, match="line 3"), speaking_for(None):
            moving.move_in(io.StringIO(head + good + wrong))
        assert not Subscriber.objects.filter(address_hash=addresses.hashed(also)).exists(), "whole or not at all"


def test_at_39_a_mailing_is_sent_once(mails: list[Any]) -> None:
    email = an_address()
    reader = subscribe(email, "newsletter")
    make("newsletter", email)
    with pytest.raises(InvalidInput, match="before"):
        make("newsletter", email)
    mailing.send_due(30)
    mailing.send_due(30)
    assert len([one for one in mails if one.to == [email]]) == 1
    assert Copy.objects.filter(subscriber_id=reader.key).count() == 1
    assert links(mails[-1].body)
