"""Who had a device when. The fleet room maintains the table; sealing and reading cut by it."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import NamedTuple
from uuid import UUID

import numpy as np
from numpy.typing import NDArray

from allconnects.telemetry.store.rows import I64
from allconnects.telemetry.store.segments import NOBODY, Cursor

_BETWEEN = """
    SELECT (extract(epoch FROM lower(during)) * 1000000)::bigint,
           CASE WHEN upper_inf(during) OR upper(during) = 'infinity' THEN NULL
                ELSE (extract(epoch FROM upper(during)) * 1000000)::bigint END, person
    FROM telemetry_occupancy
    WHERE organisation_id = %s AND device_id = %s AND during && tstzrange(%s, %s)
    ORDER BY 1"""
_ADD = """
    INSERT INTO telemetry_occupancy (organisation_id, device_id, person, during)
    VALUES (%s, %s, %s, tstzrange(%s, %s, '[)'))"""
_FOREVER = 2**62


class Stay(NamedTuple):
    """A person had the device from ``start_us`` on, until before ``end_us`` (microseconds since 1970 UTC)."""

    start_us: int
    end_us: int
    person: str


def occupy(cursor: Cursor, organisation: int, device: int, person: UUID, start: datetime, end: datetime | None) -> None:
    """Say who has a device; ``end`` None: until further notice. Days sealed already are cut anew.

    Raises psycopg.errors.ExclusionViolation when somebody has it in that time, CheckViolation for an empty time.
    """
    cursor.execute(_ADD, (organisation, device, person, start, end))


def stays(cursor: Cursor, organisation: int, device: int, start: datetime, end: datetime) -> list[Stay]:
    """Who had a device at some time in ``start <= time < end``, in order."""
    cursor.execute(_BETWEEN, (organisation, device, start, end))
    return [Stay(first, _FOREVER if last is None else last, str(who)) for first, last, who in cursor.fetchall()]


def cut(time_ms: I64, found: Sequence[Stay]) -> dict[str, NDArray[np.bool_]]:
    """For each subject that has a position its mask (n,); together they cover every position once."""
    rest = np.ones(len(time_ms), bool)
    masks: dict[str, NDArray[np.bool_]] = {}
    for stay in found:
        mask = (time_ms * 1000 >= stay.start_us) & (time_ms * 1000 < stay.end_us)
        rest &= ~mask
        if mask.any():
            masks[stay.person] = masks.get(stay.person, np.zeros(len(time_ms), bool)) | mask
    if rest.any():
        masks[NOBODY] = rest
    return masks
