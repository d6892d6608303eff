"""The positions of the committed segment of version 1, made of plain arithmetic so that nothing changes them.

Never edit: the file ``version_1.segment`` was written from them and must stay readable.
"""

from __future__ import annotations

import struct

import numpy as np

from allconnects.telemetry.store.rows import NO_PLACE
from allconnects.telemetry.store.segment.identity import content_of
from allconnects.telemetry.store.segment.positions import Positions

COUNT = 1_200


def _noise(n: int, size: int, salt: int) -> int:
    return (n * n * 2_654_435_761 + n * 40_503 + salt * 97) % 1_000_003 % size


def _record(n: int) -> bytes:
    ones = struct.pack(">HHBHB", 2, 239, n // 100 % 2, 21, 3 + _noise(n, 3, 1))
    twos = struct.pack(">HHHHH", 2, 66, 14_100 + _noise(n, 60, 2), 24, n % 91)
    fours = struct.pack(">HHIHI", 2, 199, n * 17 + _noise(n, 5, 3), 16, 81_000_000 + n * 17 + _noise(n, 5, 3))
    tail = struct.pack(">HHH", 1, 256, 4) + b"AB%02d" % (n // 600)
    return b"T\x8e" + bytes((n % 50 == 0,)) + struct.pack(">HH", 0, 6) + ones + twos + fours + b"\0\0" + tail


def _blob(n: int) -> bytes:
    if n < 800:
        return _record(n)
    if n % 160 == 0:
        return b"?kept whole"
    text = b'J{"door":"%s","ignition":%s,"level":%d.%d,"list":[1,%d]}'
    return text % (b"open" if n % 3 else b"shut", b"true" if n % 2 else b"false", n, 1 + n % 9, n % 4)


def positions() -> Positions:
    """1200 of them, each way of packing a column among them."""
    n = np.arange(COUNT)
    velocity = np.cumsum([(_noise(i, 200, 8) - 100) * (i // 60 % 2) for i in range(COUNT)])
    velocity += np.array([_noise(i // 60, 20_000, 9) * (i // 60 % 2) for i in range(COUNT)])
    step = [np.array([_noise(i, 3_000 if i % 11 == 0 else 30, salt) for i in range(COUNT)]) for salt in (4, 5)]
    east, north = np.cumsum(velocity * (n // 60 % 2) + step[0]), np.cumsum(velocity // 2 * (n // 60 % 2) + step[1])
    speed = (n % 91).astype(np.float32)
    made = Positions(
        time_ms=1_700_000_000_000 + n * 5_000 + [_noise(i, 20, 6) for i in range(COUNT)],
        received_ms=1_700_000_001_500 + (n // 10 * 10 + 9) * 5_000,
        content=np.zeros(COUNT, np.int64),
        lat_e7=(512_000_000 + north).astype(np.int32),
        lon_e7=(44_000_000 + east).astype(np.int32),
        altitude_m=np.where(n % 10 == 0, np.nan, 20 + n / 8).astype(np.float32),
        speed_kmh=speed,
        course_deg=np.sqrt(n + 0.1).astype(np.float32),
        satellites=np.array([7 + _noise(i, 8, 7) for i in range(COUNT)], np.int16),
        flags=np.where(n % 25 == 3, 5, 7).astype(np.int16),
        blobs=[_blob(i) for i in range(COUNT)],
    )
    made.lat_e7[n % 25 == 3] = made.lon_e7[n % 25 == 3] = NO_PLACE
    made.content = content_of(made, 0)
    made.content[::400] = 0x0123456789ABCDEF
    return made
