"""Views of the map that people keep under a name: filters, search and place. Each account's own."""

from __future__ import annotations

import json
from typing import Any

from django.http import HttpResponse, JsonResponse
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods

from allconnects.accounts.access import TenantRequest, member
from allconnects.accounts.models import Account
from allconnects.kit import clock
from allconnects.kit.errors import AllconnectsError, InvalidInput, NotFound
from allconnects.products.live_connects.models import NAMES_MOST, SavedView

MOST_VIEWS = 50
MOST_WORDS = 30
_LISTS = ("states", "kinds", "groups", "teams")


@require_http_methods(["GET", "POST"])
@never_cache
@member("viewer")
def views(request: TenantRequest) -> HttpResponse:
    """The account's views; POST keeps one (JSON ``{"name", "filters"}``), in place of one of the same name."""
    if request.method == "POST":
        try:
            keep_view(request, request.body)
        except AllconnectsError as error:
            return JsonResponse({"title": error.message}, status=error.status)
    rows = SavedView.objects.filter(account=account_of(request)).order_by("name")
    return JsonResponse({"views": [{"id": one.pk, "name": one.name, "filters": one.filters} for one in rows]})


@require_http_methods(["DELETE", "POST"])
@member("viewer")
def view(request: TenantRequest, view: int) -> HttpResponse:
    """Forget one. Raises NotFound for another account's too."""
    gone = SavedView.objects.filter(pk=view, account=account_of(request)).delete()[0]
    if not gone:
        raise NotFound(_("There is no such view."))
    return HttpResponse(status=204)


def account_of(request: TenantRequest) -> Account:
    """Who is signed in. Only behind ``member``."""
    assert isinstance(request.user, Account)
    return request.user


def keep_view(request: TenantRequest, body: bytes) -> None:
    """Keep what a request says. Raises InvalidInput."""
    try:
        given = json.loads(body[:10_000])
        name, filters = str(given["name"]).strip(), cleaned(given["filters"])
    except (ValueError, KeyError, TypeError, AttributeError):
        raise InvalidInput(_("This view cannot be kept.")) from None
    if not name or len(name) > NAMES_MOST or not name.isprintable():
        raise InvalidInput(_("Give the view a name."))
    own = SavedView.objects.filter(account=account_of(request))
    if own.exclude(name=name).count() >= MOST_VIEWS:
        raise InvalidInput(_("So many views are kept that none fits in: forget one."))
    assert request.organisation is not None
    SavedView.objects.update_or_create(
        organisation=request.organisation, account=account_of(request), name=name,
        defaults={"filters": filters, "created_at": clock.now()},
    )  # fmt: skip


def cleaned(given: dict[str, Any]) -> dict[str, Any]:
    """The filters that the map knows, and nothing else. Raises ValueError, TypeError for what is none."""
    found: dict[str, Any] = {name: [str(one)[:60] for one in given.get(name, [])][:MOST_WORDS] for name in _LISTS}
    found["search"] = str(given.get("search", ""))[:100]
    place = given.get("place")
    if place is not None:
        lon, lat, zoom = (float(one) for one in place)
        if not (-180 <= lon <= 180 and -90 <= lat <= 90 and 0 <= zoom <= 24):
            raise ValueError
        found["place"] = [lon, lat, zoom]
    return found
