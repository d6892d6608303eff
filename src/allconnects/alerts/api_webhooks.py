"""REST operations of webhooks and of what was delivered."""

from __future__ import annotations

from typing import Any, cast

from django.http import HttpRequest
from ninja import Router

from allconnects.accounts.access import ApiAuth, TenantRequest
from allconnects.accounts.models import Organisation
from allconnects.alerts.delivery import webhooks
from allconnects.alerts.models import Delivery, Endpoint
from allconnects.alerts.schemas import (
    ERRORS,
    INVALID,
    WITH_404,
    DeliveryOut,
    WebhookChange,
    WebhookIn,
    WebhookOut,
    WebhookSecret,
)

router = Router(tags=["webhooks"])
Id = int


def _organisation(request: HttpRequest) -> Organisation:
    organisation = cast(TenantRequest, request).organisation
    assert organisation is not None
    return organisation


@router.get(
    "/webhooks", response={200: list[WebhookOut], **ERRORS}, auth=ApiAuth("webhooks:read"), url_name="webhooks",
    tags=["webhooks"],
)  # fmt: skip
def list_webhooks(request: HttpRequest) -> Any:
    """All webhooks, by name."""
    return [_webhook(one) for one in webhooks.endpoints()]


def _webhook(one: Endpoint) -> dict[str, Any]:
    return {name: getattr(one, name) for name in WebhookOut.model_fields}


@router.post(
    "/webhooks", response={201: WebhookSecret, **INVALID}, auth=ApiAuth("webhooks:write"), url_name="webhooks",
    tags=["webhooks"],
)  # fmt: skip
def add_webhook(request: HttpRequest, body: WebhookIn) -> Any:
    """A new webhook; its secret is in this answer and never again."""
    made, secret = webhooks.add(_organisation(request), body.name, body.url, body.events)
    return 201, {**_webhook(made), "secret": secret}


@router.patch(
    "/webhooks/{int:webhook}", response={200: WebhookOut, **WITH_404}, auth=ApiAuth("webhooks:write"),
    url_name="webhook", tags=["webhooks"],
)  # fmt: skip
def change_webhook(request: HttpRequest, webhook: Id, body: WebhookChange) -> Any:
    """Change a webhook, or switch it on again."""
    given = {name: value for name, value in body.dict(exclude_unset=True).items() if value is not None}
    return _webhook(webhooks.change(webhook, **given))


@router.delete(
    "/webhooks/{int:webhook}", response={204: None, **WITH_404}, auth=ApiAuth("webhooks:write"), url_name="webhook",
    tags=["webhooks"],
)  # fmt: skip
def delete_webhook(request: HttpRequest, webhook: Id) -> Any:
    """Remove a webhook with its log."""
    webhooks.remove(webhook)
    return 204, None


@router.post(
    "/webhooks/{int:webhook}/secret", response={200: WebhookSecret, **WITH_404}, auth=ApiAuth("webhooks:write"),
    url_name="webhook_secret", tags=["webhooks"],
)  # fmt: skip
def rotate_webhook(request: HttpRequest, webhook: Id) -> Any:
    """A new secret; the one before signs along for a day."""
    secret = webhooks.rotate(webhook)
    return {**_webhook(webhooks.endpoint(webhook)), "secret": secret}


@router.post(
    "/webhooks/{int:webhook}/test", response={202: DeliveryOut, **WITH_404}, auth=ApiAuth("webhooks:write"),
    url_name="webhook_test", tags=["webhooks"],
)  # fmt: skip
def test_webhook(request: HttpRequest, webhook: Id) -> Any:
    """Send a message that says nothing; how it went stands in the log."""
    return 202, _delivery(webhooks.test(webhook))


@router.get(
    "/alert-deliveries", response={200: list[DeliveryOut], **ERRORS}, auth=ApiAuth("webhooks:read"),
    url_name="deliveries", tags=["webhooks"],
)  # fmt: skip
def deliveries(request: HttpRequest) -> Any:
    """The latest 200 tellings by all channels, newest first."""
    return [_delivery(one) for one in Delivery.objects.order_by("-id")[:200]]


def _delivery(one: Delivery) -> dict[str, Any]:
    plain = {name: getattr(one, name) for name in DeliveryOut.model_fields if name != "alert"}
    return {**plain, "alert": one.alert_id}
