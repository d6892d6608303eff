"""What of a track is not shown to everybody: rooms above know whose private trips and homes are in it.

A veil looks at a track and says which fixes somebody may not see. Computing (trips, visits, alerts) reads without
veils; whatever is shown to people or handed to programs goes through ``shown``.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import fields, replace
from datetime import datetime

import numpy as np
from numpy.typing import NDArray

from allconnects.telemetry.live.snapshot import LatestRow
from allconnects.telemetry.store.reader import Track

Veil = Callable[[int, int, Track, int | None], NDArray[np.bool_]]
"""``veil(organisation, device, track, viewer)``: fixes (n,) that the account ``viewer`` (None: none) may not see."""
Cover = Callable[[int, Mapping[int, datetime], int | None], set[int]]
"""``cover(organisation, placed, viewer)``: of devices with the time of their latest fix, which are now where ``viewer``
may not see them."""
Span = tuple[int, int]
"""From, until: ms since 1970 UTC."""
Hidden = Callable[[int, Sequence[int], datetime, datetime, int | None], dict[int, list[Span]]]
"""``hidden(organisation, devices, first, last, viewer)``: when each device was where ``viewer`` may not see it."""
_veils: list[Veil] = []
_covers: list[Cover] = []
_hidden: list[Hidden] = []


def hang(veil: Veil, cover: Cover, hidden: Hidden) -> None:
    """A room above says what it hides."""
    if veil not in _veils:
        _veils.append(veil)
        _covers.append(cover)
        _hidden.append(hidden)


def covered(organisation: int, placed: Mapping[int, datetime], viewer: int | None) -> set[int]:
    """Of devices with the time of their latest fix, those whose place ``viewer`` may not see."""
    return {device for cover in _covers for device in cover(organisation, placed, viewer)}


def hidden_times(
    organisation: int, devices: Sequence[int], first: datetime, last: datetime, viewer: int | None
) -> dict[int, list[Span]]:
    """When, between two moments, each device was where ``viewer`` may not see it."""
    found: dict[int, list[Span]] = {}
    for one in _hidden:
        for device, spans in one(organisation, devices, first, last, viewer).items():
            found.setdefault(device, []).extend(spans)
    return found


def shown_latest(organisation: int, rows: Sequence[LatestRow], viewer: int | None) -> list[LatestRow]:
    """Latest places without those that ``viewer`` may not see."""
    hidden = covered(organisation, {row.device: row.fix_time for row in rows}, viewer)
    return [row for row in rows if row.device not in hidden]


def shown(organisation: int, device: int, track: Track, viewer: int | None) -> Track:
    """The track without what ``viewer`` may not see. In a Django transaction that speaks for the organisation."""
    if not len(track):
        return track
    hidden = np.zeros(len(track), np.bool_)
    for veil in _veils:
        hidden |= veil(organisation, device, track, viewer)
    if not hidden.any():
        return track
    columns = {one.name: getattr(track, one.name) for one in fields(track)}
    return replace(track, **{name: column[~hidden] for name, column in columns.items() if column is not None})
