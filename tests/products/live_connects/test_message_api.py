"""Messages by API, counted in the navigation, and announced by mail when nobody reads them."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.core import mail
from django.test import Client

from allconnects.accounts.tenancy import speaking_for
from allconnects.kit import clock, config

Program = Callable[..., Any]


@pytest.fixture
def program(token_of: Callable[..., str]) -> Program:
    """``program(method, path, body, scopes)``: what a program with a token gets."""
    tokens: dict[tuple[str, ...], str] = {}

    def ask(method: str, path: str, body: Any = None, *scopes: str) -> Any:
        wanted = scopes or ("messages:read", "messages:write")
        token = tokens.setdefault(wanted, token_of(list(wanted)))
        client = Client(SERVER_NAME="localhost")
        headers = {"Authorization": f"Bearer {token}"}
        more = {} if body is None else {"data": body, "content_type": "application/json"}
        return getattr(client, method)(f"/api/v1/messages{path}", headers=headers, **more)

    return ask


def signed_in(account: Any) -> Client:
    client = Client(SERVER_NAME="localhost")
    client.force_login(account)
    return client


def test_a_program_writes_and_a_driver_reads_and_replies(program: Program, account_of: Callable[..., Any]) -> None:
    driver, planner = account_of("driver"), account_of("planner")
    body = {"text": "Gate 3, please", "client_id": "order-4711"}
    first, again = (program("post", f"/{driver.pk}", body) for _ in range(2))
    assert (first.status_code, first.json()["sender"]) == (201, None)
    assert again.json()["id"] == first.json()["id"]
    cab, office = signed_in(driver), signed_in(planner)
    assert cab.get("/messages/unread.json").json() == {"count": 1}
    assert office.get("/messages/unread.json").json() == {"count": 0}
    own = f"/api/v1/messages/{driver.pk}"
    assert [one["text"] for one in cab.get(own).json()] == ["Gate 3, please"]
    assert cab.get("/messages/unread.json").json() == {"count": 1}, "asking is not reading"
    assert program("get", f"/{driver.pk}").json()[0]["read_at"] is None
    assert "A program of the office" in office.get(f"/messages/{driver.pk}/").content.decode()
    assert cab.post(f"{own}/read", "{}", content_type="application/json").json() == {"count": 1}
    assert cab.get("/messages/unread.json").json() == {"count": 0}
    reply = cab.post(own, {"text": "On my way", "client_id": "12345678"}, content_type="application/json")
    assert reply.json()["from_driver"] is True
    assert office.get("/messages/unread.json").json() == {"count": 1}
    (thread,) = program("get", "").json()
    assert (thread["driver"], thread["unread"], thread["text"]) == (driver.pk, 1, "On my way")
    later = program("get", f"/{driver.pk}?after={first.json()['id']}").json()
    assert [one["text"] for one in later] == ["On my way"]
    assert program("get", "/unread").json() == {"count": 1}


def test_a_driver_sees_no_other_thread_and_scopes_hold(
    program: Program, account_of: Callable[..., Any], other_organisation: Any
) -> None:
    one, two, viewer = account_of("driver"), account_of("driver"), account_of("viewer")
    foreign = account_of("driver", other_organisation)
    cab = signed_in(one)
    assert [thread["driver"] for thread in cab.get("/api/v1/messages").json()] == [one.pk]
    assert cab.get(f"/api/v1/messages/{two.pk}").status_code == 404
    assert signed_in(viewer).get("/api/v1/messages").json() == []
    assert program("get", f"/{foreign.pk}").status_code == 404
    assert program("post", f"/{one.pk}", {"text": "x", "client_id": "12345678"}, "messages:read").status_code == 403
    assert program("post", f"/{one.pk}", {"text": " ", "client_id": "12345678"}).status_code == 422


def test_what_nobody_reads_is_announced_once_by_mail_without_its_words(
    organisation: Any, account_of: Callable[..., Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    from allconnects.products.live_connects import message_mail, messages

    known = dataclasses.replace(config.current(), email_url="smtp://localhost:25", message_mail_minutes=15)
    monkeypatch.setattr(config, "current", lambda: known)
    driver, planner, manager = account_of("driver"), account_of("planner"), account_of("manager")
    noon = clock.now()

    def round_at(moment: Any) -> list[tuple[list[str], str]]:
        mail.outbox.clear()
        with clock.at(moment), speaking_for(organisation.pk):
            for receiver in message_mail.due(organisation.pk):
                message_mail.send(organisation.pk, receiver)
        return [(one.to, f"{one.subject} {one.body}") for one in mail.outbox]

    with clock.at(noon), speaking_for(organisation.pk):
        messages.send(organisation, driver, driver, "I am lost", "client-0001")
    assert round_at(noon + timedelta(minutes=14)) == []
    ((to, words),) = round_at(noon + timedelta(minutes=15))
    assert to == [manager.email], "nobody wrote to this driver yet"
    assert "lost" not in words
    assert "/messages/" in words
    assert round_at(noon + timedelta(minutes=16)) == [], "once"
    with clock.at(noon + timedelta(minutes=20)), speaking_for(organisation.pk):
        messages.send(organisation, planner, driver, "Turn left", "client-0002")
        messages.send(organisation, planner, driver, "Then right", "client-0003")
    ((to, words),) = round_at(noon + timedelta(minutes=40))
    assert to == [driver.email]
    assert words.startswith("2 messages")
    with clock.at(noon + timedelta(minutes=41)), speaking_for(organisation.pk):
        messages.thread(driver, driver)
        messages.send(organisation, driver, driver, "Found it", "client-0004")
    ((to, _words),) = round_at(noon + timedelta(minutes=60))
    assert to == [planner.email], "who wrote last"
