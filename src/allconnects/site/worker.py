"""The worker process: what has to be done now and then, by one worker at a time."""

from __future__ import annotations

import signal
import threading
from datetime import timedelta

import psycopg
import structlog

from allconnects.accounts.maintenance import forget_expired
from allconnects.kit import clock, config, db

log = structlog.get_logger()
_EVERY_S = 60.0
_LOCK = 0x616C6C65


def run() -> int:
    """Work until SIGTERM or SIGINT."""
    stop = threading.Event()
    for name in (signal.SIGTERM, signal.SIGINT):
        signal.signal(name, lambda *_: stop.set())
    while not stop.is_set():
        try:
            with db.connect("worker", autocommit=True, application="allconnects-worker") as connection:
                _round(connection, config.current().position_days)
        except (psycopg.Error, db.DatabaseUnavailable) as error:
            log.warning("worker.database_away", error=type(error).__name__)
        stop.wait(_EVERY_S)
    return 0


def _round(connection: psycopg.Connection, days: int) -> None:
    """One round, unless another worker is at it."""
    row = connection.execute("SELECT pg_try_advisory_lock(%s)", (_LOCK,)).fetchone()
    if not (row and row[0]):
        return
    make_partitions(connection)
    drop_partitions(connection, days)
    forget_unknown(connection)
    forget_expired(connection)


def make_partitions(connection: psycopg.Connection) -> None:
    """Leaves for today and the two days after, so that midnight finds its place."""
    today = clock.now().date()
    for ahead in range(3):
        connection.execute("SELECT telemetry_make_partition(%s)", (today + timedelta(days=ahead),))


def drop_partitions(connection: psycopg.Connection, days: int) -> list[str]:
    """Raw positions received more than ``days`` days ago go, a partition at a time. Returns what went."""
    before = clock.now().date() - timedelta(days=max(days, 2))
    gone = [row[0] for row in connection.execute("SELECT telemetry_drop_partitions(%s)", (before,))]
    if gone:
        log.info("worker.partitions_dropped", count=len(gone), days=days)
    return gone


def forget_unknown(connection: psycopg.Connection) -> None:
    """Unknown devices that have not called for 30 days leave the list; events stay for 90."""
    connection.execute("DELETE FROM telemetry_unknowndevice WHERE last_seen < now() - interval '30 days'")
    connection.execute("DELETE FROM telemetry_event WHERE at < now() - interval '90 days'")
