"""Pages of the register of breaches, for owners (and who protects data for them)."""

from __future__ import annotations

from django.contrib import messages
from django.db import transaction
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone, translation
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET, require_http_methods

from allconnects.accounts.access import TenantRequest, member
from allconnects.accounts.models import LANGUAGES
from allconnects.accounts.views import actor
from allconnects.kit import clock
from allconnects.kit.errors import AllconnectsError, NotFound
from allconnects.privacy.breaches import service
from allconnects.privacy.breaches.forms import BreachForm
from allconnects.privacy.breaches.models import Breach


@require_GET
@member("owner")
@never_cache
def register(request: TenantRequest) -> HttpResponse:
    """Every breach with its clock."""
    found = service.listed(actor(request).organisation)
    return render(request, "breaches/list.html", {"breaches": found, "now": clock.now()})


@require_http_methods(["GET", "POST"])
@member("owner")
@never_cache
def add(request: TenantRequest) -> HttpResponse:
    """Write one down; the clock runs from when it was known."""
    me = actor(request)
    row = Breach(organisation=me.organisation, opened_by=me.account)
    form = BreachForm(request.POST or None, instance=row, initial={"noticed_at": timezone.localtime(clock.now())})
    if request.method == "POST" and form.is_valid():
        saved = _do(request, lambda: service.save(me, form.save(commit=False)))
        if saved:
            return redirect("breaches:one", number=row.pk)
    return render(request, "breaches/edit.html", {"form": form, "one": None})


@require_http_methods(["GET", "POST"])
@member("owner")
@never_cache
def one(request: TenantRequest, number: int) -> HttpResponse:
    """One breach: what is known, whose data, the draft, and the end."""
    me = actor(request)
    row = service.get(me.organisation, number)
    form = BreachForm(request.POST if request.POST.get("act") == "save" else None, instance=row)
    if request.method == "POST":
        act = request.POST.get("act", "")
        if act == "reach":
            _do(request, lambda: service.take_over(me, row))
        elif act == "close":
            _do(request, lambda: service.close(me, row))
        elif not form.is_valid():
            return render(request, "breaches/edit.html", {"form": form, "one": row})
        elif _do(request, lambda: service.save(me, form.save(commit=False))):
            messages.success(request, _("Saved."))
        return redirect("breaches:one", number=number)
    language = request.GET.get("language", "")
    known = language if language in dict(LANGUAGES) else translation.get_language() or "en"
    context = {"form": form, "one": row, "draft": service.draft(row, known), "language": known, "now": clock.now()}
    return render(request, "breaches/edit.html", context)


def _do(request: TenantRequest, action: object) -> bool:
    """Do it or say why not."""
    assert callable(action)
    try:
        with transaction.atomic():
            action()
    except NotFound:
        raise
    except AllconnectsError as error:
        messages.error(request, error.message)
        return False
    return True
