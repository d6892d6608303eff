"""Pages of disclosures, for those who answer requests."""

from __future__ import annotations

from uuid import UUID

from django.contrib import messages
from django.db import transaction
from django.db.models import Q, QuerySet
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from allconnects.accounts.access import TenantRequest
from allconnects.accounts.models import Account
from allconnects.kit import clock
from allconnects.kit.errors import AllconnectsError, InvalidInput
from allconnects.privacy.disclosures import service
from allconnects.privacy.disclosures.forms import DemandForm, whom
from allconnects.privacy.disclosures.models import Disclosure
from allconnects.privacy.disclosures.sources import sources
from allconnects.privacy.requests import ports, seconds
from allconnects.privacy.requests.access import officer


def _account(request: TenantRequest) -> Account:
    assert isinstance(request.user, Account)
    return request.user


@officer
@require_GET
@never_cache
def listed(request: TenantRequest) -> HttpResponse:
    """Every demand, the newest first."""
    return render(request, "disclosures/list.html", {"found": _seen(request).order_by("-proposed_at")[:200]})


def _seen(request: TenantRequest) -> QuerySet[Disclosure]:
    """All but those about whoever asks that he may not be told of yet."""
    account = _account(request)
    barred = Q(person=ports.people().of_account(account.pk), bar_until__gte=clock.today())
    return Disclosure.objects.exclude(barred & ~Q(proposed_by=account))


@officer
@require_http_methods(["GET", "POST"])
@never_cache
def new(request: TenantRequest) -> HttpResponse:
    """Write a demand down, about one person."""
    search = request.GET.get("search", "").strip()[:60]
    form = DemandForm(request.POST or None, initial={"person": request.GET.get("person", "")})
    if request.method == "POST" and form.is_valid():
        assert request.organisation is not None
        try:
            with transaction.atomic():
                made = service.propose(request.organisation.pk, service.Demand(**form.cleaned_data), _account(request))
        except AllconnectsError as error:
            form.add_error(None, error.message)
        else:
            messages.success(request, _("Written down. Two others who answer requests have to approve it."))
            return redirect("disclosures:one", disclosure=made.pk)
    people = ports.people().search(search) if search else []
    context = {"form": form, "whom": whom(form), "people": people, "search": search, "seconds": _seconds(request)}
    return render(request, "disclosures/new.html", context)


def _seconds(request: TenantRequest) -> seconds.Seconds:
    assert request.organisation is not None
    return seconds.who_answer(request.organisation.pk, _account(request), service.APPROVALS)


def _get(request: TenantRequest, disclosure: UUID) -> Disclosure:
    found = _seen(request).filter(pk=disclosure).first()
    if found is None:
        raise Http404
    return found


@officer
@require_GET
@never_cache
def one(request: TenantRequest, disclosure: UUID) -> HttpResponse:
    """One demand, who approved it, and what left."""
    found = _get(request, disclosure)
    approvals = list(found.approvals.order_by("at"))
    names = {each.pk: each.name or each.email for each in Account.objects.filter(pk__in=[a.account for a in approvals])}
    context = {
        "one": found,
        "name": ports.people().name(found.person),
        "what": [sources()[key].label for key in found.what if key in sources()],
        "approvals": [(names.get(each.account, "–"), each.at) for each in approvals],
        "seconds": _seconds(request) if found.proposed_by_id == _account(request).pk else None,
        "may_approve": found.proposed_by_id != _account(request).pk
        and _account(request).pk not in {each.account for each in approvals},
    }
    return render(request, "disclosures/one.html", context)


@officer
@require_POST
def act(request: TenantRequest, disclosure: UUID) -> HttpResponse:
    """Approve, refuse, or give: the file is the answer, once."""
    found, action = _get(request, disclosure), request.POST.get("action", "")
    try:
        with transaction.atomic():
            if action == "give":
                return _file(found, service.give(found, _account(request)))
            _decide(found, action, _account(request))
    except AllconnectsError as error:
        messages.error(request, error.message)
    else:
        messages.success(request, _("Saved."))
    return redirect("disclosures:one", disclosure=found.pk)


def _decide(found: Disclosure, action: str, by: Account) -> None:
    if action == "approve":
        service.approve(found, by)
    elif action == "refuse":
        service.refuse(found)
    else:
        raise InvalidInput(_("This cannot be done here."))


def _file(found: Disclosure, content: bytes) -> HttpResponse:
    response = HttpResponse(content, content_type="application/json")
    response["Content-Disposition"] = f'attachment; filename="disclosure-{found.pk}.json"'
    return response
