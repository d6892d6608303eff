"""Moving, standing or silent: what a device is doing, by its latest report. Pure."""

from __future__ import annotations

from enum import IntEnum

MOVING_KMH = 5.0
"""Slower is what a receiver reports while it stands still: choice of ours."""
MOVING_FOR_MS = 5 * 60_000
"""A fix older than this says nothing about moving now."""
SILENT_AFTER_MS = 60 * 60_000
"""A parked tracker reports once an hour or more often in common settings."""


class State(IntEnum):
    """In the order of the map's legend."""

    SILENT = 0
    STANDING = 1
    MOVING = 2


def state_of(now_ms: int, report_ms: int | None, fix_ms: int | None, speed_kmh: float | None) -> State:
    """The state now. ``report_ms``: last sign of life; ``fix_ms``, ``speed_kmh``: of the latest usable fix."""
    if report_ms is None or now_ms - report_ms > SILENT_AFTER_MS:
        return State.SILENT
    fast = speed_kmh is not None and speed_kmh >= MOVING_KMH
    if fast and fix_ms is not None and now_ms - fix_ms <= MOVING_FOR_MS:
        return State.MOVING
    return State.STANDING
