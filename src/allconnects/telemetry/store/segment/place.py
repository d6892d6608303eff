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
_LIMITS = ((7, 10), (5, 8), (9, 12))
"""Classes that are tried: powers of two that part them. Twice as many save half a percent and read slower."""

_HALF_OCTAVES = 80
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
    masks = [sum(1 << bit for bit in limits) for limits in _LIMITS]
    ways = [pack_ints(lon_residual)] + [_split(lon_residual, lat_residual, mask) for mask in masks]
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
    sizes = [np.abs(residual.astype(np.float64)) for residual in (first, second)]
    moving = _better(np.log2(sizes[0] + 4), np.log2(sizes[1] + 4))
    chosen = np.where(_spread(moving, len(values)), sizes[1], sizes[0])
    bits = _price(chosen)
    moving = _better(bits[_octave(sizes[0])], bits[_octave(sizes[1])])
    return np.packbits(moving).tobytes(), np.where(_spread(moving, len(values)), second, first)


def _better(first: Array, second: Array) -> Array:
    """The blocks where the second prediction costs less."""
    starts = np.arange(0, len(first), BLOCK)
    return np.asarray(np.add.reduceat(first, starts) > np.add.reduceat(second, starts))


def _octave(sizes: Array) -> Array:
    return np.asarray(2 * np.log2(sizes + 1)).astype(np.int64)


def _price(sizes: Array) -> Array:
    """Bits that a residual costs by its size, as an entropy coder charges for how often such sizes occur."""
    share = np.bincount(_octave(sizes), minlength=_HALF_OCTAVES) + 0.5
    width = np.maximum(2.0 ** (np.arange(_HALF_OCTAVES) / 2), 1)
    return np.asarray(np.log2(width) - np.log2(share / share.sum()))


def _spread(blocks: Array, n: int) -> Array:
    return np.asarray(np.repeat(blocks, BLOCK)[:n])


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


def _class(reference: I32, mask: int) -> Array:
    """How many of the limits each reference reaches. ``mask``: bit k set: 2**k is a limit."""
    size = np.abs(reference)
    found = np.zeros(len(size), np.int8)
    for bit in range(31):
        if mask >> bit & 1:
            found += (size >= 1 << bit).view(np.int8)
    return found


def _split(residual: I32, reference: I32, mask: int) -> Packed:
    classes = _class(reference, mask)
    parts = [pack_ints(residual[classes == number]) for number in range(mask.bit_count() + 1)]
    return compound(SPLIT, mask, b"", parts)


def _unsplit(spec: Spec, cursor: Cursor, reference: I32) -> I32:
    if not 0 <= spec.value < 1 << 31:
        raise SegmentError("damaged segment")
    classes = _class(reference, spec.value)
    out = np.empty(len(reference), np.int32)
    for number, part in zip(range(spec.value.bit_count() + 1), spec.parts, strict=True):
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
