"""Messages of real devices: what they leave in the hot table is what a segment gives back."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import datetime
from typing import Any

import numpy as np
import pytest

from allconnects.telemetry.codecs.base import CodecError, Position
from allconnects.telemetry.store import teltonika
from allconnects.telemetry.store.columns import from_positions
from allconnects.telemetry.store.rows import join
from allconnects.telemetry.store.segment import format as segments
from allconnects.telemetry.store.segment.layouts import Raw
from allconnects.telemetry.store.segment.positions import Positions, from_columns, same
from tests.shared_data import shared
from tests.telemetry.codecs import vectors

from . import samples


def _position(fields: dict[str, Any]) -> Position:
    values = dict(fields)
    time = values.pop("time")
    return Position(None if time is None else round(datetime.fromisoformat(time).timestamp() * 1000), **values)


def _stored_keys(data: bytes) -> int:
    return segments.open_segment(data)._head.fixed[-1].size // 8


def _check(positions: Positions) -> bytes:
    positions = samples.rows(positions, np.argsort(positions.time_ms, kind="stable"))
    data = segments.encode_verified(positions)
    assert same(segments.open_segment(data).positions(), positions)
    return data


@pytest.mark.parametrize(("protocol", "most_keys"), [("gt06", 0.05), ("osmand", 0.3), ("owntracks", 0.0)])
def test_reports(protocol: str, most_keys: float) -> None:
    """Few of them have numbers with more digits than the hot row, whose keys must be stored."""
    reports = [_position(one) for _, answer in vectors.replayed(protocol) for one in answer["positions"]]
    assert len(reports) > 5
    data = _check(from_columns(from_positions(reports, range(len(reports))), samples.START))
    assert _stored_keys(data) <= most_keys * len(reports)


def _bodies() -> Iterator[bytes]:
    for line in shared("vectors/teltonika.jsonl").open(encoding="utf-8"):
        vector = json.loads(line)
        frame = bytes.fromhex(vector["input"]) if vector["transport"] == "tcp" else b""
        try:
            if teltonika.is_avl(frame):
                yield teltonika.body_of(frame)
        except CodecError:
            continue


def test_records() -> None:
    parts, _ = teltonika.decode(list(_bodies()))
    columns = join(parts)
    assert len(columns) >= 50
    data = _check(from_columns(columns, samples.START))
    segment = segments.open_segment(data)
    assert _stored_keys(data) == 0
    assert Raw() not in segment._head.layouts


def test_records_whose_time_or_place_cannot_be_keep_their_identity() -> None:
    parts, _ = teltonika.decode(list(_bodies()))
    columns = join(parts)
    columns.has_time[::3] = False
    data = _check(from_columns(columns, samples.START))
    assert _stored_keys(data) == len(columns.has_time[::3])
