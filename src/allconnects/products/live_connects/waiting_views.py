"""The page of what waits for a second person."""

from __future__ import annotations

from django.core.exceptions import PermissionDenied
from django.http import HttpResponse
from django.shortcuts import render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET

from allconnects.accounts.access import TenantRequest, at_least, member
from allconnects.accounts.models import Account
from allconnects.privacy.requests.access import answers
from allconnects.products.live_connects import waiting


@require_GET
@never_cache
@member("driver")
def listed(request: TenantRequest) -> HttpResponse:
    """For planners and above, and those who answer requests: what they can decide, and what waits for others."""
    if not at_least(request.role, "planner") and not answers(request):
        raise PermissionDenied
    assert isinstance(request.user, Account)
    assert request.organisation is not None
    found = waiting.items(request)
    lacks = waiting.lacking(request.organisation.pk, request.user, found)
    return render(request, "waiting/list.html", {"found": found, "lacks": lacks})
