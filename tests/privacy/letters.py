"""Mails of consents as tests see them: sent into a list, with an https address in their links."""

from __future__ import annotations

import re
import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from typing import Any

import pytest
from django.core import mail

from allconnects.accounts.tenancy import speaking_for
from allconnects.kit import config
from allconnects.privacy.consents import addresses, newsletter
from allconnects.privacy.consents.models import Act, Subscriber

HOST = "https://fleet.example.org"


@contextmanager
def posting(monkeypatch: pytest.MonkeyPatch) -> Iterator[list[Any]]:
    """Inside, the server has a mail server and a public https address; yields the mails."""
    settings = replace(config.current(), email_url="smtp://localhost", public_url=HOST)
    monkeypatch.setattr(config, "current", lambda: settings)
    mail.outbox = []
    yield mail.outbox


def an_address() -> str:
    """Nobody's address yet."""
    return f"reader-{secrets.token_hex(6)}@example.org"


def links(text: str) -> list[str]:
    """Paths of the links of a mail."""
    return re.findall(rf"{re.escape(HOST)}(\S+?)>?(?:\s|$)", text)


def ask(email: str, *wants: str, language: str = "en") -> str:
    """Ask for news by mail. Returns the path of the confirmation's link."""
    before = len(mail.outbox)
    with speaking_for(None):
        newsletter.ask(email, list(wants), language)
    assert len(mail.outbox) == before + 1
    (path,) = links(mail.outbox.pop().body)
    return path


def subscribe(email: str, *wants: str, language: str = "en") -> Subscriber:
    """An address whose owner confirmed."""
    path = ask(email, *wants, language=language)
    with speaking_for(None):
        newsletter.confirm(path.rstrip("/").rsplit("/", 1)[1])
    return Subscriber.objects.get(address_hash=addresses.hashed(email))


def deeds(email: str) -> list[tuple[str, str, str]]:
    """Purpose, deed and method of every act about an address, oldest first."""
    rows = Act.objects.filter(subject=addresses.subject(email)).order_by("id")
    return list(rows.values_list("purpose", "deed", "method"))
