"""Pages on which somebody leaves: what is open now, one button, and the list of what ended."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.contrib import messages
from django.db import connection, transaction
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET, require_http_methods

from allconnects.accounts.access import TenantRequest, member
from allconnects.accounts.leaving import Leaver, found, ways
from allconnects.accounts.models import Account, Membership
from allconnects.accounts.views import actor
from allconnects.fleet.models import Person
from allconnects.fleet.services import leaving
from allconnects.fleet.who import who
from allconnects.kit.errors import AllconnectsError, Forbidden, NotFound
from allconnects.privacy.audit.chain import Entry
from allconnects.privacy.audit.service import entries_of
from allconnects.privacy.ways import ACTION, SWEEPER

SHOWN = 100


@require_GET
@member("manager")
@never_cache
def past(request: TenantRequest) -> HttpResponse:
    """Who left, when, by whom, and what ended then. The names are those that are still known."""
    assert request.organisation is not None
    with connection.cursor() as cursor:
        entries = entries_of(cursor, request.organisation.pk, ACTION, SHOWN)
    return render(request, "leaving/past.html", {"leavings": _told(entries)})


def _told(entries: list[Entry]) -> list[dict[str, Any]]:
    titles = {way.key: way.title for way in ways()}
    names = _names([*(e.about for e in entries), *(e.actor for e in entries)])
    return [
        {
            "at": one.at,
            "whom": names.get(one.about, ""),
            "by": _("what had been under way") if one.actor == SWEEPER else names.get(one.actor, one.actor),
            "ended": [(titles.get(key, key), count) for key, count in one.details.get("ended", {}).items()],
        }
        for one in entries
    ]


def _names(refs: list[str]) -> dict[str, str]:
    """Names by ``account:7`` and ``person:UUID``; two questions to the database."""
    accounts = {int(ref.partition(":")[2]) for ref in refs if ref.startswith("account:")}
    people = {UUID(ref.partition(":")[2]) for ref in refs if ref.startswith("person:")}
    known = {f"account:{a.pk}": a.name or a.email for a in Account.objects.filter(pk__in=accounts)}
    return known | {f"person:{p.pk}": p.name for p in Person.objects.filter(pk__in=people)}


@require_http_methods(["GET", "POST"])
@member("manager")
@never_cache
def person(request: TenantRequest, person: UUID) -> HttpResponse:
    """A person of the register leaves the firm."""
    return _leave(request, leaving.of_person(who(request), person))


@require_http_methods(["GET", "POST"])
@member("manager")
@never_cache
def account(request: TenantRequest, membership: int) -> HttpResponse:
    """A member leaves the firm."""
    one = Membership.objects.filter(pk=membership).first()
    if one is None:
        raise NotFound(_("There is no such member."))
    return _leave(request, leaving.of_account(who(request), one.account_id))


def _leave(request: TenantRequest, leaver: Leaver) -> HttpResponse:
    if request.method == "POST":
        try:
            with transaction.atomic():
                leaving.leave(who(request), leaver, actor(request))
        except (NotFound, Forbidden):
            raise
        except AllconnectsError as error:
            messages.error(request, error.message)
            return redirect(request.path)
        messages.success(request, _("Every way in has ended. What was under way is ended within a minute."))
        return redirect("leaving:past")
    refs = [f"person:{leaver.person}"] if leaver.person else [f"account:{leaver.account}"]
    open_now = [(way.title, len(texts), [text for text in texts if text]) for way, texts in found(leaver)]
    context = {
        "name": next(iter(_names(refs).values()), ""), "open": open_now,
        "self": leaver.account == request.user.pk, "person": leaver.person,
    }  # fmt: skip
    return render(request, "leaving/confirm.html", context)
