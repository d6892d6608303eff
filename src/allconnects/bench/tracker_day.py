"""A working day of a van as its tracker reports it: Teltonika 8E records with the noise of real sensors.

Drives and stops alternate; while driving a record every 5 s and at each turn, parked one every 5 minutes. Noise:
receiver (1 m, drifting), supply voltage (idle, alternator, load steps), fuel level that sloshes, cargo
temperature from a Bluetooth sensor (0.01 degrees), battery, signal, dilution of precision. Independent of our
codecs: a layout of its own.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

F64 = NDArray[np.float64]

_HEAD = [("time", ">i8"), ("priority", "u1"), ("lon", ">i4"), ("lat", ">i4"), ("altitude", ">i2"), ("angle", ">u2"),
         ("satellites", "u1"), ("speed", ">u2")]  # fmt: skip
_GROUPS = ((1, (239, 240, 21, 200, 69, 113)), (2, (181, 182, 66, 24, 67, 68, 25, 84)), (4, (241, 199, 16)), (8, ()))
_STEP_S, _PARKED_S = 5, 300


def _record() -> np.dtype[Any]:
    fields: list[tuple[str, str]] = [*_HEAD, ("event", ">u2"), ("total", ">u2")]
    for width, ids in _GROUPS:
        fields.append((f"n{width}", ">u2"))
        fields += [piece for i in ids for piece in ((f"i{i}", ">u2"), (f"v{i}", f">u{width}"))]
    return np.dtype([*fields, ("nx", ">u2")])


RECORD = _record()


def records(device: int, start_ms: int, seed: int, hours: int = 9) -> NDArray[np.void]:
    """The records of one day in order of time, about ``hours`` * 500 of them."""
    rng = np.random.default_rng((seed, device))
    speed, driving = _speeds(rng, hours * 3600 // _STEP_S)
    course = _courses(rng, speed)
    kept = driving | (np.arange(len(speed)) % (_PARKED_S // _STEP_S) == 0)
    rows = np.zeros(int(kept.sum()), RECORD)
    rows["time"] = (start_ms // 1000 * 1000 + np.arange(len(speed), dtype=np.int64) * _STEP_S * 1000)[kept]
    north, east = np.cos(np.radians(course)) * speed / 3.6, np.sin(np.radians(course)) * speed / 3.6
    for name, metres, origin, scale in (
        ("lat", north, 50.9 + rng.uniform(-0.3, 0.3), 89.9),
        ("lon", east, 4.4 + rng.uniform(-0.8, 0.8), 142.6),
    ):
        wander = _smooth(rng.normal(0, 1, len(speed)), 20) * driving
        track = np.cumsum(metres) * _STEP_S + wander * 2 + rng.normal(0, 0.25, len(speed)) * driving
        rows[name] = (origin * 1e7 + track * scale)[kept]
    rows["altitude"] = (40 + np.cumsum(rng.normal(0, 0.4, len(speed)) * driving))[kept]
    rows["speed"], rows["angle"] = speed[kept], (course % 360)[kept]
    rows["satellites"] = np.clip(_smooth(rng.normal(13, 6, len(speed)), 8), 5, 19)[kept]
    _fill(rows, rng, kept, driving, speed)
    return rows


def _smooth(values: F64, over: int) -> F64:
    return np.convolve(values, np.ones(over) / over, "same")


def _speeds(rng: np.random.Generator, steps: int) -> tuple[F64, NDArray[np.bool_]]:
    """Speed (km/h) and whether the ignition is on: drives of 10 to 45 minutes, stops of 5 to 40."""
    driving = np.zeros(steps, bool)
    at = 0
    while at < steps:
        drive, stop = (int(rng.integers(*bounds)) // _STEP_S for bounds in ((600, 2700), (300, 2400)))
        driving[at : at + drive] = True
        at += drive + stop
    wanted = np.repeat(rng.choice([0, 30, 50, 70, 90, 115], steps // 12 + 1), 12)[:steps]
    speed = np.clip(_smooth(wanted + rng.normal(0, 4, steps), 6), 0, 130) * driving
    speed[speed < 2] = 0
    return speed, driving


def _courses(rng: np.random.Generator, speed: F64) -> F64:
    turn = rng.normal(0, 3, len(speed)) + rng.choice([0, 0, 0, 0, 0, 0, 0, 0, -90, 90], len(speed)) * (speed < 60)
    return np.asarray(rng.uniform(0, 360) + np.cumsum(turn * (speed > 0)))


def _fill(rows: NDArray[np.void], rng: np.random.Generator, kept: Any, driving: Any, speed: F64) -> None:
    for width, ids in _GROUPS:
        rows[f"n{width}"] = len(ids)
        for i in ids:
            rows[f"i{i}"] = i
    rows["total"] = sum(len(ids) for _, ids in _GROUPS)
    odometer = np.cumsum(speed / 3.6 * _STEP_S)
    count, on = len(speed), driving.astype(float)
    starts = np.concatenate(([True], driving[1:] & ~driving[:-1]))
    trip = odometer - np.maximum.accumulate(np.where(starts, odometer, 0))
    supply = 12_500 + 1_650 * on + _smooth(rng.normal(0, 90, count), 3) + rng.choice([0, -180], count, p=[0.8, 0.2])
    fuel = 620 - odometer / 12_000 + _smooth(rng.normal(0, 14, count), 4) * (speed > 0)
    values = {
        239: on, 240: speed > 0, 21: np.clip(_smooth(rng.normal(4, 1.6, count), 4), 1, 5), 200: 0, 69: 1,
        113: 100 - np.arange(count) / 900,
        181: np.clip(rng.normal(11, 3, count), 6, 40), 182: np.clip(rng.normal(7, 2, count), 4, 30),
        66: supply, 24: speed, 67: 4_070 + rng.normal(0, 5, count), 68: on * np.clip(rng.normal(25, 12, count), 0, 90),
        25: 450 + 120 * np.sin(np.arange(count) / 900) + rng.normal(0, 4, count), 84: fuel,
        241: 20_601, 199: trip, 16: 81_234_000 + odometer,
    }  # fmt: skip
    for i, column in values.items():
        rows[f"v{i}"] = column[kept] if isinstance(column, np.ndarray) else column


def bodies(rows: NDArray[np.void], size: int = 10) -> list[bytes]:
    """Bodies of codec 8 Extended with ``size`` records each, the last one with the rest."""
    data, width = rows.tobytes(), RECORD.itemsize * size
    pieces = [data[at : at + width] for at in range(0, len(data), width)]
    return [_body(piece, len(piece) // RECORD.itemsize) for piece in pieces]


def _body(data: bytes, count: int) -> bytes:
    return bytes((0x8E, count)) + data + bytes((count,))
