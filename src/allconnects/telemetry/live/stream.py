"""The stream that browsers listen to: Server-Sent Events, one per browser."""

from __future__ import annotations

from django.http import HttpResponseBadRequest, HttpResponseBase, StreamingHttpResponse

from allconnects.accounts.access import TenantRequest, member, no_transaction
from allconnects.accounts.streams import while_allowed
from allconnects.telemetry.live.hub import Hub
from allconnects.telemetry.live.snapshot import WORLD, Box

_hub: Hub | None = None


@no_transaction
@member("viewer")
async def stream(request: TenantRequest) -> HttpResponseBase:
    """``?bbox=west,south,east,north`` in degrees; without it the whole world. 400 for anything else."""
    global _hub
    box = parse_box(request.GET.get("bbox", ""))
    if box is None or request.organisation is None:
        return HttpResponseBadRequest()
    _hub = _hub or Hub()
    pieces = while_allowed(request, _hub.watch(request.organisation.pk, box))
    response = StreamingHttpResponse(pieces, content_type="text/event-stream")
    response["Cache-Control"] = "no-store"
    response["X-Accel-Buffering"] = "no"
    return response


def parse_box(text: str) -> Box | None:
    """The box that a query names, bounded to the globe; None when it is not one."""
    if not text:
        return WORLD
    try:
        west, south, east, north = (float(piece) for piece in text.split(","))
    except ValueError:
        return None
    if not (-1e6 < west < 1e6 and -1e6 < east < 1e6 and -90.0 <= south <= north <= 90.0):
        return None
    if east - west >= 360.0:
        return WORLD
    return Box(_wrap(west), south, _wrap(east), north)


def _wrap(lon: float) -> float:
    return lon if -180.0 <= lon <= 180.0 else (lon + 180.0) % 360.0 - 180.0
