"""What the detector takes and what it gives: plain values, no I/O."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal, NamedTuple

import numpy as np
from numpy.typing import NDArray

Ints = NDArray[np.int64]
Floats = NDArray[np.float64]
Bools = NDArray[np.bool_]
Column = NDArray[Any]

UNKNOWN, OFF, ON = -1, 0, 1
"""The states of an ignition."""

DistanceSource = Literal["gps", "odometer"]
SpeedSource = Literal["device", "places"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Track:
    """Positions of one device as columns of one length, in any order, duplicates allowed.

    ``time_ms`` int64, UTC since 1970; ``lat_e7``, ``lon_e7`` integers of 1e-7 degrees. Optional: ``speed_kmh`` (NaN
    where unknown), ``ignition`` (1 on, 0 off, -1 unknown), ``odometer_m`` (NaN where unknown), ``valid`` (bool),
    ``satellites`` (negative where unknown).
    """

    time_ms: Column
    lat_e7: Column
    lon_e7: Column
    speed_kmh: Column | None = None
    ignition: Column | None = None
    odometer_m: Column | None = None
    valid: Column | None = None
    satellites: Column | None = None


class Reason(NamedTuple):
    """Why something starts, splits or ends: a rule of docs/trips.md, and the fixes that decided (input indices)."""

    rule: str
    fixes: tuple[int, ...]


class Place(NamedTuple):
    """Degrees, WGS 84."""

    lat: float
    lon: float


class Trip(NamedTuple):
    """A movement from one stop to the next.

    ``start_estimated``/``end_estimated``: the moment was not seen and lies within the silence that the reason names.
    ``still_open``: the data end before a stop could be seen. ``idle_s``: standing during the trip, longer than a
    crossing. ``first_fix``/``last_fix``: input indices. Speeds are NaN-free: None where nothing is known.
    """

    start_ms: int
    end_ms: int
    start: Place
    end: Place
    first_fix: int
    last_fix: int
    duration_s: float
    moving_s: float
    idle_s: float
    distance_m: float
    distance_source: DistanceSource
    distance_why: str
    distance_gps_m: float
    distance_odometer_m: float | None
    max_speed_kmh: float | None
    max_speed_source: SpeedSource
    start_why: Reason
    end_why: Reason
    start_estimated: bool
    end_estimated: bool
    still_open: bool
    bridged: tuple[Reason, ...]


class Stop(NamedTuple):
    """The time between two trips, before the first or after the last. ``place`` is the middle of its fixes."""

    start_ms: int
    end_ms: int
    place: Place
    duration_s: float
    why: Reason
    still_open: bool


@dataclass(frozen=True, slots=True)
class Detection:
    """Trips and stops in order of time, and for each point of the input, in its order, whether it moves."""

    rules_version: str
    profile: str
    trips: tuple[Trip, ...]
    stops: tuple[Stop, ...]
    moving: Bools
    used: int
    """How many points were used: what is left without duplicates, unusable fixes and jumps."""
