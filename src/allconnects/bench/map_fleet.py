"""Devices that drive about and are told on the bus, for ``bench map``."""

from __future__ import annotations

import threading
import time

import numpy as np
import psycopg

from allconnects.telemetry.live.bus import CHANNEL, Fix, payloads

CITY = (4.35, 50.85)
"""Brussels: three in ten of the devices drive within some 8 km of it."""
_IN_CITY = 0.3
_AROUND_CITY_DEG = (0.12, 0.07)
_COUNTRY = (2.8, 49.7, 6.0, 51.3)
_TICK_S = 0.1
_ORGANISATION = "SELECT id FROM accounts_organisation WHERE slug = 'bench'"
_LIVE = """
    INSERT INTO telemetry_live (organisation_id, device_id, report_at, fix_time, lat_e7, lon_e7, speed_kmh, course_deg)
    SELECT %s, d, now(), to_timestamp(t / 1000.0), lat, lon, speed, course
    FROM unnest(%s::int[], %s::bigint[], %s::int[], %s::int[], %s::real[], %s::real[])
        AS x(d, t, lat, lon, speed, course)
    ON CONFLICT (organisation_id, device_id) DO UPDATE SET
        report_at = excluded.report_at, fix_time = excluded.fix_time, lat_e7 = excluded.lat_e7,
        lon_e7 = excluded.lon_e7, speed_kmh = excluded.speed_kmh, course_deg = excluded.course_deg"""


class MovingFleet(threading.Thread):
    """While it is open every device moves all the time and reports once in ``every_s``, spread evenly."""

    def __init__(self, dsn: str, devices: list[int], every_s: float) -> None:
        super().__init__(daemon=True)
        self._dsn, self._ids, self._every_s = dsn, np.array(devices), every_s
        self._done = threading.Event()
        self._error: psycopg.Error | None = None
        random, count = np.random.default_rng(1), len(devices)
        self._random = random
        inside = random.random(count) < _IN_CITY
        west, south, east, north = _COUNTRY
        self._middle = np.where(inside, [[CITY[0]], [CITY[1]]], [[(west + east) / 2], [(south + north) / 2]])
        self._reach = np.where(
            inside, [[_AROUND_CITY_DEG[0]], [_AROUND_CITY_DEG[1]]], [[(east - west) / 2], [(north - south) / 2]]
        )
        self._place = self._middle + random.uniform(-1, 1, (2, count)) * self._reach
        self._kmh = np.where(inside, random.uniform(15, 50, count), random.uniform(40, 110, count))
        self._course = random.uniform(0, 360, count)
        self._at = np.full(count, time.time())

    def __enter__(self) -> MovingFleet:
        self._connection = psycopg.connect(self._dsn, autocommit=True)
        row = self._connection.execute(_ORGANISATION).fetchone()
        assert row is not None
        self._organisation: int = row[0]
        self._store(np.arange(len(self._ids)))
        self.start()
        return self

    def __exit__(self, *_error: object) -> None:
        self._done.set()
        self.join(10)
        self._connection.close()

    def check(self) -> None:
        """Raise what went wrong on the way."""
        if self._error is not None:
            raise self._error

    def run(self) -> None:
        """A slice of the fleet at every tick."""
        slices = np.array_split(np.arange(len(self._ids)), round(self._every_s / _TICK_S))
        turn, due = 0, time.monotonic()
        try:
            while not self._done.wait(max(0.0, due - time.monotonic())):
                self._report(slices[turn % len(slices)])
                turn, due = turn + 1, due + _TICK_S
        except psycopg.Error as error:
            self._error = error

    def _report(self, who: np.ndarray) -> None:
        """Move them to where they are now, store that and tell of it."""
        now = time.time()
        self._course[who] = (self._course[who] + self._random.normal(0, 8, len(who))) % 360
        way_deg = self._kmh[who] / 3.6 * (now - self._at[who]) / 111_250
        angle = np.radians(self._course[who])
        self._place[0, who] += way_deg * np.sin(angle) / np.cos(np.radians(self._place[1, who]))
        self._place[1, who] += way_deg * np.cos(angle)
        away = np.abs(self._place[:, who] - self._middle[:, who]) > self._reach[:, who]
        self._course[who] = np.where(away.any(axis=0), self._homeward(who), self._course[who])
        self._at[who] = now
        self._store(who)
        self._tell(who)

    def _homeward(self, who: np.ndarray) -> np.ndarray:
        lon, lat = self._middle[:, who] - self._place[:, who]
        found: np.ndarray = np.degrees(np.arctan2(lon, lat)) % 360
        return found

    def _columns(self, who: np.ndarray) -> list[list[float]]:
        lon, lat = (np.round(one * 1e7).astype(np.int64).tolist() for one in self._place[:, who])
        times = (self._at[who] * 1000).astype(np.int64).tolist()
        return [self._ids[who].tolist(), times, lat, lon, self._kmh[who].round(1).tolist(), self._course[who].tolist()]

    def _store(self, who: np.ndarray) -> None:
        self._connection.execute(_LIVE, (self._organisation, *self._columns(who)))

    def _tell(self, who: np.ndarray) -> None:
        fixes = [Fix(self._organisation, *row) for row in zip(*self._columns(who), strict=True)]
        self._connection.execute(f"SELECT pg_notify('{CHANNEL}', p) FROM unnest(%s::text[]) p", (payloads(fixes),))
