"""Where the parts of an AVL record stand, without a thought for what they mean.

A record of codec 8, 8 extended or 16 is a head of 24 bytes (``HEAD``), then its I/O part: the event that
caused it, the number of elements, and four groups of (id, value) with values of 1, 2, 4 and 8 bytes. Codec 8
extended has a fifth group of values that name their own length. Source: Teltonika's page on data sending
protocols.
"""

from __future__ import annotations

from struct import Struct
from typing import NamedTuple

from ..base import CodecError

CODEC_8 = 0x08
CODEC_8_EXTENDED = 0x8E
CODEC_16 = 0x10

Buffer = bytes | bytearray | memoryview

HEAD = Struct(">qBiihHBH")
"""time (ms), priority, longitude, latitude (1e-7 degree), altitude (m), course, satellites, speed (km/h)."""


class Shape(NamedTuple):
    """The I/O part of one codec. All numbers are bytes.

    ``event``: event id. ``head``: from the event id to the count of the first group. ``counter``: a count.
    ``pairs``: (id, value) of each fixed group. ``variable``: there is a group of variable length.
    """

    event: int
    head: int
    counter: int
    pairs: tuple[Struct, ...]
    variable: bool


_WIDE = (Struct(">HB"), Struct(">HH"), Struct(">HI"), Struct(">Hq"))

SHAPES = {
    CODEC_8: Shape(1, 2, 1, (Struct(">BB"), Struct(">BH"), Struct(">BI"), Struct(">Bq")), False),
    CODEC_8_EXTENDED: Shape(2, 4, 2, _WIDE, True),
    CODEC_16: Shape(2, 4, 1, _WIDE, False),
}
_STEPS = {codec_id: tuple(pair.size for pair in shape.pairs) for codec_id, shape in SHAPES.items()}


def record_end(codec_id: int, data: Buffer, start: int, limit: int) -> int:
    """Offset just behind the last element of the record that begins at ``start``.

    Its I/O part is ``data[start + HEAD.size : record_end(...)]``. Raises CodecError when the record would
    reach beyond ``limit``.
    """
    shape = SHAPES[codec_id]
    at = start + HEAD.size + shape.head
    try:
        if shape.counter == 1:
            for step in _STEPS[codec_id]:
                at += 1 + data[at] * step
        else:
            for step in _STEPS[codec_id]:
                at += 2 + (data[at] << 8 | data[at + 1]) * step
        if shape.variable:
            at = _variable_end(data, at)
    except IndexError:
        at = limit + 1
    if at > limit:
        raise CodecError("a record reaches beyond its frame")
    return at


def _variable_end(data: Buffer, at: int) -> int:
    count = data[at] << 8 | data[at + 1]
    at += 2
    for _ in range(count):
        at += 4 + (data[at + 2] << 8 | data[at + 3])
    return at
