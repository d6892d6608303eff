"""A letter goes out at most once, whatever fails; what was perhaps sent is seen, and sent again by a person only."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import replace
from datetime import timedelta
from smtplib import SMTPRecipientsRefused, SMTPServerDisconnected
from typing import Any

import pytest
from django.core import mail
from django.test import Client
from django.urls import reverse

from allconnects.accounts.models import Account, Organisation
from allconnects.accounts.tenancy import speaking_for
from allconnects.kit import clock, config
from allconnects.kit.errors import InvalidInput
from allconnects.privacy.requests import receiving, sending
from allconnects.privacy.requests.models import Channel, Identity, Letter

BACKEND = "django.core.mail.backends.locmem.EmailBackend.send_messages"


@pytest.fixture
def outbox(monkeypatch: pytest.MonkeyPatch) -> list[Any]:
    """Mails that were sent; there is a mail server."""
    set_to = replace(config.current(), email_url="smtp://localhost:1")
    monkeypatch.setattr(config, "current", lambda: set_to)
    mail.outbox = []
    return mail.outbox


@pytest.fixture
def letter(organisation: Organisation, account_of: Callable[..., Account], outbox: list[Any]) -> tuple[int, int]:
    """The receipt of a request that was just asked, waiting to be sent."""
    driver = account_of("driver")
    with speaking_for(organisation.pk):
        asked = receiving.Asked(
            right="access", account=driver.pk, identity=Identity.SESSION, channel=Channel.PAGE
        )  # fmt: skip
        case = receiving.receive(organisation.pk, asked)
        found = Letter.objects.filter(case=case, way="email").earliest("pk")
    outbox.clear()
    return organisation.pk, found.pk


def send(letter: tuple[int, int]) -> None:
    """As the worker does."""
    with speaking_for(letter[0]):
        sending.send(*letter)


def now(letter: tuple[int, int]) -> Letter:
    with speaking_for(letter[0]):
        return Letter.objects.get(pk=letter[1])


@contextmanager
def failing(monkeypatch: pytest.MonkeyPatch, what: str, error: Exception) -> Iterator[None]:
    def fail(*_args: Any, **_more: Any) -> None:
        raise error

    with monkeypatch.context() as patch:
        patch.setattr(what, fail)
        yield


def test_it_is_sent_once_however_often_the_job_runs(letter: tuple[int, int], outbox: list[Any]) -> None:
    for _ in range(3):
        send(letter)
    assert (len(outbox), now(letter).sent_at is not None, now(letter).attempts) == (1, True, 1)


def test_nothing_goes_out_of_a_transaction_that_is_thrown_away(letter: tuple[int, int], outbox: list[Any]) -> None:
    with suppress(ZeroDivisionError), speaking_for(letter[0]):
        sending.send(*letter)
        raise ZeroDivisionError
    assert (outbox, now(letter).tried_at) == ([], None)
    send(letter)
    assert len(outbox) == 1


def test_what_was_sent_and_not_written_down_is_perhaps_sent(
    letter: tuple[int, int], outbox: list[Any], monkeypatch: pytest.MonkeyPatch, client_of: Callable[..., Client]
) -> None:
    with failing(monkeypatch, "allconnects.privacy.requests.sending._posted", OSError("power cut")):
        send(letter)
    send(letter)
    assert len(outbox) == 1
    found = now(letter)
    assert (found.sent_at, found.tried_at is not None, found.unsure) == (None, True, False)
    with speaking_for(letter[0]), pytest.raises(InvalidInput):
        sending.send_again(found)  # the server may be answering at this moment
    with speaking_for(letter[0]):
        Letter.objects.filter(pk=letter[1]).update(tried_at=clock.now() - timedelta(minutes=11))
    owner = client_of("owner")
    page = owner.get(reverse("requests:case", args=[found.case_id])).content.decode()
    assert 'value="again"' in page
    owner.post(reverse("requests:act", args=[found.case_id]), {"action": "again", "letter": str(letter[1])})
    send(letter)
    assert (len(outbox), now(letter).sent_at is not None) == (2, True)


@pytest.mark.parametrize(
    ("what", "error", "unsure"),
    [
        ("django.core.mail.backends.base.BaseEmailBackend.open", ConnectionRefusedError(), False),
        (BACKEND, SMTPRecipientsRefused({}), False),
        (BACKEND, SMTPServerDisconnected(), True),
        (BACKEND, TimeoutError(), True),
    ],
    ids=["no server", "refused", "gone meanwhile", "no answer"],
)
def test_only_what_surely_did_not_go_out_is_tried_again(
    letter: tuple[int, int], outbox: list[Any], monkeypatch: pytest.MonkeyPatch, what: str, error: Exception,
    unsure: bool,
) -> None:  # fmt: skip
    with failing(monkeypatch, what, error):
        send(letter)
    assert (now(letter).tried_at is not None) is unsure
    send(letter)
    assert len(outbox) == (0 if unsure else 1)
