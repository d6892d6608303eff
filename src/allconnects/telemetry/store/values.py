"""History with the attributes of each position decoded: for few devices and short times, because decoding is slow."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any

import numpy as np
from numpy.typing import NDArray

from allconnects.accounts.actor import Actor
from allconnects.kit import clock
from allconnects.privacy.access import service as access
from allconnects.privacy.vault import Vault
from allconnects.telemetry.store import blob
from allconnects.telemetry.store.gate import read_gate
from allconnects.telemetry.store.occupancy import Stay, cut, stays
from allconnects.telemetry.store.reader import _HOT, GONE, MASK, PURPOSE, WANTED, _Keys, _params, _window, kept_from
from allconnects.telemetry.store.rows import NO_PLACE
from allconnects.telemetry.store.segment.format import open_segment
from allconnects.telemetry.store.segment.positions import Positions, blob_list
from allconnects.telemetry.store.segments import Cursor, key_subject, merged, read_hot, read_segments, taken
from allconnects.telemetry.store.sight import Sight, away, seen, sights

__all__ = ["NO_PLACE", "Values", "track_with_values"]


@dataclass(frozen=True, slots=True)
class Values:
    """Usable fixes in order of time, each once; ``attributes``: of each, those asked for."""

    positions: Positions
    attributes: list[dict[str, Any]]


def track_with_values(
    cursor: Cursor,
    organisation: int,
    device: int,
    start: datetime,
    end: datetime,
    names: Iterable[str] | None,
    *,
    purpose: str = PURPOSE,
    who: str = "process:web",
    vault: Vault | None = None,
    recipient: Actor | None = None,
) -> Values:
    """Fixes with ``start <= time < end`` and what they say of ``names``, or everything. Raises as ``reader.track``.

    The same may be seen as in a track. ``recipient``: to whom it leaves the platform, who then sees no more than
    others do. What somebody's request reads stands in the access log too.
    """
    start = max(start, kept_from(cursor, organisation) or start)
    if start >= end:
        return Values(merged([]), [])
    positions = _read(cursor, organisation, device, start, end, _Keys(vault, organisation, device, purpose, who))
    first, behind = _window(start, end)
    usable = (positions.flags & MASK) == WANTED
    opened = read_gate(cursor, device)
    usable &= opened.passes(positions.time_ms)
    positions = taken(positions, usable & (positions.time_ms >= first) & (positions.time_ms < behind))
    if recipient is not None:
        positions = taken(positions, away(positions.time_ms, positions.lat_e7, positions.lon_e7, opened.private))
    who_had_it = stays(cursor, organisation, device, start, end)
    if limits := sights(cursor, organisation, outward=recipient is not None, purpose=purpose):
        positions = _limited(positions, who_had_it, limits)
    _note(cursor, organisation, purpose, start, end, positions, who_had_it, recipient)
    wanted = None if names is None else frozenset(names)
    return Values(positions, [_chosen(line, wanted) for line in blob_list(positions.blobs)])


def _limited(found: Positions, who_had_it: Sequence[Stay], limits: dict[str, Sight]) -> Positions:
    """As others see it: hidden ones are gone, places are in cells."""
    shown = seen(found.time_ms, {**_columns(found), "at": np.arange(len(found))}, who_had_it, limits)
    at = shown.pop("at")
    return replace(taken(found, at), **shown)


def _columns(found: Positions) -> dict[str, NDArray[Any]]:
    return {name: getattr(found, name) for name in ("lat_e7", "lon_e7", "course_deg", "altitude_m")}


def _note(
    cursor: Cursor, organisation: int, purpose: str, start: datetime, end: datetime, found: Positions,
    who_had_it: Sequence[Stay], recipient: Actor | None,
) -> None:  # fmt: skip
    days = [clock.day_of(one) for one in (start, end - timedelta(microseconds=1))]
    access.note(
        cursor, organisation, {stay.person for stay in who_had_it}, purpose=purpose, scope="track",
        first=days[0], last=days[1], size=len(found), actor=recipient, goes_on=recipient is not None,
    )  # fmt: skip


def _read(cursor: Cursor, organisation: int, device: int, start: datetime, end: datetime, keys: _Keys) -> Positions:
    first = clock.day_of(start)
    last = clock.day_of(end - timedelta(microseconds=1))
    hot = read_hot(cursor, _HOT, _params(organisation, device, start, end))
    sealed = read_segments(cursor, organisation, device, first, last)
    masks = cut(hot.time_ms, stays(cursor, organisation, device, start, end))
    subjects = {name: key_subject(name, device) for name in (*masks, *(one.subject for one in sealed))}
    if not subjects:
        return merged([])
    found = keys.of(subjects, {one.subject for one in sealed})
    parts = [taken(hot, mask) for name, mask in masks.items() if found[name] is not GONE]
    for one in sealed:
        key = found[one.subject]
        if isinstance(key, bytes):
            parts.append(open_segment(one.opened(organisation, device, key)).positions())
    return merged(parts)


def _chosen(line: bytes, names: frozenset[str] | None) -> dict[str, Any]:
    try:
        found = blob.decode(line)
    except ValueError:
        return {}
    return found if names is None else {name: found[name] for name in names if name in found}
