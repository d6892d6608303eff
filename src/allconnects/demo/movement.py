"""Where a simulated device is: a function of the time alone, so that a restart goes on where it would have been.

A driver takes ``HALF_CYCLE_S`` for one leg and the stop after it, then drives back. The legs of all drivers last
equally long, so stops that begin at evenly spread ``slot``s never pile up.
"""

from __future__ import annotations

import math
import zlib
from dataclasses import dataclass

import numpy as np

from allconnects.demo.devices import DemoDevice
from allconnects.demo.geometry import METRES_PER_DEGREE, STEP_M, Floats, Road, road

HALF_CYCLE_S = 1800.0
SHORTEST_STOP_S = 120
LONGEST_STOP_S = 220
STANDING_INTERVAL_S = 60
# 2026-01-01: odometers count from here.
EPOCH_S = 1_767_225_600

_SOME_LEG = 100
_PULL_MS2 = 0.7
_SIDEWAYS_MS2 = 1.6
_NOISE_M = 2.2


@dataclass(frozen=True, slots=True)
class Fix:
    """What a device measures at a time; ``number`` counts the reports of one run, for acknowledgements."""

    time_ms: int
    lat: float
    lon: float
    altitude_m: float
    speed_kmh: float
    course_deg: float
    satellites: int
    ignition: bool
    moving: bool
    odometer_m: int
    supply_mv: int
    battery_percent: int
    number: int = 0


class Movement:
    """The path of one device through time."""

    def __init__(self, device: DemoDevice, speedup: float = 1.0) -> None:
        self._device = device
        self._speedup = speedup
        self._seed = zlib.crc32(device.identifier.encode())
        stop_s = SHORTEST_STOP_S + self._seed % (LONGEST_STOP_S - SHORTEST_STOP_S)
        leg_s = HALF_CYCLE_S - stop_s
        whole = road(device.route, device.start_km, 1 + device.speed_limit_kmh * leg_s / 3600)
        self._road = whole
        self._times, self._speeds = _timetable(whole, device.speed_limit_kmh, leg_s, self._seed % 1000)
        self._leg_s = float(self._times[-1])

    @property
    def length_m(self) -> float:
        """Metres from one end of the device's piece of road to the other."""
        return (len(self._times) - 1) * STEP_M

    @property
    def leg_s(self) -> float:
        """Seconds from one end to the other."""
        return self._leg_s

    def ends(self) -> tuple[tuple[float, float], tuple[float, float]]:
        """Latitude and longitude of both ends of the device's piece of road."""
        first, last = self.at_end(0), self.at_end(1)
        return (first.lat, first.lon), (last.lat, last.lon)

    def at_end(self, end: int) -> Fix:
        """Standing at the start (0) or the other end (1) of the road; its time is for the caller to say."""
        return self.fix(self._instant(end + 1, self._leg_s + 1))

    def along(self, direction: int, into_s: float) -> tuple[Fix, float]:
        """So many seconds into a leg there (0) or back (1), and the metres passed; the caller says when."""
        at = self._instant(direction, into_s)
        return self.fix(at), self.distance_m(at)

    def path(self, points: int) -> list[tuple[float, float]]:
        """Latitude and longitude of points that lie evenly along the road."""
        places = [self._place(self.length_m * share / (points - 1), (0.0, 0.0)) for share in range(points)]
        return [(lat, lon) for lat, lon, _ in places]

    def _instant(self, leg: int, into_s: float) -> float:
        # A millisecond in, so that rounding does not fall back into the leg before.
        return EPOCH_S + 0.001 + ((2 * _SOME_LEG + leg - self._device.slot) * HALF_CYCLE_S + into_s) / self._speedup

    def distance_m(self, at_s: float) -> float:
        """Metres driven from the start of the present leg, at an instant in seconds since 1970."""
        leg, into = self._leg(at_s)
        place, _ = self._passed(leg, into)
        return self.length_m - place if leg % 2 else place

    def next_change_s(self, at_s: float) -> float:
        """The next instant at which the device starts or stops."""
        if self._device.behaviour != "drive":
            return at_s + STANDING_INTERVAL_S
        _, into = self._leg(at_s)
        ahead = self._leg_s - into if into < self._leg_s else HALF_CYCLE_S - into
        return at_s + max(ahead, 0.001) / self._speedup

    def fix(self, at_s: float) -> Fix:
        """What the device measures at an instant in seconds since 1970."""
        if self._device.behaviour != "drive":
            return self._standing(at_s)
        leg, into = self._leg(at_s)
        moving = into < self._leg_s
        place, speed = self._passed(leg, into)
        along = self.length_m - place if leg % 2 else place
        lat, lon, course = self._place(place, self._wobble(into))
        return Fix(
            time_ms=round(at_s * 1000),
            lat=lat,
            lon=lon,
            altitude_m=_altitude(lat),
            speed_kmh=speed * 3.6,
            course_deg=(course + 180 * (leg % 2)) % 360,
            satellites=9 + int(at_s / 41 + self._seed) % 8,
            ignition=moving,
            moving=moving,
            odometer_m=self._odometer(leg, along),
            supply_mv=(28_100 if self._seed % 2 else 14_050) - (0 if moving else 1_300) + int(at_s) % 40,
            battery_percent=self._battery(at_s),
        )

    def _leg(self, at_s: float) -> tuple[int, float]:
        """The number of the present leg since EPOCH_S and the seconds into it."""
        elapsed = (at_s - EPOCH_S) * self._speedup + self._device.slot * HALF_CYCLE_S
        return math.floor(elapsed / HALF_CYCLE_S), elapsed % HALF_CYCLE_S

    def _passed(self, leg: int, into: float) -> tuple[float, float]:
        """Metres along the road and metres a second, so many seconds into a leg; odd legs run the table backwards.

        Between two samples the pull is even.
        """
        if into >= self._leg_s:
            return (0.0 if leg % 2 else self.length_m), 0.0
        into = self._leg_s - into if leg % 2 else into
        index = int(np.searchsorted(self._times, into, side="right")) - 1
        index = min(index, len(self._times) - 2)
        start, end = float(self._times[index]), float(self._times[index + 1])
        before, after = float(self._speeds[index]), float(self._speeds[index + 1])
        since, pull = into - start, (after - before) / (end - start)
        return index * STEP_M + before * since + pull * since**2 / 2, before + pull * since

    def _wobble(self, into: float) -> tuple[float, float]:
        """Metres north and east that the receiver is off; nothing at the ends of a leg, as receivers hold still."""
        ends = min(1.0, into / 30, max(0.0, self._leg_s - into) / 30)
        phase = self._seed % 628 / 100
        north = math.sin(into / 13 + phase) + 0.5 * math.sin(into / 4.7)
        east = math.sin(into / 11 + 2 * phase) + 0.5 * math.sin(into / 5.9)
        return north * _NOISE_M * ends, east * _NOISE_M * ends

    def _place(self, along: float, wobble: tuple[float, float]) -> tuple[float, float, float]:
        """Latitude, longitude and the road's direction in degrees, so many metres along it."""
        index = min(int(along / STEP_M), len(self._times) - 2)
        share = along / STEP_M - index
        lat = float(self._road.lat[index] + share * (self._road.lat[index + 1] - self._road.lat[index]))
        lon = float(self._road.lon[index] + share * (self._road.lon[index + 1] - self._road.lon[index]))
        narrow = math.cos(math.radians(lat))
        north = float(self._road.lat[index + 1] - self._road.lat[index])
        east = float(self._road.lon[index + 1] - self._road.lon[index]) * narrow
        course = math.degrees(math.atan2(east, north)) % 360
        metres = METRES_PER_DEGREE
        return lat + wobble[0] / metres, lon + wobble[1] / metres / narrow, course

    def _standing(self, at_s: float) -> Fix:
        lat, lon, _ = self._place(0.0, (float(self._seed % 60), float(self._seed // 60 % 60)))
        works = self._device.behaviour == "work"
        return Fix(
            time_ms=round(at_s * 1000),
            lat=lat,
            lon=lon,
            altitude_m=_altitude(lat),
            speed_kmh=0.0,
            course_deg=float(self._seed % 360),
            satellites=9 + int(at_s / 41 + self._seed) % 8,
            ignition=works,
            moving=False,
            odometer_m=self._odometer(0, 0.0),
            supply_mv=27_900 if works else 12_500,
            battery_percent=self._battery(at_s),
        )

    def _odometer(self, leg: int, along: float) -> int:
        before = 20_000_000 + self._seed % 90_000_000
        return before + max(0, round(leg * self.length_m + along))

    def _battery(self, at_s: float) -> int:
        """A phone's charge: down over six hours, up over two."""
        hours = (at_s / 3600 + self._seed % 8) % 8
        return round(95 - hours * 10) if hours < 6 else round(35 + (hours - 6) * 30)


def _altitude(lat: float) -> float:
    """Metres: Belgium is flat in the north and rises to the Ardennes."""
    return 12.0 + max(0.0, 50.95 - lat) * 290


def _timetable(whole: Road, limit_kmh: float, leg_s: float, phase: int) -> tuple[Floats, Floats]:
    """Seconds and speeds (m/s) at the samples of as much road as can be driven in ``leg_s`` seconds.

    The table is the same in both directions: speeds depend on the place, and pulling up is braking backwards.
    """
    low, high = 3, len(whole.lat)
    while high - low > 1:
        middle = (low + high) // 2
        if _passing(whole, middle, limit_kmh, phase)[0][-1] <= leg_s:
            low = middle
        else:
            high = middle
    return _passing(whole, low, limit_kmh, phase)


def _passing(whole: Road, samples: int, limit_kmh: float, phase: int) -> tuple[Floats, Floats]:
    """When (s) and how fast (m/s) each of the first ``samples`` is passed, starting and ending at rest."""
    marks = np.arange(samples) * STEP_M
    # Traffic: a slow rise and fall of what can be driven, between 84 % and 100 % of the cruising speed.
    traffic = 0.92 + 0.08 * np.sin(marks / 2300 + phase)
    cruise = min(whole.cruise_kmh, limit_kmh) / 3.6 * traffic
    bends = np.sqrt(_SIDEWAYS_MS2 / np.maximum(whole.bend[:samples], 1e-6))
    squares = np.minimum(cruise, np.maximum(bends, 5.0)) ** 2
    squares[0] = squares[-1] = 0.0
    squares = _within_pull(squares)
    squares = _within_pull(squares[::-1])[::-1]
    speeds = np.sqrt(squares)
    hops = 2 * STEP_M / (speeds[1:] + speeds[:-1])
    return np.concatenate([[0.0], np.cumsum(hops)]), speeds


def _within_pull(squares: Floats) -> Floats:
    """Squared speeds, lowered where they rise faster along the road than an engine pulls (v² = 2as)."""
    ramp = 2 * _PULL_MS2 * STEP_M * np.arange(len(squares))
    lowered: Floats = np.minimum.accumulate(squares - ramp) + ramp
    return lowered
