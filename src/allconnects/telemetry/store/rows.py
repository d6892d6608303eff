"""Columns of positions, and the binary COPY stream made from them without touching a row in Python."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, fields
from hashlib import blake2b

import numpy as np
from numpy.typing import NDArray

U8 = NDArray[np.uint8]
I64 = NDArray[np.int64]

NO_PLACE = -(2**31)
VALID, HAS_PLACE, HAS_TIME, IMPLAUSIBLE_TIME = 1, 2, 4, 8
"""Bits of ``flags``: the device calls the fix good; it has a place; it has a time of its own; that time cannot be."""

EPOCH_2000_MS = 946_684_800_000
LAST_MS = 4_102_444_800_000
FUTURE_TOLERANCE_MS = 24 * 3600 * 1000
LIVE_TOLERANCE_MS = 600_000
"""A clock so far ahead may still set the live state; one further ahead would hide what comes after."""

COPY_HEADER = b"PGCOPY\n\xff\r\n\0" + bytes(8)
COPY_TRAILER = b"\xff\xff"

HOT_COLUMNS = (
    "fix_time", "received_at", "content", "organisation_id", "device_id", "lat_e7", "lon_e7",
    "altitude_m", "speed_kmh", "course_deg", "satellites", "flags", "attributes",
)  # fmt: skip

_KINDS = ("i8", "i8", "i8", "i4", "i4", "i4", "i4", "f4", "f4", "f4", "i2", "i2")
_HOT = np.dtype(
    [("count", ">i2")]
    + [
        piece
        for name, kind in zip(HOT_COLUMNS[:-1], _KINDS, strict=True)
        for piece in ((f"{name}_length", ">i4"), (name, f">{kind}"))
    ]
    + [("attributes_length", ">i4")]
)


@dataclass(slots=True)
class Columns:
    """Positions as columns of one length n.

    ``source``: index of the message each position came in. ``time_ms``: int64, ms since 1970 UTC; meaningless
    where ``has_time`` is False. ``lat_e7``/``lon_e7``: int32, 1e-7 degree or NO_PLACE. ``content``: int64,
    identity of what was sent. ``blobs``: uint8 (n, width) where all are equally long, else a list of n bytes.
    """

    source: I64
    time_ms: I64
    has_time: NDArray[np.bool_]
    valid: NDArray[np.bool_]
    lat_e7: NDArray[np.int32]
    lon_e7: NDArray[np.int32]
    altitude_m: NDArray[np.float32]
    speed_kmh: NDArray[np.float32]
    course_deg: NDArray[np.float32]
    satellites: NDArray[np.int16]
    content: I64
    blobs: U8 | list[bytes]

    def __len__(self) -> int:
        return len(self.source)

    def blob(self, index: int) -> bytes:
        """The attribute blob of one position."""
        return bytes(self.blobs[index])


ARRAYS = tuple(field.name for field in fields(Columns) if field.name != "blobs")

_HASHED_WIDTH = 4096
_MIX = np.array([0x9E3779B97F4A7C15, 0xC2B2AE3D27D4EB4F, 0x165667B19E3779F9], np.uint64)
_KEYS = (np.random.PCG64(0x616C6C).random_raw((_HASHED_WIDTH, 3)) >> np.uint64(36)).astype(np.float64)


def content_keys(rows: U8) -> I64:
    """A 64-bit key of each row of bytes (n, width): part of a position's identity, so it must never change.

    Three sums of bytes times fixed 28-bit coefficients: below 2**53, so exact in float64 whatever the order
    of summing, and one matrix product for all rows. Long rows are rare and take BLAKE2b.
    """
    width = rows.shape[1]
    if width > _HASHED_WIDTH:
        return np.array([_digest(row.tobytes()) for row in rows], np.int64)
    sums = (rows.astype(np.float64) @ _KEYS[:width]).astype(np.uint64)
    mixed = (sums + np.uint64(width)) * _MIX
    keys: NDArray[np.uint64] = mixed[:, 0] ^ mixed[:, 1] ^ mixed[:, 2]
    return keys.view(np.int64)


def _digest(data: bytes) -> int:
    return int.from_bytes(blake2b(data, digest_size=8).digest(), "big", signed=True)


def content_key(data: bytes) -> int:
    """The same of one piece of bytes."""
    return int(content_keys(np.frombuffer(data, np.uint8)[None, :])[0])


def join(parts: Sequence[Columns]) -> Columns:
    """Several groups as one, blobs as a list."""
    arrays = {name: np.concatenate([getattr(part, name) for part in parts]) for name in ARRAYS}
    blobs: list[bytes] = []
    for part in parts:
        blobs += part.blobs if isinstance(part.blobs, list) else _split(part.blobs)
    return Columns(**arrays, blobs=blobs)


def _split(blobs: U8) -> list[bytes]:
    data, width = blobs.tobytes(), blobs.shape[1]
    return [data[at : at + width] for at in range(0, len(data), width)] if width else [b""] * len(blobs)


def take(columns: Columns, index: I64) -> Columns:
    """The positions at ``index``."""
    arrays = {name: getattr(columns, name)[index] for name in ARRAYS}
    blobs = columns.blobs
    chosen = [blobs[i] for i in index] if isinstance(blobs, list) else blobs[index]
    return Columns(**arrays, blobs=chosen)


def flags_of(columns: Columns, received_ms: int) -> NDArray[np.int16]:
    """The ``flags`` column: int16, see the bits above."""
    implausible = (columns.time_ms < EPOCH_2000_MS) | (columns.time_ms > received_ms + FUTURE_TOLERANCE_MS)
    bits: NDArray[np.int64] = (
        columns.valid * VALID
        + (columns.lat_e7 != NO_PLACE) * HAS_PLACE
        + columns.has_time * HAS_TIME
        + (columns.has_time & implausible) * IMPLAUSIBLE_TIME
    )
    return bits.astype(np.int16)


def fix_ms(columns: Columns, received_ms: int) -> I64:
    """Fix time in ms: the receipt where the device sent none, bounded to what PostgreSQL can hold."""
    return np.where(columns.has_time, np.clip(columns.time_ms, 0, LAST_MS), received_ms)


def pg_time(ms: I64 | int) -> I64:
    """Milliseconds since 1970 as PostgreSQL's microseconds since 2000."""
    return np.asarray((np.asarray(ms, np.int64) - EPOCH_2000_MS) * 1000)


def copy_rows(columns: Columns, organisation: I64, device: I64, received_ms: int) -> bytes:
    """Rows of a binary COPY into the hot table (without header and trailer).

    ``organisation``, ``device``: int arrays (n,). One width where blobs are equally long; else scattered.
    """
    fixed = np.empty(len(columns), _HOT)
    fixed["count"] = len(HOT_COLUMNS)
    for name in HOT_COLUMNS[:-1]:
        fixed[f"{name}_length"] = _HOT[name].itemsize
    fixed["fix_time"] = pg_time(fix_ms(columns, received_ms))
    fixed["received_at"] = pg_time(received_ms)
    fixed["organisation_id"], fixed["device_id"] = organisation, device
    fixed["flags"] = flags_of(columns, received_ms)
    for name in ("content", "lat_e7", "lon_e7", "altitude_m", "speed_kmh", "course_deg", "satellites"):
        fixed[name] = getattr(columns, name)
    return with_blobs(fixed, "attributes_length", columns.blobs)


def with_blobs(fixed: NDArray[np.void], length_field: str, blobs: U8 | list[bytes]) -> bytes:
    """Each fixed part followed by its blob, as bytes; fills the length field."""
    if isinstance(blobs, list):
        lengths = np.fromiter(map(len, blobs), np.int64, len(blobs))
        fixed[length_field] = lengths
        return _scatter(fixed, lengths, b"".join(blobs))
    fixed[length_field] = blobs.shape[1]
    head = fixed.view(np.uint8).reshape(len(fixed), fixed.itemsize)
    return np.concatenate((head, blobs), axis=1).tobytes()


def _scatter(fixed: NDArray[np.void], lengths: I64, joined: bytes) -> bytes:
    width = fixed.itemsize
    starts = np.concatenate(([0], np.cumsum(lengths + width)[:-1])) if len(fixed) else np.empty(0, np.int64)
    out = np.empty(len(fixed) * width + len(joined), np.uint8)
    is_head = np.zeros(len(out), bool)
    is_head[(starts[:, None] + np.arange(width)).ravel()] = True
    out[is_head] = fixed.view(np.uint8).ravel()
    out[~is_head] = np.frombuffer(joined, np.uint8)
    return out.tobytes()
