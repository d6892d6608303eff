"""Segments: positions of one device, day and subject as bytes, and back. See docs/segments.md for the layout.

``encode`` makes the current version; ``open_segment`` reads every version there has been. Nothing here knows a
key or a database.
"""

from __future__ import annotations

import struct
from collections.abc import Sequence
from itertools import accumulate
from typing import Any

import msgspec
import numpy as np
from pcodec.wrapped import FileDecompressor

from allconnects.telemetry.store.rows import I64, NO_PLACE
from allconnects.telemetry.store.segment import attributes as attribute_columns
from allconnects.telemetry.store.segment.compress import (
    CONST,
    DECIMAL,
    LIKE,
    MAX_POSITIONS,
    RAW,
    Array,
    Cursor,
    Packed,
    Spec,
    compound,
    pack_floats,
    pack_ints,
    pco_header,
    total_size,
    trimmed,
    unpack_floats,
    unpack_ints,
)
from allconnects.telemetry.store.segment.errors import SegmentError, damage
from allconnects.telemetry.store.segment.identity import WAYS, content_of
from allconnects.telemetry.store.segment.layouts import Key, Layout, Raw
from allconnects.telemetry.store.segment.place import pack_place, unpack_place
from allconnects.telemetry.store.segment.pool import MOST_BYTES
from allconnects.telemetry.store.segment.positions import KINDS, Positions, same
from allconnects.telemetry.store.segment.split import split

VERSION = 1
MOST_CELLS = 1 << 26
"""Positions times columns: 512 MiB of numbers at most, whatever a segment claims."""

_START = struct.Struct(">BI")
"""Version, length of the head."""

FIXED = (
    "placeless", "time_ms", "lat_e7", "lon_e7", "speed_kmh", "course_deg", "altitude_m", "satellites", "flags",
    "received_ms", "layout", "content",
)  # fmt: skip
"""Columns that every segment has, in the order of their payloads. ``placeless``: 1 where there is no place."""

_BOOL, _I64 = np.dtype(bool), np.dtype(np.int64)


class Head(msgspec.Struct, array_like=True, frozen=True):
    """What is needed to find and unpack a column. ``way``: of identity.py."""

    count: int
    way: int
    pco: bytes
    fixed: tuple[Spec, ...]
    layouts: tuple[Layout, ...]
    attributes: tuple[Spec, ...]


_read_head = msgspec.msgpack.Decoder(Head).decode
_write_head = msgspec.msgpack.Encoder().encode


def encode(positions: Positions) -> bytes:
    """Positions (sorted by time, without duplicates) as one segment of the current version.

    The same positions give the same bytes. Raises SegmentError when they are too many for one segment
    (MAX_POSITIONS, MOST_CELLS numbers, or MOST_BYTES of blobs): the caller cuts them.
    """
    n = len(positions)
    if n > MAX_POSITIONS or sum(map(len, positions.blobs)) > MOST_BYTES:
        raise SegmentError("too many positions for one segment")
    found = split(positions.blobs)
    fixed = _pack_fixed(positions, found.number)
    way, content = _pack_content(positions)
    fixed.append(content)
    attributes = attribute_columns.pack_attributes(found, _whole_speed(positions, fixed[FIXED.index("speed_kmh")]))
    if n * (len(fixed) + len(attributes)) > MOST_CELLS:
        raise SegmentError("too many columns for one segment")
    head = _write_head(
        (n, way, pco_header(), [trimmed(p.spec) for p in fixed], found.layouts, [trimmed(p.spec) for p in attributes])
    )
    return b"".join((_START.pack(VERSION, len(head)), head, *(p.data for p in fixed), *(p.data for p in attributes)))


def _pack_fixed(positions: Positions, layout: I64) -> list[Packed]:
    placeless = (positions.lat_e7 == NO_PLACE) & (positions.lon_e7 == NO_PLACE)
    last = np.maximum.accumulate(np.where(placeless, 0, np.arange(len(positions)))) if len(positions) else layout
    return [
        pack_ints(placeless),
        pack_ints(positions.time_ms),
        *pack_place(positions.lat_e7[last], positions.lon_e7[last]),
        pack_floats(positions.speed_kmh),
        pack_floats(positions.course_deg),
        pack_floats(positions.altitude_m),
        pack_ints(positions.satellites),
        pack_ints(positions.flags),
        _pack_received(positions),
        pack_ints(layout),
    ]


def _pack_received(positions: Positions) -> Packed:
    plain = pack_ints(positions.received_ms)
    if plain.spec.codec == CONST:
        return plain
    return min(plain, compound(LIKE, 0, b"", (pack_ints(positions.received_ms - positions.time_ms),)), key=len)


def _pack_content(positions: Positions) -> tuple[int, Packed]:
    """The keys that differ from what the content gives, under the way that leaves fewest."""
    differs = content_of(positions, 0) != positions.content
    best = 0
    for way in range(1, len(WAYS) if differs.any() else 0):
        found = content_of(positions, way) != positions.content
        if found.sum() < differs.sum():
            best, differs = way, found
    keys = positions.content[differs].astype("<i8").tobytes()
    return best, compound(RAW, 0, keys, (pack_ints(differs),))


def _whole_speed(positions: Positions, packed: Packed) -> I64 | None:
    """Speeds as whole numbers, where the segment's reader will have them too."""
    if packed.spec.codec == DECIMAL and packed.spec.value == 0:
        return positions.speed_kmh.astype(np.int64)
    return None


class Segment:
    """A segment of which columns are unpacked when they are asked for, and only those.

    ``count``: number of positions. Every method raises SegmentError for damaged bytes, none another error.
    """

    def __init__(self, data: bytes | memoryview) -> None:
        view = memoryview(data)
        with damage():
            _, size = _START.unpack_from(view)
            if len(view) < _START.size + size:
                raise SegmentError("damaged segment")
            self._head = _read_head(view[_START.size : _START.size + size])
            self.count = self._head.count
            self._payload = view[_START.size + size :]
            self._check()
            self._pco = FileDecompressor.new(self._head.pco)[0]
            self._offsets = self._located()
        self._kept: dict[str, Any] = {}

    def _check(self) -> None:
        head = self._head
        if not 0 <= head.count <= MAX_POSITIONS or len(head.fixed) != len(FIXED):
            raise SegmentError("damaged segment")
        if head.count * (len(head.fixed) + len(head.attributes)) > MOST_CELLS or len(head.layouts) > head.count:
            raise SegmentError("damaged segment")

    def _located(self) -> list[int]:
        """Where the payload of each column begins, and the end."""
        sizes = [total_size(spec) for spec in (*self._head.fixed, *self._head.attributes)]
        offsets = [0, *accumulate(sizes)]
        if min(sizes) < 0 or offsets[-1] != len(self._payload):
            raise SegmentError("damaged segment")
        return offsets

    def _cursor(self, column: int) -> Cursor:
        return Cursor(self._payload[self._offsets[column] : self._offsets[column + 1]], self._pco)

    def cursor(self, index: int) -> Cursor:
        """The payload of one column of attributes."""
        return self._cursor(len(FIXED) + index)

    def column(self, name: str) -> Array:
        """One array of Positions by its name, (count,). Others are unpacked only as far as it needs them."""
        if name not in KINDS:
            raise KeyError(name)
        with damage():
            found: Array = self._column(name)
            return found

    def _column(self, name: str) -> Any:
        if name not in self._kept:
            self._kept[name] = self._unpacked(name)
        return self._kept[name]

    def _unpacked(self, name: str) -> Any:
        index = FIXED.index(name)
        spec, cursor = self._head.fixed[index], self._cursor(index)
        if name in ("lat_e7", "lon_e7"):
            return self._place(name, spec, cursor)
        if name == "content":
            return self._content(spec, cursor)
        if name in ("placeless", "layout"):
            return unpack_ints(spec, cursor, self.count, _BOOL if name == "placeless" else _I64)
        if name == "received_ms" and spec.codec == LIKE:
            return self._column("time_ms") + unpack_ints(spec.parts[0], cursor, self.count, _I64)
        unpack = unpack_floats if KINDS[name].kind == "f" else unpack_ints
        return unpack(spec, cursor, self.count, KINDS[name])

    def _place(self, name: str, spec: Spec, cursor: Cursor) -> Array:
        reference = None
        if name == "lon_e7":
            self._column("lat_e7")
            reference = self._kept["lat_residual"]
        values, residual = unpack_place(spec, cursor, self.count, reference)
        if name == "lat_e7":
            self._kept["lat_residual"] = residual
        if self._head.fixed[0] != Spec(CONST):
            values[self._column("placeless")] = NO_PLACE
        return values

    def _content(self, spec: Spec, cursor: Cursor) -> Array:
        if not 0 <= self._head.way < len(WAYS):
            raise SegmentError("damaged segment")
        kept = np.frombuffer(cursor.take(spec.size), "<i8")
        differs = unpack_ints(spec.parts[0], cursor, self.count, _BOOL)
        keys = np.empty(self.count, np.int64)
        if not differs.all():
            arrays = {name: self._column(name) for name in KINDS if name != "content"}
            keys = content_of(Positions(**arrays, content=keys, blobs=self._blobs()), self._head.way)
        keys[differs] = kept
        return keys

    def speed(self) -> I64:
        """Speeds as whole numbers, int64 (count,)."""
        return np.asarray(self._column("speed_kmh").astype(np.int64))

    def _reader(self) -> attribute_columns.Reader:
        if "reader" not in self._kept:
            layouts: Sequence[Layout] = self._head.layouts
            number = self._column("layout")
            if self.count and not (number.min() >= 0 and number.max() < len(layouts)):
                raise SegmentError("damaged segment")
            reader = attribute_columns.Reader(layouts, number, self._head.attributes)
            if len(reader.keys) != len(self._head.attributes):
                raise SegmentError("damaged segment")
            self._kept["reader"] = reader
        return self._kept["reader"]  # type: ignore[no-any-return]

    def attributes(self) -> list[Key]:
        """The columns that attributes are kept in; blobs kept whole have none."""
        with damage():
            return [key for key in self._reader().keys if key not in Raw().columns()]

    def has_whole_blobs(self) -> bool:
        """Whether some attributes were kept whole, as bytes, in the column of ``Raw``."""
        with damage():
            return Raw().columns()[0] in self._reader().keys

    def attribute(self, key: Key) -> tuple[Any, I64]:
        """A column of attributes: its values (m,) (texts and JSON: bytes), and the rows that have it (m,).

        Raises KeyError for a column that this segment does not have.
        """
        with damage():
            reader = self._reader()
        if key not in reader.keys:
            raise KeyError(key)
        with damage():
            return reader.values(key, self), reader.rows_of(key)

    def _blobs(self) -> Any:
        if "blobs" not in self._kept:
            self._kept["blobs"] = self._reader().blobs(self.count, self)
        return self._kept["blobs"]

    def positions(self) -> Positions:
        """Everything, exactly as it was encoded."""
        with damage():
            return Positions(**{name: self._column(name) for name in KINDS}, blobs=self._blobs())


_READERS = {1: Segment}


def open_segment(data: bytes | memoryview) -> Segment:
    """Read a segment of any known version. Raises SegmentError for others, and for damaged bytes."""
    version = data[0] if len(data) else 0
    if version not in _READERS:
        raise SegmentError("unknown version of a segment")
    return _READERS[version](data)


def encode_verified(positions: Positions) -> bytes:
    """The same as encode, after reading it back: for whoever then deletes the rows. Raises SegmentError."""
    data = encode(positions)
    if not same(open_segment(data).positions(), positions):
        raise SegmentError("a segment did not read back as it was written")
    return data
