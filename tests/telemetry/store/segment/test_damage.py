"""Damaged and forged segments raise the one error, and take neither memory nor time that their bytes do not warrant."""

from __future__ import annotations

import time
import tracemalloc
from typing import Any

import msgspec
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from allconnects.telemetry.store.segment import format as segments
from allconnects.telemetry.store.segment.compress import MAX_POSITIONS, POOL, Spec, pack_ints, pco_header
from allconnects.telemetry.store.segment.errors import SegmentError
from allconnects.telemetry.store.segment.format import FIXED, encode, open_segment
from allconnects.telemetry.store.segment.layouts import Json, Layout, Raw, Teltonika
from allconnects.telemetry.store.segment.positions import KINDS, Positions
from allconnects.telemetry.store.segment.split import MOST_LAYOUTS

from . import golden, samples

GOLDEN = encode(golden.positions())
TRACKER = encode(samples.tracker(hours=1))
MIB = 1 << 20


def _read_all(data: bytes) -> None:
    segment = open_segment(data)
    for key in segment.attributes():
        segment.attribute(key)
    segment.positions()


def _read_or_refuse(data: bytes) -> None:
    """Any other error than the one fails the test."""
    try:
        _read_all(data)
    except SegmentError:
        return


@settings(max_examples=300, deadline=None)
@given(st.sampled_from([GOLDEN, TRACKER]), st.data())
def test_changed_bytes(data: bytes, draw: st.DataObject) -> None:
    forged = bytearray(data)
    last = draw.draw(st.sampled_from([200, len(data) - 1]))
    for at in draw.draw(st.lists(st.integers(0, last), min_size=1, max_size=4)):
        forged[at] = draw.draw(st.integers(0, 255))
    _read_or_refuse(bytes(forged))


@settings(max_examples=100, deadline=None)
@given(st.sampled_from([GOLDEN, TRACKER]), st.integers(0, 20_000))
def test_missing_bytes(data: bytes, length: int) -> None:
    with pytest.raises(SegmentError):
        _read_all(data[: length % len(data)])


def test_bytes_too_many() -> None:
    with pytest.raises(SegmentError):
        open_segment(GOLDEN + b"\0")


@settings(max_examples=100, deadline=None)
@given(st.binary(max_size=200))
def test_any_bytes(data: bytes) -> None:
    _read_or_refuse(data)
    _read_or_refuse(b"\x01\0\0\0" + bytes((len(data),)) + data)


def _forged(count: int, layouts: list[Layout], attributes: list[Any], data: bytes = b"", **fixed: Any) -> bytes:
    specs = [fixed.get(name, [0]) for name in FIXED]
    specs[FIXED.index("content")] = fixed.get("content", [7, 0, 0, [[0]]])
    head = msgspec.msgpack.encode((count, 0, pco_header(), specs, layouts, attributes))
    return segments._START.pack(1, len(head)) + head + data


@pytest.mark.parametrize("count", [-1, MAX_POSITIONS + 1, 2**40, 2**63])
def test_a_count_that_cannot_be(count: int) -> None:
    with pytest.raises(SegmentError):
        open_segment(_forged(count, [], []))


def test_many_columns_of_many_positions() -> None:
    wide = Teltonika(0x8E, 0, (bytes(range(200)), b"", b"", b""))
    with pytest.raises(SegmentError):
        open_segment(_forged(MAX_POSITIONS, [wide], [[0]] * len(wide.columns())))


def _peak(data: bytes) -> int:
    tracemalloc.start()
    try:
        _read_or_refuse(data)
        return tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()


_LONG = "a" * 500
_FLAT = [POOL, 1, 10, [[0], [0, 1 << 27]]]


@pytest.mark.parametrize(
    ("layout", "attributes", "data"),
    [
        (Json((_LONG,), "n"), [], b""),
        (Teltonika(0x8E, 0, (b"\0\1" * 150, b"", b"", b"")), [[0]] * 153, b""),
        (Raw(), [_FLAT], b"x" * 10),
        (Json(("a", "b"), "ss"), [_FLAT, _FLAT], b"x" * 20),
    ],
    ids=["long names", "wide records", "a pool that unpacks to more than it says", "two of them"],
)
def test_forged_blobs_take_no_gigabytes(layout: Layout, attributes: list[Any], data: bytes) -> None:
    forged = _forged(200_000, [layout], attributes, data)
    assert len(forged) < 2_000
    assert _peak(forged) < 700 * MIB


def test_a_pool_whose_values_repeat_too_often() -> None:
    from allconnects.telemetry.store.segment.pool import pack_bytes

    packed = pack_bytes([b"y" * MIB])
    spec = Spec(POOL, 1, len(packed.data), (Spec(0), Spec(0, MIB)))
    with pytest.raises(SegmentError):
        _read_all(_forged(1_000, [Raw()], [segments.trimmed(spec)], packed.data))


def test_columns_that_lean_on_each_other_in_a_circle() -> None:
    layout = Teltonika(0x08, 0, (b"\1\2", b"", b"", b""))
    like = [10, 2, 0, [[0]]]
    with pytest.raises(SegmentError):
        _read_all(_forged(5, [layout], [[0], [0], like, like]))


def test_specs_nested_without_end() -> None:
    nested: list[Any] = [0]
    for _ in range(400):
        nested = [5, 0, 0, [[0], nested]]
    with pytest.raises(SegmentError):
        _read_all(_forged(5, [Raw()], [_FLAT], b"x" * 10, speed_kmh=nested))


def test_forged_pcodec_with_a_large_count() -> None:
    packed = pack_ints(np.arange(50) ** 3 % 1_009)
    forged = _forged(MAX_POSITIONS, [], [], packed.data, time_ms=segments.trimmed(packed.spec))
    with pytest.raises(SegmentError):
        open_segment(forged).column("time_ms")


def test_too_many_positions_are_refused_by_the_writer() -> None:
    one = samples.tracker(hours=1)
    many = Positions(
        **{name: np.broadcast_to(getattr(one, name)[:1], MAX_POSITIONS + 1) for name in KINDS},
        blobs=np.broadcast_to(np.zeros((1, 0), np.uint8), (MAX_POSITIONS + 1, 0)),
    )
    with pytest.raises(SegmentError):
        encode(many)


def test_blobs_all_different_take_linear_time() -> None:
    """Each with a layout of its own: beyond some they are kept whole."""
    took = {}
    for count in (2_000, 8_000):
        positions = samples.rows(samples.tracker(hours=1), np.arange(count) % 100)
        ids = [(n // 256, n % 256, n % 7) for n in range(count)]
        positions.blobs = [
            b"T\x8e\0\0\0\0\1\0\1" + bytes(each) + b"\0\0" * 4 if n % 2 else b'J{"k%d":1}' % n
            for n, each in enumerate(ids)
        ]
        started = time.process_time()
        data = encode(positions)
        took[count] = time.process_time() - started
        assert open_segment(data).positions().blobs == positions.blobs
        assert len(open_segment(data)._head.layouts) <= 2 * MOST_LAYOUTS + 1
    assert took[8_000] < 12 * took[2_000] + 0.2
