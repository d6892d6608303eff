"""Columns from decoded Positions: the way of every protocol that has no columnar decoder of its own."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from allconnects.telemetry.codecs.base import Position
from allconnects.telemetry.store import blob
from allconnects.telemetry.store.rows import NO_PLACE, Columns, content_key

_SMALLINT = 32_767


def from_positions(positions: Sequence[Position], source: Sequence[int]) -> Columns:
    """Columns of n positions; ``source`` gives the message of each."""
    blobs = [blob.encode(p.attributes) for p in positions]
    keys = [content_key(blob.identity(p, b)) for p, b in zip(positions, blobs, strict=True)]
    return Columns(
        source=np.asarray(source, np.int64),
        time_ms=np.array([_bounded(p.time_ms) for p in positions], np.int64),
        has_time=np.array([p.time_ms is not None for p in positions], bool),
        valid=np.array([p.valid for p in positions], bool),
        lat_e7=np.array([_e7(p.lat, 90, p) for p in positions], np.int32),
        lon_e7=np.array([_e7(p.lon, 180, p) for p in positions], np.int32),
        altitude_m=_floats([p.altitude_m for p in positions]),
        speed_kmh=_floats([p.speed_kmh for p in positions]),
        course_deg=_floats([p.course_deg for p in positions]),
        satellites=np.array([_satellites(p) for p in positions], np.int16),
        content=np.array(keys, np.int64),
        blobs=blobs,
    )


def _bounded(ms: int | None) -> int:
    return 0 if ms is None else max(-(2**62), min(ms, 2**62))


def _e7(degrees: float | None, most: int, position: Position) -> int:
    """1e-7 degree; no place unless both coordinates are on the globe."""
    if degrees is None or position.lat is None or position.lon is None:
        return NO_PLACE
    if not (-90 <= position.lat <= 90 and -180 <= position.lon <= 180):
        return NO_PLACE
    return round(max(-most, min(degrees, most)) * 1e7)


def _floats(values: list[float | None]) -> NDArray[np.float32]:
    """Column of single precision; what does not fit it, or is no number, is unknown."""
    with np.errstate(over="ignore"):
        column = np.array([np.nan if v is None else v for v in values], np.float64).astype(np.float32)
    column[~np.isfinite(column)] = np.nan
    return column


def _satellites(position: Position) -> int:
    count = position.attributes.get("sat")
    return min(count, _SMALLINT) if isinstance(count, int) and count >= 0 else -1
