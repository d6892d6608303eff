"""Columns of numbers to bytes and back. A column is a Spec (how) and a payload (what).

Source of the compression: pcodec's wrapped format, one chunk of one page for each column; what the wrapping
format must know (count, type, lengths) is in the head of the segment.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import msgspec
import numpy as np
from numpy.typing import NDArray
from pcodec import ChunkConfig, DeltaSpec, ModeSpec, PagingSpec
from pcodec.wrapped import FileCompressor, FileDecompressor

from allconnects.telemetry.store.segment.errors import SegmentError

Array = NDArray[Any]

CONST, PCO_2, PCO_4, PCO_8, DECIMAL, HOLES, FLOAT, RAW, STEPS, SPLIT, LIKE, POOL = range(12)
"""Ways of packing; see docs/segments.md. A number is never given a second meaning."""

LEVEL = 12
MAX_POSITIONS = 1 << 20
_ONE_PAGE = PagingSpec.equal_pages_up_to(1 << 24)
_DELTAS = (DeltaSpec.no_op(), DeltaSpec.try_consecutive(1), DeltaSpec.try_consecutive(2))
_WORDS: dict[int, tuple[str, np.dtype[Any]]] = {
    PCO_2: ("u16", np.dtype(np.uint16)),
    PCO_4: ("u32", np.dtype(np.uint32)),
    PCO_8: ("u64", np.dtype(np.uint64)),
}
_FLOATS: dict[np.dtype[Any], str] = {np.dtype(np.float32): "f32", np.dtype(np.float64): "f64"}
_BITS: dict[np.dtype[Any], np.dtype[Any]] = {
    np.dtype(np.float32): np.dtype(np.uint32),
    np.dtype(np.float64): np.dtype(np.uint64),
}
_MOST_DECIMALS = 7


class Spec(msgspec.Struct, array_like=True, frozen=True):
    """How one column is packed. ``value``: a parameter. ``size``: its own payload bytes, before its parts'."""

    codec: int
    value: int = 0
    size: int = 0
    parts: tuple[Spec, ...] = ()


@dataclass(slots=True, frozen=True)
class Packed:
    """A column as its Spec and its payload: its own bytes, then those of its parts, in order."""

    spec: Spec
    data: bytes = b""

    def __len__(self) -> int:
        """Bytes that it takes, with about what its Specs take in the head."""
        return len(self.data) + 4 * _count(self.spec)


class Cursor:
    """Takes pieces of a payload one after another. Raises SegmentError beyond its end."""

    def __init__(self, data: memoryview, pco: FileDecompressor) -> None:
        self._data, self._at, self.pco = data, 0, pco

    def take(self, size: int) -> bytes:
        """The next ``size`` bytes."""
        if not 0 <= size <= len(self._data) - self._at:
            raise SegmentError("damaged segment")
        self._at += size
        return bytes(self._data[self._at - size : self._at])


def compound(codec: int, value: int, own: bytes, parts: Sequence[Packed]) -> Packed:
    """A column made of others."""
    specs = tuple(part.spec for part in parts)
    return Packed(Spec(codec, value, len(own), specs), own + b"".join(part.data for part in parts))


def trimmed(spec: Spec) -> list[Any]:
    """The shortest list that reads back as ``spec``."""
    fields = [spec.codec, spec.value, spec.size, [trimmed(part) for part in spec.parts]]
    while len(fields) > 1 and not fields[-1]:
        fields.pop()
    return fields


def _count(spec: Spec) -> int:
    return 1 + sum(map(_count, spec.parts))


def total_size(spec: Spec) -> int:
    """Bytes of payload of a column with its parts."""
    return spec.size + sum(map(total_size, spec.parts))


def pco_header() -> bytes:
    """The header that pcodec's files begin with; one for all columns of a segment."""
    return bytes(FileCompressor().write_header())


def _pco(values: Array, deltas: Sequence[DeltaSpec] = _DELTAS) -> bytes:
    """The shortest of the ways that decode at full speed; convolutions do not."""
    found = []
    for delta in deltas:
        config = ChunkConfig(LEVEL, ModeSpec.auto(), delta, _ONE_PAGE)
        chunk = FileCompressor().chunk_compressor(values, config)
        found.append(bytes(chunk.write_meta()) + bytes(chunk.write_page(0)))
    return min(found, key=len)


def _unpco(data: bytes, n: int, kind: str, dtype: np.dtype[Any], pco: FileDecompressor) -> Array:
    out = np.empty(n, dtype)
    chunk, used = pco.chunk_decompressor(data, kind)
    progress, _ = chunk.read_page_into(data[used:], n, out)
    if progress.n_processed != n:
        raise SegmentError("damaged segment")
    return out


def _word(span: int) -> int:
    return PCO_2 if span < 1 << 16 else PCO_4 if span < 1 << 32 else PCO_8


def pack_ints(values: Array) -> Packed:
    """A column of integers or booleans, (n,)."""
    if not len(values):
        return Packed(Spec(CONST))
    low, high = int(values.min()), int(values.max())
    if low == high:
        return Packed(Spec(CONST, low))
    wide = values.astype(np.uint64) - np.uint64(low % (1 << 64))
    codec = _word(high - low)
    data = _pco(wide.astype(_WORDS[codec][1]))
    return Packed(Spec(codec, low, len(data)), data)


def unpack_ints(spec: Spec, cursor: Cursor, n: int, dtype: np.dtype[Any]) -> Array:
    """The column of pack_ints, as ``dtype``. Raises SegmentError, or what ``damage`` makes one of."""
    if spec.codec == CONST:
        return np.full(n, spec.value, dtype)
    kind, word = _WORDS[spec.codec]
    found = _unpco(cursor.take(spec.size), n, kind, word, cursor.pco)
    if not spec.value:
        return found.astype(dtype, copy=False)
    if dtype.itemsize <= 4:
        low = np.array(spec.value % (1 << 8 * dtype.itemsize), np.dtype(f"u{dtype.itemsize}"))
        return np.asarray(found.astype(low.dtype, copy=False) + low).view(dtype)
    return (found.astype(np.uint64, copy=False) + np.uint64(spec.value % (1 << 64))).view(dtype)


def pack_floats(values: Array) -> Packed:
    """A column of float32 or float64, (n,); every bit comes back."""
    bits = values.view(_BITS[values.dtype])
    if not len(values) or (bits == bits[0]).all():
        return Packed(Spec(CONST, int(bits[0]) if len(values) else 0))
    nan = np.isnan(values)
    if nan.any() and not nan.all() and (bits[nan] == _canonical(values.dtype)).all():
        return compound(HOLES, 0, b"", (pack_ints(nan), pack_floats(values[~nan])))
    for decimals in range(_MOST_DECIMALS + 1):
        if (whole := _whole(values, decimals)) is not None:
            return compound(DECIMAL, decimals, b"", (pack_ints(whole),))
    data = _pco(values, _DELTAS[:2])
    return Packed(Spec(FLOAT, 0, len(data)), data)


def _canonical(dtype: np.dtype[Any]) -> int:
    return int(np.array([np.nan], dtype).view(_BITS[dtype])[0])


def _whole(values: Array, decimals: int, probe: int = 64) -> Array | None:
    """The values times 10**decimals as integers, where that loses no bit. Looks at a few before at all."""
    for chosen in (values[:probe], values):
        with np.errstate(over="ignore", invalid="ignore"):
            scaled = np.rint(chosen.astype(np.float64) * 10.0**decimals)
        if not (np.abs(scaled) < 2**53).all():
            return None
        whole = scaled.astype(np.int64)
        with np.errstate(over="ignore"):
            back = (whole / 10.0**decimals).astype(values.dtype)
        if back.tobytes() != chosen.tobytes():
            return None
    return whole


def unpack_floats(spec: Spec, cursor: Cursor, n: int, dtype: np.dtype[Any], *, inner: bool = False) -> Array:
    """The column of pack_floats. Raises SegmentError, or what ``damage`` makes one of."""
    if spec.codec == CONST:
        return np.full(n, spec.value, _BITS[dtype]).view(dtype)
    if spec.codec == FLOAT:
        return _unpco(cursor.take(spec.size), n, _FLOATS[dtype], dtype, cursor.pco)
    if spec.codec == DECIMAL and 0 <= spec.value <= _MOST_DECIMALS:
        return _unpack_decimal(spec, cursor, n, dtype)
    if spec.codec != HOLES or inner:
        raise SegmentError("damaged segment")
    nan = unpack_ints(spec.parts[0], cursor, n, np.dtype(bool))
    out = np.full(n, np.nan, dtype)
    out[~nan] = unpack_floats(spec.parts[1], cursor, n - int(nan.sum()), dtype, inner=True)
    return out


def _unpack_decimal(spec: Spec, cursor: Cursor, n: int, dtype: np.dtype[Any]) -> Array:
    whole = unpack_ints(spec.parts[0], cursor, n, np.dtype(np.int64))
    if not spec.value:
        return whole.astype(dtype)
    return (whole / 10.0**spec.value).astype(dtype)
