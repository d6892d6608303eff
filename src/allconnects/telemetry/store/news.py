"""What is new since an earlier look, by the order of commits: nothing is passed over, and nothing is looked at twice.

The time of receipt is taken before a batch is written. A writer that waits for its database, for a lock or for a busy
disk commits later than that, behind who looked by the time of receipt already. So a look remembers the snapshot that it
saw (``pg_snapshot``), and the next one asks for the batches that this one did not see.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any, NamedTuple

import psycopg

KEPT = timedelta(hours=6)
"""Who did not look for longer than that goes by the time of receipt once."""
NOTE = "INSERT INTO telemetry_batch (received_at, organisations) VALUES (%s, %s)"
_NEWS = """
    SELECT pg_current_snapshot()::text,
        CASE WHEN pg_snapshot_xmax(s.before) <= pg_snapshot_xmax(pg_current_snapshot())
        THEN ARRAY(SELECT DISTINCT n FROM telemetry_news(s.before) n ORDER BY n) END
    FROM (SELECT %s::pg_snapshot AS before) s"""


class News(NamedTuple):
    """``seen``: what to remember. ``received``: times of receipt of new batches; None: only receipt can tell."""

    seen: str
    received: list[datetime] | None


def since(cursor: Any, seen: str) -> News:
    """The batches of the organisation that the snapshot ``seen`` did not see; a snapshot of another server sees none.

    ``cursor``: of Django or psycopg, in a transaction that speaks for the organisation (READ COMMITTED).
    """
    if not seen:
        cursor.execute("SELECT pg_current_snapshot()::text")
        return News(cursor.fetchone()[0], None)
    cursor.execute(_NEWS, [seen])
    return News(*cursor.fetchone())


def forget(connection: psycopg.Connection, now: datetime) -> None:
    """Notes of batches go when nobody who looks now and then needs them any more."""
    connection.execute("DELETE FROM telemetry_batch WHERE received_at < %s", (now - KEPT,))
