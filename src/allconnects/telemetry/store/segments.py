"""Hot rows and segments of one device and day as columns: how they are read, joined, cut and opened."""

from __future__ import annotations

import struct
from collections.abc import Iterable, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from allconnects.kit.clock import BRUSSELS as BRUSSELS
from allconnects.privacy.vault import Subject, device, person
from allconnects.telemetry.store.rows import _HOT, EPOCH_2000_MS, HOT_COLUMNS, I64, U8
from allconnects.telemetry.store.segment.crypt import Context, unseal
from allconnects.telemetry.store.segment.positions import KINDS, Positions, blob_list

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
_DAYS = f"""
    SELECT device_id, day FROM telemetry_segment WHERE organisation_id = %(organisation)s {{only}} UNION
    SELECT device_id, {DAY_OF} FROM telemetry_position WHERE organisation_id = %(organisation)s {{only}}
    ORDER BY 1, 2"""
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


def days_kept(cursor: Cursor, organisation: int, device: int | None = None) -> list[tuple[int, date]]:
    """Devices and days of which something is kept, in order; of all devices, or of one."""
    only = "" if device is None else "AND device_id = %(device)s"
    cursor.execute(_DAYS.format(only=only), {"organisation": organisation, "device": device})
    return cursor.fetchall()


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


def read_hot(cursor: Cursor, where: str, params: Mapping[str, Any], *, blobs: bool = True) -> Positions:
    """Hot rows as columns, unsorted; without ``blobs`` these are empty. ``where``: a condition on ``params``."""
    names = [*HOT_COLUMNS[:-1], "attributes" if blobs else "''::bytea"]
    statement = f"COPY (SELECT {', '.join(names)} FROM telemetry_position WHERE {where}) TO STDOUT (FORMAT BINARY)"
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
    body = data[_HEADER:-_TRAILER]
    rows, blobs = _even(body) or _uneven(body)
    arrays = {name: rows[name].astype(kind) for name, kind in KINDS.items() if not name.endswith("_ms")}
    time_ms, received_ms = _ms(rows["fix_time"]), _ms(rows["received_at"])
    return Positions(time_ms=time_ms, received_ms=received_ms, **arrays, blobs=blobs)


def _even(body: bytes) -> tuple[NDArray[Any], U8] | None:
    """Rows whose blobs are all as long as the first one's, without touching one in Python."""
    if not body:
        return None
    length = _LENGTH.unpack_from(body, _WIDTH - 4)[0]
    if len(body) % (_WIDTH + length):
        return None
    lines = np.frombuffer(body, np.uint8).reshape(-1, _WIDTH + length)
    rows = np.ascontiguousarray(lines[:, :_WIDTH]).view(_HOT)[:, 0]
    # Each row that is as long as the one before it makes the next begin where it is looked for.
    return (rows, lines[:, _WIDTH:]) if (rows["attributes_length"] == length).all() else None


def _uneven(body: bytes) -> tuple[NDArray[Any], list[bytes]]:
    heads, blobs, at = [], [], 0
    while at < len(body):
        blob = at + _WIDTH
        length = _LENGTH.unpack_from(body, blob - 4)[0]
        heads.append(body[at:blob])
        blobs.append(body[blob : blob + length])
        at = blob + length
    return np.frombuffer(b"".join(heads), _HOT), blobs


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
    order = once(arrays["time_ms"], arrays["content"], arrays["received_ms"])
    return taken(Positions(**arrays, blobs=blobs), order)


def once(time_ms: I64, content: I64, received_ms: I64) -> I64:
    """The order by time and content, of copies only the index of the one that was received first."""
    order = np.lexsort((received_ms, content, time_ms))
    sorted_time, sorted_content = time_ms[order], content[order]
    first = np.ones(len(order), bool)
    first[1:] = (sorted_time[1:] != sorted_time[:-1]) | (sorted_content[1:] != sorted_content[:-1])
    return np.asarray(order[first])
