"""Leaves of visits: made ahead, and dropped when their time is over. As the worker."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import psycopg
import structlog

from allconnects.kit import clock

log = structlog.get_logger()


def make_leaves(connection: psycopg.Connection[Any]) -> None:
    """Leaves for this week and the next two."""
    today = clock.now().date()
    for ahead in (0, 7, 14):
        connection.execute("SELECT places_make_partition(%s)", (today + timedelta(days=ahead),))


def drop_expired(connection: psycopg.Connection[Any], days: int) -> list[str]:
    """Drop weeks of visits of which the first day is over ``days`` days ago. Returns what went.

    Nothing goes while somebody uses what should go; the next round tries again.
    """
    before = clock.now().date() - timedelta(days=max(days, 14))
    try:
        with connection.transaction():
            connection.execute("SELECT telemetry_no_holds_meanwhile()")
            gone = [row[0] for row in connection.execute("SELECT places_drop_expired(%s)", (before,))]
    except psycopg.errors.LockNotAvailable:
        return []
    if gone:
        log.info("places.partitions_dropped", count=len(gone), days=days)
    return gone
