"""Teltonika 8E frames with the content of a moving van, made with NumPy before anything is measured.

Independent of our codecs: a layout and a checksum of its own.
"""

from __future__ import annotations

import struct

import anycrc
import numpy as np
from numpy.typing import NDArray

RECORDS = 10
"""Records in a frame. A tracker on factory settings keeps a record every 100 m or 10 degrees and sends every
120 s while it moves, which at town speed is more than ten."""
IMEI_BASE = 10_200_300_000_000

_ONE = ((239, 1), (240, 1), (21, 4), (200, 0), (69, 1), (1, 1))
_TWO = ((181, 9), (182, 7), (66, 14102), (24, 52), (67, 4071), (68, 0))
_FOUR = ((241, 20601), (199, 0), (16, 0))
_HEAD = np.dtype(
    [("time", ">i8"), ("priority", "u1"), ("lon", ">i4"), ("lat", ">i4"), ("altitude", ">i2"), ("angle", ">u2"),
     ("satellites", "u1"), ("speed", ">u2")]
)  # fmt: skip
_IO = np.dtype(
    [("event", ">u2"), ("total", ">u2"), ("n1", ">u2")]
    + [p for i, _ in _ONE for p in ((f"i{i}", ">u2"), (f"v{i}", "u1"))]
    + [("n2", ">u2")]
    + [p for i, _ in _TWO for p in ((f"i{i}", ">u2"), (f"v{i}", ">u2"))]
    + [("n4", ">u2")]
    + [p for i, _ in _FOUR for p in ((f"i{i}", ">u2"), (f"v{i}", ">u4"))]
    + [("n8", ">u2"), ("nx", ">u2")]
)
RECORD = np.dtype(_HEAD.descr + _IO.descr)
_crc = anycrc.Model("CRC16-ARC").calc


def imei(device: int) -> str:
    """Fifteen digits that no real tracker has."""
    return str(IMEI_BASE + device).zfill(15)


def records(device: int, count: int, start_ms: int, seed: int) -> NDArray[np.void]:
    """``count`` consecutive records of one device, a second apart, wandering as a van does."""
    rng = np.random.default_rng((seed, device))
    rows = np.zeros(count, RECORD)
    course = np.cumsum(rng.normal(0, 4, count)) + rng.uniform(0, 360)
    speed = np.clip(50 + np.cumsum(rng.normal(0, 2, count)), 0, 120)
    rows["time"] = start_ms + np.arange(count, dtype=np.int64) * 1000
    rows["lat"] = (50.9 + rng.uniform(-0.3, 0.3)) * 1e7 + np.cumsum(np.cos(np.radians(course)) * speed * 25)
    rows["lon"] = (4.4 + rng.uniform(-0.8, 0.8)) * 1e7 + np.cumsum(np.sin(np.radians(course)) * speed * 39)
    rows["altitude"] = 20 + np.cumsum(rng.normal(0, 0.3, count))
    rows["angle"], rows["speed"] = course % 360, speed
    rows["satellites"] = rng.integers(7, 18, count)
    _fill_io(rows, rng, count, speed)
    return rows


def _fill_io(rows: NDArray[np.void], rng: np.random.Generator, count: int, speed: NDArray[np.float64]) -> None:
    rows["total"] = len(_ONE) + len(_TWO) + len(_FOUR)
    for name, elements in (("n1", _ONE), ("n2", _TWO), ("n4", _FOUR)):
        rows[name] = len(elements)
        for key, value in elements:
            rows[f"i{key}"], rows[f"v{key}"] = key, value
    rows["v21"] = rng.integers(2, 6, count)
    rows["v66"] = 14100 + rng.integers(-60, 60, count)
    rows["v67"] = 4070 + rng.integers(-8, 8, count)
    rows["v24"] = speed
    rows["v199"] = np.cumsum(speed / 3.6)
    rows["v16"] = 81_234_000 + rows["v199"]


def frames(device: int, count: int, start_ms: int, seed: int, size: int = RECORDS) -> list[bytes]:
    """``count`` whole TCP frames of ``size`` records each."""
    data = records(device, count * size, start_ms, seed).tobytes()
    width = RECORD.itemsize * size
    return [_frame(data[at : at + width], size) for at in range(0, len(data), width)]


def _frame(data: bytes, size: int) -> bytes:
    body = bytes((0x8E, size)) + data + bytes((size,))
    return struct.pack(">II", 0, len(body)) + body + struct.pack(">I", _crc(body))
