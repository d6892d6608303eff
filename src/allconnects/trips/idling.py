"""When the engine ran while a vehicle stood between two trips. Pure: spans of ms, in order, apart from one another.

Within trips it is what a trip says of its standing; see docs/trips.md. Each step from one fix to the next counts by
itself, so what is known of one stretch of a track can be laid beside what is known of the next.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Final

import numpy as np

from allconnects.trips.result import ON, Track
from allconnects.trips.stretch import Period

Spans = tuple[tuple[int, int], ...]
EVER: Final = 2**62


def engine_on(track: Track, periods: Sequence[Period]) -> Spans:
    """When the ignition was on: from a fix that says so to the next one, unless that is a silence (``gap_s``).

    Of fixes of one moment one that says on counts. Nothing where the device does not tell its ignition.
    """
    if track.ignition is None or len(track.time_ms) < 2:
        return ()
    order = np.lexsort((track.ignition, track.time_ms))
    time, ignition = np.asarray(track.time_ms, np.int64)[order], track.ignition[order]
    last = np.append(time[1:] != time[:-1], True)
    time, on = time[last], ignition[last] == ON
    begins = np.array([period.from_ms for period in periods], np.int64)
    gap_ms = np.array([period.rules.gap_s * 1000 for period in periods])
    step = np.maximum(np.searchsorted(begins, time[:-1], side="right") - 1, 0)
    counts = on[:-1] & (np.diff(time) < gap_ms[step])
    edges = np.flatnonzero(np.diff(counts.view(np.int8), prepend=0, append=0))
    return tuple(zip(time[edges[::2]].tolist(), time[edges[1::2]].tolist(), strict=True))


def within(spans: Iterable[tuple[int, int]], begin: int, end: int) -> Spans:
    """The parts of spans from ``begin`` to ``end``."""
    cut = ((max(a, begin), min(b, end)) for a, b in spans)
    return tuple((a, b) for a, b in cut if a < b)


def beside(*parts: Spans) -> Spans:
    """Spans that follow one another, put together where they touch."""
    found: list[tuple[int, int]] = []
    for begin, end in (span for part in parts for span in part):
        if found and begin <= found[-1][1]:
            found[-1] = (found[-1][0], max(found[-1][1], end))
        else:
            found.append((begin, end))
    return tuple(found)
