"""Builds tracks for tests: drive, park, go silent, and let things go wrong."""

from __future__ import annotations

import math
from collections.abc import Sequence
from datetime import datetime
from itertools import pairwise
from typing import Any

import numpy as np

from allconnects.trips.detector import detect
from allconnects.trips.result import Detection, Track
from allconnects.trips.rules import rules_for

LAT, LON = 51.2, 4.4
NORTH_M = 111_260.0
"""Metres of a degree of latitude there; of longitude it is 69,900."""
EAST_M = 69_900.0
START = datetime.fromisoformat("2026-03-02T07:00:00+00:00")


class Journey:
    """A device on its way. ``ignition`` and ``speeds`` say whether it tells them; ``odometer`` where it counts from."""

    def __init__(
        self, start: datetime = START, *, ignition: bool = False, speeds: bool = False, odometer: float | None = None
    ) -> None:
        self.now_ms = round(start.timestamp() * 1000)
        self.north = self.east = 0.0
        self.ignition, self.speeds, self.odometer = ignition, speeds, odometer
        self.rows: list[list[float]] = []

    def fix(self, kmh: float = 0.0, on: bool = False, north: float = 0.0, east: float = 0.0) -> Journey:
        """A fix here, or a wrong one some metres from here."""
        self.rows.append(
            [
                self.now_ms,
                round((LAT + (self.north + north) / NORTH_M) * 1e7),
                round((LON + (self.east + east) / EAST_M) * 1e7),
                kmh if self.speeds else math.nan,
                float(on) if self.ignition else -1,
                math.nan if self.odometer is None else self.odometer,
            ]
        )
        return self

    def wait(self, seconds: float) -> Journey:
        """Time goes by without a fix."""
        self.now_ms += round(seconds * 1000)
        return self

    def drive(self, metres: float, kmh: float = 50.0, every_s: float = 10, course_deg: float = 0.0) -> Journey:
        """Fixes at a steady pace, the first where it is now, the last at the end of the way."""
        self.fix(kmh, on=True)
        left = metres
        while left > 1e-6:
            step = min(kmh / 3.6 * every_s, left)
            self.move(step, course_deg).wait(step * 3.6 / kmh).fix(kmh, on=True)
            left -= step
        return self

    def move(self, metres: float, course_deg: float = 0.0) -> Journey:
        """Elsewhere, without time or a fix."""
        self.north += metres * math.cos(math.radians(course_deg))
        self.east += metres * math.sin(math.radians(course_deg))
        if self.odometer is not None:
            self.odometer += metres
        return self

    def park(
        self, seconds: float, every_s: float = 60, on: bool = False, drift_m: float = 0.0, seed: int = 1
    ) -> Journey:
        """Fixes at rest, the first after one interval."""
        random = np.random.default_rng(seed)
        for _ in range(round(seconds / every_s)):
            self.wait(every_s).fix(0.0, on, *random.normal(0, drift_m, 2).tolist())
        return self

    def track(self, order: Sequence[int] | None = None) -> Track:
        """The columns, in the order of time or in the given order of rows."""
        return track(self.rows if order is None else [self.rows[i] for i in order])

    def detect(self, profile: str = "vehicle", **rules: float) -> Detection:
        """What the detector finds."""
        return detect(self.track(), rules_for(profile, rules))


def track(rows: Sequence[Sequence[float]]) -> Track:
    """Columns of rows of time_ms, lat_e7, lon_e7, speed_kmh, ignition, odometer_m."""
    table: Any = np.array(rows, np.float64).reshape(-1, 6)
    return Track(
        time_ms=table[:, 0].astype(np.int64), lat_e7=table[:, 1].astype(np.int64), lon_e7=table[:, 2].astype(np.int64),
        speed_kmh=table[:, 3], ignition=table[:, 4].astype(np.int8), odometer_m=table[:, 5],
    )  # fmt: skip


def rules_of(found: Detection) -> list[tuple[str, str]]:
    """Why each trip starts and ends."""
    return [(trip.start_why.rule, trip.end_why.rule) for trip in found.trips]


def check(found: Detection, times: Any) -> None:
    """What holds of every detection: in order, alternating, never ending before it starts, points in at most one."""
    parts = sorted(
        [(one.start_ms, one.end_ms, "trip") for one in found.trips]
        + [(one.start_ms, one.end_ms, "stop") for one in found.stops]
    )
    assert all(start <= end for start, end, _ in parts)
    assert all(one[1] == other[0] for one, other in pairwise(parts))
    assert all(one[2] != other[2] for one, other in pairwise(parts))
    assert all(trip.end_ms > trip.start_ms and trip.distance_m > 0 for trip in found.trips)
    assert all(0 <= trip.idle_s <= trip.duration_s + 0.001 for trip in found.trips)
    assert len(found.moving) == len(times)
    for at in np.unique(times).tolist():
        assert sum(start < at < end for start, end, _ in parts) <= 1
    for trip in found.trips:
        for fix in (trip.first_fix, trip.last_fix, *trip.start_why.fixes, *trip.end_why.fixes):
            assert 0 <= fix < len(times)
        assert trip.start_estimated or times[trip.first_fix] == trip.start_ms
        assert trip.end_estimated or times[trip.last_fix] == trip.end_ms
