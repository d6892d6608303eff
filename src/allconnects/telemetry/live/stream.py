"""The stream that browsers listen to: Server-Sent Events, one per browser, compressed as they come."""

from __future__ import annotations

import zlib
from collections.abc import AsyncGenerator
from contextlib import aclosing

from django.http import HttpRequest, HttpResponseBadRequest, HttpResponseBase, StreamingHttpResponse

from allconnects.accounts.access import TenantRequest, member, no_transaction
from allconnects.accounts.actor import Actor
from allconnects.accounts.streams import while_allowed
from allconnects.telemetry.live.hub import Hub
from allconnects.telemetry.live.snapshot import WORLD, Box

_hub: Hub | None = None


@no_transaction
@member("viewer")
async def stream(request: TenantRequest) -> HttpResponseBase:
    """``?bbox=west,south,east,north`` in degrees, without it the whole world; ``zoom`` 0 to 24 of the map, without it
    also what is too small to be seen. 400 for anything else."""
    box = parse_box(request.GET.get("bbox", ""))
    try:
        zoom = parse_zoom(request.GET.get("zoom", ""))
    except ValueError:
        return HttpResponseBadRequest()
    if box is None or request.organisation is None:
        return HttpResponseBadRequest()
    actor = Actor(f"account:{request.user.pk}", request.role or "")
    return as_events(request, while_allowed(request, hub().watch(request.organisation.pk, box, zoom, actor)))


def hub() -> Hub:
    """The one of this process."""
    global _hub
    _hub = _hub or Hub()
    return _hub


def as_events(request: HttpRequest, pieces: AsyncGenerator[bytes, None]) -> StreamingHttpResponse:
    """Server-sent events as an answer that nothing on the way holds up; compressed where the browser can read that."""
    compressed = "gzip" in request.headers.get("Accept-Encoding", "")
    response = StreamingHttpResponse(squeezed(pieces) if compressed else pieces, content_type="text/event-stream")
    if compressed:
        response["Content-Encoding"] = "gzip"
    response["Vary"] = "Accept-Encoding"
    response["Cache-Control"] = "no-store"
    response["X-Accel-Buffering"] = "no"
    return response


async def squeezed(pieces: AsyncGenerator[bytes, None]) -> AsyncGenerator[bytes, None]:
    """The same as one gzip stream; every piece can be read as soon as it is there."""
    packer = zlib.compressobj(6, zlib.DEFLATED, 16 + 14, 7)
    async with aclosing(pieces):
        async for piece in pieces:
            yield packer.compress(piece) + packer.flush(zlib.Z_SYNC_FLUSH)


def parse_zoom(text: str) -> float | None:
    """The zoom that a query names; None when it names none. Raises ValueError."""
    if not text:
        return None
    zoom = float(text)
    if not 0 <= zoom <= 24:
        raise ValueError
    return zoom


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
