"""Pages of an organisation: people, invitations, API tokens, and which organisation one works in."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django.contrib import messages
from django.db import transaction
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from allconnects.accounts import mail, roster, services
from allconnects.accounts.access import RANK, SCOPES, TenantRequest, at_least, member
from allconnects.accounts.middleware import CHOSEN
from allconnects.accounts.models import Account, ApiToken, Invitation, Membership, Role
from allconnects.accounts.preferences import back
from allconnects.accounts.services import Actor
from allconnects.kit import clock
from allconnects.kit.errors import AllconnectsError, Forbidden, NotFound

A_PAGE = 50


def actor(request: TenantRequest) -> Actor:
    """The signed-in member. Only behind ``member``."""
    assert isinstance(request.user, Account)
    assert request.organisation is not None
    assert request.role is not None
    return Actor(request.user, request.organisation, request.role)


def _try(request: TenantRequest, action: Callable[[], Any], done: str) -> Any:
    """Do it or say why not; what was refused leaves nothing half written. Unknown ids and low roles stay errors."""
    try:
        with transaction.atomic():
            result = action()
    except (NotFound, Forbidden):
        raise
    except AllconnectsError as error:
        messages.error(request, error.message)
        return None
    if done:
        messages.success(request, done)
    return result


@member("driver")
@require_GET
@never_cache
def members(request: TenantRequest) -> HttpResponse:
    """The organisation: for all, its name and one's own place; for managers, its people, fifty on a page."""
    return _members(request)


def _members(request: TenantRequest, link: str = "", invited: str = "") -> HttpResponse:
    me = actor(request)
    context: dict[str, Any] = {
        "own": Membership.objects.get(account=me.account),
        "link": link,
        "invited": invited,
        "grantable": [r for r in Role if RANK[r] <= RANK[Role(me.role)]],
    }
    if at_least(me.role, Role.MANAGER):
        text, cursor = request.GET.get("q", "")[:200], request.GET.get("cursor", "")[:500]
        people, following = roster.page_of(me.organisation, text, cursor, A_PAGE)
        context["members"] = [(m, RANK[Role(m.role)] <= RANK[Role(me.role)]) for m in people]
        context |= {"q": text, "next_cursor": following, "later": bool(cursor)}
        context["total"] = roster.count_of(me.organisation)
        context["invitations"] = Invitation.objects.filter(accepted_at=None).order_by("-created_at")
        context["now"] = clock.now()
    return render(request, "accounts/members.html", context)


@member("manager")
@require_POST
@never_cache
def invite(request: TenantRequest) -> HttpResponse:
    """Ask somebody in: by mail where there is a mail server, else the link is shown once, to be passed on."""
    email = request.POST.get("email", "")
    wanted = request.POST.get("role", "")
    secret = _try(request, lambda: services.invite(actor(request), email, wanted), "")
    if secret is None:
        return redirect("organisation:members")
    if mail.send_invitation(email.strip().lower(), actor(request).organisation.name, secret):
        messages.success(request, _("The invitation has been sent."))
        return redirect("organisation:members")
    return _members(request, mail.invitation_link(secret), email)


@member("manager")
@require_POST
def withdraw(request: TenantRequest, invitation: int) -> HttpResponse:
    """Make an invitation's link worthless."""
    _try(
        request,
        lambda: services.withdraw_invitation(actor(request), invitation),
        _("The invitation is withdrawn."),
    )
    return redirect("organisation:members")


@member("manager")
@require_POST
def change_role(request: TenantRequest, membership: int) -> HttpResponse:
    """Give a member another role."""
    wanted = request.POST.get("role", "")
    _try(
        request,
        lambda: services.change_role(actor(request), membership, wanted),
        _("The role has been changed."),
    )
    return redirect("organisation:members")


@member("driver")
@require_POST
def remove(request: TenantRequest, membership: int) -> HttpResponse:
    """Remove a member, or leave."""
    _try(
        request,
        lambda: services.remove_member(actor(request), membership),
        _("The membership has ended."),
    )
    return redirect("organisation:members")


@member("manager")
@require_http_methods(["GET", "POST"])
@never_cache
def tokens(request: TenantRequest) -> HttpResponse:
    """API tokens; a new one is shown in the answer to the form, and never again."""
    me, secret = actor(request), None
    if request.method == "POST":
        name, scopes = request.POST.get("name", ""), request.POST.getlist("scopes")
        made = _try(request, lambda: services.create_token(me.organisation, name, scopes, me.account), "")
        secret = made[1] if made else None
    found = ApiToken.objects.select_related("created_by").filter(revoked_at=None).order_by("-created_at")
    return render(request, "accounts/tokens.html", {"tokens": found, "scopes": list(SCOPES), "secret": secret})


@member("manager")
@require_POST
def revoke(request: TenantRequest, token: int) -> HttpResponse:
    """Make a token worthless."""
    _try(request, lambda: services.revoke_token(actor(request), token), _("The token is revoked."))
    return redirect("organisation:tokens")


@member("driver")
@require_POST
def choose(request: TenantRequest) -> HttpResponse:
    """Work in another of one's organisations from now on."""
    wanted = request.POST.get("organisation", "")
    found = next((o for o in request.organisations if str(o.pk) == wanted), None)
    if found is None:
        raise NotFound(_("There is no such organisation."))
    request.session[CHOSEN] = found.pk
    return back(request)
