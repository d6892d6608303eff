"""What the trackers of some vehicles measured on the days before the demo began. The same for the same first day."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from functools import cached_property

from allconnects.demo.data.devices import SILENT
from allconnects.demo.data.register import TAGS
from allconnects.demo.data.setting import PAST_DAYS, Demo
from allconnects.demo.devices import DemoDevice, demo_devices
from allconnects.demo.movement import Fix, Movement
from allconnects.telemetry.codecs.base import Position

Sent = tuple[str, Position]
"""Identifier of a device, and what it measured."""

VEHICLES = ("Van 01", "Van 03", "Van 06", "Van 08", "Tipper truck 01", "Tipper truck 02", "Concrete mixer 01",
            "Crane truck 01")  # fmt: skip
WEEKEND = "Van 03"
"""Drives on Saturdays too."""
IDLES = "Tipper truck 01"
"""Lets its engine run: on Wednesdays while it waits at the site, and at a level crossing on each drive."""
LATE = "Crane truck 01"
"""Was without network on the last working day: it sent that day later."""
HURRIES = "Van 01"
"""Drove too fast on the last way home."""
_PACE = 1.15
_LEGS = ((7, 0, 0), (9, 40, 1), (10, 50, 0), (15, 30, 1))
"""Hour, minute and direction of the drives of a working day."""
_SATURDAY = ((10, 0, 0), (13, 0, 1))
_MOVING_S, _STANDING_S = 15, 300
_PRESENT = timedelta(hours=3)
_IDLES_S = 25 * 60
_HOLDS_S = 150


def past_days(demo: Demo) -> Iterator[Sent]:
    """All of it but what one vehicle sent late."""
    for vehicle in _vehicles(demo):
        for offset in range(-PAST_DAYS, 0):
            if (vehicle.device.name, offset) != (LATE, demo.working_days()[-1]):
                yield from vehicle.day(offset)
    yield from _silent(demo)


def late_day(demo: Demo) -> Iterator[Sent]:
    """The day that came late."""
    for vehicle in _vehicles(demo):
        if vehicle.device.name == LATE:
            yield from vehicle.day(demo.working_days()[-1])


def present(demo: Demo) -> Iterator[Sent]:
    """The hours before the first start, so that today is not empty; what is simulated from then on follows."""
    until = demo.founded.timestamp()
    for device in demo_devices():
        movement, at = Movement(device), until - _PRESENT.total_seconds()
        while at < until:
            fix = movement.fix(at)
            yield device.identifier, _position(fix, _tags(device.name, len(TAGS) - 1))
            at += 20 if fix.moving else 60


def _vehicles(demo: Demo) -> list[_Past]:
    by_name = {one.name: one for one in demo_devices()}
    return [_Past(demo, by_name[name], Movement(by_name[name]), place) for place, name in enumerate(VEHICLES)]


def _silent(demo: Demo) -> Iterator[Sent]:
    at, end = demo.at(-PAST_DAYS, 6), demo.at(-3, 15)
    while at < end:
        yield SILENT[1], Position(_ms(at), True, 51.0212, 3.7264, 8.0, 0.0, None, {"ignition": False, "sat": 9})
        at += timedelta(minutes=30)


@dataclass(frozen=True)
class _Past:
    """One vehicle. ``place``: its number, by which its drives begin some minutes after those of others."""

    demo: Demo
    device: DemoDevice
    movement: Movement
    place: int

    def day(self, offset: int) -> Iterator[Sent]:
        """From midnight to midnight in Brussels: 23 to 25 hours."""
        weekday = self.demo.day(offset).weekday()
        legs = _LEGS if weekday < 5 else _SATURDAY if (weekday, self.device.name) == (5, WEEKEND) else ()
        driven = self._driven(offset) * self.movement.length_m
        at, end = self.demo.at(offset, 0), self.demo.at(offset + 1, 0)
        for number, (hour, minute, direction) in enumerate(legs):
            start = self.demo.at(offset, hour, minute) + timedelta(minutes=3 * self.place)
            idles = _IDLES_S if (self.device.name, weekday, number) == (IDLES, 2, 1) else 0
            yield from self._standing(at, start, number % 2, driven + number * self.movement.length_m, idles)
            holds = _HOLDS_S if self.device.name == IDLES else 0
            pace = _PACE if (self.device.name, offset, number) == (HURRIES, self.demo.working_days()[-1], 3) else 1.0
            yield from self._leg(start, direction, driven + number * self.movement.length_m, holds, pace)
            at = start + timedelta(seconds=self.movement.leg_s / pace + holds)
        yield from self._standing(at, end, 0, driven + len(legs) * self.movement.length_m)

    def _driven(self, offset: int) -> int:
        """Drives before that day."""
        days = [self.demo.day(one).weekday() for one in range(-PAST_DAYS, offset)]
        saturdays = sum(day == 5 for day in days) if self.device.name == WEEKEND else 0
        return len(_LEGS) * sum(day < 5 for day in days) + len(_SATURDAY) * saturdays

    def _leg(
        self, start: datetime, direction: int, before_m: float, holds_s: int = 0, pace: float = 1.0
    ) -> Iterator[Sent]:  # fmt: skip
        """One drive, so many times as fast as usual; half way it stands for ``holds_s`` with a running engine."""
        into = 0.0
        while into < self.movement.leg_s:
            fix, passed = self.movement.along(direction, into)
            fix = replace(fix, speed_kmh=fix.speed_kmh * pace)
            yield self._sent(fix, start + timedelta(seconds=into / pace), before_m + passed)
            if holds_s and into >= self.movement.leg_s / 2:
                for wait in range(_MOVING_S, holds_s, _MOVING_S):
                    still = replace(fix, speed_kmh=0.0)
                    yield self._sent(still, start + timedelta(seconds=into / pace + wait), before_m + passed)
                start, holds_s = start + timedelta(seconds=holds_s), 0
            into += _MOVING_S * pace

    def _standing(
        self, start: datetime, end: datetime, at_end: int, driven_m: float, idles_s: int = 0
    ) -> Iterator[Sent]:  # fmt: skip
        """At one end of the road: ``at_end`` 0 or 1; the engine runs for the first ``idles_s``."""
        fix = self.movement.at_end(at_end)
        at = start
        while at < end:
            runs = at < start + timedelta(seconds=idles_s)
            yield self._sent(replace(fix, ignition=runs), at, driven_m)
            at += timedelta(seconds=60 if runs else _STANDING_S)

    def _sent(self, fix: Fix, at: datetime, driven_m: float) -> Sent:
        fix = replace(fix, time_ms=_ms(at), odometer_m=round(self._odometer_start + driven_m))
        return self.device.identifier, _position(fix)

    @cached_property
    def _odometer_start(self) -> float:
        """So much less than what it shows at the first start as is driven in these days; asked at each position."""
        shown = self.movement.fix(self.demo.founded.timestamp() - _PRESENT.total_seconds()).odometer_m
        return shown - self._driven(0) * self.movement.length_m


def _tags(name: str, most: int) -> dict[str, str | int]:
    """The Bluetooth tags that one van and one truck hear: all but the last, and the last."""
    if name == "Van 01":
        return {f"tag{number}Id": tag for number, tag in enumerate(TAGS[:most], 1)} | {"tag1Rssi": -61}
    return {"tag1Id": TAGS[most], "tag1Rssi": -78} if name == "Tipper truck 02" else {}


def _position(fix: Fix, more: dict[str, str | int] | None = None) -> Position:
    attributes = {"ignition": fix.ignition, "odometer": float(fix.odometer_m), "sat": fix.satellites}
    return Position(
        fix.time_ms, True, round(fix.lat, 7), round(fix.lon, 7), round(fix.altitude_m), round(fix.speed_kmh),
        round(fix.course_deg), {**attributes, **(more or {})},
    )  # fmt: skip


def _ms(at: datetime) -> int:
    return round(at.timestamp() * 1000)
