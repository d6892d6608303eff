"""Webhooks, the log of deliveries, and push messages to browsers."""

from __future__ import annotations

import json
from typing import Any

from django.contrib import messages
from django.http import HttpResponse, JsonResponse
from django.shortcuts import redirect, render
from django.template.loader import render_to_string
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST

from allconnects.accounts.access import TenantRequest, member
from allconnects.accounts.models import Account, Organisation
from allconnects.alerts.delivery import webhooks
from allconnects.alerts.models import Channel, Delivery, Outcome, PushSubscription
from allconnects.alerts.services import receivers
from allconnects.kit.errors import InvalidInput


def _organisation(request: TenantRequest) -> Organisation:
    assert request.organisation is not None
    return request.organisation


@require_http_methods(["GET", "POST"])
@member("manager")
def webhooks_page(request: TenantRequest) -> HttpResponse:
    """All webhooks, and a form for another one; its secret is shown once."""
    secret, given = "", {"name": "", "url": ""}
    if request.method == "POST":
        given = {name: request.POST.get(name, "") for name in given}
        try:
            _made, secret = webhooks.add(_organisation(request), given["name"], given["url"])
        except InvalidInput as error:
            messages.error(request, error.message)
        else:
            given = {"name": "", "url": ""}
    context = {"webhooks": webhooks.endpoints(), "secret": secret, "given": given, "events": webhooks.EVENTS}
    return render(request, "alerts/webhooks.html", context)


@require_POST
@member("manager")
def webhook(request: TenantRequest, webhook: int) -> HttpResponse:
    """Test, switch, replace the secret of or remove one."""
    action = request.POST.get("action", "")
    if action == "rotate":
        secret = webhooks.rotate(webhook)
        context = {"webhooks": webhooks.endpoints(), "secret": secret, "given": {}, "events": webhooks.EVENTS}
        return render(request, "alerts/webhooks.html", context)
    if action == "test":
        webhooks.test(webhook)
        messages.success(request, _("A test message is on its way; the log below says how it went."))
        return redirect("alerts:deliveries")
    if action in ("on", "off"):
        webhooks.change(webhook, enabled=action == "on")
        messages.success(request, _("Saved."))
    elif action == "delete":
        webhooks.remove(webhook)
        messages.success(request, _("The webhook is deleted."))
    else:
        webhooks.endpoint(webhook)
        messages.error(request, _("Choose what to do."))
    return redirect("alerts:webhooks")


@require_http_methods(["GET", "POST"])
@member("manager")
def deliveries(request: TenantRequest) -> HttpResponse:
    """Who was told by which channel, and how it went; what failed at a webhook can be sent again."""
    if request.method == "POST":
        number = request.POST.get("delivery", "")
        try:
            webhooks.again(int(number) if number.isdecimal() and len(number) < 19 else 0)
        except InvalidInput as error:
            messages.error(request, error.message)
        else:
            messages.success(request, _("It is sent again."))
        return redirect("alerts:deliveries")
    channel, outcome = request.GET.get("channel", ""), request.GET.get("outcome", "")
    rows = Delivery.objects.select_related("alert__rule", "endpoint", "account").order_by("-id")
    if channel in Channel.values:
        rows = rows.filter(channel=channel)
    if outcome in Outcome.values:
        rows = rows.filter(outcome=outcome)
    context: dict[str, Any] = {
        "rows": rows[:200], "channels": Channel.choices, "outcomes": Outcome.choices, "channel": channel,
        "outcome": outcome,
    }  # fmt: skip
    return render(request, "alerts/deliveries.html", context)


@require_POST
@member("viewer")
def subscribe(request: TenantRequest) -> HttpResponse:
    """A browser asks for push messages: JSON as ``PushSubscription.toJSON()`` gives it."""
    assert isinstance(request.user, Account)
    try:
        body = json.loads(request.body or b"{}")
        keys = body["keys"]
        browser = request.headers.get("Sec-CH-UA-Platform", "").strip('"')[:60]
        receivers.subscribe(
            _organisation(request), request.user, str(body["endpoint"]), str(keys["p256dh"]), str(keys["auth"]), browser
        )
    except (KeyError, TypeError, ValueError, InvalidInput):
        return JsonResponse({"title": _("This browser's subscription cannot be used.")}, status=409)
    return HttpResponse(status=204)


@require_POST
@member("viewer")
def unsubscribe(request: TenantRequest) -> HttpResponse:
    """A browser wants no more push messages."""
    try:
        endpoint = str(json.loads(request.body or b"{}").get("endpoint", ""))
    except (ValueError, AttributeError):
        endpoint = ""
    PushSubscription.objects.filter(account__pk=request.user.pk or 0, endpoint=endpoint).delete()
    return HttpResponse(status=204)


@member("viewer")
def push_worker(request: TenantRequest) -> HttpResponse:
    """The service worker that shows push messages; its scope is /alerts/."""
    response = HttpResponse(render_to_string("alerts/push-worker.js", request=request), content_type="text/javascript")
    response["Cache-Control"] = "no-cache"
    return response
