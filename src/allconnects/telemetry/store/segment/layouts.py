"""Layouts: what an attribute blob consists of besides its values. Most blobs of a day share one.

Each layout asks for columns by Key; the columns of a segment are those of its layouts in order of first mention,
so that no segment has to name them.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from typing import NamedTuple

import msgspec
import numpy as np

from allconnects.telemetry.codecs.teltonika.layout import CODEC_16, SHAPES
from allconnects.telemetry.store.rows import U8

WIDTHS = (1, 2, 4, 8)


class Key(NamedTuple):
    """A column of attributes. ``room``: T (Teltonika), J (JSON) or raw. ``name``: ``io<N>``, a word, or the key.

    ``form``: u1, u2, u4, u8 (as sent, unsigned) for T; i (int), f (float), b (bool), s (text), r (JSON) for J;
    bytes. ``turn``: which occurrence of an element that a record repeats.
    """

    room: str
    name: str
    form: str
    turn: int = 0


_LEAST_JSON = 4


class Raw(msgspec.Struct, array_like=True, frozen=True, tag=0):
    """A blob kept whole."""

    def columns(self) -> list[Key]:
        """The columns it is made of."""
        return [Key("raw", "", "bytes")]

    def least_bytes(self) -> int:
        """No blob of this layout is shorter."""
        return 0


class Teltonika(msgspec.Struct, array_like=True, frozen=True, tag=1):
    """The IO part of a record. ``ids``: element ids of the groups of 1, 2, 4 and 8 bytes, as big-endian bytes.

    ``total``: the count that the device sent, which need not be true. What has variable length in codec 8
    Extended is one column of bytes.
    """

    codec: int
    total: int
    ids: tuple[bytes, bytes, bytes, bytes]

    def columns(self) -> list[Key]:
        """The columns it is made of."""
        found = [key for key, _ in self.fields() if key is not None]
        return [*found, Key("T", "tail", "bytes")] if SHAPES[self.codec].variable else found

    def least_bytes(self) -> int:
        """No blob of this layout is shorter."""
        return sum(len(part) if isinstance(part, bytes) else part for _, part in self.fields())

    def fields(self) -> Iterator[tuple[Key | None, bytes | int]]:
        """The blob's parts in order: a key with the width of its value, or fixed bytes."""
        shape = SHAPES[self.codec]
        yield None, b"T" + bytes((self.codec,))
        yield Key("T", "priority", "u1"), 1
        yield Key("T", "event", f"u{shape.event}"), shape.event
        rest = shape.head - shape.event
        if self.codec == CODEC_16:
            yield Key("T", "generation", "u1"), 1
            rest -= 1
        yield None, self.total.to_bytes(rest, "big")
        for width, ids in zip(WIDTHS, self.ids, strict=True):
            yield from self._group(width, ids)

    def _group(self, width: int, ids: bytes) -> Iterator[tuple[Key | None, bytes | int]]:
        shape = SHAPES[self.codec]
        each = shape.event
        yield None, (len(ids) // each).to_bytes(shape.counter, "big")
        turns: Counter[int] = Counter()
        for at in range(0, len(ids), each):
            element = int.from_bytes(ids[at : at + each], "big")
            yield None, ids[at : at + each]
            yield Key("T", f"io{element}", f"u{width}", turns[element]), width
            turns[element] += 1


class Json(msgspec.Struct, array_like=True, frozen=True, tag=2):
    """An object whose keys are sorted. ``forms``: one letter a key, see Key; n is null."""

    names: tuple[str, ...]
    forms: str

    def columns(self) -> list[Key]:
        """The columns it is made of."""
        return [Key("J", name, form) for name, form in zip(self.names, self.forms, strict=True) if form != "n"]

    def least_bytes(self) -> int:
        """No blob of this layout is shorter: quotes, colon and a digit around each name."""
        return sum(len(name) + _LEAST_JSON for name in self.names)


Layout = Raw | Teltonika | Json


def columns_of(layouts: Sequence[Layout]) -> dict[Key, list[int]]:
    """The columns in order of first mention, each with the numbers of the layouts that have it."""
    found: dict[Key, list[int]] = {}
    for number, layout in enumerate(layouts):
        for key in layout.columns():
            found.setdefault(key, []).append(number)
    return found


def of_record(blob: bytes) -> tuple[Teltonika, int] | None:
    """Layout of one ``T`` blob and where its tail begins; None when it is not a sound record."""
    if len(blob) < 3 or blob[1] not in SHAPES:
        return None
    shape = SHAPES[blob[1]]
    at = 3 + shape.head
    total_at = 3 + shape.event + (blob[1] == CODEC_16)
    groups = []
    for width in WIDTHS:
        count = int.from_bytes(blob[at : at + shape.counter], "big")
        at += shape.counter
        step = shape.event + width
        if at + count * step > len(blob):
            return None
        groups.append(b"".join(blob[i : i + shape.event] for i in range(at, at + count * step, step)))
        at += count * step
    if at != len(blob) and not shape.variable:
        return None
    total = int.from_bytes(blob[total_at : 3 + shape.head], "big")
    return Teltonika(blob[1], total, (groups[0], groups[1], groups[2], groups[3])), at


def template(layout: Teltonika) -> tuple[U8, list[tuple[Key, int, int]]]:
    """The blob up to its tail with zeros for values, and where each value stands: key, offset, width."""
    data = bytearray()
    places = []
    for key, part in layout.fields():
        if isinstance(part, bytes):
            data += part
        elif key is not None:
            places.append((key, len(data), part))
            data += bytes(part)
    return np.frombuffer(bytes(data), np.uint8), places
