"""Frames decoded together as columns mean exactly what the plain codec says of each of them."""

from __future__ import annotations

import json
import struct
from collections.abc import Sequence
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from allconnects.telemetry.codecs.base import CodecError, Position
from allconnects.telemetry.codecs.registry import codec
from allconnects.telemetry.store import blob, teltonika
from allconnects.telemetry.store.rows import NO_PLACE, Columns
from tests.shared_data import shared
from tests.telemetry.codecs import teltonika_frames as build

CODECS = (8, 0x8E, 16)
_RAW = {width: st.integers(0, 256**width - 1) for width in build.WIDTHS}
_TIMES = st.one_of(
    st.integers(1_600_000_000_000, 1_800_000_000_000),
    st.sampled_from([0, -1, 1, 253_402_300_799_999, 253_402_300_800_000, 2**63 - 1, -(2**63)]),
    st.integers(-(2**63), 2**63 - 1),
)
_LATITUDES = st.one_of(
    st.integers(-900_000_000, 900_000_000),
    st.sampled_from([900_000_001, -900_000_001, 2**31 - 1, -(2**31), 0]),
)
_LONGITUDES = st.one_of(
    st.integers(-1_800_000_000, 1_800_000_000),
    st.sampled_from([1_800_000_001, -1_800_000_001, 2**31 - 1, -(2**31), 0]),
)


@st.composite
def io_parts(draw: st.DrawFn, codec_id: int) -> bytes:
    """The I/O part of one record with elements known and unknown."""
    ids = st.integers(0, 255 if codec_id == 8 else 65_535)
    elements = {
        width: draw(st.lists(st.tuples(st.one_of(st.integers(1, 255), ids), _RAW[width]), max_size=3))
        for width in build.WIDTHS
    }
    variable = draw(st.lists(st.tuples(ids, st.binary(max_size=20)), max_size=2)) if codec_id == 0x8E else ()
    return build.io_part(codec_id, elements, variable, draw(ids))


@st.composite
def records(draw: st.DrawFn, io: bytes) -> bytes:
    """One record around an I/O part, possible or not."""
    return build.record(
        io,
        time_ms=draw(_TIMES),
        priority=draw(st.integers(0, 255)),
        lon=draw(_LONGITUDES),
        lat=draw(_LATITUDES),
        altitude=draw(st.integers(-(2**15), 2**15 - 1)),
        course=draw(st.integers(0, 65_535)),
        sat=draw(st.integers(0, 255)),
        speed=draw(st.integers(0, 65_535)),
    )


@st.composite
def frames(draw: st.DrawFn) -> list[bytes]:
    """Frames of one tick: some of one layout, some of others, some damaged behind a right checksum."""
    result = []
    for _ in range(draw(st.integers(1, 3))):
        codec_id = draw(st.sampled_from(CODECS))
        layout = draw(st.lists(io_parts(codec_id), min_size=0, max_size=4))
        for _ in range(draw(st.integers(1, 3))):
            result.append(build.frame(build.body(codec_id, [draw(records(io)) for io in layout])))
    for _ in range(draw(st.integers(0, 2))):
        result.append(draw(damaged(draw(st.sampled_from(result)))))
    return draw(st.permutations(result))


@st.composite
def damaged(draw: st.DrawFn, frame: bytes) -> bytes:
    """The same length with one byte of the body changed; its checksum right or not."""
    content = bytearray(frame[8:-4])
    at = draw(st.integers(1, len(content) - 1))
    content[at] = draw(st.integers(0, 255))
    made = build.frame(bytes(content))
    return made if draw(st.booleans()) else made[:-1] + bytes([made[-1] ^ 1])


def plain(frame: bytes) -> list[Position] | None:
    """What the plain codec says; None where it refuses the frame."""
    try:
        return codec("teltonika").decoder({}).decode(frame).positions  # type: ignore[union-attr]
    except CodecError:
        return None


def by_columns(frames: Sequence[bytes]) -> list[list[Position] | None]:
    """What the columns say of each frame."""
    result: list[list[Position] | None] = [None] * len(frames)
    index, bodies = [], []
    for number, frame in enumerate(frames):
        try:
            bodies.append(teltonika.body_of(frame))
            index.append(number)
            result[number] = []
        except CodecError:
            continue
    parts, broken = teltonika.decode(bodies)
    for body in broken:
        result[index[body]] = None
    for columns in parts:
        for row in range(len(columns)):
            found = result[index[int(columns.source[row])]]
            assert found is not None, "a damaged frame gave positions"
            found.append(position(columns, row))
    return result


def position(columns: Columns, row: int) -> Position:
    """One row as the Position that it stands for, read as history would."""
    placed = columns.lat_e7[row] != NO_PLACE
    assert placed == (columns.lon_e7[row] != NO_PLACE)
    return Position(
        int(columns.time_ms[row]) if columns.has_time[row] else None,
        bool(columns.valid[row]),
        int(columns.lat_e7[row]) / 1e7 if placed else None,
        int(columns.lon_e7[row]) / 1e7 if placed else None,
        float(columns.altitude_m[row]),
        float(columns.speed_kmh[row]),
        float(columns.course_deg[row]),
        blob.decode(columns.blob(row)) | {"sat": int(columns.satellites[row])},
    )


def comparable(positions: list[Position] | None) -> Any:
    """In an order of their own: columns keep records of one frame by their width."""
    if positions is None:
        return None
    return sorted(repr(found) for found in positions)


@settings(max_examples=150, deadline=None)
@given(frames())
def test_columns_agree_with_the_plain_codec(batch: list[bytes]) -> None:
    assert list(map(comparable, by_columns(batch))) == [comparable(plain(frame)) for frame in batch]


@settings(max_examples=60, deadline=None)
@given(st.data())
def test_one_layout_is_one_group_and_rows_keep_their_order(data: st.DataObject) -> None:
    codec_id = data.draw(st.sampled_from(CODECS))
    io = data.draw(io_parts(codec_id))
    batch = [build.frame(build.body(codec_id, [data.draw(records(io)) for _ in range(3)])) for _ in range(4)]
    parts, broken = teltonika.decode([teltonika.body_of(frame) for frame in batch])
    assert broken == []
    assert [len(part) for part in parts] == [12]
    assert [repr(position(parts[0], row)) for row in range(12)] == [
        repr(found) for frame in batch for found in plain(frame) or ()
    ]


def test_many_layouts_take_linear_time() -> None:
    """Whoever varies the layout of every frame slows nobody: 4,000 layouts of one length, seconds at most."""
    bodies = []
    for number in range(4000):
        first = number % 60
        variable = [(1, bytes(first)), (2, bytes(number // 60)), (3, bytes(140 - first - number // 60))]
        bodies.append(build.body(0x8E, [build.record(build.io_part(0x8E, {}, variable))]))
    assert len({len(body) for body in bodies}) == 1
    parts, broken = teltonika.decode(bodies)
    assert broken == []
    assert sorted(np.concatenate([part.source for part in parts]).tolist()) == list(range(4000))


@pytest.mark.parametrize("wrong", ["count", "checksum", "cut"])
def test_a_damaged_frame_harms_no_other(wrong: str) -> None:
    good = build.frame(build.body(8, [build.record(build.io_part(8, {1: [(239, 1)]}))]))
    content = bytearray(good[8:-4])
    if wrong == "count":
        content[-1] = 2
    elif wrong == "cut":
        content[2 + 24 + 2] = 9
    bad = build.frame(bytes(content))
    if wrong == "checksum":
        bad = bad[:-2] + struct.pack(">H", (int.from_bytes(bad[-2:], "big") + 1) & 0xFFFF)
    assert plain(bad) is None
    first, second, third = by_columns([good, bad, good])
    assert second is None
    assert comparable(first) == comparable(third) == comparable(plain(good)) != comparable([])


def test_equal_content_has_one_key_and_other_content_another() -> None:
    io = build.io_part(8, {1: [(239, 1)]})
    bodies = [build.body(8, [build.record(io, speed=speed)]) for speed in (50, 50, 51)]
    parts, _ = teltonika.decode(bodies)
    keys = parts[0].content.tolist()
    assert keys[0] == keys[1] != keys[2]


def test_the_key_of_a_record_does_not_depend_on_its_company() -> None:
    """A device that splits its backlog otherwise sends the same positions."""
    records = [build.record(build.io_part(8, {1: [(239, n)]}), time_ms=1_700_000_000_000 + n) for n in range(6)]
    together, _ = teltonika.decode([build.body(8, records)])
    apart, _ = teltonika.decode([build.body(8, records[:1]), build.body(8, records[1:4]), build.body(8, records[4:])])
    keys = {int(t): int(k) for part in apart for t, k in zip(part.time_ms, part.content, strict=True)}
    assert keys == dict(zip(together[0].time_ms.tolist(), together[0].content.tolist(), strict=True))


def test_real_messages_agree() -> None:
    lines = [json.loads(line) for line in shared("vectors/teltonika.jsonl").open(encoding="utf-8")]
    batch = [bytes.fromhex(line["input"]) for line in lines if line["transport"] == "tcp"]
    batch = [frame for frame in batch if teltonika.is_avl(frame)]
    assert len(batch) > 15
    together = by_columns(batch)
    assert [comparable(found) for found in together] == [comparable(plain(frame)) for frame in batch]
    assert sum(found is None for found in together) >= 2, "damaged samples are among them"
