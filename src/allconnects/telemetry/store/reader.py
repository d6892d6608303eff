"""Reads history: the one way to it, so that who may see what is decided in one place."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from allconnects.telemetry.store.rows import HAS_PLACE, IMPLAUSIBLE_TIME, VALID

_TRACK = """
    SELECT DISTINCT ON (fix_time, content)
           (extract(epoch FROM fix_time) * 1000)::bigint, lat_e7, lon_e7, speed_kmh, course_deg
    FROM telemetry_position
    WHERE organisation_id = %(organisation)s AND device_id = %(device)s
      AND fix_time >= %(start)s AND fix_time < %(end)s AND received_at >= %(start)s - interval '2 days'
      AND flags & %(mask)s = %(wanted)s
    ORDER BY fix_time, content"""


class Cursor(Protocol):
    """A database cursor that speaks for one organisation."""

    def execute(self, query: Any, params: Any = None) -> Any: ...

    def fetchall(self) -> list[Any]: ...


@dataclass(frozen=True, slots=True)
class Track:
    """Usable fixes of one device as columns of one length, in order of time, each once.

    ``time_ms``: int64, ms since 1970 UTC. ``lat_e7``, ``lon_e7``: int32, 1e-7 degree. ``speed_kmh``,
    ``course_deg``: float32, NaN where unknown.
    """

    time_ms: NDArray[np.int64]
    lat_e7: NDArray[np.int32]
    lon_e7: NDArray[np.int32]
    speed_kmh: NDArray[np.float32]
    course_deg: NDArray[np.float32]

    def __len__(self) -> int:
        return len(self.time_ms)


def track(cursor: Cursor, organisation: int, device: int, start: datetime, end: datetime) -> Track:
    """Fixes with ``start <= time < end``. The cursor's transaction must speak for the organisation."""
    cursor.execute(
        _TRACK,
        {
            "organisation": organisation, "device": device, "start": start, "end": end,
            "mask": VALID | HAS_PLACE | IMPLAUSIBLE_TIME, "wanted": VALID | HAS_PLACE,
        },
    )  # fmt: skip
    rows = cursor.fetchall()
    columns = list(zip(*rows, strict=True)) if rows else [()] * 5
    kinds = (np.int64, np.int32, np.int32, np.float32, np.float32)
    return Track(*(np.array(column, kind) for column, kind in zip(columns, kinds, strict=True)))
