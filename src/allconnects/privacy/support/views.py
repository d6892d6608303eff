"""Pages of support access: staff ask, the customer grants, looks and ends."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from allconnects.accounts.access import TenantRequest, member, no_transaction
from allconnects.accounts.models import Account, Role
from allconnects.accounts.views import actor
from allconnects.kit.errors import AllconnectsError, Forbidden, NotFound
from allconnects.privacy.requests import seconds
from allconnects.privacy.support import service


@no_transaction
@login_required
@require_http_methods(["GET", "POST"])
@never_cache
def ask(request: TenantRequest) -> HttpResponse:
    """For staff of the operator: ask a customer, see what was granted."""
    assert isinstance(request.user, Account)
    if not service.is_supporter(request.user):
        raise Http404
    if request.method == "POST":
        post = request.POST
        try:
            service.ask(request.user, post.get("organisation", ""), post.get("ticket", ""))
            messages.success(request, _("Asked. Their owners and managers see it under Organisation, Support."))
        except AllconnectsError as error:
            messages.error(request, error.message)
        return redirect("support:ask")
    return render(request, "support/ask.html", {"asked": service.asked_by(request.user)})


@require_GET
@member("manager")
@never_cache
def grants(request: TenantRequest) -> HttpResponse:
    """For the customer: who asks, who may look until when, and what they looked at."""
    if request.support:
        raise PermissionDenied
    who = actor(request)
    found = service.told(who.organisation.pk)
    own = [one["grant"] for one in found if one["grant"].account_id == who.account.pk]
    waits = any(one.begins_at is None and one.ended_at is None for one in own)
    needs = seconds.members(who.organisation.pk, who.account, Role.MANAGER) if waits else None
    return render(request, "support/grants.html", {"grants": found, "seconds": needs})


@require_POST
@member("manager")
def decide(request: TenantRequest, grant: int) -> HttpResponse:
    """Grant for some hours, refuse, or end."""
    hours = request.POST.get("hours", "")

    def act() -> Any:
        if request.POST.get("act") == "grant":
            return service.grant(actor(request), grant, int(hours) if hours.isdigit() else 0)
        return service.end(actor(request), grant)

    _try(request, act)
    return redirect("support:grants")


def _try(request: TenantRequest, act: Callable[[], Any]) -> None:
    try:
        with transaction.atomic():
            act()
    except (NotFound, Forbidden):
        raise
    except AllconnectsError as error:
        messages.error(request, error.message)
