"""Trips and stops as people see them: times, places, distances, speeds, and why."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from allconnects.trips import reasons
from allconnects.trips.cleaning import Fixes
from allconnects.trips.geometry import unwrapped
from allconnects.trips.halts import JUMPED, SPLIT, WORDS, Trips
from allconnects.trips.knots import Knots, Steps, middle_of_three
from allconnects.trips.motion import Motion, Runs, between
from allconnects.trips.odometer import choose, ways
from allconnects.trips.result import Floats, Ints, Place, Reason, Stop, Trip
from allconnects.trips.rules import Rules


@dataclass(frozen=True, slots=True)
class View:
    """All that the detector found, to be told."""

    fixes: Fixes
    knots: Knots
    steps: Steps
    motion: Motion
    trips: Trips
    rules: Rules

    def inputs(self) -> Ints:
        """The input index of each knot."""
        found: Ints = self.fixes.index[self.knots.fix]
        return found

    def places(self, knots: Ints) -> list[Place]:
        """Where knots are."""
        fix = self.knots.fix[knots]
        return _places(self.fixes.lat_e7[fix].tolist(), self.fixes.lon_e7[fix].tolist())


def tell(view: View) -> tuple[tuple[Trip, ...], tuple[Stop, ...]]:
    """Trips and stops in order of time."""
    if not len(view.trips.start):
        return (), _only_stop(view)
    inputs = view.inputs()
    ends = reasons.of_ends(inputs, view.knots, view.steps, view.trips)
    return tuple(_trips(view, inputs, ends)), tuple(_stops(view, inputs, ends))


def _trips(view: View, inputs: Ints, ends: list[Reason]) -> Iterator[Trip]:
    start, end = view.trips.start, view.trips.end
    columns = zip(
        view.knots.time_ms[start].tolist(), view.knots.time_ms[end].tolist(),
        view.places(start), view.places(end),
        inputs[start].tolist(), inputs[end].tolist(),
        _measures(view), reasons.of_starts(inputs, view.knots, view.steps, view.trips, view.motion.strong), ends,
        view.knots.estimated[start].tolist(), view.knots.estimated[end].tolist(),
        reasons.is_open(view.trips).tolist(), reasons.of_bridges(inputs, view.steps, view.trips), strict=True,
    )  # fmt: skip
    for start_ms, end_ms, begin, finish, first, last, measures, *rest in columns:
        yield Trip(start_ms, end_ms, begin, finish, first, last, (end_ms - start_ms) / 1000, *measures, *rest)


def _measures(view: View) -> list[tuple[object, ...]]:
    """Of each trip: times moving and standing, distances and their choice, the highest speed and its source."""
    over = Runs(view.trips.start, view.trips.end)
    moving = view.motion.moving
    duration = (view.knots.time_ms[over.end] - view.knots.time_ms[over.start]) * 0.001
    moving_s = np.minimum(between(view.steps.seconds * moving, over), duration)
    odometer = ways(view.knots, view.steps, over, view.rules)
    columns = (
        moving_s.round(3), (duration - moving_s).round(3), between(view.steps.length_m * moving, over).round(1),
        odometer.metres.round(1), odometer.known, odometer.resets,
        between(view.steps.length_m * (view.steps.kind != 0), over), *_top_speeds(view, over),
    )  # fmt: skip
    return [_measure(*row) for row in zip(*(column.tolist() for column in columns), strict=True)]


def _measure(
    moving_s: float, idle_s: float, gps: float, odometer: float, known: float, resets: int, silent: float,
    device_kmh: float, places_kmh: float,
) -> tuple[object, ...]:  # fmt: skip
    by_odometer = odometer if known else None
    top = (device_kmh, "device") if device_kmh >= 0 else (places_kmh if places_kmh >= 0 else None, "places")
    return (moving_s, idle_s, *choose(gps, by_odometer, known, resets, silent), gps, by_odometer, *top)


def _top_speeds(view: View, over: Runs) -> tuple[Floats, Floats]:
    """The highest speed of each trip as the device measured it (negative: unknown), and from places."""
    device = _highest(view.knots.top_kmh, over.start, over.end + 1)
    places = _highest(np.append(middle_of_three(view.motion.window_kmh), -1.0), over.start, over.end)
    return device.round(1), places.round(1)


def _highest(column: Floats, start: Ints, end: Ints) -> Floats:
    pairs = np.stack((start, end), axis=1).ravel()
    found: Floats = np.maximum.reduceat(np.append(column, -1.0), pairs)[::2]
    return found


def _only_stop(view: View) -> tuple[Stop, ...]:
    """What the data are when nothing in them is a trip."""
    everything = np.zeros(1, np.int64), np.full(1, len(view.knots.fix) - 1)
    start_ms, end_ms = int(view.knots.time_ms[0]), int(view.knots.time_ms[-1])
    (place,) = _middles(view, *everything)
    why = Reason("no_movement", tuple(dict.fromkeys(view.inputs()[[0, -1]].tolist())))
    return (Stop(start_ms, end_ms, place, (end_ms - start_ms) / 1000, why, True),)


def _stops(view: View, inputs: Ints, ends: list[Reason]) -> Iterator[Stop]:
    """The time before the first trip, between trips, and after the last one when that has ended."""
    start = np.concatenate(([0], view.trips.end))
    end = np.append(view.trips.start, len(view.knots.fix) - 1)
    whys = [Reason("first_fix", (int(inputs[0]),)), *ends]
    last = len(whys) - 1
    columns = zip(
        view.knots.time_ms[start].tolist(), view.knots.time_ms[end].tolist(),
        view.places(start), _middles(view, start, end), whys, strict=True,
    )  # fmt: skip
    for number, (start_ms, end_ms, begin, middle, why) in enumerate(columns):
        if (number == 0 and view.trips.start[0] == 0) or why.rule in (WORDS[0], WORDS[SPLIT]):
            continue
        place = begin if why.rule == WORDS[JUMPED] else middle
        yield Stop(start_ms, end_ms, place, (end_ms - start_ms) / 1000, why, number == last)


def _middles(view: View, start: Ints, end: Ints) -> list[Place]:
    """The middle of the fixes of each stop."""
    lat = view.fixes.lat_e7[view.knots.fix]
    lon = view.fixes.lon_e7[view.knots.fix]
    # Longitudes that go on beyond 180 degrees, so that a mean over the antimeridian is on it.
    unrolled = lon[0] + np.concatenate(([0], np.cumsum(unwrapped(np.diff(lon)))))
    around = (_mean(unrolled, start, end) + 1_800_000_000) % 3_600_000_000 - 1_800_000_000
    return _places(_mean(lat, start, end).tolist(), around.tolist())


def _mean(values: Ints, start: Ints, end: Ints) -> Floats:
    whole = np.concatenate(([0], np.cumsum(values - values[0])))
    found: Floats = np.round((whole[end + 1] - whole[start]) / (end - start + 1)) + values[0]
    return found


def _places(lat_e7: list[float], lon_e7: list[float]) -> list[Place]:
    return [Place(lat / 1e7, lon / 1e7) for lat, lon in zip(lat_e7, lon_e7, strict=True)]
