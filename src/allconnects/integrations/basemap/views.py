"""The addresses that a map in a browser asks: never anybody but us."""

from __future__ import annotations

import structlog
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.utils import translation
from django.views.decorators.http import require_GET

from allconnects.accounts.access import TenantRequest, member, no_transaction
from allconnects.integrations.basemap import styles
from allconnects.integrations.basemap.palette import Theme
from allconnects.integrations.basemap.provider import provider
from allconnects.integrations.basemap.source import BasemapError
from allconnects.kit import clock

log = structlog.get_logger()
TILES = "/basemap/tiles/{z}/{x}/{y}"
KEEP = "private, max-age=86400"
TROUBLE_MS = 60_000
_trouble_until = 0


@require_GET
@no_transaction
@member("viewer")
def style(request: TenantRequest) -> HttpResponse:
    """The style for MapLibre, ``?theme=light`` or dark, with names in the language of the page."""
    return style_answer(request, TILES)


def style_answer(request: HttpRequest, tiles_path: str) -> HttpResponse:
    """The same for a page of its own. ``tiles_path``: where it asks for tiles, with {z}/{x}/{y}."""
    theme: Theme = "dark" if request.GET.get("theme") == "dark" else "light"
    language = (translation.get_language() or "en")[:2]
    source = provider()
    if source is None:
        return JsonResponse(styles.offline(theme, language))
    try:
        tiles = request.build_absolute_uri("/")[:-1] + tiles_path
        return JsonResponse(styles.online(theme, language, source.describe(), tiles))
    except BasemapError as error:
        _remember(error)
        return JsonResponse(styles.offline(theme, language, notice=True))


@require_GET
@no_transaction
@member("viewer")
def tile(_request: TenantRequest, z: int, x: int, y: int) -> HttpResponse:
    """One tile; where there is none, or the host fails, an empty one."""
    return tile_answer(z, x, y)


def tile_answer(z: int, x: int, y: int) -> HttpResponse:
    """The same for a page of its own."""
    source = provider()
    if source is None or z > 22 or x >= 1 << z or y >= 1 << z:
        return HttpResponse(status=404)
    try:
        found = source.tile(z, x, y)
    except BasemapError as error:
        _remember(error)
        return HttpResponse(status=204, headers={"Cache-Control": "no-store"})
    if found is None:
        return HttpResponse(status=204, headers={"Cache-Control": KEEP})
    response = HttpResponse(found.data, content_type=found.media_type, headers={"Cache-Control": KEEP})
    if found.encoding:
        response["Content-Encoding"] = found.encoding
    return response


@require_GET
@no_transaction
@member("viewer")
def status(_request: TenantRequest) -> HttpResponse:
    """Whether tiles were to be had in the last minute: the page says so when they were not."""
    answer = JsonResponse({"available": clock.now_ms() >= _trouble_until})
    answer["Cache-Control"] = "no-store"
    return answer


def _remember(error: BasemapError) -> None:
    """Logs the reason, never which tile: that would tell who looks where."""
    global _trouble_until
    if clock.now_ms() >= _trouble_until:
        log.warning("basemap_unavailable", reason=error.message)
    _trouble_until = clock.now_ms() + TROUBLE_MS
