"""What was sealed comes back bit by bit, and what is asked for is all that is unpacked."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from allconnects.telemetry.codecs.base import Position
from allconnects.telemetry.store import blob
from allconnects.telemetry.store.rows import NO_PLACE, content_key
from allconnects.telemetry.store.segment import format as segments
from allconnects.telemetry.store.segment.compress import LIKE
from allconnects.telemetry.store.segment.layouts import Key
from allconnects.telemetry.store.segment.place import BLOCK
from allconnects.telemetry.store.segment.positions import Positions, blob_list, same

from . import samples


def _back(positions: Positions) -> Positions:
    return segments.open_segment(segments.encode(positions)).positions()


@settings(max_examples=100, deadline=None)
@given(samples.positions())
def test_anything_comes_back(positions: Positions) -> None:
    assert same(_back(positions), positions)


@settings(max_examples=60, deadline=None)
@given(st.lists(st.tuples(samples.blobs(), st.integers(1, 40)), max_size=8), st.randoms(use_true_random=False))
def test_blobs_of_mixed_layouts_come_back(runs: list[tuple[bytes, int]], random) -> None:  # type: ignore[no-untyped-def]
    lines = [line for line, times in runs for _ in range(times)]
    random.shuffle(lines)
    base = samples.tracker(hours=1)
    positions = samples.rows(base, np.arange(len(lines)) % len(base))
    positions.blobs = lines
    assert same(_back(positions), positions)


@settings(max_examples=60, deadline=None)
@given(
    st.lists(st.tuples(st.integers(-(2**31), 2**31 - 1), st.integers(1, 90)), min_size=1, max_size=12),
    st.integers(-300, 300),
    st.integers(0, BLOCK),
)
def test_tracks_that_stand_drive_and_jump(runs: list[tuple[int, int]], velocity: int, cut: int) -> None:
    steps = np.concatenate([jump + velocity * (n % 2) * np.arange(length) for n, (jump, length) in enumerate(runs)])
    steps = np.concatenate((steps, np.arange(cut)))
    wrapped = (steps % 2**32).astype(np.uint32).view(np.int32)
    base = samples.tracker(hours=1)
    positions = samples.rows(base, np.arange(len(steps)) % len(base))
    positions.lat_e7, positions.lon_e7 = wrapped, np.ascontiguousarray(wrapped[::-1])
    positions.lat_e7[::7] = NO_PLACE
    positions.lon_e7[::14] = NO_PLACE
    assert same(_back(positions), positions)


def test_a_working_day_is_small_and_comes_back() -> None:
    positions = samples.tracker(hours=9)
    data = segments.encode(positions)
    assert same(segments.open_segment(data).positions(), positions)
    assert len(data) / len(positions) < 11.5


def test_the_same_positions_give_the_same_bytes() -> None:
    one, other = samples.tracker(), samples.tracker()
    lines = blob_list(one.blobs)
    other.blobs = np.frombuffer(b"".join(lines), np.uint8).reshape(len(lines), -1)
    assert segments.encode(one) == segments.encode(other)


def test_identity_of_records_is_not_stored() -> None:
    positions = samples.tracker()
    assert _stored_keys(positions) == 0
    positions.content = positions.content.copy()
    positions.content[[3, 50]] += 1
    assert _stored_keys(positions) == 16
    assert same(_back(positions), positions)


@pytest.mark.parametrize("unit", [1.0, 1.852, 3.6, 1.609344])
def test_identity_of_reports_is_not_stored_whatever_unit_the_speed_came_in(unit: float) -> None:
    reports = [
        Position(samples.START + n, n % 3 > 0, (512_000_000 + n) / 1e7, -n / 1e7, 12.3, n / 10 * unit, None, {"a": n})
        for n in range(200)
    ]
    reports.append(Position(None, False, None, None, None, None, None, {}))
    positions = samples.decoded(reports)
    assert _stored_keys(positions) == 0
    assert same(_back(positions), positions)


def test_identity_of_more_digits_than_the_store_keeps_is_stored() -> None:
    positions = samples.decoded([Position(samples.START, True, 51.123456789123, 4.4, None, None, None, {})])
    assert _stored_keys(positions) == 8
    assert same(_back(positions), positions)


def _stored_keys(positions: Positions) -> int:
    segment = segments.open_segment(segments.encode(positions))
    return segment._head.fixed[segments.FIXED.index("content")].size


def test_only_what_is_asked_for_is_unpacked(monkeypatch: pytest.MonkeyPatch) -> None:
    positions = samples.tracker()
    segment = segments.open_segment(segments.encode(positions))
    taken: list[int] = []
    original = segments.Segment._cursor

    def spy(self: segments.Segment, column: int):  # type: ignore[no-untyped-def]
        taken.append(column)
        return original(self, column)

    monkeypatch.setattr(segments.Segment, "_cursor", spy)
    for name in ("time_ms", "lat_e7", "lon_e7"):
        assert np.array_equal(segment.column(name), getattr(positions, name))
    assert {segments.FIXED[column] for column in taken} == {"time_ms", "lat_e7", "lon_e7"}


def test_attributes_are_typed_columns() -> None:
    positions = samples.tracker()
    segment = segments.open_segment(segments.encode(positions))
    voltage, at = segment.attribute(Key("T", "io66", "u2"))
    assert np.array_equal(at, np.arange(len(positions)))
    assert voltage.tolist() == [round(blob.decode(line)["power"] * 1000) for line in blob_list(positions.blobs)]
    with pytest.raises(KeyError):
        segment.attribute(Key("T", "io9999", "u2"))


def test_reports_with_and_without_an_attribute() -> None:
    reports = [
        Position(samples.START + n, True, 51.0, 4.0, None, None, None, {"temp": n / 10} if n % 2 else {"door": "open"})
        for n in range(10)
    ]
    segment = segments.open_segment(segments.encode(samples.decoded(reports)))
    values, rows = segment.attribute(Key("J", "temp", "f"))
    assert rows.tolist() == [1, 3, 5, 7, 9]
    assert values.tolist() == [0.1, 0.3, 0.5, 0.7, 0.9]
    assert segment.attribute(Key("J", "door", "s"))[0] == [b"open"] * 5


def test_an_element_that_repeats_the_speed_costs_nothing() -> None:
    segment = segments.open_segment(segments.encode(samples.tracker()))
    index = segment.attributes().index(Key("T", "io24", "u2"))
    spec = segment._head.attributes[index]
    assert (spec.codec, spec.value) == (LIKE, -1)
    assert sum(part.size for part in spec.parts) == 0


def test_nothing_is_a_segment_too() -> None:
    empty = samples.rows(samples.tracker(hours=1), [])
    assert len(_back(empty)) == 0
    assert segments.open_segment(segments.encode(empty)).attributes() == []


def test_a_key_is_recomputed_by_the_rule_that_ingest_has() -> None:
    report = Position(samples.START, True, 51.5, 4.25, None, 50.0, None, {"a": 1})
    positions = samples.decoded([report])
    assert positions.content[0] == content_key(blob.identity(report, blob.encode({"a": 1})))
    assert _back(positions).content[0] == positions.content[0]
