"""The page behind a shared link: for whoever holds it, without an account, showing what the link says and no more."""

from __future__ import annotations

import asyncio
import itertools
from collections.abc import AsyncGenerator
from typing import Any

import msgspec
import psycopg
from asgiref.sync import sync_to_async
from django.db import DatabaseError, connection
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import render
from django.templatetags.static import static
from django.urls import reverse
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET

from allconnects.accounts.access import no_transaction
from allconnects.accounts.actor import Actor
from allconnects.accounts.tenancy import aspeak_for
from allconnects.integrations.basemap import views as basemap
from allconnects.kit import clock, db
from allconnects.kit.errors import NotFound
from allconnects.products.live_connects import shares
from allconnects.products.live_connects.texts import texts
from allconnects.telemetry.live import watched
from allconnects.telemetry.live.stream import as_events

TICK_S = 4.0
MOST_STREAMS = 200
"""More browsers than this at one web process are told to come back later."""
QUIET = {"Referrer-Policy": "no-referrer", "X-Robots-Tag": "noindex, nofollow", "Cache-Control": "no-store"}
_encode = msgspec.json.Encoder().encode
_open_streams = 0


@no_transaction
@never_cache
@require_GET
def page(request: HttpRequest, secret: str) -> HttpResponse:
    """A map with what the link shows; 404 once it has ended."""
    try:
        link = shares.find(secret)
    except NotFound as error:
        return _ended(request, error.message)
    shares.note_opening(link)
    answer = render(request, "live/share.html", {"settings": _settings(secret, link), "link": link})
    return _quiet(answer)


def _ended(request: HttpRequest, message: str) -> HttpResponse:
    return _quiet(render(request, "error.html", {"status": 404, "message": message}, status=404))


def _quiet(answer: HttpResponse) -> HttpResponse:
    for name, value in QUIET.items():
        answer[name] = value
    return answer


def _settings(secret: str, link: shares.Open) -> dict[str, Any]:
    own = {"secret": secret}
    return {
        "urls": {
            "stream": reverse("live:share_stream", kwargs=own),
            "style": reverse("live:share_style", kwargs=own),
            "icons": static("vendor/icons.svg"),
        },
        "ends": int(link.ends_at.timestamp() * 1000),
        "coarse": shares.STEP_DEG[link.precision] > 0,  # type: ignore[index]
        "texts": texts(),
    }


@no_transaction
@require_GET
def style(request: HttpRequest, secret: str) -> HttpResponse:
    """The background map of the page."""
    try:
        shares.find(secret)
    except NotFound:
        return HttpResponse(status=404)
    tiles = reverse("live:share_tile", kwargs={"secret": secret, "z": 0, "x": 0, "y": 0})
    return _quiet(basemap.style_answer(request, tiles.removesuffix("0/0/0") + "{z}/{x}/{y}"))


@no_transaction
@require_GET
def tile(_request: HttpRequest, secret: str, z: int, x: int, y: int) -> HttpResponse:
    """A tile of it."""
    try:
        shares.find(secret)
    except NotFound:
        return HttpResponse(status=404)
    return basemap.tile_answer(z, x, y)


@no_transaction
async def stream(request: HttpRequest, secret: str) -> HttpResponseBase:
    """Places every few seconds, as long as the link is good."""
    if request.method != "GET":
        return HttpResponse(status=405)
    if _open_streams >= MOST_STREAMS:
        return HttpResponse(status=503, headers={"Retry-After": "60"})
    try:
        link = await sync_to_async(_found)(secret)
    except NotFound:
        return HttpResponse(status=404)
    answer = as_events(request, watch(link))
    answer["Referrer-Policy"] = "no-referrer"
    return answer


def _found(secret: str) -> shares.Open:
    try:
        return shares.find(secret)
    finally:
        connection.close()


async def watch(link: shares.Open) -> AsyncGenerator[bytes, None]:
    """Server-sent events until the link ends: ``places`` when something changed, ``end`` at last."""
    global _open_streams
    _open_streams += 1
    try:
        told = b""
        for tick in itertools.count():
            rows = await _rows(link)
            if rows is not None:
                if not rows:  # revoked, over, or none of its devices may be shown any more
                    yield b"event: end\ndata: {}\n\n"
                    return
                news = _encode(shares.places(link, rows))
                if news != told:
                    told = news
                    yield b"event: places\ndata: " + news + b"\n\n"
                elif tick % 4 == 0:
                    yield b": \n\n"
            await asyncio.sleep(TICK_S)
    finally:
        _open_streams -= 1


async def _note(raw: psycopg.AsyncConnection[Any], link: shares.Open) -> None:
    """Write down whose places the link shows, to whoever holds it."""
    people = [row[0] for row in await (await raw.execute(shares.PEOPLE, {"share": link.id})).fetchall()]
    said = watched.statement(link.organisation, people, Actor(f"process:share-{link.id}", "recipient"), len(people))
    if said is not None:
        await raw.execute(*said)


async def _rows(link: shares.Open) -> list[tuple[Any, ...]] | None:
    """What the database says now, under the row-level security of the link's organisation; None while it is away."""
    try:
        async with await psycopg.AsyncConnection.connect(db.conninfo("web", "allconnects-share")) as raw:
            await aspeak_for(raw, link.organisation)
            asked = {"share": link.id, "now": clock.now()}
            found = await (await raw.execute(shares.PLACES, asked)).fetchall()
            await _note(raw, link)
        return await sync_to_async(_uncovered)(link, found)
    except (psycopg.Error, DatabaseError):
        return None


def _uncovered(link: shares.Open, rows: list[tuple[Any, ...]]) -> list[tuple[Any, ...]]:
    try:
        return shares.uncovered(link, rows)
    finally:
        connection.close()
