"""Teltonika frames to columns: many frames of equal layout are decoded together, as NumPy columns.

A fleet's trackers are configured alike, so the frames of one tick come in few layouts. Frames of one codec,
record count and length are stacked; the bytes that give the structure (counts, lengths of variable elements)
are read from the first frame, and whichever frames share them are one group. The plain codec is the
specification: a property test holds both equal.

Source of the layout: Teltonika "Data Sending Protocols" (codecs 8, 8 Extended, 16).
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass

import anycrc
import numpy as np

from allconnects.telemetry.codecs.base import CodecError
from allconnects.telemetry.store.rows import I64, NO_PLACE, U8, Columns, content_keys

CODEC_8, CODEC_8E, CODEC_16 = 0x08, 0x8E, 0x10
AVL = frozenset((CODEC_8, CODEC_8E, CODEC_16))
HEADER = 24
"""Bytes of a record before its IO part: time, priority, lon, lat, altitude, angle, satellites, speed."""

_BODY = 8
_LAST_TIME_MS = 253_402_300_799_999  # the end of the year 9999
_crc = anycrc.Model("CRC16-ARC").calc
_ID_WIDTH = {CODEC_8: 1, CODEC_8E: 2, CODEC_16: 2}
_COUNT_WIDTH = {CODEC_8: 1, CODEC_8E: 2, CODEC_16: 1}
_IO_HEAD = {CODEC_8: 1, CODEC_8E: 2, CODEC_16: 3}
"""Event id, and for codec 16 the generation type."""


@dataclass(frozen=True, slots=True)
class Layout:
    """Where the records of a frame's body start and end, and which bytes say so."""

    starts: list[int]
    ends: list[int]
    structure: list[int]


def is_avl(frame: bytes) -> bool:
    """Whether a TCP frame carries records (and not a login, a ping or the answer to a command)."""
    return len(frame) > _BODY + 6 and frame[:4] == b"\0\0\0\0" and frame[_BODY] in AVL


def body_of(frame: bytes) -> bytes:
    """The body of a TCP frame: codec id, count, records, count. Raises CodecError for a wrong checksum."""
    body = frame[_BODY:-4]
    if _crc(body) != int.from_bytes(frame[-4:], "big"):
        raise CodecError("wrong checksum")
    return body


def layout_of(body: bytes) -> Layout:
    """Walk the records of one body. Raises CodecError when counts and length do not agree."""
    codec, count = body[0], body[1]
    starts, ends, structure = [], [], [0, 1, len(body) - 1]
    at = 2
    try:
        for _ in range(count):
            starts.append(at)
            at = _walk_record(body, codec, at, structure)
            ends.append(at)
    except IndexError:
        raise CodecError("records longer than their frame") from None
    if at != len(body) - 1 or body[at] != count:
        raise CodecError("record counts do not agree")
    return Layout(starts, ends, structure)


def _walk_record(body: bytes, codec: int, at: int, structure: list[int]) -> int:
    count_width, id_width = _COUNT_WIDTH[codec], _ID_WIDTH[codec]
    at += HEADER + _IO_HEAD[codec] + count_width
    for value_width in (1, 2, 4, 8):
        count = _number(body, at, count_width, structure)
        at += count_width + count * (id_width + value_width)
    return _walk_variable(body, at, structure) if codec == CODEC_8E else at


def _walk_variable(body: bytes, at: int, structure: list[int]) -> int:
    """The elements of codec 8 Extended that carry their own length."""
    count = _number(body, at, 2, structure)
    at += 2
    for _ in range(count):
        at += 4 + _number(body, at + 2, 2, structure)
    return at


def _number(body: bytes, at: int, width: int, structure: list[int]) -> int:
    structure.extend(range(at, at + width))
    return body[at] if width == 1 else body[at] << 8 | body[at + 1]


def decode(bodies: Sequence[bytes]) -> tuple[list[Columns], list[int]]:
    """Columns of many bodies, and the indices of those that are damaged. ``source`` is the body's index."""
    shapes: dict[tuple[int, int, int], list[int]] = defaultdict(list)
    for index, body in enumerate(bodies):
        shapes[body[0], body[1], len(body)].append(index)
    parts: list[Columns] = []
    damaged: list[int] = []
    for members in shapes.values():
        _decode_shape(bodies, np.array(members), parts, damaged)
    return parts, damaged


def _decode_shape(bodies: Sequence[bytes], members: I64, parts: list[Columns], damaged: list[int]) -> None:
    stack = np.frombuffer(b"".join([bodies[i] for i in members]), np.uint8).reshape(len(members), -1)
    while len(members):
        try:
            layout = layout_of(bodies[members[0]])
        except CodecError:
            damaged.append(int(members[0]))
            stack, members = stack[1:], members[1:]
            continue
        same = (stack[:, layout.structure] == stack[0, layout.structure]).all(axis=1)
        parts += _decode_layout(stack[same], members[same], layout)
        stack, members = stack[~same], members[~same]


def _decode_layout(stack: U8, members: I64, layout: Layout) -> list[Columns]:
    """Records of one width are one group, whatever their place in the frame."""
    starts = np.array(layout.starts, np.int64)
    widths = np.array(layout.ends, np.int64) - starts
    result = []
    for width in np.unique(widths):
        chosen = starts[widths == width]
        records = stack[:, chosen[:, None] + np.arange(width)].reshape(-1, width)
        result.append(_columns(records, np.repeat(members, len(chosen)), int(stack[0, 0])))
    return result


def _columns(records: U8, source: I64, codec: int) -> Columns:
    satellites = records[:, 21]
    lon, lat = _field(records, 9, ">i4"), _field(records, 13, ">i4")
    on_globe = (np.abs(lat.astype(np.int64)) <= 900_000_000) & (np.abs(lon.astype(np.int64)) <= 1_800_000_000)
    head = np.empty((len(records), 3), np.uint8)
    head[:, 0], head[:, 1], head[:, 2] = ord("T"), codec, records[:, 8]
    time_ms = _field(records, 0, ">i8").astype(np.int64)
    return Columns(
        source=source,
        time_ms=time_ms,
        has_time=(time_ms >= 0) & (time_ms <= _LAST_TIME_MS),
        valid=on_globe & (satellites != 0),
        lat_e7=np.where(on_globe, lat, NO_PLACE).astype(np.int32),
        lon_e7=np.where(on_globe, lon, NO_PLACE).astype(np.int32),
        altitude_m=_field(records, 17, ">i2").astype(np.float32),
        speed_kmh=_field(records, 22, ">u2").astype(np.float32),
        course_deg=_field(records, 19, ">u2").astype(np.float32),
        satellites=satellites.astype(np.int16),
        content=content_keys(records),
        blobs=np.concatenate((head, records[:, HEADER:]), axis=1),
    )


def _field(records: U8, at: int, kind: str) -> np.ndarray:
    width = int(kind[2])
    return np.ascontiguousarray(records[:, at : at + width]).view(kind)[:, 0]
