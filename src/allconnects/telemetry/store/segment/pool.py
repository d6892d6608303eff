"""Columns of bytes: the distinct values once, and which one stands where."""

from __future__ import annotations

import zlib
from collections.abc import Sequence

import numpy as np

from allconnects.telemetry.store.segment.compress import (
    POOL,
    Cursor,
    Packed,
    Spec,
    compound,
    pack_ints,
    unpack_ints,
)
from allconnects.telemetry.store.segment.errors import SegmentError

MOST_BYTES = 1 << 27
"""Of one column, unpacked: more is refused when sealing and taken for forged when reading."""


def pack_bytes(values: Sequence[bytes]) -> Packed:
    """A column of n bytes."""
    number: dict[bytes, int] = {}
    codes = np.fromiter((number.setdefault(value, len(number)) for value in values), np.int64, len(values))
    lengths = np.fromiter(map(len, number), np.int64, len(number))
    if int(lengths[codes].sum()) > MOST_BYTES:
        raise SegmentError("too many bytes for one segment")
    joined = b"".join(number)
    squeezed = zlib.compress(joined, 9)
    own = squeezed if len(squeezed) < len(joined) else joined
    return compound(POOL, len(number), own, (pack_ints(codes), pack_ints(lengths)))


def unpack_bytes(spec: Spec, cursor: Cursor, n: int) -> list[bytes]:
    """The column of pack_bytes. Raises SegmentError, or what ``damage`` makes one of."""
    if spec.codec != POOL or not 0 <= spec.value <= n:
        raise SegmentError("damaged segment")
    own = cursor.take(spec.size)
    codes = unpack_ints(spec.parts[0], cursor, n, np.dtype(np.int64))
    lengths = unpack_ints(spec.parts[1], cursor, spec.value, np.dtype(np.int64))
    if not n:
        return []
    if codes.min() < 0 or lengths.min() < 0 or lengths.max() > MOST_BYTES or lengths[codes].sum() > MOST_BYTES:
        raise SegmentError("damaged segment")
    ends = np.cumsum(lengths)
    joined = _expanded(own, int(ends[-1]))
    starts = (ends - lengths).tolist()
    values = [joined[start:end] for start, end in zip(starts, ends.tolist(), strict=True)]
    return [values[code] for code in codes.tolist()]


def _expanded(data: bytes, size: int) -> bytes:
    if len(data) == size:
        return data
    if size > MOST_BYTES:
        raise SegmentError("damaged segment")
    unpacker = zlib.decompressobj()
    joined = unpacker.decompress(data, size)
    if len(joined) != size or unpacker.unconsumed_tail:
        raise SegmentError("damaged segment")
    return joined
