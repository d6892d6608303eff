"""What must be computed: marked in the transaction in which new positions are noticed, taken in that of the trips."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime, timedelta
from typing import Any

import psycopg

from allconnects.kit import clock
from allconnects.telemetry.store.sealing import News
from allconnects.telemetry.store.segments import Cursor

APART = timedelta(hours=12)
"""What lies closer together is computed in one go."""
_MARK = """
    INSERT INTO trips_pending AS p (organisation_id, device_id, day, first_at, last_at, since)
    VALUES (%s, %s, %s, %s, %s, %s)
    ON CONFLICT (organisation_id, device_id, day) DO UPDATE SET first_at = least(p.first_at, excluded.first_at),
        last_at = greatest(p.last_at, excluded.last_at), retry_after = NULL"""
_TAKE = """
    DELETE FROM trips_pending WHERE organisation_id = %s AND device_id = %s RETURNING first_at, last_at"""
_DUE = """
    SELECT organisation_id, device_id FROM trips_pending
    GROUP BY 1, 2 HAVING coalesce(min(retry_after), %s) <= %s OR bool_or(retry_after IS NULL)
    ORDER BY min(since) LIMIT 5000"""


def note(connection: psycopg.Connection[Any], news: Sequence[News]) -> None:
    """Mark what a look found."""
    now = clock.now()
    with connection.cursor() as cursor:
        cursor.executemany(_MARK, [(*one, now) for one in news])


def mark(cursor: Cursor, organisation: int, device: int, day: date, first: datetime, last: datetime) -> None:
    """Ask for a stretch to be computed anew."""
    cursor.execute(_MARK, (organisation, device, day, first, last, clock.now()))


def take(cursor: Cursor, organisation: int, device: int) -> list[tuple[datetime, datetime]]:
    """What is to be computed of a device, in order; it is pending no more when the transaction commits."""
    cursor.execute(_TAKE, (organisation, device))
    found: list[tuple[datetime, datetime]] = []
    for first, last in sorted(cursor.fetchall()):
        if found and first <= found[-1][1] + APART:
            found[-1] = (found[-1][0], max(last, found[-1][1]))
        else:
            found.append((first, last))
    return found


def due(connection: psycopg.Connection[Any]) -> list[tuple[int, int]]:
    """Organisation and device of what waits, the longest waiting first."""
    now = clock.now()
    return [(row[0], row[1]) for row in connection.execute(_DUE, (now, now))]


def set_aside(connection: psycopg.Connection[Any], organisation: int, device: int, until: datetime) -> None:
    """Try a device again later."""
    connection.execute(
        "UPDATE trips_pending SET retry_after = %s WHERE organisation_id = %s AND device_id = %s",
        (until, organisation, device),
    )
