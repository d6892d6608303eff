"""What a segment holds: the columns of hot rows of one device, day and subject."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from allconnects.telemetry.store.rows import I64, U8, Columns, fix_ms, flags_of


@dataclass(slots=True)
class Positions:
    """n hot rows as columns, as they stand in the hot table (see rows.py and schema.sql for sentinels).

    ``time_ms``, ``received_ms``, ``content``: int64; times in ms since 1970 UTC. ``lat_e7``, ``lon_e7``: int32,
    1e-7 degree or NO_PLACE. ``altitude_m``, ``speed_kmh``, ``course_deg``: float32, NaN where unknown.
    ``satellites``, ``flags``: int16. ``blobs``: uint8 (n, width) where all are equally long, else n bytes.
    """

    time_ms: I64
    received_ms: I64
    content: I64
    lat_e7: NDArray[np.int32]
    lon_e7: NDArray[np.int32]
    altitude_m: NDArray[np.float32]
    speed_kmh: NDArray[np.float32]
    course_deg: NDArray[np.float32]
    satellites: NDArray[np.int16]
    flags: NDArray[np.int16]
    blobs: U8 | list[bytes]

    def __len__(self) -> int:
        return len(self.time_ms)


KINDS: dict[str, np.dtype[Any]] = {
    "time_ms": np.dtype(np.int64),
    "received_ms": np.dtype(np.int64),
    "content": np.dtype(np.int64),
    "lat_e7": np.dtype(np.int32),
    "lon_e7": np.dtype(np.int32),
    "altitude_m": np.dtype(np.float32),
    "speed_kmh": np.dtype(np.float32),
    "course_deg": np.dtype(np.float32),
    "satellites": np.dtype(np.int16),
    "flags": np.dtype(np.int16),
}
"""Name and type of each array of Positions."""


def from_columns(columns: Columns, received_ms: int) -> Positions:
    """What stands in the hot table after ``columns`` were written as received at ``received_ms``."""
    return Positions(
        time_ms=fix_ms(columns, received_ms),
        received_ms=np.full(len(columns), received_ms, np.int64),
        flags=flags_of(columns, received_ms),
        blobs=columns.blobs,
        **{
            name: getattr(columns, name)
            for name in ("content", "lat_e7", "lon_e7", "altitude_m", "speed_kmh", "course_deg", "satellites")
        },
    )


def blob_list(blobs: U8 | list[bytes]) -> list[bytes]:
    """Blobs as n bytes."""
    return blobs if isinstance(blobs, list) else [row.tobytes() for row in blobs]


def same(one: Positions, other: Positions) -> bool:
    """Whether both hold the same bits in the same order."""
    return len(one) == len(other) and all(
        getattr(one, name).tobytes() == getattr(other, name).tobytes() for name in KINDS
    ) and blob_list(one.blobs) == blob_list(other.blobs)  # fmt: skip
