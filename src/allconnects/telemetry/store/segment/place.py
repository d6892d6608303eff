"""Latitude and longitude: residuals of the better of two predictions, chosen for each block of points.

What stands still is predicted to stay (first differences), what moves to keep its velocity (second ones); one
bit a block says which. A device that jumps in latitude mostly jumps in longitude: residuals of the longitude are
compressed in classes by the size of the latitude's. All of it is undone by whole-array operations.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from allconnects.telemetry.store.segment.compress import (
    CONST,
    RAW,
    SPLIT,
    STEPS,
    Array,
    Cursor,
    Packed,
    Spec,
    compound,
    pack_ints,
    unpack_ints,
)
from allconnects.telemetry.store.segment.errors import SegmentError

I32 = NDArray[np.int32]
BLOCK = 8
_FEWEST = 64
"""Below that many points the bits cost more than they save."""
_CLASSES = ((7, 10), (5, 8), (9, 12))
_INT32 = np.dtype(np.int32)


def pack_place(lat: I32, lon: I32) -> tuple[Packed, Packed]:
    """Both columns, int32 (n,), differences modulo 2**32."""
    plain = pack_ints(lat), pack_ints(lon)
    if len(lat) < _FEWEST or all(packed.spec.codec == CONST for packed in plain):
        return plain
    (lat_flags, lat_residual), (lon_flags, lon_residual) = _residuals(lat), _residuals(lon)
    one = _steps(lat_flags, pack_ints(lat_residual))
    if len(one) >= len(plain[0]):
        return plain[0], _shorter(plain[1], _steps(lon_flags, pack_ints(lon_residual)))
    ways = [pack_ints(lon_residual)] + [_split(lon_residual, lat_residual, *bits) for bits in _CLASSES]
    return one, _shorter(plain[1], _steps(lon_flags, min(ways, key=len)))


def _shorter(one: Packed, other: Packed) -> Packed:
    return one if len(one) <= len(other) else other


def _steps(flags: bytes, residual: Packed) -> Packed:
    return compound(STEPS, 0, b"", (Packed(Spec(RAW, 0, len(flags)), flags), residual))


def _residuals(values: I32) -> tuple[bytes, I32]:
    """One bit a block (set: second differences), and the residuals."""
    wide = values.view(np.uint32)
    first = np.diff(wide, prepend=np.uint32(0)).view(np.int32)
    second = np.diff(first.view(np.uint32), prepend=np.uint32(0)).view(np.int32)
    starts = np.arange(0, len(values), BLOCK)
    costs = [np.add.reduceat(np.log2(np.abs(d.astype(np.float64)) + 4), starts) for d in (first, second)]
    moving = costs[0] > costs[1]
    return np.packbits(moving).tobytes(), np.where(_spread(moving, len(values)), second, first)


def _spread(blocks: Array, n: int) -> Array:
    return np.repeat(blocks, BLOCK)[:n]


def _restore(residual: I32, flags: bytes) -> I32:
    """The values: sums of first differences, which are themselves sums where a block is of second ones.

    A run of such blocks continues from the last difference of the plain block before it.
    """
    n = len(residual)
    blocks = -(-n // BLOCK)
    if len(flags) != -(-blocks // 8):
        raise SegmentError("damaged segment")
    moving = np.unpackbits(np.frombuffer(flags, np.uint8), count=blocks).view(bool)
    padded = np.zeros(blocks * BLOCK, np.int32)
    padded[:n] = residual
    sums = np.cumsum(padded, dtype=np.int32).reshape(blocks, BLOCK)
    rows = padded.reshape(blocks, BLOCK)
    before = sums[:, -1] - rows[:, -1]
    before[moving] = 0
    plain = np.maximum.accumulate(np.where(moving, 0, np.arange(blocks)))
    first = np.where(moving[:, None], sums - before[plain][:, None], rows)
    return np.cumsum(first.ravel()[:n], dtype=np.int32)


def _class(reference: I32, bits: int) -> Array:
    """0, 1 or 2 by the size of each reference; ``bits``: both limits, as 32 * lower + upper."""
    size = np.abs(reference)
    return (size >= 1 << bits // 32).view(np.int8) + (size >= 1 << bits % 32).view(np.int8)


def _split(residual: I32, reference: I32, lower: int, upper: int) -> Packed:
    bits = 32 * lower + upper
    classes = _class(reference, bits)
    return compound(SPLIT, bits, b"", [pack_ints(residual[classes == c]) for c in range(3)])


def _unsplit(spec: Spec, cursor: Cursor, reference: I32) -> I32:
    if not 0 <= spec.value < 31 * 32 or spec.value % 32 > 30:
        raise SegmentError("damaged segment")
    classes = _class(reference, spec.value)
    out = np.empty(len(reference), np.int32)
    for number, part in zip(range(3), spec.parts, strict=True):
        chosen = np.flatnonzero(classes == number)
        out[chosen] = unpack_ints(part, cursor, len(chosen), _INT32)
    return out


def unpack_place(spec: Spec, cursor: Cursor, n: int, reference: I32 | None) -> tuple[I32, I32 | None]:
    """A coordinate and its residuals, which are the ``reference`` of the next one.

    Raises SegmentError, or what ``damage`` makes one of.
    """
    if spec.codec != STEPS:
        return unpack_ints(spec, cursor, n, _INT32), None
    flags = cursor.take(spec.parts[0].size)
    inner = spec.parts[1]
    if inner.codec == SPLIT and reference is not None:
        residual = _unsplit(inner, cursor, reference)
    else:
        residual = unpack_ints(inner, cursor, n, _INT32)
    return _restore(residual, flags), residual
