"""What goes: hot leaves once all of them is sealed, and leaves beyond retention; each with a certificate.

What is withheld (restricted, or held for a claim) stays in its leaf, which goes once nothing in it is: ``holds.sql``.
"""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta

import numpy as np
import psycopg
import structlog

from allconnects.kit import clock
from allconnects.privacy.vault import STORAGE, KeyDestroyed, Vault
from allconnects.telemetry.store.gate import read_gate
from allconnects.telemetry.store.occupancy import cut, stays
from allconnects.telemetry.store.rows import I64
from allconnects.telemetry.store.sealing import WHO, Connection, DayOf, opened
from allconnects.telemetry.store.segment.format import open_segment
from allconnects.telemetry.store.segment.positions import Positions
from allconnects.telemetry.store.segments import (
    DAY_OF,
    KLASS,
    bounds,
    hot_of_day,
    key_subject,
    read_segments,
    taken,
)

log = structlog.get_logger()
_LEAVES = """
    SELECT to_date(right(c.relname, 8), 'YYYYMMDD') FROM pg_inherits i JOIN pg_class c ON c.oid = i.inhrelid
    WHERE i.inhparent = 'public.telemetry_position'::regclass AND c.relname < %s ORDER BY 1"""
_RECEIVED = "received_at >= %(first)s AND received_at < %(until)s"
_HELD = """
    EXISTS (SELECT FROM telemetry_occupancy o JOIN privacy_withheld w
            ON w.organisation_id = o.organisation_id AND w.person = o.person
            WHERE o.organisation_id = p.organisation_id AND o.device_id = p.device_id
              AND o.during && tstzrange(min(p.fix_time), max(p.fix_time), '[]')
              AND w.ended_at IS NULL AND 'raw_position' = ANY (w.classes))"""
_DAYS = f"""
    SELECT organisation_id, device_id, {DAY_OF} FROM telemetry_position p WHERE {_RECEIVED}
    GROUP BY 1, 2, 3 HAVING {DAY_OF} >= %(today)s - telemetry_days_kept(organisation_id, %(keep)s)
        OR {DAY_OF} >= %(leaf)s - telemetry_days_kept(organisation_id, %(keep)s) AND {_HELD}"""
"""Days that are kept, and those that were when they came and are withheld now."""
_WAITING = "SELECT 1 FROM telemetry_unsealed WHERE since < %s LIMIT 1"
"""Whether something that came before a time is known to wait: then there is nothing to compare yet."""
_AGAIN = """
    INSERT INTO telemetry_unsealed (organisation_id, device_id, day, since, last_received, count, urgent)
    SELECT %(organisation)s, %(device)s, %(day)s, %(received)s, %(received)s, %(count)s, true
    WHERE %(day)s >= %(today)s - telemetry_days_kept(%(organisation)s, %(keep)s)
    ON CONFLICT (organisation_id, device_id, day) DO UPDATE
    SET urgent = true, since = least(telemetry_unsealed.since, excluded.since)"""
_NEWEST = """
    accounts_organisation o LEFT JOIN LATERAL (
        SELECT id, days FROM telemetry_keeping WHERE organisation_id = o.id ORDER BY id DESC LIMIT 1) k ON true"""
_LONGEST = f"SELECT coalesce(max(coalesce(k.days, %s)), %s) FROM {_NEWEST}"
_SHORTER = f"""
    WITH kept AS (SELECT o.id, coalesce(k.id, 0) AS decision, coalesce(k.days, %(keep)s) AS days FROM {_NEWEST})
    SELECT kept.id, kept.decision, kept.days, p.gone_before, EXISTS (
        SELECT FROM privacy_withheld w WHERE w.organisation_id = kept.id AND w.ended_at IS NULL) FROM kept
    LEFT JOIN telemetry_keeping_progress p ON p.organisation_id = kept.id AND p.decision = kept.decision
    WHERE kept.days < (SELECT max(days) FROM kept)
      AND (p.gone_before IS NULL OR p.gone_before < %(today)s - greatest(kept.days, 2))
    ORDER BY kept.id"""
_SHORTENED = """
    INSERT INTO telemetry_keeping_progress (organisation_id, decision, gone_before)
    SELECT %(of)s, %(decision)s, %(before)s
    WHERE NOT EXISTS (SELECT FROM privacy_withheld WHERE organisation_id = %(of)s AND ended_at IS NULL)
    ON CONFLICT (organisation_id) DO UPDATE SET decision = excluded.decision, gone_before = excluded.gone_before"""
_LATEST = """
    UPDATE telemetry_live SET fix_time = NULL, lat_e7 = NULL, lon_e7 = NULL, altitude_m = NULL, speed_kmh = NULL,
        course_deg = NULL, satellites = NULL, flags = NULL, moved_at = NULL, attributes_time = NULL, attributes = NULL
    WHERE fix_time < %(now)s - interval '1 day'
      AND fix_time < %(now)s - telemetry_days_kept(organisation_id, %(keep)s) * interval '1 day'"""
_NO_HOLDS = "SELECT telemetry_no_holds_meanwhile()"
_DROP_OF = "SELECT telemetry_drop_segments_of(%s, %s, %s)"
_OVERLAP = timedelta(days=3)
"""A day that was being sealed while it went is found the next time."""
_PAIR = np.dtype([("time", "<i8"), ("content", "<i8")])


def drop_sealed(connection: Connection, vault: Vault, keep_days: int) -> list[date]:
    """Drop the hot leaves of days before yesterday whose every row is in a segment. Returns their days."""
    before = clock.now().date() - timedelta(days=2)
    rows = connection.execute(_LEAVES, (f"telemetry_position_{before:%Y%m%d}",)).fetchall()
    return [day for (day,) in rows if drop_leaf(connection, vault, day, keep_days)]


def drop_leaf(connection: Connection, vault: Vault, leaf: date, keep_days: int) -> bool:
    """Drop the hot leaf of a UTC day if nothing in it is missing from the segments; else have that sealed first.

    Rows of days beyond retention, and of persons whose key was destroyed, are not missed; where such a day is withheld
    and is in no segment the leaf stays, and nothing is sealed. Ingest into other leaves goes on: a lock that is not had
    at once is tried for in the next round. Raises psycopg.Error, VaultError, DatabaseUnavailable, KeyMissing,
    SegmentError.
    """
    received = datetime.combine(leaf, time(), UTC)
    if connection.execute(_WAITING, (received + timedelta(days=1),)).fetchone():
        return False
    try:
        with connection.transaction():
            connection.execute(_NO_HOLDS)
            connection.execute("SELECT telemetry_hold_positions(%s)", (leaf,))
            missing = _missing(connection, vault, leaf, keep_days)
            if not missing:
                connection.execute("SELECT telemetry_drop_sealed_positions(%s)", (leaf,))
    except (psycopg.errors.LockNotAvailable, psycopg.errors.UndefinedTable):
        return False
    for one, count in missing:
        again = {"organisation": one.organisation, "device": one.device, "day": one.day, "received": received}
        connection.execute(_AGAIN, {**again, "count": count, **_kept(keep_days)})
    return not missing


def _missing(connection: Connection, vault: Vault, leaf: date, keep_days: int) -> list[tuple[DayOf, int]]:
    """Days with rows of the leaf that are in no segment, with how many."""
    start = datetime.combine(leaf, time(), UTC)
    received = {"first": start, "until": start + timedelta(days=1)}
    found = []
    for row in connection.execute(_DAYS, {**received, **_kept(keep_days), "leaf": leaf}).fetchall():
        one = DayOf(*row)
        if count := _missing_of(connection, vault, one, received):
            found.append((one, count))
    return found


def _kept(keep_days: int) -> dict[str, object]:
    return {"today": clock.today(), "keep": keep_days}


def _missing_of(connection: Connection, vault: Vault, one: DayOf, received: dict[str, datetime]) -> int:
    with connection.cursor() as cursor:
        hot = hot_of_day(cursor, one.organisation, one.device, one.day, _RECEIVED, **received)
        segments = read_segments(cursor, one.organisation, one.device, one.day, one.day)
        kept = [_identities(open_segment(data).positions()) for data in opened(vault, one, segments).values()]
        lost = ~np.isin(_identities(hot), np.concatenate([np.empty(0, _PAIR), *kept]))
        if not lost.any():
            return 0
        rest = taken(hot, lost).time_ms
        rest = rest[read_gate(cursor, one.device).passes(rest)]
        return len(rest) - _destroyed(cursor, vault, one, rest)


def _identities(positions: Positions) -> np.ndarray:
    pairs = np.empty(len(positions), _PAIR)
    pairs["time"], pairs["content"] = positions.time_ms, positions.content
    return pairs


def _destroyed(cursor: psycopg.Cursor, vault: Vault, one: DayOf, time_ms: I64) -> int:
    """How many of these positions are of subjects that nothing can be sealed for any more."""
    masks = cut(time_ms, stays(cursor, one.organisation, one.device, *bounds(one.day)))
    subjects = {subject: key_subject(subject, one.device) for subject in masks}
    answers = vault.answers_for(one.organisation, subjects.values(), KLASS, STORAGE, WHO)
    gone = [subject for subject in masks if isinstance(answers[subjects[subject]], KeyDestroyed)]
    return sum(int(masks[subject].sum()) for subject in gone)


def longest(connection: Connection, keep_days: int) -> int:
    """Days after which nobody keeps positions; ``keep_days`` holds where an organisation decided nothing."""
    row = connection.execute(_LONGEST, (keep_days, keep_days)).fetchone()
    return int(row[0]) if row else keep_days


def drop_segments(connection: Connection, keep_days: int) -> list[str]:
    """Drop the segments of days that nobody keeps any more, then those that single organisations keep no longer.

    At least two days stay, and what is withheld. Returns the names of the leaves that went.
    """
    most = longest(connection, keep_days)
    before = _before(most)
    try:
        rows = connection.execute("SELECT telemetry_drop_expired('telemetry_segment', %s)", (before,)).fetchall()
    except psycopg.errors.LockNotAvailable:
        return []
    if rows:
        log.info("store.segments_dropped", count=len(rows), days=most)
    drop_shorter(connection, keep_days)
    return [row[0] for row in rows]


def _drop_of(connection: Connection, organisation: int, since: date, before: date) -> list[date]:
    """At most a month of days of one organisation. Raises LockNotAvailable while somebody sets a hold."""
    with connection.transaction():
        connection.execute(_NO_HOLDS)
        return [day for (day,) in connection.execute(_DROP_OF, (organisation, since, before)).fetchall()]


def drop_shorter(connection: Connection, keep_days: int) -> int:
    """Drop days of organisations that keep them for less long than others. Returns how many days of how many went.

    While something of an organisation is withheld its days are gone through again each time, so that what was released
    goes too.
    """
    gone = 0
    today = clock.today()
    for organisation, decision, days, since, held in connection.execute(_SHORTER, {"keep": keep_days, "today": today}):
        before, first = _before(days), since - _OVERLAP if since else date(2000, 1, 1)
        try:
            while rows := _drop_of(connection, organisation, first, before):
                gone, first = gone + len(rows), rows[-1]
        except psycopg.errors.LockNotAvailable:
            continue  # somebody sets a hold at this moment: the next round tries again
        if not held:
            connection.execute(_SHORTENED, {"of": organisation, "decision": decision, "before": before})
    if gone:
        log.info("store.days_dropped", count=gone)
    return gone


def forget_latest(connection: Connection, keep_days: int) -> int:
    """The last place of what has not moved for so long that nobody keeps it goes; the device is still known.

    Returns of how many devices.
    """
    gone = connection.execute(_LATEST, {"now": clock.now(), "keep": keep_days}).rowcount
    if gone:
        log.info("store.latest_forgotten", count=gone)
    return gone


def _before(days: int) -> date:
    return clock.today() - timedelta(days=max(days, 2))
