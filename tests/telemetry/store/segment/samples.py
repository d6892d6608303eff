"""Positions for tests of segments: real layouts of records, every sentinel, and whatever hypothesis thinks of."""

from __future__ import annotations

from typing import Any

import numpy as np
from hypothesis import strategies as st

from allconnects.bench import tracker_day
from allconnects.telemetry.codecs.base import Position
from allconnects.telemetry.store import teltonika
from allconnects.telemetry.store.columns import from_positions
from allconnects.telemetry.store.rows import NO_PLACE, join, take
from allconnects.telemetry.store.segment.positions import KINDS, Positions, from_columns

START = 1_790_000_000_000


def tracker(seed: int = 1, hours: int = 2) -> Positions:
    """A part of a working day of a van, received in batches of ten."""
    parts, damaged = teltonika.decode(tracker_day.bodies(tracker_day.records(7, START, seed, hours)))
    assert not damaged
    columns = join(parts)
    columns = take(columns, np.argsort(columns.time_ms, kind="stable"))
    positions = from_columns(columns, START + 86_400_000)
    batch = np.arange(len(positions)) // 10
    positions.received_ms = positions.time_ms[np.minimum(batch * 10 + 9, len(positions) - 1)] + 900 + batch % 7
    return positions


def decoded(reports: list[Position]) -> Positions:
    """Reports of a protocol whose attributes are kept as JSON."""
    return from_columns(from_positions(reports, range(len(reports))), START)


def rows(positions: Positions, index: Any) -> Positions:
    """Those at ``index``."""
    index = np.asarray(index, np.int64)
    blobs = positions.blobs
    chosen = blobs[index] if isinstance(blobs, np.ndarray) else [blobs[i] for i in index.tolist()]
    return Positions(**{name: getattr(positions, name)[index] for name in KINDS}, blobs=chosen)


def _column(n: int, kind: np.dtype[Any]) -> st.SearchStrategy[Any]:
    if kind.kind == "f":
        anything = st.floats(width=32, allow_nan=True)
        few = st.one_of(st.sampled_from([float("nan"), -0.0, 0.0, 88.5]), st.integers(0, 250).map(float), anything)
        return st.lists(few, min_size=n, max_size=n).map(lambda values: np.array(values, kind))
    info = np.iinfo(kind)
    wide = st.integers(int(info.min), int(info.max))
    near = st.integers(-5, 5).map(lambda value: value + 7)
    sentinel = st.sampled_from([int(info.min), -1, NO_PLACE if kind.itemsize >= 4 else 0])
    value = st.one_of(near, st.one_of(near, sentinel, wide))
    return st.lists(value, min_size=n, max_size=n).map(lambda values: np.array(values, kind))


_scalars = st.one_of(
    st.none(), st.booleans(), st.integers(-(2**63), 2**64 - 1), st.floats(allow_nan=False, allow_infinity=False),
    st.text(max_size=8), st.lists(st.integers(0, 9), max_size=3), st.dictionaries(st.text(max_size=3), st.integers()),
)  # fmt: skip
_attributes = st.dictionaries(st.sampled_from(["ignition", "fuel", "é", "a b", ""]), _scalars, max_size=4)


@st.composite
def record_blobs(draw: st.DrawFn) -> bytes:
    """``T`` blobs: right, with elements twice, with a wrong total, or with something behind the last element."""
    codec = draw(st.sampled_from([0x08, 0x8E, 0x10]))
    event, counter = {0x08: (1, 1), 0x8E: (2, 2), 0x10: (2, 1)}[codec]
    out = b"T" + bytes((codec, draw(st.integers(0, 2)))) + draw(st.binary(min_size=event, max_size=event))
    out += b"\x05" if codec == 0x10 else b""
    out += draw(st.integers(0, 3)).to_bytes(counter, "big")
    for width in (1, 2, 4, 8):
        ids = draw(st.lists(st.sampled_from([1, 66, 239]), max_size=3))
        out += len(ids).to_bytes(counter, "big")
        for element in ids:
            out += element.to_bytes(event, "big") + draw(st.binary(min_size=width, max_size=width))
    if codec == 0x8E:
        out += draw(st.sampled_from([b"\0\0", b"\0\1\1\0\0\2ab"]))
    return out + draw(st.sampled_from([b"", b"", b"", b"x"]))


def blobs() -> st.SearchStrategy[bytes]:
    """Blobs of every format, damaged and unknown ones among them."""
    from allconnects.telemetry.store import blob

    return st.one_of(
        st.just(b""),
        record_blobs(),
        _attributes.map(blob.encode),
        st.binary(max_size=6),
        st.binary(max_size=6).map(lambda data: b"T" + data),
        st.sampled_from([b"J{}", b"J", b'J{"a":1,"a":2}', b'J{ "a":1}', b'J{"a":1.0}', b'J{"b":1,"a":1e400}', b"J[1]"]),
    )


@st.composite
def positions(draw: st.DrawFn, most: int = 40) -> Positions:
    """Any columns of one length."""
    n = draw(st.integers(0, most))
    arrays = {name: draw(_column(n, kind)) for name, kind in KINDS.items()}
    some = draw(st.lists(blobs(), min_size=1, max_size=5))
    return Positions(**arrays, blobs=draw(st.lists(st.sampled_from(some), min_size=n, max_size=n)))
