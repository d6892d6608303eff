"""Distance by the device's odometer, which may reset, stand still or run wild, and the choice between it and GPS."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from allconnects.trips.knots import Knots, Steps
from allconnects.trips.motion import Runs, between
from allconnects.trips.result import DistanceSource, Floats, Ints
from allconnects.trips.rules import Rules


@dataclass(frozen=True, slots=True)
class Ways:
    """Per trip: metres by odometer, the share of its steps (0 to 1) that the odometer covers, and its resets."""

    metres: Floats
    known: Floats
    resets: Ints


def ways(knots: Knots, walked: Steps, trips: Runs, rules: Rules) -> Ways:
    """Distances by odometer from fix to fix; a step back or one too far is a reset, and counts by GPS."""
    known = np.flatnonzero(knots.odometer_m >= 0)
    size = len(trips.start)
    if len(known) < 2:
        return Ways(np.zeros(size), np.zeros(size), np.zeros(size, np.int64))
    path = np.concatenate(([0.0], np.cumsum(walked.length_m)))[known]
    seconds = np.diff(knots.time_ms[known]) * 0.001
    more = np.diff(knots.odometer_m[known])
    reset = (more < 0) | (more > rules.jump_m + seconds * (rules.max_speed_kmh / 3.6))
    more = np.where(reset, np.diff(path), more)
    inside = Runs(np.searchsorted(known, trips.start, side="left"), np.searchsorted(known, trips.end, side="right") - 1)
    inside = Runs(np.minimum(inside.start, np.maximum(inside.end, 0)), np.maximum(inside.end, 0))
    covered_ms = knots.time_ms[known[inside.end]] - knots.time_ms[known[inside.start]]
    whole_ms = np.maximum(knots.time_ms[trips.end] - knots.time_ms[trips.start], 1)
    return Ways(between(more, inside), np.clip(covered_ms / whole_ms, 0, 1), between(reset, inside).astype(np.int64))


def choose(
    gps: float, odometer: float | None, known: float, resets: int, silent: float
) -> tuple[float, DistanceSource, str]:
    """The distance to use, where it comes from and why; ``silent``: metres of the way that were not seen.

    The wheel knows the way better than places some seconds apart do, as long as it agrees with them: at least 80 %
    of the way by GPS, and at most 130 % of it plus what a road winds between two ends of a silence.
    """
    if odometer is None:
        return gps, "gps", "no_odometer"
    if known < 0.9:
        return gps, "gps", "odometer_incomplete"
    if not 0.8 * gps - 100 <= odometer <= 1.3 * gps + 100 + 2 * silent:
        return gps, "gps", "odometer_disagrees"
    return odometer, "odometer", "odometer_reset_filled" if resets else "odometer_agrees"
