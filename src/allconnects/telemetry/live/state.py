"""Moving, standing or silent: what a device is doing, by its latest report. Pure."""

from __future__ import annotations

from datetime import datetime, timedelta
from enum import IntEnum
from typing import NamedTuple, Self

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


class Edges(NamedTuple):
    """The same for long lists: what a report and a fix must not be older than, worked out once.

    A report or fix that is as old as that counts still, to the millisecond as in ``state_of``.
    """

    report: datetime
    fix: datetime

    @classmethod
    def at(cls, now: datetime) -> Self:
        """The edges of a moment."""
        return cls(now - timedelta(milliseconds=SILENT_AFTER_MS), now - timedelta(milliseconds=MOVING_FOR_MS))

    def state(self, report_at: datetime | None, fix_time: datetime | None, speed_kmh: float | None) -> State:
        """The state of a device."""
        if report_at is None or report_at < self.report:
            return State.SILENT
        if speed_kmh is not None and speed_kmh >= MOVING_KMH and fix_time is not None and fix_time >= self.fix:
            return State.MOVING
        return State.STANDING
