"""Which devices are nearest to a place: by straight line, with an estimate of the way that says that it is one."""

from __future__ import annotations

import tomllib
from collections.abc import Sequence
from datetime import datetime
from functools import cache
from importlib.resources import files
from itertools import pairwise
from typing import Any, NamedTuple

import numpy as np

from allconnects.kit import clock
from allconnects.products.live_connects.subjects import subjects
from allconnects.telemetry.live.snapshot import LatestRow
from allconnects.telemetry.services import latest_positions

EARTH_M = 6_371_000.0
MOST = 50


class Near(NamedTuple):
    """A device near a place. ``distance_m``: straight; ``road_m``, ``minutes``: estimated, see ``estimate.toml``."""

    device: int
    name: str
    kind: str
    plate: str
    state: str
    time: datetime
    lat: float
    lon: float
    distance_m: int
    road_m: int
    minutes: int


@cache
def estimates() -> dict[str, Any]:
    """``version``, ``detour`` and ``speeds`` (up to so many km, so fast), as the file tells."""
    found = tomllib.loads(files(__package__).joinpath("estimate.toml").read_text("utf-8"))
    speeds = [(float(one["up_to_km"]), float(one["kmh"])) for one in found["speeds"]]
    if any(a >= b for (a, _), (b, _) in pairwise(speeds)):
        raise ValueError("speeds of estimate.toml must stand in order")
    return {"version": found["version"], "detour": float(found["detour"]["factor"]), "speeds": speeds}


def estimated(straight_m: float) -> tuple[float, float]:
    """Metres by road and minutes on the way, guessed from a straight line; a longer way never takes less time."""
    known = estimates()
    road_km = straight_m / 1000 * known["detour"]
    hours, before_km = 0.0, 0.0
    for up_to_km, kmh in known["speeds"]:
        hours += max(0.0, min(road_km, up_to_km) - before_km) / kmh
        before_km = up_to_km
    return road_km * 1000, hours * 60


def straight_m(lat: float, lon: float, rows: Sequence[LatestRow]) -> Any:
    """Metres from a place to each latest fix on a sphere: float64 (n,)."""
    lats = np.radians(np.array([row.lat_e7 for row in rows], np.float64) / 1e7)
    lons = np.radians(np.array([row.lon_e7 for row in rows], np.float64) / 1e7)
    a, b = np.radians(lat), np.radians(lon)
    half = np.sin((lats - a) / 2) ** 2 + np.cos(a) * np.cos(lats) * np.sin((lons - b) / 2) ** 2
    return 2 * EARTH_M * np.arcsin(np.sqrt(np.clip(half, 0, 1)))


def nearest(
    organisation: int, lat: float, lon: float, *, kind: str = "", group: str = "", limit: int = 12
) -> list[Near]:
    """The nearest first, from the latest fix of each that may be seen; a fixed number of queries.

    ``kind``: vehicle, phone or material; ``group``: only what is in that group. Also what is silent for long: its
    ``time`` tells how old its place is.
    """
    known = {one.device: one for one in subjects()}
    rows = [
        row
        for row in latest_positions(organisation)
        if not group or (row.device in known and group in known[row.device].groups)
    ]
    if kind:
        rows = [row for row in rows if (known[row.device].kind if row.device in known else row.kind) == kind]
    if not rows:
        return []
    apart = straight_m(lat, lon, rows)
    now_ms = clock.now_ms()
    found = []
    for at in np.argsort(apart, kind="stable")[: min(limit, MOST)].tolist():
        row, subject, metres = rows[at], known.get(rows[at].device), float(apart[at])
        road_m, minutes = estimated(metres)
        found.append(
            Near(
                row.device, subject.name if subject else row.name, subject.kind if subject else row.kind,
                subject.plate if subject else "", row.state(now_ms).name.lower(), row.fix_time, row.lat_e7 / 1e7,
                row.lon_e7 / 1e7, round(metres), round(road_m), max(1, round(minutes)),
            )
        )  # fmt: skip
    return found
