"""``bench trips``: how fast trips are found in the weeks of a fleet, beside a plain loop over the same positions."""

from __future__ import annotations

import json
import time
from typing import Any

import numpy as np

from allconnects.bench import trips_plain
from allconnects.bench.trips_plain_fixes import Fix
from allconnects.trips.detector import detect
from allconnects.trips.result import Detection, Track
from allconnects.trips.rules import Rules, rules_for

POSITIONS = 2_000_000
DEVICE_POSITIONS = 200_000
"""As many as a van sends in a month at one each ten seconds of driving, with ignition and speed."""
PLAIN_POSITIONS = 20_000
_LEG_S, _REST_S, _EVERY_S, _REST_EVERY_S = 1500, 1200, 10, 120


def run(*, as_json: bool) -> int:
    """Measure and print. Returns the exit code."""
    result = measure()
    if as_json:
        print(json.dumps(result))  # noqa: T201
    else:
        for name, value in result.items():
            print(f"{name:28} {value:>14,.1f}")  # noqa: T201
    return 0


def measure(positions: int = POSITIONS, plain_positions: int = PLAIN_POSITIONS) -> dict[str, Any]:
    """Positions a second on one core: with speed and ignition, places alone, one a second, and the plain loop."""
    rules = rules_for("vehicle")
    size = min(DEVICE_POSITIONS, positions)
    full = [drive(size, seed) for seed in range(max(positions // size, 1))]
    bare = [Track(time_ms=one.time_ms, lat_e7=one.lat_e7, lon_e7=one.lon_e7) for one in full]
    dense = [drive(size, seed, every_s=1) for seed in range(max(positions // size // 2, 1))]
    rate, found = _rate(full, rules)
    plain = _plain_rate(full[0], plain_positions, rules)
    return {
        "positions_per_s": rate,
        "positions_per_s_places_alone": _rate(bare, rules)[0],
        "positions_per_s_one_a_second": _rate(dense, rules)[0],
        "positions_per_s_plain_loop": plain,
        "ratio_to_plain_loop": rate / plain,
        "positions": sum(len(one.time_ms) for one in full),
        "trips": sum(len(one.trips) for one in found),
        "stops": sum(len(one.stops) for one in found),
    }


def _rate(tracks: list[Track], rules: Rules, rounds: int = 3) -> tuple[float, list[Detection]]:
    """The best of some rounds: the others were disturbed by other work on the machine."""
    best, found = 0.0, [detect(tracks[0], rules)]
    for _ in range(rounds):
        started = time.process_time()
        found = [detect(track, rules) for track in tracks]
        best = max(best, sum(len(one.time_ms) for one in tracks) / (time.process_time() - started))
    return best, found


def _plain_rate(track: Track, size: int, rules: Rules) -> float:
    fixes = plain_fixes(track)[:size]
    started = time.process_time()
    trips_plain.detect(fixes, rules)
    return len(fixes) / (time.process_time() - started)


def plain_fixes(track: Track) -> list[Fix]:
    """A track as the plain loop takes it."""
    size = len(track.time_ms)
    speed = np.full(size, -1.0) if track.speed_kmh is None else np.nan_to_num(track.speed_kmh, nan=-1.0)
    ignition = np.full(size, -1) if track.ignition is None else np.asarray(track.ignition)
    columns = (track.time_ms, track.lat_e7, track.lon_e7, speed, ignition)
    rows = zip(*(np.asarray(column).tolist() for column in columns), strict=True)
    return [Fix(int(at), int(lat), int(lon), kmh, int(on)) for at, lat, lon, kmh, on in rows]


def drive(size: int, seed: int, every_s: int = _EVERY_S) -> Track:
    """A van that drives for 25 minutes and rests for 20, over and over: noise of metres, some halts, drift at rest."""
    random = np.random.default_rng(seed)
    leg, rest = _LEG_S // every_s, _REST_S // _REST_EVERY_S
    cycle = np.concatenate((np.ones(leg, np.bool_), np.zeros(rest, np.bool_)))
    driving = np.resize(cycle, size)
    seconds = np.cumsum(np.where(driving, every_s, _REST_EVERY_S))
    pace = np.clip(45 + np.cumsum(random.normal(0, 4 * np.sqrt(every_s / 10), size)) % 60 - 30, 0, 90)
    halted = np.repeat(random.random(size // 10 + 1) < 0.1, 10)[:size]
    kmh = np.where(driving & ~halted, pace, 0.0)
    course = np.cumsum(random.normal(0, 0.05, size)) + np.cumsum(driving != np.roll(driving, 1)) * np.pi / 2
    way = kmh / 3.6 * np.where(driving, every_s, 0)
    noise = random.normal(0, 3, (2, size))
    lat = 51.2 + (_folded(np.cumsum(way * np.cos(course))) + noise[0]) / 111_250
    lon = 4.4 + (_folded(np.cumsum(way * np.sin(course))) + noise[1]) / 69_900
    return Track(
        time_ms=1_750_000_000_000 + seconds * 1000,
        lat_e7=np.round(lat * 1e7).astype(np.int64),
        lon_e7=np.round(lon * 1e7).astype(np.int64),
        speed_kmh=np.round(kmh),
        ignition=driving.astype(np.int8),
    )


def _folded(metres: np.ndarray[Any, Any]) -> np.ndarray[Any, Any]:
    """Back and forth within 50 km, so that a long way stays in the country."""
    found: np.ndarray[Any, Any] = np.abs((metres + 25_000) % 100_000 - 50_000) - 25_000
    return found
