"""The page of the first hour."""

from __future__ import annotations

from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_http_methods

from allconnects.accounts.access import TenantRequest, member
from allconnects.products.fleet_tracker.reach import reach
from allconnects.products.live_connects import first_hour
from allconnects.products.live_connects.history_views import organisation_of
from allconnects.products.live_connects.saved import account_of


@require_http_methods(["GET", "POST"])
@member("manager")
def start(request: TenantRequest) -> HttpResponse:
    """The steps; POST puts them away (``away=1``) or takes them out again."""
    organisation = organisation_of(request)
    if request.method == "POST":
        away = request.POST.get("away") == "1"
        first_hour.put_away(organisation, account_of(request), away)
        return redirect("live:map" if away else "live:start")
    steps = first_hour.steps(organisation)
    context = {
        "steps": steps, "done": sum(one.done for one in steps), "count": len(steps), "reach": reach(request),
        "following": next((one.key for one in steps if not one.done), ""),
        "away": first_hour.is_put_away(organisation, account_of(request).pk),
    }  # fmt: skip
    return render(request, "live/start.html", context)
