"""Columns of attributes: packed one by one, or as the difference to one that moves alike.

Trackers say the same thing twice (speed as element 24, total and trip odometer): such a column is what it
differs by, mostly nothing.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np

from allconnects.telemetry.store.rows import I64, U8
from allconnects.telemetry.store.segment.compress import (
    CONST,
    LIKE,
    Array,
    Cursor,
    Packed,
    Spec,
    compound,
    pack_floats,
    pack_ints,
    unpack_floats,
    unpack_ints,
)
from allconnects.telemetry.store.segment.errors import SegmentError
from allconnects.telemetry.store.segment.layouts import Json, Key, Layout, Teltonika, columns_of
from allconnects.telemetry.store.segment.pool import MOST_BYTES, pack_bytes, unpack_bytes
from allconnects.telemetry.store.segment.split import Split, objects_of, records_of

SPEED = -1
"""Number of the speed column among what a column may be like; attributes count from 0."""

_LOOK_BACK = 24
_PROBE = 512
_INTEGERS: dict[str, np.dtype[Any]] = {
    "u1": np.dtype(np.uint8),
    "u2": np.dtype(np.uint16),
    "u4": np.dtype(np.uint32),
    "u8": np.dtype(np.uint64),
    "i": np.dtype(np.int64),
    "b": np.dtype(np.uint8),
}
_I64 = np.dtype(np.int64)


@dataclass(slots=True)
class _Model:
    """An earlier column of integers, as what a later one may be like."""

    number: int
    rows: tuple[int, ...]
    values: I64


def pack_attributes(found: Split, speed: I64 | None) -> list[Packed]:
    """The columns of all layouts, in the order of columns_of. ``speed``: the speeds where they are whole."""
    every = tuple(range(len(found.layouts)))
    models = [] if speed is None else [_Model(SPEED, every, speed)]
    result = []
    for number, (key, layouts) in enumerate(columns_of(found.layouts).items()):
        values = _gathered(found, key, layouts)
        if key.form not in _INTEGERS:
            result.append(pack_floats(values) if key.form == "f" else pack_bytes(values))
            continue
        wide = values.astype(np.uint64).view(np.int64)
        alike = [m for m in (*models[:1], *models[1:][-_LOOK_BACK:]) if m.rows == tuple(layouts)]
        packed = _alike(wide, alike, pack_ints(values))
        if packed.spec.codec not in (CONST, LIKE):
            models.append(_Model(number, tuple(layouts), wide))
        result.append(packed)
    return result


def _gathered(found: Split, key: Key, layouts: Sequence[int]) -> Any:
    """The values of one column in order of rows."""
    pieces = [found.values[number][key] for number in layouts]
    if len(layouts) == 1:
        return pieces[0]
    order = np.argsort(np.concatenate([found.rows[number] for number in layouts]), kind="stable")
    if isinstance(pieces[0], np.ndarray):
        return np.concatenate(pieces)[order]
    flat = [value for piece in pieces for value in piece]
    return [flat[index] for index in order.tolist()]


def _alike(values: I64, models: Sequence[_Model], plain: Packed) -> Packed:
    best = plain
    if plain.spec.codec == CONST:
        return plain
    for model in models:
        difference = values - model.values
        if _changes(difference[:_PROBE]) * 2 > _changes(values[:_PROBE]):
            continue
        packed = compound(LIKE, model.number, b"", (pack_ints(difference),))
        best = min(best, packed, key=len)
    return best


def _changes(values: I64) -> int:
    return int(np.count_nonzero(values[1:] != values[:-1]))


class Source(Protocol):
    """Where the Reader gets payloads from."""

    def cursor(self, index: int) -> Cursor:
        """The payload of one column of attributes."""

    def speed(self) -> I64:
        """Speeds as whole numbers, int64 (n,)."""


class Reader:
    """The columns of attributes of one segment, each unpacked when it is asked for."""

    def __init__(self, layouts: Sequence[Layout], number: I64, specs: Sequence[Spec]) -> None:
        self.layouts = layouts
        self.keys = columns_of(layouts)
        self._specs = specs
        self._order = {key: index for index, key in enumerate(self.keys)}
        by_layout = np.argsort(number, kind="stable")
        ends = np.searchsorted(number[by_layout], np.arange(len(layouts)), side="right")
        self.rows = np.split(by_layout, ends[:-1]) if len(layouts) else []

    def rows_of(self, key: Key) -> I64:
        """The rows that have the column, ascending."""
        pieces = [self.rows[number] for number in self.keys[key]]
        return pieces[0] if len(pieces) == 1 else np.sort(np.concatenate(pieces))

    def number(self, key: Key) -> int:
        """Which of the segment's columns of attributes it is."""
        return self._order[key]

    def values(self, key: Key, source: Source) -> Any:
        """The column, for the rows of rows_of: an array, or bytes for texts. Raises SegmentError."""
        count = sum(len(self.rows[number]) for number in self.keys[key])
        index = self._order[key]
        spec, cursor = self._specs[index], source.cursor(index)
        if key.form == "f":
            return unpack_floats(spec, cursor, count, np.dtype(np.float64))
        if key.form not in _INTEGERS:
            return unpack_bytes(spec, cursor, count)
        if spec.codec != LIKE:
            return unpack_ints(spec, cursor, count, _INTEGERS[key.form])
        return self._like(spec, cursor, count, index, source).astype(_INTEGERS[key.form])

    def _like(self, spec: Spec, cursor: Cursor, count: int, index: int, source: Source) -> Array:
        difference = unpack_ints(spec.parts[0], cursor, count, _I64).view(np.uint64)
        if spec.value == SPEED:
            model = source.speed()
        elif 0 <= spec.value < index and self._specs[spec.value].codec != LIKE:
            model = self.values(list(self.keys)[spec.value], source)
        else:
            raise SegmentError("damaged segment")
        if len(model) != count:
            raise SegmentError("damaged segment")
        return np.asarray(model.astype(np.uint64) + difference)

    def blobs(self, n: int, source: Source) -> U8 | list[bytes]:
        """The n blobs as they were. Raises SegmentError, also when they would be more than MOST_BYTES."""
        least = sum(layout.least_bytes() * len(rows) for layout, rows in zip(self.layouts, self.rows, strict=True))
        values = {}
        for key in self.keys:
            values[key] = column = self.values(key, source)
            least += sum(map(len, column)) if isinstance(column, list) else 0
            if least > MOST_BYTES:
                raise SegmentError("damaged segment")
        pieces = [self._rebuilt(number, values) for number in range(len(self.layouts))]
        if len(pieces) == 1:
            return pieces[0]
        out = [b""] * n
        for rows, piece in zip(self.rows, pieces, strict=True):
            for row, blob in zip(rows.tolist(), _lines(piece), strict=True):
                out[row] = blob
        return out

    def _rebuilt(self, number: int, values: dict[Key, Any]) -> U8 | list[bytes]:
        layout, rows = self.layouts[number], self.rows[number]
        own = {key: self._part(key, number, values[key]) for key in layout.columns()}
        if isinstance(layout, Teltonika):
            return records_of(layout, len(rows), own)
        if isinstance(layout, Json):
            return objects_of(layout, len(rows), own)
        whole: list[bytes] = next(iter(own.values()))
        return whole

    def _part(self, key: Key, number: int, values: Any) -> Any:
        """Of a column, the values of one layout."""
        if len(self.keys[key]) == 1:
            return values
        index = np.searchsorted(self.rows_of(key), self.rows[number])
        if isinstance(values, np.ndarray):
            return values[index]
        return [values[i] for i in index.tolist()]


def _lines(piece: U8 | list[bytes]) -> list[bytes]:
    if isinstance(piece, list):
        return piece
    data, width = piece.tobytes(), piece.shape[1]
    return [data[at : at + width] for at in range(0, len(data), width)]
