"""Pages of those who answer: the queue, a case with its history, what can be done with it, who answers."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.contrib import messages
from django.core.paginator import Paginator
from django.db import transaction
from django.db.models import Count, Q
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from allconnects.accounts.access import TenantRequest, member
from allconnects.accounts.models import Account, Membership, Role
from allconnects.kit import clock, words
from allconnects.kit.errors import AllconnectsError
from allconnects.privacy.requests import deadlines, ports, receiving, seconds, tenants, texts, upkeep, working
from allconnects.privacy.requests.access import officer
from allconnects.privacy.requests.actions import act as do
from allconnects.privacy.requests.forms import EntryForm
from allconnects.privacy.requests.identity import BY_STAFF
from allconnects.privacy.requests.models import OPEN, Case, Channel, Ground, Identity, Officer, Right, State
from allconnects.privacy.requests.views_mine import letter_file, shown

A_PAGE = 50
SHOWN = {
    "open": Q(state__in=OPEN),
    "closed": Q(state__in=[State.ANSWERED, State.REFUSED, State.WITHDRAWN, State.ROUTED]),
}


def account_of(request: TenantRequest) -> Account:
    """Whoever is signed in. Only behind ``officer``."""
    assert isinstance(request.user, Account)
    return request.user


@officer
@require_GET
@never_cache
def queue(request: TenantRequest) -> HttpResponse:
    """What waits for an answer, the most pressing first; or what was answered."""
    wanted = request.GET.get("show", "open")
    wanted = wanted if wanted in SHOWN else "open"
    found = Case.objects.filter(SHOWN[wanted]).exclude(state=State.UNCONFIRMED).defer("words", "result")
    text = request.GET.get("q", "").strip()[:60]
    found = words.holding(found, words.words_of(text), ("reference", "name", "email"))
    order = ("due_on", "registered_at") if wanted == "open" else ("-closed_at", "-registered_at")
    page = Paginator(found.order_by(*order), A_PAGE).get_page(request.GET.get("page"))
    now = clock.today()
    rows = [(one, _colour(one, now), (one.due_on - now).days) for one in page]
    context = {"rows": rows, "page": page, "shown": wanted, "q": text, "counts": _counts(), "today": now}
    return render(request, "requests/queue.html", context)


def _colour(case: Case, now: Any) -> str:
    return deadlines.colour(case.due_on, case.wanted_on, now) if case.is_open else "done"


def _counts() -> dict[str, int]:
    """How many are late, soon and calm, counted by the database."""
    late = Q(due_on__lt=clock.today())
    soon = ~late & Q(wanted_on__lte=clock.today())
    calm = ~late & ~soon
    return Case.objects.filter(state__in=OPEN).aggregate(
        late=Count("pk", filter=late), soon=Count("pk", filter=soon), calm=Count("pk", filter=calm)
    )


@officer
@require_http_methods(["GET", "POST"])
@never_cache
def enter(request: TenantRequest) -> HttpResponse:
    """Enter a request that came by post, telephone or the employer."""
    form = EntryForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        assert request.organisation is not None
        given = form.cleaned_data
        try:
            with transaction.atomic():
                case = receiving.receive(
                    request.organisation.pk,
                    receiving.Asked(
                        entered_by=account_of(request).pk, **{**given, "channel": Channel(given["channel"])}
                    ),
                )
        except AllconnectsError as error:
            form.add_error("received_on", error.message)
        else:
            messages.success(request, _("The request is entered. The month counts from the day on which it arrived."))
            return redirect("requests:case", case=case.pk)
    return render(request, "requests/enter.html", {"form": form})


def _get(case: UUID) -> Case:
    found = Case.objects.filter(pk=case).exclude(state=State.UNCONFIRMED).first()
    if found is None:
        raise Http404
    return found


@officer
@require_GET
@never_cache
def case_page(request: TenantRequest, case: UUID) -> HttpResponse:
    """One case: what was asked, what happened, what can be done next."""
    found = _get(case)
    search = request.GET.get("person", "").strip()[:60]
    context: dict[str, Any] = shown(found) | {
        "colour": _colour(found, clock.today()),
        "days": (found.due_on - clock.today()).days,
        "events": found.events.order_by("-at", "-pk")[:200],
        "decisions": found.decisions.select_related("proposed_by", "decided_by").order_by("-pk"),
        "me": account_of(request),
        "person_name": ports.people().name(found.person) if found.person else "",
        "search": search,
        "people": ports.people().search(search) if search else [],
        "rights": Right.choices,
        "ways": [(one.value, Identity(one).label) for one in BY_STAFF],
        "grounds": Ground.choices,
        "extendable": found.extended_at is None and deadlines.may_extend(found.received_on, clock.today()),
        "employers": _employers(found),
        "progress": _progress(found),
        "home": receiving.is_home(found.organisation_id),
        "lift_day": clock.today() + working.LIFT_NOTICE,
        "seconds": seconds.who_answer(found.organisation_id, account_of(request)) if found.is_open else None,
        "authority": texts.authority(found.language),
    }
    return render(request, "requests/case.html", context)


def _employers(case: Case) -> list[tenants.Tenant]:
    """To whom a case can be passed on: from the operator's own organisation only."""
    if case.twin is not None or not receiving.is_home(case.organisation_id):
        return []
    return [one for one in tenants.tenants() if one.id != case.organisation_id]


def _progress(case: Case) -> Any:
    try:
        return working.progress(case)
    except AllconnectsError as error:
        return {"state": "unknown", "problem": error.message}


@officer
@require_POST
def act(request: TenantRequest, case: UUID) -> HttpResponse:
    """Do one thing with a case, or say why not; what was refused leaves nothing half done."""
    found = _get(case)
    try:
        with transaction.atomic():
            said = do(found, request.POST, account_of(request))
    except AllconnectsError as error:
        messages.error(request, error.message)
    else:
        messages.success(request, said)
    return redirect("requests:case", case=found.pk)


@officer
@require_GET
@never_cache
def letter(request: TenantRequest, case: UUID, letter: int) -> HttpResponse:  # noqa: ARG001
    """A letter as PDF."""
    return letter_file(_get(case), letter)


@member("owner")
@require_http_methods(["GET", "POST"])
@never_cache
def officers(request: TenantRequest) -> HttpResponse:
    """Who answers beside the owners."""
    assert request.organisation is not None
    if request.method == "POST":
        _name(request, request.POST.get("account", ""), request.POST.get("action", ""))
        return redirect("requests:officers")
    named = set(Officer.objects.values_list("account_id", flat=True))
    members = Membership.objects.exclude(role=Role.OWNER).select_related("account").order_by("account__email")
    context = {
        "named": [one for one in members if one.account_id in named],
        "others": [one for one in members if one.account_id not in named],
        "owners": [a for a in upkeep.officers(request.organisation.pk) if a.pk not in named],
    }
    return render(request, "requests/officers.html", context)


def _name(request: TenantRequest, account: str, action: str) -> None:
    from allconnects.privacy.requests.naming import name_officer, remove_officer

    number = int(account) if account.isdecimal() and len(account) < 10 else 0
    change = remove_officer if action == "remove" else name_officer
    try:
        change(request.organisation.pk, number, account_of(request))  # type: ignore[union-attr]
    except AllconnectsError as error:
        messages.error(request, error.message)
    else:
        messages.success(request, _("Saved."))
