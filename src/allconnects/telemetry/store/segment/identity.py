"""Content keys from content, so that a segment keeps only those that come out differently.

The key of a Teltonika record is that of its bytes, which the columns hold. That of other positions is made of
numbers of which the hot row keeps a rounding: the shortest decimal of that is tried, under the units that protocols
report in.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np

from allconnects.telemetry.codecs.base import Position
from allconnects.telemetry.store import blob as blobs_of
from allconnects.telemetry.store.rows import HAS_TIME, I64, NO_PLACE, U8, VALID, content_keys
from allconnects.telemetry.store.segment.compress import Array
from allconnects.telemetry.store.segment.positions import Positions, blob_list
from allconnects.telemetry.store.teltonika import HEADER

WAYS = ((1.0, 10_000_000), (1.852, 10_000_000), (3.6, 10_000_000), (1.609344, 10_000_000), (1.0, 1_800_000))
"""What protocols send numbers in: km/h in the unit of speed (itself, knot, m/s, mile/h), and parts of a degree
(decimals, or 1/30,000 of a minute). Never changed, only added to: segments have the number of theirs."""

_AT_ONCE = 1 << 14
_RECORD = np.dtype(
    [("time", ">i8"), ("priority", "u1"), ("lon", ">i4"), ("lat", ">i4"), ("altitude", ">i2"), ("course", ">u2"),
     ("satellites", "u1"), ("speed", ">u2")]
)  # fmt: skip


def content_of(positions: Positions, way: int) -> I64:
    """Keys made of everything but ``content``: int64 (n,). ``way``: which of WAYS."""
    blobs = positions.blobs
    out = np.zeros(len(positions), np.int64)
    if isinstance(blobs, np.ndarray) and len(blobs) and (blobs[:, :1] == ord("T")).all() and blobs.shape[1] > 3:
        return _of_records(positions, np.arange(len(blobs)), blobs)
    lines = blob_list(blobs)
    record = np.fromiter((line[:1] == b"T" and len(line) > 3 for line in lines), bool, len(lines))
    rows = np.flatnonzero(record)
    for part, stack in _stacked([lines[row] for row in rows.tolist()]):
        out[rows[part]] = _of_records(positions, rows[part], stack)
    others = np.flatnonzero(~record)
    for part, stack in _stacked(_identities(positions, others, lines, *WAYS[way])):
        out[others[part]] = _keys(stack)
    return out


def _stacked(lines: list[bytes]) -> Iterator[tuple[I64, U8]]:
    """Those of equal length together: their numbers, and their bytes (n, width)."""
    lengths = np.fromiter(map(len, lines), np.int64, len(lines))
    for width in np.unique(lengths).tolist():
        members = np.flatnonzero(lengths == width)
        data = b"".join([lines[member] for member in members.tolist()])
        yield members, np.frombuffer(data, np.uint8).reshape(len(members), width)


def _keys(rows: U8) -> I64:
    """content_keys, some thousands of rows at a time: it needs eight bytes for each of theirs."""
    return np.concatenate([content_keys(rows[at : at + _AT_ONCE]) for at in range(0, len(rows), _AT_ONCE)])


def _of_records(positions: Positions, rows: I64, blobs: U8) -> I64:
    """What store/teltonika.py hashes: head and IO part of the record."""
    head = np.zeros(len(rows), _RECORD)
    head["time"], head["priority"] = positions.time_ms[rows], blobs[:, 2]
    head["lon"], head["lat"] = positions.lon_e7[rows], positions.lat_e7[rows]
    head["satellites"] = positions.satellites[rows].astype(np.uint8)
    for name, column in (
        ("altitude", positions.altitude_m),
        ("course", positions.course_deg),
        ("speed", positions.speed_kmh),
    ):
        head[name] = _bounded(column[rows])
    return _keys(np.concatenate((head.view(np.uint8).reshape(len(rows), HEADER), blobs[:, 3:]), axis=1))


def _bounded(values: Array) -> I64:
    """A guess need not be right, but must be the same wherever it is made."""
    finite = np.nan_to_num(_wide(values), posinf=0, neginf=0)
    return np.asarray(np.clip(finite, -32768, 65535), np.int64)


def _wide(values: Array) -> Array:
    """As float64; a NaN that would raise an alarm in arithmetic is one like any other."""
    with np.errstate(invalid="ignore"):
        return np.asarray(values, np.float64)


def _identities(positions: Positions, rows: I64, lines: list[bytes], unit: float, parts: int) -> list[bytes]:
    """What columns.py hashes, as far as the columns tell."""
    columns = zip(
        rows.tolist(),
        positions.time_ms[rows].tolist(),
        positions.flags[rows].tolist(),
        _degrees(positions.lat_e7[rows], parts),
        _degrees(positions.lon_e7[rows], parts),
        _shortest(positions.altitude_m[rows]),
        _shortest(positions.speed_kmh[rows], unit),
        _shortest(positions.course_deg[rows]),
        strict=True,
    )
    return [
        blobs_of.identity(Position(time if flags & HAS_TIME else None, bool(flags & VALID), *measures), lines[row])
        for row, time, flags, *measures in columns
    ]


def _degrees(e7: Array, parts: int) -> list[float | None]:
    found: list[Any] = (np.rint(e7 / 1e7 * parts) / parts).tolist()
    for row in np.flatnonzero(e7 == NO_PLACE).tolist():
        found[row] = None
    return found


def _shortest(values: Array, unit: float = 1.0) -> list[float | None]:
    """For each float32 the number with fewest decimals that, times ``unit``, rounds to it; None for NaN."""
    wide = _wide(values)
    out = wide.copy()
    left = np.isfinite(wide)
    for decimals in range(10):
        with np.errstate(all="ignore"):
            guess = np.round(wide / unit, decimals) * unit
            hit = left & (guess.astype(np.float32) == values)
        out[hit] = guess[hit]
        left &= ~hit
    found: list[Any] = out.tolist()
    return [None if value != value else value for value in found]
