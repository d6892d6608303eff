"""REST operations of targets: where positions go, how far they are, what is wrong."""

from __future__ import annotations

from datetime import datetime
from typing import Any, Literal, cast

from django.http import HttpRequest
from ninja import Router, Schema
from pydantic import Field

from allconnects.accounts.access import ApiAuth, TenantRequest
from allconnects.accounts.models import Organisation
from allconnects.integrations.forwarding import services
from allconnects.integrations.forwarding.models import Target
from allconnects.telemetry.api import ERRORS, INVALID, WITH_404, Problem

router = Router(tags=["forwarding"])
CHANGED = {**WITH_404, 422: Problem}
KINDS = Literal["mqtt", "nats", "http"]


class TargetIn(Schema):
    """A broker or server. ``topic`` holds ``{device}``; ``filter``: which devices, as rules of alerts name them."""

    name: str = Field(max_length=100)
    kind: KINDS
    url: str = Field(max_length=500)
    topic: str = Field(default="", max_length=200)
    username: str = Field(default="", max_length=100)
    password: str = Field(default="", max_length=500)
    filter: dict[str, Any] = {}


class TargetChange(Schema):
    """What is left out stays. ``enabled``: false rests, true goes on with what came meanwhile."""

    name: str | None = Field(default=None, max_length=100)
    kind: KINDS | None = None
    url: str | None = Field(default=None, max_length=500)
    topic: str | None = Field(default=None, max_length=200)
    username: str | None = Field(default=None, max_length=100)
    password: str | None = Field(default=None, max_length=500)
    filter: dict[str, Any] | None = None
    enabled: bool | None = None


class TargetOut(Schema):
    """A target without its password.

    ``sent_to``: receipt up to which everything was handed over; ``failing_since`` and ``error``: since when and why
    nothing is; ``skipped_s``: what was gone before it could be reached again.
    """

    id: int
    name: str
    kind: KINDS
    url: str
    topic: str
    username: str
    filter: dict[str, Any]
    enabled: bool
    sent: int
    sent_to: datetime
    failing_since: datetime | None
    error: str
    skipped_s: float
    created_at: datetime


class Tried(Schema):
    """Whether a test message was taken, else why not."""

    arrived: bool
    error: str


def _organisation(request: HttpRequest) -> Organisation:
    organisation = cast(TenantRequest, request).organisation
    assert organisation is not None
    return organisation


def _told(one: Target) -> dict[str, Any]:
    shown = {name: getattr(one, name, None) for name in TargetOut.model_fields}
    return {**shown, "skipped_s": one.skipped.total_seconds() if one.skipped else 0.0}


@router.get(
    "/forwarding", response={200: list[TargetOut], **ERRORS}, auth=ApiAuth("forwarding:read"), url_name="forwarding"
)
def list_targets(request: HttpRequest) -> Any:
    """All targets, by name; ten at most."""
    return [_told(one) for one in services.targets()]


@router.post(
    "/forwarding", response={201: TargetOut, **INVALID}, auth=ApiAuth("forwarding:write"), url_name="forwarding"
)
def add_target(request: HttpRequest, body: TargetIn) -> Any:
    """A new target; what is received from now on goes there."""
    return 201, _told(services.add(_organisation(request), body.dict()))


@router.get(
    "/forwarding/{int:target}", response={200: TargetOut, **WITH_404}, auth=ApiAuth("forwarding:read"),
    url_name="forwarding_target",
)  # fmt: skip
def one_target(request: HttpRequest, target: int) -> Any:
    """One target."""
    return _told(services.target(target))


@router.patch(
    "/forwarding/{int:target}", response={200: TargetOut, **CHANGED}, auth=ApiAuth("forwarding:write"),
    url_name="forwarding_target",
)  # fmt: skip
def change_target(request: HttpRequest, target: int, body: TargetChange) -> Any:
    """Change a target, let it rest, or let it go on."""
    given = {name: value for name, value in body.dict(exclude_unset=True).items() if value is not None}
    return _told(services.change(target, given))


@router.delete(
    "/forwarding/{int:target}", response={204: None, **WITH_404}, auth=ApiAuth("forwarding:write"),
    url_name="forwarding_target",
)  # fmt: skip
def delete_target(request: HttpRequest, target: int) -> Any:
    """Forward nothing there any more."""
    services.remove(target)
    return 204, None


@router.post(
    "/forwarding/{int:target}/test", response={200: Tried, **WITH_404}, auth=ApiAuth("forwarding:write"),
    url_name="forwarding_test",
)  # fmt: skip
def test_target(request: HttpRequest, target: int) -> Any:
    """Send one message that is marked as a test (`attributes.test`), and say whether it was taken."""
    error = services.test(target)
    return {"arrived": not error, "error": error}
