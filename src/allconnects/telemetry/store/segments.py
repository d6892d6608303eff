"""Hot rows and segments of one device and day as columns: how they are read, joined, cut and opened."""

from __future__ import annotations

import struct
from collections.abc import Iterable, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import Any, Protocol
from zoneinfo import ZoneInfo

import numpy as np
from numpy.typing import NDArray

from allconnects.privacy.vault import Subject, device, person
from allconnects.telemetry.store.rows import _HOT, EPOCH_2000_MS, HOT_COLUMNS, I64
from allconnects.telemetry.store.segment.crypt import Context, unseal
from allconnects.telemetry.store.segment.positions import KINDS, Positions, blob_list

BRUSSELS = ZoneInfo("Europe/Brussels")
"""Days are Brussels days."""
KLASS = "raw_position"
NOBODY = ""
"""Subject of positions that nobody is known to have driven: under the device's own key."""

AHEAD_MS = 24 * 3600 * 1000
DAY_OF = """(CASE WHEN fix_time > received_at + interval '1 day' THEN received_at ELSE fix_time END
    AT TIME ZONE 'Europe/Brussels')::date"""
"""The day that a hot row is filed under: of the fix; of the receipt where the fix lies further ahead than any clock."""
OF_DAY = """organisation_id = %(organisation)s AND device_id = %(device)s AND (
    fix_time >= %(start)s AND fix_time < %(end)s AND fix_time <= received_at + interval '1 day'
    OR fix_time >= %(start)s AND received_at >= %(start)s AND received_at < %(end)s
        AND fix_time > received_at + interval '1 day')"""
"""The same, as a condition that indexes serve."""

_SEGMENTS = """
    SELECT day, subject, format, generation, data FROM telemetry_segment
    WHERE organisation_id = %s AND device_id = %s AND day >= %s AND day <= %s ORDER BY day, subject"""
_HEADER, _TRAILER = 19, 2
_WIDTH = _HOT.itemsize
_LENGTH = struct.Struct(">i")


class Cursor(Protocol):
    """A database cursor: of psycopg, or Django's around one."""

    def execute(self, query: Any, params: Any = None) -> Any: ...

    def fetchall(self) -> list[Any]: ...

    def copy(self, statement: Any, params: Any = None) -> AbstractContextManager[Iterable[Any]]: ...


@dataclass(frozen=True, slots=True)
class Sealed:
    """One segment as it is stored; ``data`` is ciphertext."""

    day: date
    subject: str
    format: int
    generation: int
    data: bytes

    def opened(self, organisation: int, device: int, key: bytes) -> bytes:
        """The segment in the clear. Raises SegmentError when it is not what was sealed."""
        context = Context(organisation, device, self.subject, self.day)
        return unseal(self.data, key, context, version=self.format)


def key_subject(subject: str, number: int) -> Subject:
    """Whose key a segment of this subject is under: the person's, or for nobody that of device ``number``."""
    return person(subject) if subject else device(number)


def bounds(day: date) -> tuple[datetime, datetime]:
    """Beginning of a Brussels day, and of the next one: 23, 24 or 25 hours, in UTC."""
    ends = (datetime.combine(one, time(), BRUSSELS) for one in (day, day + timedelta(days=1)))
    start, end = (moment.astimezone(UTC) for moment in ends)
    return start, end


def read_segments(cursor: Cursor, organisation: int, device: int, first: date, last: date) -> list[Sealed]:
    """The segments of a device from a day to another, both included, by day."""
    cursor.execute(_SEGMENTS, (organisation, device, first, last))
    return [
        Sealed(day, subject, version, generation, bytes(data))
        for day, subject, version, generation, data in cursor.fetchall()
    ]


def read_hot(cursor: Cursor, where: str, params: Mapping[str, Any]) -> Positions:
    """Hot rows as columns, unsorted. ``where``: a condition with the named ``params``."""
    statement = (
        f"COPY (SELECT {', '.join(HOT_COLUMNS)} FROM telemetry_position WHERE {where}) TO STDOUT (FORMAT BINARY)"
    )
    with cursor.copy(statement, params) as copy:
        return parsed(b"".join(map(bytes, copy)))


def hot_of_day(
    cursor: Cursor, organisation: int, device: int, day: date, extra: str = "true", **more: Any
) -> Positions:
    """The hot rows that are filed under a day; ``extra``: a further condition with parameters ``more``."""
    start, end = bounds(day)
    params = {"organisation": organisation, "device": device, "start": start, "end": end, **more}
    return read_hot(cursor, f"({OF_DAY}) AND {extra}", params)


def parsed(data: bytes) -> Positions:
    """Columns of a binary COPY of HOT_COLUMNS."""
    heads, blobs = [], []
    at, end = _HEADER, len(data) - _TRAILER
    while at < end:
        blob = at + _WIDTH
        length = _LENGTH.unpack_from(data, blob - 4)[0]
        heads.append(data[at:blob])
        blobs.append(data[blob : blob + length])
        at = blob + length
    rows = np.frombuffer(b"".join(heads), _HOT)
    arrays = {name: rows[name].astype(kind) for name, kind in KINDS.items() if not name.endswith("_ms")}
    return Positions(
        time_ms=_ms(rows["fix_time"]), received_ms=_ms(rows["received_at"]), blobs=blobs, **arrays
    )  # fmt: skip


def _ms(microseconds: NDArray[Any]) -> I64:
    return np.asarray(microseconds.astype(np.int64) // 1000 + EPOCH_2000_MS)


def taken(positions: Positions, index: NDArray[Any]) -> Positions:
    """The positions at ``index`` (int) or where it is True."""
    rows = np.flatnonzero(index) if index.dtype == bool else index
    arrays = {name: getattr(positions, name)[rows] for name in KINDS}
    lines = blob_list(positions.blobs)
    return Positions(**arrays, blobs=[lines[row] for row in rows.tolist()])


def merged(parts: Sequence[Positions]) -> Positions:
    """All positions once, by time and content; of copies the one that was received first.

    The same positions give the same result in whatever order and pieces they come.
    """
    if not parts:
        return parsed(bytes(_HEADER + _TRAILER))
    arrays = {name: np.concatenate([getattr(part, name) for part in parts]) for name in KINDS}
    blobs = [blob for part in parts for blob in blob_list(part.blobs)]
    order = np.lexsort((arrays["received_ms"], arrays["content"], arrays["time_ms"]))
    time_ms, content = arrays["time_ms"][order], arrays["content"][order]
    first = np.ones(len(order), bool)
    first[1:] = (time_ms[1:] != time_ms[:-1]) | (content[1:] != content[:-1])
    return taken(Positions(**arrays, blobs=blobs), order[first])
