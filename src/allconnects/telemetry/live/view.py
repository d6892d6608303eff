"""What one open browser shows of the map, and what to tell it next: pure, without database or socket.

A view gets at most two messages a second, with only what changed in it, and what nobody could see moving waits
for up to ten seconds; a slow browser gets fewer and larger steps, never a queue.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field

import msgspec

from allconnects.accounts.actor import Actor
from allconnects.telemetry.live.bus import Fix
from allconnects.telemetry.live.snapshot import Box, LatestRow, ms
from allconnects.telemetry.live.state import State, state_of

_TOLD_EVERY_TICKS = 20
"""However little it moved: so often every device is told of when it reported."""
_PIXELS_AROUND = 512
"""The world at zoom 0, in pixels of the map."""
_LAT_PER_LON = 0.6
"""A pixel in degrees of latitude by one in longitude: in Belgium; further south some steps are finer than needed."""
_DECIMALS = 5
"""A metre: finer than what receivers know, and a quarter of a message less."""
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


@dataclass(eq=False)
class View:
    """One open browser. ``shown``: the entries it has; ``changed``: what came since its last message.

    ``step_deg``: a smaller change of longitude cannot be seen there, so it can wait. ``hidden``: what it has and may
    show no longer. ``covered``: devices of which it may not show where they are, moving or not, until it is said anew.
    """

    organisation: int
    box: Box
    step_deg: float = 0.0
    actor: Actor | None = None
    shown: dict[int, Entry] = field(default_factory=dict)
    changed: dict[int, Entry] = field(default_factory=dict)
    hidden: set[int] = field(default_factory=set)
    covered: set[int] = field(default_factory=set)
    reload: bool = False
    resnap: bool = False
    notices: dict[str, Notices] = field(default_factory=dict)

    def offer(self, entry: Entry) -> None:
        """Note a change, unless the browser has something newer or may not show it."""
        if entry[0] in self.covered:
            return
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

    def cover(self, devices: set[int]) -> None:
        """These are not shown from now on, others are again."""
        self.hide(devices - self.covered)
        self.covered = devices

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
            event("notice", {"name": name, "count": one.count, "latest": one.latest})
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


def event(name: str, data: object) -> bytes:
    """One server-sent event with data as JSON."""
    return b"event: " + name.encode() + b"\ndata: " + _encode(data) + b"\n\n"
