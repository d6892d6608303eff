"""Positions of many devices as columns: what conditions look at."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from allconnects.alerts.engine import I64, Bools, Floats

EARTH_M = 6_371_008.8


@dataclass(slots=True)
class Columns:
    """n usable fixes, sorted by device, then time.

    ``lat_e7``, ``lon_e7``: int32, 1e-7 degree. ``speed_kmh``: float64, NaN where unknown. ``attributes``: by name a
    float64 column (on/off as 1/0) with NaN, or an object column with None, where a position does not say.
    """

    device: I64
    time_ms: I64
    lat_e7: NDArray[np.int32]
    lon_e7: NDArray[np.int32]
    speed_kmh: Floats
    attributes: dict[str, NDArray[Any]] = field(default_factory=dict)

    def __len__(self) -> int:
        return len(self.device)

    def number(self, name: str) -> Floats:
        """An attribute as numbers; what is no number is unknown."""
        column = self.attributes.get(name)
        if column is None:
            return np.full(len(self), np.nan)
        if column.dtype == object:
            return np.array([float(v) if isinstance(v, (int, float)) else np.nan for v in column], np.float64)
        return column

    def words(self, name: str) -> NDArray[Any]:
        """An attribute as texts; None where there is none."""
        column = self.attributes.get(name)
        if column is None or column.dtype != object:
            return np.full(len(self), None, object)
        return column


def of_attributes(rows: Sequence[dict[str, Any]], names: frozenset[str]) -> dict[str, NDArray[Any]]:
    """Attribute columns out of the decoded attributes of each position."""
    found: dict[str, NDArray[Any]] = {}
    for name in names:
        values = [row.get(name) for row in rows]
        if any(isinstance(value, str) for value in values):
            column = np.empty(len(values), object)
            column[:] = [value if isinstance(value, str) else None for value in values]
            found[name] = column
        else:
            numbers = [float(v) if isinstance(v, (int, float)) else np.nan for v in values]
            found[name] = np.array(numbers, np.float64)
    return found


def joined(parts: Sequence[Columns]) -> Columns:
    """Several devices' columns as one, in order of device, then time."""
    names = {name for part in parts for name in part.attributes}
    columns = {
        key: np.concatenate([getattr(part, key) for part in parts]) if parts else np.empty(0, kind)
        for key, kind in _KINDS.items()
    }
    attributes = {name: np.concatenate([_whole(part, name) for part in parts]) for name in names}
    order = np.lexsort((columns["time_ms"], columns["device"]))
    sorted_columns = {key: column[order] for key, column in columns.items()}
    return Columns(**sorted_columns, attributes={name: column[order] for name, column in attributes.items()})


_KINDS = {
    "device": np.int64,
    "time_ms": np.int64,
    "lat_e7": np.int32,
    "lon_e7": np.int32,
    "speed_kmh": np.float64,
}


def _whole(part: Columns, name: str) -> NDArray[Any]:
    column = part.attributes.get(name)
    return np.full(len(part), np.nan) if column is None else column


def moved_m(columns: Columns, window_ms: int) -> Floats:
    """Distance in metres from where the same device was ``window_ms`` earlier (its last fix before that, or its first).

    Small next to the globe, so the plane will do: below 0.1 % off within 100 km.
    """
    n = len(columns)
    if not n:
        return np.empty(0)
    span = int(columns.time_ms.max() - columns.time_ms.min()) + window_ms + 1
    _, rank = np.unique(columns.device, return_inverse=True)
    key = rank * span + (columns.time_ms - columns.time_ms.min())
    at = np.searchsorted(key, key - window_ms, side="right") - 1
    first = np.maximum.accumulate(np.where(_begins(columns.device), np.arange(n), 0))
    at = np.maximum(at, first)
    lat, lon = np.radians(columns.lat_e7 / 1e7), np.radians(columns.lon_e7 / 1e7)
    east = (lon - lon[at]) * np.cos(lat)
    distance: Floats = np.hypot(lat - lat[at], east) * EARTH_M
    return distance


def _begins(device: I64) -> Bools:
    begins = np.ones(len(device), bool)
    begins[1:] = device[1:] != device[:-1]
    return begins
