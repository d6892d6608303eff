"""Reads history, sealed or not: the one way to it, so that who may see what is decided in one place."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any

import numpy as np
from numpy.typing import NDArray

from allconnects.accounts.actor import current
from allconnects.kit import clock
from allconnects.kit.db import DatabaseUnavailable
from allconnects.privacy.access import service as access
from allconnects.privacy.vault import KeyDestroyed, KeyMissing, Subject, Vault, VaultError, open_vault
from allconnects.telemetry.store import signals as signals_of
from allconnects.telemetry.store.gate import Gate, read_gate
from allconnects.telemetry.store.occupancy import Stay, cut, stays
from allconnects.telemetry.store.rows import HAS_PLACE, IMPLAUSIBLE_TIME, VALID
from allconnects.telemetry.store.segment.format import Segment, open_segment
from allconnects.telemetry.store.segment.positions import KINDS, Positions
from allconnects.telemetry.store.segments import (
    KLASS,
    Cursor,
    Sealed,
    bounds,
    key_subject,
    once,
    read_hot,
    read_segments,
    taken,
)
from allconnects.telemetry.store.sight import RIGHTS, Sight, away, seen, sights

PURPOSE = "fleet.dispatch"
MASK, WANTED = VALID | HAS_PLACE | IMPLAUSIBLE_TIME, VALID | HAS_PLACE
_HOT = """organisation_id = %(organisation)s AND device_id = %(device)s
    AND fix_time >= %(start)s AND fix_time < %(end)s AND received_at >= %(start)s - interval '2 days'
    AND flags & %(mask)s = %(wanted)s"""
_DECIDED = "SELECT days FROM telemetry_keeping WHERE organisation_id = %s ORDER BY id DESC LIMIT 1"
Parts = dict[str, NDArray[Any]]
_IDENTITY = ("content", "received_ms")
_NAMES = ("time_ms", "lat_e7", "lon_e7", "speed_kmh", "course_deg")
_SIGNALS = ("satellites", *signals_of.KINDS)
_KINDS: dict[str, np.dtype[Any]] = {**KINDS, **signals_of.KINDS}


@dataclass(frozen=True, slots=True)
class Track:
    """Usable fixes of one device as columns of one length, in order of time, each once.

    ``time_ms``: int64, ms since 1970 UTC. ``lat_e7``, ``lon_e7``: int32, 1e-7 degree. ``speed_kmh``,
    ``course_deg``: float32, NaN where unknown. Only where asked for: ``satellites`` (int16, negative where unknown),
    ``ignition`` (int8: 1 on, 0 off, -1 unknown), ``odometer_m`` (float64, NaN where unknown), ``altitude_m`` (float32,
    NaN where unknown).
    """

    time_ms: NDArray[np.int64]
    lat_e7: NDArray[np.int32]
    lon_e7: NDArray[np.int32]
    speed_kmh: NDArray[np.float32]
    course_deg: NDArray[np.float32]
    satellites: NDArray[np.int16] | None = None
    ignition: NDArray[np.int8] | None = None
    odometer_m: NDArray[np.float64] | None = None
    altitude_m: NDArray[np.float32] | None = None

    def __len__(self) -> int:
        return len(self.time_ms)


def track(
    cursor: Cursor,
    organisation: int,
    device: int,
    start: datetime,
    end: datetime,
    *,
    purpose: str = PURPOSE,
    who: str = "",
    vault: Vault | None = None,
    signals: bool = False,
    altitude: bool = False,
    outward: bool | None = None,
) -> Track:
    """Usable fixes with ``start <= time < end``, from segments and hot rows.

    ``signals``: with all that trips need; ``altitude``: with that. The cursor's transaction must speak for the
    organisation. ``purpose``, ``who``: as the vault wants them, which
    logs both; who acts now by default. What somebody's request reads about persons stands in the access log too.
    Of a person others see as much as ``store.sight`` says; ``outward``: also when a process asks, because the answer
    leaves the platform. Positions of a subject whose key was destroyed, or older than the organisation keeps them, are
    not there. Raises
    KeyRestricted or KeyHeld when the purpose does not open everything else, KeyMissing when a segment's key is lost,
    InvalidInput for an unknown purpose, SegmentError, and DatabaseUnavailable or VaultError when the vault does not
    answer.
    """
    wanted = (*_NAMES, *(_SIGNALS if signals else ()), *(("altitude_m",) if altitude else ()))
    start = max(start, kept_from(cursor, organisation) or start)
    if start >= end:
        return _nothing(wanted)
    first = clock.day_of(start)
    last = clock.day_of(end - timedelta(microseconds=1))
    # Hot rows first: what is sealed and dropped between the two reads is then there twice, never not at all.
    hot = read_hot(cursor, _HOT, _params(organisation, device, start, end), blobs=signals)
    sealed = read_segments(cursor, organisation, device, first, last)
    who_had_it = stays(cursor, organisation, device, start, end)
    masks = cut(hot.time_ms, who_had_it)
    subjects = {one.subject: key_subject(one.subject, device) for one in sealed}
    subjects |= {name: key_subject(name, device) for name in masks}
    if not subjects:
        return _nothing(wanted)
    keys = _Keys(vault, organisation, device, purpose, who or current().name)
    found = keys.of(subjects, {one.subject for one in sealed})
    kept = np.zeros(len(hot), bool)
    for name, mask in masks.items():
        kept |= mask & (found[name] is not GONE)
    segments = _opened(sealed, found, organisation, device)
    joined = _joined(segments, taken(hot, kept), _window(start, end), wanted)
    opened = read_gate(cursor, device)
    result = _passed(opened, joined)
    if outward or not (current().is_process or purpose == RIGHTS):
        result = _chosen(result, away(result.time_ms, result.lat_e7, result.lon_e7, opened.private))
    if found_sights := sights(cursor, organisation, outward=outward, purpose=purpose):
        result = _limited(result, who_had_it, found_sights)
    persons = {name for name in subjects if name and found[name] is not GONE}
    access.note(cursor, organisation, persons, purpose=purpose, scope="track", first=first, last=last, size=len(result))
    return result


def kept_from(cursor: Cursor, organisation: int) -> datetime | None:
    """What an organisation keeps no longer is not shown while it waits to be dropped; None where it decided nothing."""
    cursor.execute(_DECIDED, (organisation,))
    for (days,) in cursor.fetchall():
        oldest, _ = bounds(clock.today() - timedelta(days=days))
        return oldest
    return None


def _passed(gate: Gate, found: Track) -> Track:
    """Without what became private after it was recorded and is not cut out of its segment yet."""
    if gate.is_open:
        return found
    return _chosen(found, gate.passes(found.time_ms))


def _chosen(found: Track, kept: NDArray[np.bool_]) -> Track:
    if kept.all():
        return found
    columns: Parts = {name: getattr(found, name) for name in (*_NAMES, *_SIGNALS, "altitude_m")}
    return replace(found, **{name: column[kept] for name, column in columns.items() if column is not None})


def _limited(found: Track, who_had_it: Sequence[Stay], limits: dict[str, Sight]) -> Track:
    """As others see it."""
    columns = {name: getattr(found, name) for name in (*_NAMES, *_SIGNALS, "altitude_m")}
    known = {name: column for name, column in columns.items() if column is not None}
    return replace(found, **seen(found.time_ms, known, who_had_it, limits))


def _params(organisation: int, device: int, start: datetime, end: datetime) -> dict[str, object]:
    window = {"organisation": organisation, "device": device, "start": start, "end": end}
    return {**window, "mask": MASK, "wanted": WANTED}


def _window(start: datetime, end: datetime) -> tuple[int, int]:
    """First millisecond inside, first one behind."""
    return tuple(-(-round(moment.timestamp() * 1_000_000) // 1000) for moment in (start, end))  # type: ignore[return-value]


GONE, UNSEALED = "gone", "unsealed"
"""In place of a key: destroyed; none was made yet, because nothing was sealed."""


@dataclass(frozen=True, slots=True)
class _Keys:
    vault: Vault | None
    organisation: int
    device: int
    purpose: str
    who: str

    def of(self, subjects: dict[str, Subject], sealed: set[str]) -> dict[str, bytes | str]:
        """For each subject its key, GONE or UNSEALED. Raises for what the purpose does not open."""
        try:
            vault = self.vault or open_vault()
            answers = vault.answers_for(self.organisation, subjects.values(), KLASS, self.purpose, self.who)
        except (DatabaseUnavailable, VaultError):
            # Where no vault could be made yet, nothing is sealed and nobody is named: the day is shown as it came.
            if sealed or set(subjects) != {""}:
                raise
            return {"": UNSEALED}
        found: dict[str, bytes | str] = {}
        for name, subject in subjects.items():
            answer = answers[subject]
            if isinstance(answer, KeyDestroyed):
                found[name] = GONE
            elif isinstance(answer, KeyMissing) and name not in sealed:
                found[name] = UNSEALED
            elif isinstance(answer, bytes):
                found[name] = answer
            else:
                raise answer
        return found


def _opened(sealed: Sequence[Sealed], keys: dict[str, bytes | str], organisation: int, device: int) -> list[Segment]:
    result = []
    for one in sealed:
        key = keys[one.subject]
        if isinstance(key, bytes):
            result.append(open_segment(one.opened(organisation, device, key)))
    return result


def _joined(
    segments: Sequence[Segment], hot: Positions, window: tuple[int, int], names: tuple[str, ...] = _NAMES
) -> Track:
    """Segments hold no position twice, so identities are only compared where hot rows lie at the same times."""
    parts: list[Parts] = []
    again: list[Parts] = [_of_hot(hot, (*names, *_IDENTITY))] if len(hot) else []
    for segment in segments:
        times = segment.column("time_ms")
        wanted = (times >= window[0]) & (times < window[1]) & (segment.column("flags") & MASK == WANTED)
        if len(hot) and np.isin(times[wanted], hot.time_ms).any():
            again.append(_of_segment(segment, wanted, (*names, *_IDENTITY)))
        else:
            parts.append(_of_segment(segment, wanted, names))
    if again:
        both = _concatenated(again)
        order = once(both["time_ms"], both["content"], both["received_ms"])
        parts.append({name: both[name][order] for name in names})
    if len(parts) == 1:
        return _of(parts[0])
    if not parts:
        return _nothing(names)
    columns = _concatenated(parts)
    times = columns["time_ms"]
    if len(times) > 1 and (times[1:] < times[:-1]).any():
        order = np.argsort(times, kind="stable")
        columns = {name: column[order] for name, column in columns.items()}
    return _of(columns)


def _concatenated(parts: Sequence[Parts]) -> Parts:
    return {name: np.concatenate([part[name] for part in parts]) for name in parts[0]}


def _of_hot(hot: Positions, names: tuple[str, ...]) -> Parts:
    told = signals_of.of_hot(hot) if "ignition" in names else {}
    return {name: told[name] if name in told else getattr(hot, name) for name in names}


def _of_segment(segment: Segment, wanted: NDArray[np.bool_], names: tuple[str, ...]) -> Parts:
    told = signals_of.of_segment(segment) if "ignition" in names else {}
    return {name: (told[name] if name in told else segment.column(name))[wanted] for name in names}


def _of(columns: Parts) -> Track:
    return Track(**columns)


def _nothing(names: tuple[str, ...] = _NAMES) -> Track:
    return _of({name: np.empty(0, _KINDS[name]) for name in names})
