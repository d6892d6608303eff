"""Journeys sent as a gateway stores them, computed as the worker does, and read as pages read."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

import psycopg

from allconnects.kit import clock
from allconnects.privacy.vault import Vault
from allconnects.telemetry.codecs.base import Position
from allconnects.telemetry.gateway.directory import DeviceRef
from allconnects.telemetry.store import sealing
from allconnects.trips import jobs
from allconnects.trips.store import pending
from tests.telemetry.store.hot import Yard
from tests.trips.journey import Journey

START = datetime(2026, 9, 21, 5, 0, tzinfo=UTC)
KEEP_DAYS = 60
TRIP = """start_at, end_at, person, distance_m, distance_why, distance_gps_m, distance_odometer_m, moving_s, idle_s,
    max_speed_kmh, start_lat_e7, start_lon_e7, end_lat_e7, end_lon_e7, still_open, start_estimated, end_estimated,
    shown, computed, changed, rules_version, why, start_place, end_place, purpose"""
STOP = "start_at, end_at, person, lat_e7, lon_e7, still_open, idle, shown, rules_version, why"


def journey(start: datetime = START, **more: Any) -> Journey:
    """A journey that tells everything."""
    return Journey(start, **{"ignition": True, "speeds": True, "odometer": 1000.0, **more})


def positions(rows: Sequence[Sequence[float]]) -> list[Position]:
    """Rows of a journey as a codec gives them."""
    return [_position(*row) for row in rows]


def _position(time_ms: float, lat: float, lon: float, kmh: float, ignition: float, odometer: float) -> Position:
    attributes: dict[str, Any] = {} if ignition < 0 else {"ignition": bool(ignition)}
    if not math.isnan(odometer):
        attributes["odometer"] = odometer
    speed = None if math.isnan(kmh) else kmh
    return Position(int(time_ms), True, lat / 1e7, lon / 1e7, 12.0, speed, 90.0, attributes)


@dataclass
class Trips:
    """The way of positions to trips."""

    yard: Yard
    worker: psycopg.Connection[Any]
    vault: Vault

    def send(self, device: DeviceRef, rows: Sequence[Sequence[float]], received: datetime | None = None) -> None:
        """Store rows, received a little after the last of them, and mark them as the look of the worker does."""
        if not rows:
            return
        last = datetime.fromtimestamp(max(row[0] for row in rows) / 1000, UTC)
        at = received or last + timedelta(seconds=5)
        self.yard.send(device, *positions(rows), received=round(at.timestamp() * 1000))
        times = sorted(datetime.fromtimestamp(row[0] / 1000, UTC) for row in rows)
        news = {}
        for time in times:
            day = clock.day_of(time)
            first = news[day].first if day in news else time
            news[day] = sealing.News(device.organisation, device.id, day, first, time)
        with self.worker.transaction():
            pending.note(self.worker, list(news.values()))

    def compute(self, device: DeviceRef, now: datetime, keep_days: int = KEEP_DAYS) -> None:
        """What the worker does of a device."""
        with clock.at(now):
            jobs.compute(self.worker, self.vault, device.organisation, device.id, keep_days)

    def seal(self, device: DeviceRef, day: datetime) -> None:
        """Seal the Brussels day of a moment."""
        one = clock.day_of(day)
        sealing.seal_day(self.worker, self.vault, device.organisation, device.id, one)

    def trips(self, device: DeviceRef, columns: str = TRIP) -> list[tuple[Any, ...]]:
        """Stored trips in order."""
        return self._rows(f"SELECT {columns} FROM trips_trip WHERE device_id = %s ORDER BY start_at, shown", device)

    def stops(self, device: DeviceRef, columns: str = STOP) -> list[tuple[Any, ...]]:
        """Stored stops in order."""
        return self._rows(f"SELECT {columns} FROM trips_stop WHERE device_id = %s ORDER BY start_at", device)

    def _rows(self, query: str, device: DeviceRef) -> list[tuple[Any, ...]]:
        return self.yard.owner.execute(query, (device.id,)).fetchall()


@contextmanager
def speaking(organisation: int) -> Iterator[None]:
    """A transaction of a page."""
    from allconnects.accounts.tenancy import speaking_for

    with speaking_for(organisation):
        yield
