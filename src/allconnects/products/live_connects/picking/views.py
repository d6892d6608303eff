"""Finds what somebody types into a field. By POST: what is typed may be a name, and stands in no address."""

from __future__ import annotations

from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpResponse, JsonResponse
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST

from allconnects.accounts.access import TenantRequest, at_least, member
from allconnects.products.live_connects.picking.sources import MOST_FOUND, SOURCES


@require_POST
@never_cache
@member("driver")
def find(request: TenantRequest, kind: str) -> HttpResponse:
    """The first rows in which every word stands, and whether there are more."""
    source = SOURCES.get(kind)
    if source is None:
        raise Http404
    if not at_least(request.role, source.needs):
        raise PermissionDenied
    found = source.find(request.POST.get("q", ""), MOST_FOUND + 1)
    items = [one._asdict() for one in found[:MOST_FOUND]]
    return JsonResponse({"items": items, "more": len(found) > MOST_FOUND})
