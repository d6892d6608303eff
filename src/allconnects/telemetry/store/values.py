"""History with the attributes of each position decoded: for few devices and short times, because decoding is slow."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from allconnects.privacy.vault import Vault
from allconnects.telemetry.store import blob
from allconnects.telemetry.store.occupancy import cut, stays
from allconnects.telemetry.store.reader import _HOT, GONE, MASK, PURPOSE, WANTED, _Keys, _params, _window
from allconnects.telemetry.store.rows import NO_PLACE
from allconnects.telemetry.store.segment.format import open_segment
from allconnects.telemetry.store.segment.positions import Positions, blob_list
from allconnects.telemetry.store.segments import BRUSSELS, Cursor, key_subject, merged, read_hot, read_segments, taken

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
) -> Values:
    """Fixes with ``start <= time < end`` and what they say of ``names``, or everything. Raises as ``reader.track``."""
    positions = _read(cursor, organisation, device, start, end, _Keys(vault, organisation, device, purpose, who))
    first, behind = _window(start, end)
    usable = (positions.flags & MASK) == WANTED
    positions = taken(positions, usable & (positions.time_ms >= first) & (positions.time_ms < behind))
    wanted = None if names is None else frozenset(names)
    return Values(positions, [_chosen(line, wanted) for line in blob_list(positions.blobs)])


def _read(cursor: Cursor, organisation: int, device: int, start: datetime, end: datetime, keys: _Keys) -> Positions:
    first = start.astimezone(BRUSSELS).date()
    last = (end - timedelta(microseconds=1)).astimezone(BRUSSELS).date()
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
