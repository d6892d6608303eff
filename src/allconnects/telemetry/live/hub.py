"""The web process's end of the bus: one listener, and for every open browser what changed in its view.

A view gets at most two messages a second, with only what changed in it, and what nobody could see moving waits
for up to ten seconds; a slow browser gets fewer and larger steps, never a queue.
"""

from __future__ import annotations

import asyncio
import contextlib
import itertools
from collections import defaultdict
from collections.abc import AsyncGenerator, Iterable
from dataclasses import dataclass, field

import msgspec
import psycopg

from allconnects.accounts.actor import Actor
from allconnects.accounts.tenancy import aspeak_for
from allconnects.kit import clock, db
from allconnects.privacy.erasure.withheld import astoring
from allconnects.telemetry.gateway.directory import CHANNEL as DEVICE_CHANNEL
from allconnects.telemetry.live import watched
from allconnects.telemetry.live.bus import Fix, PostgresBus
from allconnects.telemetry.live.limits import Limits
from allconnects.telemetry.live.snapshot import LATEST, LIMITED, WITHHELD, Box, LatestRow, ms
from allconnects.telemetry.live.state import State, state_of

TICK_S = 0.5
HEARTBEAT_S = 15.0
_STATE_EVERY_TICKS = 20
_REFRESH_EVERY_TICKS = 120
"""A sign of life without a fix is not told on the bus: what is shown is compared with the database so often."""
_WITHHELD_EVERY_S = 2.0
"""Who has a device changes without a notice: so often it is asked whose data are withheld."""
_TOLD_EVERY_TICKS = 20
"""However little it moved: so often every device is told of when it reported."""
_PIXELS_AROUND = 512
"""The world at zoom 0, in pixels of the map."""
_LAT_PER_LON = 0.6
"""A pixel in degrees of latitude by one in longitude: in Belgium; further south some steps are finer than needed."""
_DECIMALS = 5
"""A metre: finer than what receivers know, and a quarter of a message less."""
NOTICES = "telemetry_notices"
"""The channel of anything beside positions that open pages should hear: rooms above send to it as they commit."""
_encode = msgspec.json.Encoder().encode
Entry = tuple[int, float, float, float | None, float | None, int, int]
"""Device, lat, lon, speed_kmh, course_deg, state, fix time in ms: what a message holds of one device."""


def entry_of_fix(fix: Fix, now_ms: int) -> Entry:
    """What browsers are told of a fresh fix."""
    state = state_of(now_ms, now_ms, fix.time_ms, fix.speed_kmh)
    return _entry(fix.device, fix.lat_e7, fix.lon_e7, fix.speed_kmh, fix.course_deg, state, fix.time_ms)


def entry_of_row(row: LatestRow, now_ms: int) -> Entry:
    """What browsers are told of a stored state."""
    return _entry(
        row.device, row.lat_e7, row.lon_e7, row.speed_kmh, row.course_deg, row.state(now_ms), ms(row.fix_time)
    )


def _entry(
    device: int, lat: int, lon: int, speed: float | None, course: float | None, state: State, time_ms: int
) -> Entry:
    rounded = None if speed is None else round(speed)
    place = (round(lat / 1e7, _DECIMALS), round(lon / 1e7, _DECIMALS))
    return (device, *place, rounded, None if course is None else round(course), int(state), time_ms)


def half_pixel(zoom: float | None) -> float:
    """Half a pixel of the map at a zoom, in degrees of longitude; 0 when the zoom is not known."""
    return 0.0 if zoom is None else 180.0 / (_PIXELS_AROUND * 2.0**zoom)


@dataclass(slots=True)
class Notices:
    """What was said under one name since the last message: how often, and the latest of it."""

    count: int
    latest: object


class Notice(msgspec.Struct):
    """What rooms above send: for which organisation, under which name, and a few numbers; nothing personal."""

    organisation: int
    name: str
    data: dict[str, object]


_notice = msgspec.json.Decoder(Notice).decode


@dataclass(eq=False)
class View:
    """One open browser. ``shown``: the entries it has; ``changed``: what came since its last message.

    ``step_deg``: a smaller change of longitude cannot be seen there, so it can wait. ``hidden``: what it has and may
    show no longer.
    """

    organisation: int
    box: Box
    step_deg: float = 0.0
    actor: Actor | None = None
    shown: dict[int, Entry] = field(default_factory=dict)
    changed: dict[int, Entry] = field(default_factory=dict)
    hidden: set[int] = field(default_factory=set)
    reload: bool = False
    resnap: bool = False
    notices: dict[str, Notices] = field(default_factory=dict)

    def offer(self, entry: Entry) -> None:
        """Note a change, unless the browser has something newer."""
        known = self.changed.get(entry[0]) or self.shown.get(entry[0])
        if known is None or known[6] <= entry[6]:
            self.changed[entry[0]] = entry

    def delta(self, tick: int = 0) -> tuple[list[Entry], list[int]]:
        """What to tell now: entries in the view, and devices that left it. What can wait stays noted."""
        here, gone, waits = [], self._hide(), {}
        for device, entry in self.changed.items():
            if not self.holds(entry):
                if self.shown.pop(device, None) is not None:
                    gone.append(device)
            elif (before := self.shown.get(device)) != entry:
                if before and self.can_wait(before, entry) and (device + tick) % _TOLD_EVERY_TICKS:
                    waits[device] = entry
                else:
                    here.append(entry)
                    self.shown[device] = entry
        self.changed = waits
        return here, gone

    def _hide(self) -> list[int]:
        """Devices that are taken away although they did not go anywhere."""
        gone = [device for device in self.hidden if self.shown.pop(device, None) is not None]
        self.hidden.clear()
        return gone

    def only(self, devices: Iterable[int]) -> None:
        """What it shows and these are not is hidden."""
        self.hidden |= self.shown.keys() - set(devices)

    def hide(self, devices: Iterable[int]) -> None:
        """These are taken away, and what came of them since is not told."""
        for device in devices:
            self.changed.pop(device, None)
            self.hidden.add(device)

    def can_wait(self, before: Entry, entry: Entry) -> bool:
        """Whether nobody who looks at this part of the map would see a difference."""
        step = self.step_deg
        near = abs(entry[1] - before[1]) < step * _LAT_PER_LON and abs(entry[2] - before[2]) < step
        return near and before[5] == entry[5]

    def age(self, now_ms: int) -> None:
        """A state changes by time alone: what moved and was not heard since stands."""
        for device, entry in self.shown.items():
            if entry[5] == State.MOVING and state_of(now_ms, now_ms, entry[6], entry[3]) < State.MOVING:
                self.changed.setdefault(device, (*entry[:5], int(State.STANDING), entry[6]))

    def hear(self, name: str, data: object) -> None:
        """Note something said; of many only the latest and their number are passed on."""
        known = self.notices.setdefault(name, Notices(0, data))
        known.count, known.latest = known.count + 1, data

    def said(self) -> bytes:
        """What was noted, as one small message; empty when nothing was."""
        pieces = [
            _event("notice", {"name": name, "count": one.count, "latest": one.latest})
            for name, one in self.notices.items()
        ]
        self.notices.clear()
        return b"".join(pieces)

    def show(self, entries: Iterable[Entry]) -> None:
        """Begin anew with these, save where something newer is known: the database is a moment behind the bus."""
        known = self.shown | self.changed
        newest = [max(entry, known.get(entry[0], entry), key=lambda one: one[6]) for entry in entries]
        self.shown = {entry[0]: entry for entry in newest if self.holds(entry)}
        self.changed.clear()
        self.hidden.clear()

    def holds(self, entry: Entry) -> bool:
        """Whether it is in the part of the map that is looked at."""
        return self.box.holds(round(entry[1] * 1e7), round(entry[2] * 1e7))


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
            except psycopg.Error:
                view.resnap = True
                return b""
        if ticks % _STATE_EVERY_TICKS == 0:
            view.age(clock.now_ms())
        if ticks % _REFRESH_EVERY_TICKS == 0:
            with contextlib.suppress(psycopg.Error):
                await self._refresh(view)
        if not view.changed and not view.hidden:
            return b""
        here, gone = view.delta(ticks)
        return _event("delta", {"t": clock.now_ms(), "p": here, "gone": gone}) if here or gone else b""

    async def _snapshot(self, view: View) -> bytes:
        """Everything in the view."""
        view.show(await self._entries(view.organisation))
        await self._note(view)
        return _event("snapshot", {"t": clock.now_ms(), "p": list(view.shown.values())})

    async def _refresh(self, view: View) -> None:
        """Note what the database knows and the view does not."""
        entries = await self._entries(view.organisation)
        view.only(entry[0] for entry in entries)
        for entry in entries:
            view.offer(entry)
        await self._note(view)

    async def _note(self, view: View) -> None:
        """Write down whose places this browser shows."""
        if view.actor is None or not view.shown:
            return
        async with await psycopg.AsyncConnection.connect(self._conninfo) as connection:
            await aspeak_for(connection, view.organisation)
            rows = await (await connection.execute(watched.PEOPLE, (view.organisation, list(view.shown)))).fetchall()
            said = watched.statement(view.organisation, [row[0] for row in rows], view.actor, len(view.shown))
            if said is not None:
                await connection.execute(*said)

    async def _entries(self, organisation: int) -> list[Entry]:
        """The stored states, read under the row-level security of their organisation."""
        async with await psycopg.AsyncConnection.connect(self._conninfo) as connection:
            await aspeak_for(connection, organisation)
            limits = await (await connection.execute(LIMITED)).fetchall()
            rows = await (await connection.execute(LATEST)).fetchall()
            withheld = await _withheld(connection)
        self._limits[organisation] = Limits.of(limits, withheld)
        now = clock.now_ms()
        return [entry_of_row(one, now) for one in map(LatestRow.of, rows) if one.device not in withheld]

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
                async with await psycopg.AsyncConnection.connect(self._conninfo, autocommit=True) as connection:
                    while True:
                        await asyncio.sleep(_WITHHELD_EVERY_S)
                        for organisation in list(self._views):
                            await self._withhold(connection, organisation)
            await asyncio.sleep(_WITHHELD_EVERY_S)

    async def _withhold(self, connection: psycopg.AsyncConnection, organisation: int) -> None:
        async with connection.transaction():
            await aspeak_for(connection, organisation)
            withheld = await _withheld(connection)
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


async def _withheld(connection: psycopg.AsyncConnection) -> frozenset[int]:
    async with astoring(connection):
        rows = await (await connection.execute(WITHHELD)).fetchall()
    return frozenset(row[0] for row in rows)


def _event(name: str, data: object) -> bytes:
    return b"event: " + name.encode() + b"\ndata: " + _encode(data) + b"\n\n"
