"""The web process's end of the bus: one listener, and for every open browser what changed in its view."""

from __future__ import annotations

import asyncio
import contextlib
import itertools
from collections import defaultdict
from collections.abc import AsyncGenerator

import msgspec
import psycopg
from asgiref.sync import sync_to_async
from django.db import DatabaseError, connection

from allconnects.accounts.actor import Actor
from allconnects.accounts.tenancy import aspeak_for, speaking_for
from allconnects.kit import clock, db
from allconnects.privacy.erasure.withheld import astoring
from allconnects.telemetry.gateway.directory import CHANNEL as DEVICE_CHANNEL
from allconnects.telemetry.live import watched
from allconnects.telemetry.live.bus import PostgresBus
from allconnects.telemetry.live.limits import Limits
from allconnects.telemetry.live.snapshot import LATEST, LIMITED, WITHHELD, Box, LatestRow
from allconnects.telemetry.live.view import Entry, View, entry_of_fix, entry_of_row, event, half_pixel
from allconnects.telemetry.store.veil import covered

TICK_S = 0.5
HEARTBEAT_S = 15.0
_STATE_EVERY_TICKS = 20
_REFRESH_EVERY_TICKS = 120
"""A sign of life without a fix is not told on the bus: what is shown is compared with the database so often."""
_WITHHELD_EVERY_S = 2.0
"""Who has a device changes without a notice: so often it is asked whose data are withheld."""
NOTICES = "telemetry_notices"
"""The channel of anything beside positions that open pages should hear: rooms above send to it as they commit."""


class Notice(msgspec.Struct):
    """What rooms above send: for which organisation, under which name, and a few numbers; nothing personal."""

    organisation: int
    name: str
    data: dict[str, object]


_notice = msgspec.json.Decoder(Notice).decode


class Hub:
    """All views of one process. Started by the first browser."""

    def __init__(self) -> None:
        self._conninfo = db.conninfo("web", "allconnects-live")
        self._views: dict[int, set[View]] = defaultdict(set)
        self._tasks: list[asyncio.Task[None]] = []
        self._limits: dict[int, Limits] = {}

    async def watch(
        self, organisation: int, box: Box, zoom: float | None = None, actor: Actor | None = None
    ) -> AsyncGenerator[bytes, None]:
        """Server-sent events for one browser, until it goes away. ``zoom`` of its map: None tells everything.

        ``actor``: who looks, for the access log.
        """
        self._start()
        view = View(organisation, box, half_pixel(zoom), actor, resnap=True)
        self._views[organisation].add(view)
        try:
            quiet = 0
            for ticks in itertools.count():
                message = await self._message(view, ticks)
                quiet = 0 if message else quiet + 1
                if message:
                    yield message
                elif quiet * TICK_S >= HEARTBEAT_S:
                    quiet = 0
                    yield b": \n\n"
                await asyncio.sleep(TICK_S)
        finally:
            self._views[organisation].discard(view)
            if not self._views[organisation]:
                del self._views[organisation]
                self._limits.pop(organisation, None)

    async def _message(self, view: View, ticks: int) -> bytes:
        """What to tell at this tick. While the database is away that is what the bus told before."""
        if view.reload:
            view.reload = False
            view.resnap = True
            return b"event: devices\ndata: {}\n\n"
        if view.notices:
            return view.said()
        if view.resnap:
            view.resnap = False
            try:
                return await self._snapshot(view)
            except (psycopg.Error, DatabaseError):
                view.resnap = True
                return b""
        if ticks % _STATE_EVERY_TICKS == 0:
            view.age(clock.now_ms())
        if ticks % _REFRESH_EVERY_TICKS == 0:
            with contextlib.suppress(psycopg.Error, DatabaseError):
                await self._refresh(view)
        if not view.changed and not view.hidden:
            return b""
        here, gone = view.delta(ticks)
        return event("delta", {"t": clock.now_ms(), "p": here, "gone": gone}) if here or gone else b""

    async def _snapshot(self, view: View) -> bytes:
        """Everything in the view."""
        view.show(await self._entries(view))
        await self._note(view)
        return event("snapshot", {"t": clock.now_ms(), "p": list(view.shown.values())})

    async def _refresh(self, view: View) -> None:
        """Note what the database knows and the view does not."""
        entries = await self._entries(view)
        view.only(entry[0] for entry in entries)
        for entry in entries:
            view.offer(entry)
        await self._note(view)

    async def _note(self, view: View) -> None:
        """Write down whose places this browser shows."""
        if view.actor is None or not view.shown:
            return
        async with await psycopg.AsyncConnection.connect(self._conninfo) as raw:
            await aspeak_for(raw, view.organisation)
            rows = await (await raw.execute(watched.PEOPLE, (view.organisation, list(view.shown)))).fetchall()
            said = watched.statement(view.organisation, [row[0] for row in rows], view.actor, len(view.shown))
            if said is not None:
                await raw.execute(*said)

    async def _entries(self, view: View) -> list[Entry]:
        """The stored states that a view may show, read under the row-level security of its organisation."""
        organisation = view.organisation
        async with await psycopg.AsyncConnection.connect(self._conninfo) as raw:
            await aspeak_for(raw, organisation)
            limits = await (await raw.execute(LIMITED)).fetchall()
            rows = await (await raw.execute(LATEST)).fetchall()
            withheld = await _withheld(raw)
        latest = [one for one in map(LatestRow.of, rows) if one.device not in withheld]
        view.cover(await sync_to_async(_covered)(view, latest))
        self._limits[organisation] = Limits.of(limits, withheld)
        now = clock.now_ms()
        return [entry_of_row(one, now) for one in latest if one.device not in view.covered]

    def _start(self) -> None:
        if not self._tasks or any(task.done() for task in self._tasks):
            for task in self._tasks:
                task.cancel()
            self._tasks = [
                asyncio.create_task(follow())
                for follow in (self._follow_fixes, self._follow_devices, self._follow_notices, self._follow_withheld)
            ]

    async def _follow_fixes(self) -> None:
        async for fixes in PostgresBus(self._conninfo).listen():
            if fixes is None:
                self._mark_all("resnap")
                continue
            now = clock.now_ms()
            for fix in fixes:
                views, limits = self._views.get(fix.organisation), self._limits.get(fix.organisation)
                if not views or limits is None:
                    continue
                if seen := limits.seen(fix):
                    entry = entry_of_fix(seen, now)
                    for view in views:
                        view.offer(entry)

    async def _follow_devices(self) -> None:
        """A device was added, renamed, removed or withheld: its organisation's browsers read their list again.

        Until one has, nobody is told of a fix: what may be shown is not known.
        """
        async for payload in PostgresBus(self._conninfo).listen_text(DEVICE_CHANNEL):
            organisation = int(payload.split()[1])
            self._limits.pop(organisation, None)
            for view in self._views.get(organisation, ()):
                view.changed.clear()
                view.reload = True

    async def _follow_withheld(self) -> None:
        """Somebody whose data are withheld took or left a device: browsers show it no longer, or again."""
        while True:
            with contextlib.suppress(psycopg.Error):
                async with await psycopg.AsyncConnection.connect(self._conninfo, autocommit=True) as raw:
                    while True:
                        await asyncio.sleep(_WITHHELD_EVERY_S)
                        for organisation in list(self._views):
                            await self._withhold(raw, organisation)
            await asyncio.sleep(_WITHHELD_EVERY_S)

    async def _withhold(self, raw: psycopg.AsyncConnection, organisation: int) -> None:
        async with raw.transaction():
            await aspeak_for(raw, organisation)
            withheld = await _withheld(raw)
        if limits := self._limits.get(organisation):
            for view in self._views.get(organisation, ()):
                view.hide(withheld - limits.withheld)
            limits.withheld = withheld

    async def _follow_notices(self) -> None:
        """Something happened that is no position, such as an alert: its organisation's browsers are told."""
        async for payload in PostgresBus(self._conninfo).listen_text(NOTICES):
            with contextlib.suppress(msgspec.DecodeError):
                notice = _notice(payload)
                for view in self._views.get(notice.organisation, ()):
                    view.hear(notice.name, notice.data)

    def _mark_all(self, flag: str) -> None:
        for views in self._views.values():
            for view in views:
                setattr(view, flag, True)


def _covered(view: View, latest: list[LatestRow]) -> set[int]:
    """Devices whose latest place this browser may not show, such as where a private trip of somebody else led."""
    try:
        with speaking_for(view.organisation):
            placed = {one.device: one.fix_time for one in latest}
            return covered(view.organisation, placed, view.actor.account if view.actor else None)
    finally:
        connection.close()


async def _withheld(raw: psycopg.AsyncConnection) -> frozenset[int]:
    async with astoring(raw):
        rows = await (await raw.execute(WITHHELD)).fetchall()
    return frozenset(row[0] for row in rows)
