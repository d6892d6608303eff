"""Pages of investigations: asking, deciding, and what was read under one."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any
from urllib.parse import urlencode
from uuid import UUID

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.db import connection, transaction
from django.db.models import Q, QuerySet
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import translation
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from allconnects.accounts.access import TenantRequest, at_least, member
from allconnects.accounts.models import Account
from allconnects.fleet.models import Person, Vehicle
from allconnects.kit.errors import AllconnectsError, InvalidInput, NotFound
from allconnects.privacy.access import service as access
from allconnects.privacy.investigations import ports, service
from allconnects.privacy.investigations.models import Investigation, State
from allconnects.privacy.requests import ports as people
from allconnects.privacy.requests import seconds, sending
from allconnects.privacy.requests.access import answers
from allconnects.products.live_connects.investigations_forms import WantedForm

PURPOSE = "security_incident"


def _account(request: TenantRequest) -> Account:
    assert isinstance(request.user, Account)
    return request.user


def _seen(request: TenantRequest) -> QuerySet[Investigation]:
    """All for those who answer requests, but what they are told of later themselves; their own for managers.

    Raises PermissionDenied for everybody else.
    """
    account = _account(request)
    if answers(request):
        return Investigation.objects.filter(Q(asked_by=account) | ~Q(pk__in=service.kept_from(account)))
    if not at_least(request.role, "manager"):
        raise PermissionDenied
    return Investigation.objects.filter(asked_by=account)


@require_GET
@never_cache
@member("driver")
def listed(request: TenantRequest) -> HttpResponse:
    """The cases that one may see, the newest first."""
    found = list(_seen(request).select_related("asked_by").order_by("-asked_at")[:200])
    context = {"found": list(zip(found, _subjects(found), strict=True)), "manages": at_least(request.role, "manager")}
    return render(request, "investigations/list.html", context)


def _subjects(found: Sequence[Investigation]) -> list[str]:
    """Whom or what each case is about, by name, as far as it is still known."""
    persons = Person.objects.in_bulk([one.person for one in found if one.person])
    vehicles = Vehicle.objects.in_bulk([one.vehicle for one in found if one.vehicle])
    rows = (persons.get(one.person) if one.person else vehicles.get(one.vehicle or 0) for one in found)
    return [str(row.name) if row else "–" for row in rows]


@require_http_methods(["GET", "POST"])
@never_cache
@member("manager")
def new(request: TenantRequest) -> HttpResponse:
    """Ask. Whoever answers requests gets a mail that says so and nothing more."""
    form = WantedForm(request.POST or None)
    account, organisation = _account(request), request.organisation
    assert organisation is not None
    needs = seconds.who_answer(organisation.pk, account)
    if request.method == "POST" and form.is_valid():
        try:
            with transaction.atomic():
                made = service.ask(organisation.pk, form.wanted(), account)
        except AllconnectsError as error:
            form.add_error(None, error.message)
        else:
            _tell(made, account)
            messages.success(request, _("Asked. Somebody else who answers requests has to decide."))
            return redirect("investigations:one", case=made.pk)
    status = 422 if form.errors else 200
    return render(request, "investigations/new.html", {"form": form, "seconds": needs}, status=status)


def _tell(made: Investigation, by: Account) -> None:
    link = sending.link(reverse("investigations:one", args=[made.pk]))
    for account in seconds.who_answer(made.organisation_id, by, about=service.concerned(made)).can:
        with translation.override(account.language or "nl"):
            subject = _("An investigation waits for your decision")
            body = _("Somebody asks to look into what a person or a vehicle did. Grant or refuse it here:")
        _mail(account.email, subject, f"{body}\n\n{link}\n")


def _mail(to: str, subject: str, body: str) -> None:
    transaction.on_commit(lambda: sending.at_once(to, subject, body), robust=True)


def _get(request: TenantRequest, case: UUID) -> Investigation:
    cases = _seen(request).filter(pk=case).select_related("asked_by", "decided_by")
    found = cases.first()
    if found is not None and found.vehicle is not None:
        service.concerned(found)  # who turned out to have had it meanwhile may be whoever asks
        found = cases.first()
    if found is None:
        raise NotFound(_("There is no such investigation."))
    return found


@require_GET
@never_cache
@member("driver")
def one(request: TenantRequest, case: UUID) -> HttpResponse:
    """One case: what was asked, who decided, what it opens, and what was read under it."""
    found, account = _get(request, case), _account(request)
    about = service.concerned(found)
    mine = found.asked_by_id == account.pk
    context = {
        "one": found, "subject": _subjects([found])[0], "mine": mine,
        "what": [ports.kinds().get(key, key) for key in found.what],
        "people": len(about),
        "reports": _reports(found) if mine and found.open else [],
        "may_decide": found.state == State.ASKED and not mine and answers(request)
        and people.people().of_account(account.pk) not in about,
        "may_end": mine if found.state == State.ASKED else found.open,
        "readings": _readings(found),
        "seconds": _seconds(found, about),
        "delay_law": service.law_of_delay(found.ground),
        "left_out": service.left_out(found) if found.delay_days else [],
    }  # fmt: skip
    return render(request, "investigations/one.html", context)


def _seconds(found: Investigation, about: set[UUID]) -> seconds.Seconds | None:
    """Who can decide what waits, beside whoever asked."""
    if found.state != State.ASKED or found.asked_by is None:
        return None
    return seconds.who_answer(found.organisation_id, found.asked_by, about=about)


def _reports(found: Investigation) -> list[tuple[Any, str]]:
    """What may be opened now, with its address."""
    query = urlencode({
        "purpose": PURPOSE, "case": found.pk, "period": "days", "from": found.first_day, "to": found.last_day,
    })  # fmt: skip
    return [(ports.kinds().get(key, key), f"{reverse('reports:run', args=[key])}?{query}") for key in found.what]


def _readings(found: Investigation) -> list[tuple[Any, int]]:
    with connection.cursor() as cursor:
        return access.under(cursor, found.organisation_id, found.pk)


@require_POST
@member("driver")
def act(request: TenantRequest, case: UUID) -> HttpResponse:
    """Grant, refuse or end."""
    found, action, account = _get(request, case), request.POST.get("action", ""), _account(request)
    try:
        with transaction.atomic():
            if action == "end":
                service.end(found.pk, account)
            elif action in ("grant", "refuse"):
                because = request.POST.get("because", "")
                service.decide(found.pk, account, grant=action == "grant", because=because)
            else:
                raise InvalidInput(_("This cannot be done here."))
    except AllconnectsError as error:
        messages.error(request, error.message)
    else:
        messages.success(request, _("Saved."))
    return redirect("investigations:one", case=found.pk)
