"""REST operations of messages between the office and drivers. A driver sees the own thread; a token is the office."""

from __future__ import annotations

from datetime import datetime
from typing import Any, cast

from django.http import HttpRequest
from ninja import Query, Router, Schema
from pydantic import Field

from allconnects.accounts.access import ApiAuth, TenantRequest, at_least
from allconnects.accounts.models import Account, Role
from allconnects.products.live_connects import messages
from allconnects.products.live_connects.models import MESSAGE_MOST, Message
from allconnects.telemetry.api import ERRORS, WITH_404, Problem

router = Router(tags=["messages"])
READ, WRITE = "messages:read", "messages:write"
INVALID = {**WITH_404, 422: Problem}
Id = int


class ThreadOut(Schema):
    """A driver with the last message. ``unread``: how many of the driver's the office has not read."""

    driver: int
    name: str
    text: str | None
    at: datetime | None
    from_driver: bool
    unread: int


class MessageOut(Schema):
    """One message. ``sender``: null for a program of the office. ``read_at``: when the other side had it first."""

    id: int
    driver: int
    sender: int | None
    from_driver: bool
    text: str
    at: datetime
    read_at: datetime | None


class MessageIn(Schema):
    """What to write. ``client_id``: chosen by you; the same again stands there once."""

    text: str = Field(min_length=1, max_length=MESSAGE_MOST)
    client_id: str = Field(min_length=8, max_length=40)


class Wanted(Schema):
    """The latest messages, or the first behind the id ``after``."""

    after: int = Field(default=0, ge=0, lt=2**63)
    limit: int = Field(default=100, ge=1, le=500)


class Upto(Schema):
    """Up to which message the other side's are read; all without."""

    upto: int | None = Field(default=None, ge=1, lt=2**63)


class Count(Schema):
    """How many."""

    count: int


def _request(request: HttpRequest) -> TenantRequest:
    return cast(TenantRequest, request)


def _account(request: HttpRequest) -> Account | None:
    """Who is signed in; None for a program."""
    found = _request(request)
    return found.user if found.token_scopes is None and isinstance(found.user, Account) else None


def _driver(request: HttpRequest, driver: int) -> Account:
    account = _account(request)
    if account is None:
        return messages.driver_by(driver)
    return messages.driver_of(account, _request(request).role, driver)


def _told(one: Message) -> dict[str, Any]:
    return {
        "id": one.pk, "driver": one.driver_id, "sender": one.sender_id, "from_driver": one.sender_id == one.driver_id,
        "text": one.text, "at": one.at, "read_at": one.read_at,
    }  # fmt: skip


@router.get("/messages", response={200: list[ThreadOut], **ERRORS}, auth=ApiAuth(READ), url_name="messages")
def list_threads(request: HttpRequest) -> Any:
    """Every driver with the last message, who wrote last first. A driver sees the own thread only."""
    account, role = _account(request), _request(request).role
    rows = [{name: getattr(one, name) for name in ThreadOut.model_fields} for one in messages.threads()]
    if account is None or at_least(role, messages.OFFICE):
        return rows
    return [one for one in rows if role == Role.DRIVER and one["driver"] == account.pk]


@router.get("/messages/unread", response={200: Count, **ERRORS}, auth=ApiAuth(READ), url_name="messages_unread")
def count_unread(request: HttpRequest) -> Any:
    """How many messages wait for who asks, counted to 100."""
    account = _account(request)
    return {"count": messages.unread(account, _request(request).role, program=account is None)}


@router.get(
    "/messages/{int:driver}", response={200: list[MessageOut], **INVALID}, auth=ApiAuth(READ), url_name="thread"
)
def list_messages(request: HttpRequest, driver: Id, wanted: Query[Wanted]) -> Any:
    """Messages of a thread, oldest first. Asking does not count as reading."""
    return [_told(one) for one in messages.latest(_driver(request, driver), wanted.after, wanted.limit)]


@router.post("/messages/{int:driver}", response={201: MessageOut, **INVALID}, auth=ApiAuth(WRITE), url_name="thread")
def write(request: HttpRequest, driver: Id, body: MessageIn) -> Any:
    """Write to a driver, or as a driver to the office."""
    other, organisation = _driver(request, driver), _request(request).organisation
    assert organisation is not None
    return 201, _told(messages.send(organisation, _account(request), other, body.text, body.client_id))


@router.post(
    "/messages/{int:driver}/read", response={200: Count, **INVALID}, auth=ApiAuth(WRITE), url_name="thread_read"
)
def mark_read(request: HttpRequest, driver: Id, body: Upto) -> Any:
    """What the other side wrote was read. Returns how many messages were new."""
    account, other = _account(request), _driver(request, driver)
    return {"count": messages.read(other, by_driver=account is not None and account.pk == other.pk, upto=body.upto)}
