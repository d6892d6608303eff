"""Sealing: a quiet day of a device becomes one encrypted segment for each subject of it; docs/store.md."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Any, NamedTuple

import psycopg
import structlog

from allconnects.kit import clock
from allconnects.kit.db import DatabaseUnavailable
from allconnects.kit.errors import AllconnectsError
from allconnects.privacy.vault import STORAGE, KeyDestroyed, Vault, VaultError
from allconnects.telemetry.store import metrics
from allconnects.telemetry.store.gate import read_gate
from allconnects.telemetry.store.occupancy import cut, stays
from allconnects.telemetry.store.reader import MASK, WANTED
from allconnects.telemetry.store.segment.crypt import Context, seal
from allconnects.telemetry.store.segment.format import VERSION, encode_verified, open_segment
from allconnects.telemetry.store.segment.positions import Positions
from allconnects.telemetry.store.segments import (
    DAY_OF,
    KLASS,
    Sealed,
    bounds,
    hot_of_day,
    key_subject,
    merged,
    read_segments,
    taken,
)

log = structlog.get_logger()
Connection = psycopg.Connection[Any]
WHO = "process:worker"

SETTLED = timedelta(seconds=30)
"""A batch commits a little after its time of receipt; what takes longer is found when its leaf is to be dropped."""
LONGEST = timedelta(days=1)
"""A day that is never quiet is sealed all the same, so that its leaf can go."""
AGAIN = timedelta(minutes=15)
_BUDGET_S = 40.0

_IN_TRACKS = f"flags & {MASK} = {WANTED} AND fix_time <= received_at + interval '1 day'"
_LOOKED = "SELECT looked_to FROM telemetry_seal_progress FOR UPDATE"
_LOOK = f"""
    WITH found AS (
        SELECT organisation_id, device_id, {DAY_OF} AS day, min(received_at) AS since,
            max(received_at) AS last_received, count(*) AS count,
            min(fix_time) FILTER (WHERE {_IN_TRACKS}) AS first_fix,
            max(fix_time) FILTER (WHERE {_IN_TRACKS}) AS last_fix
        FROM telemetry_position p WHERE received_at > %(from)s AND received_at <= %(to)s
          AND EXISTS (SELECT FROM telemetry_device d WHERE d.organisation_id = p.organisation_id AND d.id = p.device_id)
        GROUP BY 1, 2, 3
    ), noted AS (
        INSERT INTO telemetry_unsealed AS u (organisation_id, device_id, day, since, last_received, count, urgent)
        SELECT organisation_id, device_id, day, since, last_received, count, false FROM found
        ON CONFLICT (organisation_id, device_id, day) DO UPDATE SET since = least(u.since, excluded.since),
            last_received = greatest(u.last_received, excluded.last_received), count = u.count + excluded.count)
    SELECT organisation_id, device_id, day, first_fix, last_fix FROM found WHERE first_fix IS NOT NULL"""
_DUE = """
    SELECT organisation_id, device_id, day FROM telemetry_unsealed
    WHERE (retry_after IS NULL OR retry_after <= %(now)s)
      AND (urgent OR since <= %(now)s - %(longest)s OR last_received <= %(now)s - %(quiet)s AND day < %(today)s)
    ORDER BY urgent DESC, since LIMIT 500"""
_LAG = "SELECT coalesce(sum(count), 0), min(since) FROM telemetry_unsealed"
_TOO_OLD = "DELETE FROM telemetry_unsealed WHERE day < %s - telemetry_days_kept(organisation_id, %s)"
_SET_ASIDE = """
    UPDATE telemetry_unsealed SET retry_after = %s WHERE organisation_id = %s AND device_id = %s AND day = %s"""
_LOCK = "SELECT pg_advisory_xact_lock(hashtextextended(%s, 0))"
_FORGET = "DELETE FROM telemetry_unsealed WHERE organisation_id = %s AND device_id = %s AND day = %s"
_WRITE = """
    INSERT INTO telemetry_segment (organisation_id, device_id, day, subject, format, generation, count,
        received_from, received_to, sealed_at, data)
    VALUES (%s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s)
    ON CONFLICT (organisation_id, device_id, day, subject) DO UPDATE SET format = excluded.format,
        generation = excluded.generation, count = excluded.count, received_from = excluded.received_from,
        received_to = excluded.received_to, sealed_at = excluded.sealed_at, data = excluded.data"""
_DELETE = """
    DELETE FROM telemetry_segment WHERE organisation_id = %s AND device_id = %s AND day = %s AND subject = ANY(%s)"""


@dataclass(frozen=True, slots=True)
class DayOf:
    """A Brussels day of a device."""

    organisation: int
    device: int
    day: date


@dataclass(frozen=True, slots=True)
class Outcome:
    """What sealing a day did: positions that its segments hold, segments written and segments removed."""

    positions: int = 0
    written: int = 0
    removed: int = 0


def seal_day(connection: Connection, vault: Vault, organisation: int, device: int, day: date) -> Outcome:
    """Bring the segments of a day up to what hot rows and segments hold of it, in one transaction of its own.

    Segments that would not change are left as they are. What belongs to somebody whose key was destroyed is not
    sealed, and what such a key sealed is removed. A device that goes meanwhile leaves nothing. Raises psycopg.Error,
    VaultError, DatabaseUnavailable, KeyMissing (sealed once, and the key is lost) and SegmentError; then nothing
    has changed.
    """
    one = DayOf(organisation, device, day)
    connection.execute("SELECT telemetry_make_segment_partition(%s)", (day,))
    try:
        with connection.transaction(), connection.cursor() as cursor:
            cursor.execute(_LOCK, (f"seal {organisation} {device} {day}",))
            cursor.execute(_FORGET, (organisation, device, day))
            hot = hot_of_day(cursor, organisation, device, day)
            old = read_segments(cursor, organisation, device, day, day)
            plain = opened(vault, one, old)
            known = [open_segment(data).positions() for data in plain.values()]
            positions = merged([*known, hot])
            gate = read_gate(cursor, device)
            if not gate.is_open:
                positions = taken(positions, gate.passes(positions.time_ms))
            return _rewrite(cursor, vault, one, old, plain, positions)
    except psycopg.errors.ForeignKeyViolation:
        return Outcome()


def opened(vault: Vault, one: DayOf, segments: list[Sealed]) -> dict[str, bytes]:
    """Segments of a day in the clear by subject, without those whose key was destroyed."""
    subjects = {segment.subject: key_subject(segment.subject, one.device) for segment in segments}
    answers = vault.answers_for(one.organisation, subjects.values(), KLASS, STORAGE, WHO) if subjects else {}
    plain = {}
    for segment in segments:
        answer = answers[subjects[segment.subject]]
        if isinstance(answer, KeyDestroyed):
            continue
        if not isinstance(answer, bytes):
            raise answer
        plain[segment.subject] = segment.opened(one.organisation, one.device, answer)
    return plain


def _rewrite(
    cursor: psycopg.Cursor[Any],
    vault: Vault,
    one: DayOf,
    old: list[Sealed],
    plain: dict[str, bytes],
    positions: Positions,
) -> Outcome:
    masks = cut(positions.time_ms, stays(cursor, one.organisation, one.device, *bounds(one.day)))
    subjects = {subject: key_subject(subject, one.device) for subject in masks}
    answers = vault.answers_for(one.organisation, subjects.values(), KLASS, STORAGE, WHO, make=True) if subjects else {}
    kept, count, written = set(), 0, 0
    for subject, mask in sorted(masks.items()):
        key = answers[subjects[subject]]
        if isinstance(key, KeyDestroyed):
            continue
        if not isinstance(key, bytes):
            raise key
        part = taken(positions, mask)
        data = encode_verified(part)
        kept.add(subject)
        count += len(part)
        if plain.get(subject) != data:
            generation = 1 + next((segment.generation for segment in old if segment.subject == subject), 0)
            _write(cursor, one, subject, generation, part, data, key)
            written += 1
    gone = [segment.subject for segment in old if segment.subject not in kept]
    if gone:
        cursor.execute(_DELETE, (one.organisation, one.device, one.day, gone))
    return Outcome(count, written, len(gone))


def _write(
    cursor: psycopg.Cursor[Any],
    one: DayOf,
    subject: str,
    generation: int,
    part: Positions,
    data: bytes,
    key: bytes,
) -> None:
    received = (datetime.fromtimestamp(int(ms) / 1000, UTC) for ms in (part.received_ms.min(), part.received_ms.max()))
    sealed = seal(data, key, Context(one.organisation, one.device, subject, one.day))
    row = (one.organisation, one.device, one.day, subject, VERSION, generation, len(part))
    cursor.execute(_WRITE, (*row, *received, clock.now(), sealed))


class News(NamedTuple):
    """Usable fixes of a day of a device that a look found: the times of the first and the last."""

    organisation: int
    device: int
    day: date
    first: datetime
    last: datetime


_listeners: list[Callable[[Connection, Sequence[News]], None]] = []


def listen(listener: Callable[[Connection, Sequence[News]], None]) -> None:
    """Call ``listener`` in the transaction of each look, so that no news is lost when a process falls."""
    if listener not in _listeners:
        _listeners.append(listener)


def look(connection: Connection) -> None:
    """Note the days that rows received since the last look belong to. Reads those rows only."""
    to = clock.now() - SETTLED
    with connection.transaction():
        row = connection.execute(_LOOKED).fetchone()
        if row is not None and row[0] < to:
            rows = connection.execute(_LOOK, {"from": row[0], "to": to}).fetchall()
            news = [News._make(row) for row in rows]
            for listener in _listeners:
                listener(connection, news)
            connection.execute("UPDATE telemetry_seal_progress SET looked_to = %s", (to,))


def due(connection: Connection, seal_after: timedelta) -> list[DayOf]:
    """Days to seal now: quiet for ``seal_after`` and over, waiting for long, or cut anew; at most 500."""
    now = clock.now()
    today = clock.day_of(now)
    params = {"now": now, "longest": LONGEST, "quiet": seal_after, "today": today}
    return [DayOf(*row) for row in connection.execute(_DUE, params)]


def seal_round(connection: Connection, vault: Vault, seal_after: timedelta, keep_days: int) -> int:
    """Seal what is due, for some tens of seconds at most. Returns how many days were sealed.

    Days beyond retention are not sealed any more; ``keep_days`` holds where an organisation decided nothing. A day that
    cannot be sealed is tried again later and holds up no other. Raises psycopg.OperationalError, DatabaseUnavailable
    and VaultError.
    """
    look(connection)
    today = clock.today()
    connection.execute(_TOO_OLD, (today, keep_days))
    done, until = 0, time.monotonic() + _BUDGET_S
    for one in due(connection, seal_after):
        if time.monotonic() > until:
            break
        done += _try(connection, vault, one)
    measure(connection)
    return done


def _try(connection: Connection, vault: Vault, one: DayOf) -> bool:
    try:
        outcome = seal_day(connection, vault, one.organisation, one.device, one.day)
    except (psycopg.OperationalError, DatabaseUnavailable, VaultError):
        raise
    except (psycopg.Error, AllconnectsError) as error:
        metrics.failed.inc()
        log.warning("store.day_not_sealed", error=type(error).__name__)
        again = clock.now() + AGAIN
        connection.execute(_SET_ASIDE, (again, one.organisation, one.device, one.day))
        return False
    metrics.days.inc()
    metrics.segments.inc(outcome.written)
    return True


def measure(connection: Connection) -> None:
    """Tell Prometheus what still waits."""
    row = connection.execute(_LAG).fetchone()
    count, since = row if row is not None else (0, None)
    metrics.waiting.set(int(count))
    metrics.lag.set(0.0 if since is None else max(0.0, (clock.now() - since).total_seconds()))
