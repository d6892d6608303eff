"""What a day was made of, beside trips and stops: silences, idling, and the hours on its clock. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, date, datetime, time, timedelta
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from allconnects.kit.clock import BRUSSELS as BRUSSELS

SILENCE_MS: Final = 300_000
"""Fixes further apart are a silence: ``gap_s`` of docs/trips.md for vehicles."""
IDLE_KMH: Final = 3.0
IDLE_MS: Final = 60_000
"""Standing within a trip is idling from a minute on: shorter is traffic."""
Span = tuple[int, int]


def bounds_ms(day: date) -> Span:
    """Midnight to midnight in Brussels, ms since 1970 UTC: 23, 24 or 25 hours apart."""
    start = datetime.combine(day, time(), BRUSSELS)
    end = datetime.combine(day + timedelta(days=1), time(), BRUSSELS)
    return round(start.timestamp() * 1000), round(end.timestamp() * 1000)


def year_before(day: date) -> tuple[datetime, datetime]:
    """The year up to the end of a day."""
    end = datetime.combine(day + timedelta(days=1), time(), BRUSSELS)
    return end - timedelta(days=366), end


def hours(day: date) -> list[tuple[int, str]]:
    """Every full hour of a day with what the clock shows; an hour that comes twice is there twice."""
    start, end = bounds_ms(day)
    moments = range(start, end + 1, 3_600_000)
    return [(at, f"{datetime.fromtimestamp(at / 1000, UTC).astimezone(BRUSSELS):%H:%M}") for at in moments]


def silences(time_ms: NDArray[np.int64]) -> list[Span]:
    """Between which fixes nothing was heard for long. ``time_ms``: (n,), in order."""
    long = np.flatnonzero(np.diff(time_ms) > SILENCE_MS)
    return [(int(time_ms[i]), int(time_ms[i + 1])) for i in long]


def idles(time_ms: NDArray[np.int64], speed_kmh: NDArray[Any], trips: Sequence[Span]) -> list[Span]:
    """Standing within trips, for a minute or longer. ``speed_kmh``: (n,), NaN where unknown, which is not standing."""
    found: list[Span] = []
    for first, last in trips:
        inside = np.flatnonzero((time_ms >= first) & (time_ms <= last))
        slow = speed_kmh[inside] < IDLE_KMH
        edges = np.flatnonzero(np.diff(np.concatenate(([0], slow.astype(np.int8), [0]))))
        for begin, behind in zip(edges[::2].tolist(), edges[1::2].tolist(), strict=True):
            span = (int(time_ms[inside[begin]]), int(time_ms[inside[behind - 1]]))
            if span[1] - span[0] >= IDLE_MS:
                found.append(span)
    return found


def thinned(count: int, most: int) -> slice:
    """Every n-th of so many that at most ``most`` are left."""
    return slice(None, None, max(1, -(-count // most)))
