"""Addresses of the traffic of a day."""

from __future__ import annotations

from datetime import UTC

import msgspec
from django.http import HttpResponse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET

from allconnects.accounts.access import TenantRequest, at_least, member
from allconnects.kit import clock
from allconnects.kit.errors import InvalidInput
from allconnects.products.live_connects import traffic
from allconnects.products.live_connects.history_views import asked_day, organisation_of

_encode = msgspec.json.Encoder().encode


@require_GET
@member("viewer")
def lines(request: TenantRequest) -> HttpResponse:
    """Lines of a day of the devices that are asked for (``device=1,2,3``), today by default; drivers for planners."""
    devices = traffic.chosen(request.GET.getlist("device"), traffic.MOST_DEVICES)
    if not devices:
        raise InvalidInput(_("Choose at least one device."))
    day = asked_day(request)
    found = traffic.lines(organisation_of(request), devices, day, at_least(request.role, "planner"))
    body = {"day": day.isoformat(), "at": clock.now().astimezone(UTC), "lines": [traffic.shown(one) for one in found]}
    response = HttpResponse(_encode(body), content_type="application/json")
    response["Cache-Control"] = "no-store"
    return response
