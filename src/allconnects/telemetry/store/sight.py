"""How much of a person's positions others see: in cells instead of to the metre, and so many days back.

What a process computes by itself is computed from what was measured; what it hands to others, and what somebody asks
for, is limited here. A person sees all of his own.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import numpy as np
from numpy.typing import NDArray

from allconnects.accounts.actor import current
from allconnects.kit import clock
from allconnects.telemetry.store.occupancy import Stay, cut
from allconnects.telemetry.store.rows import I64, NO_PLACE
from allconnects.telemetry.store.segments import Cursor, bounds

RIGHTS = "rights.handle"
"""The purpose under which a person gets a copy of all that is kept about him."""
_OF = "SELECT person::text, account, grid_e7, days FROM telemetry_sight WHERE organisation_id = %s"
_SET = """
    INSERT INTO telemetry_sight AS s (organisation_id, person, account, grid_e7, days) VALUES (%s, %s, %s, %s, %s)
    ON CONFLICT (organisation_id, person) DO UPDATE SET
        account = excluded.account, grid_e7 = excluded.grid_e7, days = excluded.days
    WHERE (s.account, s.grid_e7, s.days) IS DISTINCT FROM (excluded.account, excluded.grid_e7, excluded.days)"""
_CLEAR = "DELETE FROM telemetry_sight WHERE organisation_id = %s AND person = %s"
_TELL = """
    SELECT pg_notify('telemetry_devices', d.device_id || ' ' || %(organisation)s) FROM (
        SELECT DISTINCT device_id FROM telemetry_occupancy
        WHERE organisation_id = %(organisation)s AND person = %(person)s AND during @> now()) d"""


@dataclass(frozen=True, slots=True)
class Sight:
    """What others see of one person. ``grid_e7``: width of the cells, 0 for exactly; ``since``: nothing from before."""

    grid_e7: int = 0
    since: datetime | None = None

    def hides(self, at: datetime) -> bool:
        """Whether others see nothing of that moment."""
        return self.since is not None and at < self.since

    def place(self, degrees: float | None) -> float | None:
        """A coordinate as others see it; None stays None."""
        if degrees is None or not self.grid_e7:
            return degrees
        step = self.grid_e7 / 1e7
        return round((degrees // step + 0.5) * step, 7)


def sights(cursor: Cursor, organisation: int, *, outward: bool | None = None, purpose: str = "") -> dict[str, Sight]:
    """By person what whoever asks now may see of him; persons of whom everything is shown are left out.

    ``outward``: None: limited unless a process computes for itself; True: the answer leaves the platform.
    """
    actor = current()
    if purpose == RIGHTS or (actor.is_process and not outward):
        return {}
    cursor.execute(_OF, (organisation,))
    today = clock.today()
    return {
        person: Sight(grid, None if days is None else bounds(today - timedelta(days=days - 1))[0])
        for person, account, grid, days in cursor.fetchall()
        if account is None or actor.name != f"account:{account}"
    }


def set_sight(
    cursor: Any, organisation: int, person: str, *, account: int | None, grid_e7: int, days: int | None
) -> None:  # fmt: skip
    """Say how much of a person others see; everything when ``grid_e7`` is 0 and ``days`` None. Maps hear of it."""
    if not grid_e7 and days is None:
        cursor.execute(_CLEAR, (organisation, person))
    else:
        cursor.execute(_SET, (organisation, person, account, grid_e7, days))
    if cursor.rowcount:
        cursor.execute(_TELL, {"organisation": organisation, "person": person})


def seen(
    time_ms: I64, columns: Mapping[str, NDArray[Any]], stays: Sequence[Stay], found: Mapping[str, Sight]
) -> dict[str, NDArray[Any]]:
    """Columns (n,) of one device as others see them: rows that are hidden are gone, places are middles of cells.

    ``columns`` holds ``lat_e7`` and ``lon_e7``, and what else there is; ``time_ms`` (n,) may be among them.
    """
    masks = {person: mask for person, mask in cut(time_ms, stays).items() if person in found}
    result = dict(columns)
    if not masks:
        return result
    kept = np.ones(len(time_ms), bool)
    for person, mask in masks.items():
        sight = found[person]
        if sight.since is not None:
            kept &= ~(mask & (time_ms < round(sight.since.timestamp() * 1000)))
        if sight.grid_e7:
            result |= _coarse(result, mask, sight.grid_e7)
    return {name: column[kept] for name, column in result.items()}


def _coarse(columns: Mapping[str, NDArray[Any]], mask: NDArray[np.bool_], grid: int) -> dict[str, NDArray[Any]]:
    """The columns that say where, in cells; course and height would say more than the cell does."""
    result = {}
    for name in ("lat_e7", "lon_e7"):
        exact = columns[name].astype(np.int64)
        middle = np.floor_divide(exact, grid) * grid + grid // 2
        result[name] = np.where(mask & (exact != NO_PLACE), middle, exact).astype(np.int32)
    for name in ("course_deg", "altitude_m"):
        if name in columns:
            result[name] = np.where(mask, np.float32(np.nan), columns[name]).astype(np.float32)
    return result


PARKED_M = 1000.0
"""What is hidden around the place where private time ended, until the device has left it: choice of ours."""
PARKED_FOR_MS = 12 * 3_600_000


def away(time_ms: I64, lat_e7: NDArray[np.int32], lon_e7: NDArray[np.int32], private: I64) -> NDArray[np.bool_]:
    """Which fixes (n,), in order of time, do not show where a device stood when private time ended; bool (n,).

    ``private``: int64 (k, 2), ms. Somebody may live there.
    """
    kept = np.ones(len(time_ms), bool)
    for end in private[:, 1].tolist():
        first, last = np.searchsorted(time_ms, (end, end + PARKED_FOR_MS))
        if first >= last or (first and time_ms[first - 1] >= end):
            continue
        south, west = np.radians(lat_e7[first] / 1e7), np.radians(lon_e7[first] / 1e7)
        lat, lon = np.radians(lat_e7[first:last] / 1e7), np.radians(lon_e7[first:last] / 1e7)
        metres = 6_371_000 * np.hypot(lat - south, (lon - west) * np.cos(south))
        left = np.flatnonzero(metres >= PARKED_M)
        kept[first : first + int(left[0]) if len(left) else last] = False
    return kept
