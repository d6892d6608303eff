"""Ignition and odometer of positions as columns, out of attributes, without decoding each one where layouts repeat."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from allconnects.telemetry.store import blob
from allconnects.telemetry.store.rows import I64
from allconnects.telemetry.store.segment.format import Segment
from allconnects.telemetry.store.segment.layouts import Key
from allconnects.telemetry.store.segment.positions import Positions
from allconnects.telemetry.store.segment.split import split

Signals = dict[str, NDArray[Any]]
KINDS: Final[dict[str, np.dtype[Any]]] = {"ignition": np.dtype(np.int8), "odometer_m": np.dtype(np.float64)}
"""1 on, 0 off, -1 unknown; metres as the tracker counts them, NaN where unknown."""
_KEYS: Final = {
    Key("T", "io239", "u1"): "ignition",
    Key("J", "ignition", "b"): "ignition",
    Key("J", "ignition", "i"): "ignition",
    Key("T", "io16", "u4"): "odometer_m",
    Key("J", "odometer", "i"): "odometer_m",
    Key("J", "odometer", "f"): "odometer_m",
}
_RAW: Final = Key("raw", "", "bytes")


def of_hot(positions: Positions) -> Signals:
    """Signals of hot rows that were read with their attributes."""
    found = split(positions.blobs)
    parts = (
        (key, column, rows)
        for rows, columns in zip(found.rows, found.values, strict=True)
        for key, column in columns.items()
    )
    return _filled(len(positions), parts)


def of_segment(segment: Segment) -> Signals:
    """Signals of a segment; unpacks no other attributes. Raises SegmentError for damaged bytes."""
    layouts = segment.attributes()
    parts: list[tuple[Key, Any, I64]] = [(key, *segment.attribute(key)) for key in layouts if key in _KEYS]
    if segment.has_whole_blobs():
        parts.append((_RAW, *segment.attribute(_RAW)))
    return _filled(segment.count, parts)


def _filled(count: int, parts: Iterable[tuple[Key, Any, I64]]) -> Signals:
    ignition, odometer = np.full(count, -1, np.int8), np.full(count, np.nan)
    for key, column, rows in parts:
        if key == _RAW:
            _decoded(ignition, odometer, column, rows)
        elif _KEYS.get(key) == "ignition":
            ignition[rows] = np.asarray(column) > 0
        elif key in _KEYS:
            odometer[rows] = column
    return {"ignition": ignition, "odometer_m": odometer}


def _decoded(ignition: NDArray[Any], odometer: NDArray[Any], blobs: list[bytes], rows: I64) -> None:
    """The slow way, for the few whose attributes were kept whole."""
    for line, row in zip(blobs, rows.tolist(), strict=True):
        try:
            values = blob.decode(line)
        except ValueError:
            continue
        if isinstance(values.get("ignition"), bool | int):
            ignition[row] = values["ignition"] > 0
        if isinstance(values.get("odometer"), int | float):
            odometer[row] = values["odometer"]
