"""The page on which an owner has the organisation leave, and fetches everything before."""

from __future__ import annotations

from allauth.account.internal.flows.reauthentication import raise_if_reauthentication_required
from allauth.core.exceptions import ReauthenticationRequired
from django.contrib import messages
from django.db import transaction
from django.http import FileResponse, HttpResponse, HttpResponseBase
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET, require_http_methods

from allconnects.accounts.access import TenantRequest, member
from allconnects.accounts.views import actor
from allconnects.kit import config
from allconnects.kit.errors import AllconnectsError, NotFound
from allconnects.privacy.offboarding import copies, service


def _again(request: TenantRequest) -> HttpResponse | None:
    """Whoever has been signed in for a while shows first that it is still him."""
    try:
        raise_if_reauthentication_required(request, app="allauth.account")
    except ReauthenticationRequired:
        return redirect(f"{reverse('account_reauthenticate')}?next={reverse('offboarding:leave')}")
    return None


@require_http_methods(["GET", "POST"])
@member("owner")
@never_cache
def leave(request: TenantRequest) -> HttpResponse:
    """What leaving means; asking, agreeing, calling off; the copy and how far it is."""
    me = actor(request)
    if request.method == "POST":
        return _again(request) or _act(request)
    one = service.found(me.organisation.pk)
    context = {
        "one": one, "days": config.current().leave_days, "both": service.needs_another(me),
        "mine": one is not None and one.asked_by == me.account.pk,
        "ready": one is not None and one.copy_state == "ready" and copies.path(one.id).exists(),
        "percent": 100 * one.copy_done // one.copy_all if one and one.copy_all else 0,
    }  # fmt: skip
    return render(request, "offboarding/leave.html", context)


def _act(request: TenantRequest) -> HttpResponse:
    me, act = actor(request), request.POST.get("act", "")
    try:
        with transaction.atomic():
            if act == "agree":
                service.agree(me)
            elif act == "call_off":
                one = service.found(me.organisation.pk)
                service.call_off(me)
                if one:
                    copies.remove(one.id)
                messages.success(request, _("Called off: your organisation stays."))
            elif act == "copy":
                service.copy(me)
            else:
                service.ask(me, request.POST.get("name", ""))
    except AllconnectsError as error:
        messages.error(request, error.message)
    return redirect("offboarding:leave")


@require_GET
@member("owner")
@never_cache
def fetch(request: TenantRequest) -> HttpResponseBase:
    """The copy, as one file."""
    if again := _again(request):
        return again
    one = service.found(actor(request).organisation.pk)
    file = copies.path(one.id) if one else None
    if file is None or not file.exists():
        raise NotFound(_("There is no copy to fetch."))
    name = f"{actor(request).organisation.slug}.zip"
    return FileResponse(file.open("rb"), as_attachment=True, filename=name, content_type="application/zip")
