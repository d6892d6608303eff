"""The page of figures."""

from __future__ import annotations

from typing import Any

from django.http import HttpResponse
from django.shortcuts import render
from django.utils import formats
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET

from allconnects.accounts.access import TenantRequest, at_least, member
from allconnects.alerts.models import Severity
from allconnects.products.live_connects import dashboard, first_hour, waiting
from allconnects.products.live_connects.dashboard import Overview
from allconnects.products.live_connects.history_views import organisation_of


@require_GET
@member("viewer")
def page(request: TenantRequest) -> HttpResponse:
    """Figures of all, of a group (``group``) or of what a team uses (``team``), each with a way to its rows."""
    organisation = organisation_of(request)
    group, given = request.GET.get("group", "")[:50], request.GET.get("team", "")
    team = int(given) if given.isdecimal() and len(given) < 10 else 0
    people = at_least(request.role, "planner")
    group = group if people or not team else ""  # a part of a team may be a few people
    groups, teams = dashboard.groups_and_teams(organisation, people=people)
    found = dashboard.overview(organisation, group=group, team=team, people=people)
    context = {
        "found": found, "group": group, "team": team, "groups": groups, "teams": teams,
        "alerts": [(severity, str(Severity(severity).label), count) for severity, count in found.alerts.items()],
        "driven": any(one.trips for one in found.days), "chart": _chart(found),
        "steps": first_hour.shown_to(request), "waits": waiting.items(request) if people else [],
    }  # fmt: skip
    return render(request, "live/dashboard.html", context)


def _chart(found: Overview) -> dict[str, Any]:
    """Columns of the charts, with words."""
    return {
        "days": [formats.date_format(one.day, "D j M") for one in found.days],
        "weekend": [one.day.weekday() > 4 for one in found.days],
        "km": [round(one.km, 1) for one in found.days],
        "driving": [round(one.driving_h, 2) for one in found.days],
        "idle": [round(one.idle_h, 2) for one in found.days],
        "use": [None if one.use is None else round(one.use, 1) for one in found.days],
        "texts": {
            "km": _("Kilometres"), "driving": _("Driving (h)"), "both": _("Driving and idling (h)"),
            "use": _("Vehicles in use (%)"),
        },
    }  # fmt: skip
