"""The pages of messages."""

from __future__ import annotations

from uuid import uuid4

from django.http import HttpResponse, JsonResponse
from django.shortcuts import redirect, render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET, require_http_methods

from allconnects.accounts.access import TenantRequest, at_least, member
from allconnects.kit.errors import InvalidInput
from allconnects.products.live_connects import messages
from allconnects.products.live_connects.models import MESSAGE_MOST
from allconnects.products.live_connects.saved import account_of


@require_GET
@never_cache
@member("driver")
def inbox(request: TenantRequest) -> HttpResponse:
    """The office sees its drivers; a driver sees the own thread."""
    if at_least(request.role, messages.OFFICE):
        return render(request, "live/threads.html", {"threads": messages.threads()})
    if request.role == "driver":
        return redirect("live:thread", driver=request.user.pk)
    return render(request, "live/threads.html", {"threads": []})


@require_http_methods(["GET", "POST"])
@never_cache
@member("driver")
def thread(request: TenantRequest, driver: int) -> HttpResponse:
    """One thread; POST writes into it."""
    reader = account_of(request)
    other = messages.driver_of(reader, request.role, driver)
    assert request.organisation is not None
    refused, text = "", ""
    if request.method == "POST":
        text = request.POST.get("text", "")
        try:
            messages.send(request.organisation, reader, other, text, request.POST.get("client_id", ""))
        except InvalidInput as error:
            refused = error.message
        else:
            return redirect("live:thread", driver=driver)
    context = {
        "driver": other,
        "own": reader.pk == other.pk,
        "messages_of": messages.thread(reader, other),
        "client_id": uuid4().hex,
        "refused": refused,
        "text": text,
        "most": MESSAGE_MOST,
    }
    return render(request, "live/thread.html", context, status=422 if refused else 200)


@require_GET
@never_cache
@member("driver")
def unread(request: TenantRequest) -> HttpResponse:
    """How many messages wait, for the mark in the navigation."""
    return JsonResponse({"count": messages.unread(account_of(request), request.role)})
