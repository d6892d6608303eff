"""The page of the live map."""

from __future__ import annotations

import json
from typing import Any

from django.http import HttpResponse
from django.shortcuts import render
from django.templatetags.static import static
from django.urls import reverse

from allconnects.accounts.access import TenantRequest, at_least, member
from allconnects.alerts.sentences import HAPPENED
from allconnects.products.fleet_tracker.reach import reach
from allconnects.products.live_connects.nearest import estimates
from allconnects.products.live_connects.texts import texts
from allconnects.telemetry import services

BELGIUM = (2.45, 49.45, 6.45, 51.55)
"""West, south, east, north: what the map shows while no device has a position."""


@member("viewer")
def live_map(request: TenantRequest) -> HttpResponse:
    """The map. Positions come afterwards, by API and stream."""
    may_add = at_least(request.role, "manager")
    waiting = len(services.unknown_devices(request.organisation)) if may_add and request.organisation else 0
    kinds = json.dumps({kind: str(title) for kind, title in HAPPENED.items()})
    context = {
        "alert_kinds": kinds,
        "settings": map_settings(),
        "may_add": may_add,
        "may_share": at_least(request.role, "planner"),
        "waiting": waiting,
        "reach": reach(request),
    }
    return render(request, "live/map.html", context)


def map_settings() -> dict[str, Any]:
    """What the scripts of the page need to know."""
    return {
        "urls": {
            "stream": reverse("live:stream"),
            "positions": reverse("api:positions_latest"),
            "devices": reverse("api:devices"),
            "style": reverse("basemap:style"),
            "status": reverse("basemap:status"),
            "login": reverse("account_login"),
            "icons": static("vendor/icons.svg"),
            "map": static("vendor/maplibre/maplibre-gl.mjs"),
            "worker": static("vendor/maplibre/maplibre-gl-worker.mjs"),
            "places": reverse("places:shapes"),
            "manage": reverse("devices:list"),
            "shares": reverse("live:shares"),
            "subjects": reverse("api:live_subjects"),
            "views": reverse("live:views"),
            "trips": reverse("history:month"),
            "traffic": reverse("live:traffic"),
            "together": reverse("history:together"),
            "search": reverse("api:address_search"),
        },
        "home": BELGIUM,
        "estimate": estimates(),
        "texts": texts(),
    }
