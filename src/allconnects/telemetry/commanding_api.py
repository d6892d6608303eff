"""REST operations of commands to devices."""

from __future__ import annotations

from datetime import datetime
from typing import Any, Literal, cast

from django.http import HttpRequest
from ninja import Router, Schema
from pydantic import Field

from allconnects.accounts.access import ApiAuth, TenantRequest
from allconnects.accounts.models import Account
from allconnects.telemetry import commanding
from allconnects.telemetry.api import WITH_404, Problem
from allconnects.telemetry.commands import Command

router = Router(tags=["commands"])


class CommandIn(Schema):
    """What a device shall run. ``confirm``: its identifier, repeated. ``within_min``: how long to wait for it."""

    text: str = Field(min_length=1, max_length=200)
    confirm: str = Field(max_length=100)
    within_min: int = 60


class CommandOut(Schema):
    """A command and what came of it."""

    id: int
    text: str
    state: Literal["queued", "sent", "answered", "expired", "cancelled"]
    created_at: datetime
    expires_at: datetime
    sent_at: datetime | None
    done_at: datetime | None
    reply: str


def _shown(command: Command) -> dict[str, Any]:
    return {name: getattr(command, name) for name in CommandOut.model_fields}


@router.get(
    "/devices/{int:device}/commands", response={200: list[CommandOut], **WITH_404}, auth=ApiAuth("commands:read"),
    url_name="commands",
)  # fmt: skip
def commands(request: HttpRequest, device: int) -> Any:  # noqa: ARG001
    """The latest 50 commands to a device, newest first."""
    return [_shown(one) for one in commanding.commands_of(device)]


@router.post(
    "/devices/{int:device}/commands", response={201: CommandOut, **WITH_404, 422: Problem},
    auth=ApiAuth("devices:command"), url_name="commands",
)  # fmt: skip
def send_command(request: HttpRequest, device: int, body: CommandIn) -> Any:
    """Queue a command; it is sent once, when the device is connected."""
    asks = cast(TenantRequest, request)
    assert asks.organisation is not None
    account = asks.user if asks.token_scopes is None and isinstance(asks.user, Account) else None
    made = commanding.queue_command(asks.organisation, account, device, body.text, body.confirm, body.within_min)
    return 201, _shown(made)


@router.delete(
    "/devices/{int:device}/commands/{int:command}", response={204: None, **WITH_404, 422: Problem},
    auth=ApiAuth("devices:command"), url_name="command",
)  # fmt: skip
def withdraw_command(request: HttpRequest, device: int, command: int) -> Any:  # noqa: ARG001
    """Take back a command that was not sent yet."""
    commanding.withdraw_command(device, command)
    return 204, None
