"""Every few seconds: asks for a look at each organisation that has live rules and news. Beside the worker's rounds."""

from __future__ import annotations

import threading
from datetime import datetime, timedelta

import psycopg
import structlog

from allconnects.kit import clock, db, jobs

log = structlog.get_logger()
EVERY_S = 5.0
_WITH_NEWS = """
    SELECT DISTINCT r.organisation_id FROM alerts_rule r
    WHERE r.state = 'live' AND EXISTS (
        SELECT FROM telemetry_live l WHERE l.organisation_id = r.organisation_id AND l.report_at > %s)"""


def start(stop: threading.Event) -> threading.Thread:
    """Ask until ``stop`` is set."""
    thread = threading.Thread(target=_until, args=(stop,), name="alerts", daemon=True)
    thread.start()
    return thread


def _until(stop: threading.Event) -> None:
    while not stop.is_set():
        try:
            with db.connect("worker", autocommit=True, application="allconnects-alerts") as connection:
                _beats(connection, stop)
        except (psycopg.Error, db.DatabaseUnavailable) as error:
            log.warning("alerts.database_away", error=type(error).__name__)
            stop.wait(EVERY_S)


def _beats(connection: psycopg.Connection, stop: threading.Event) -> None:
    since = clock.now()
    while not stop.wait(EVERY_S):
        since = beat(connection, since)


def beat(connection: psycopg.Connection, since: datetime) -> datetime:
    """Ask for every organisation that was heard since then; several workers ask once. Returns the new moment."""
    now = clock.now()
    for (organisation,) in connection.execute(_WITH_NEWS, (since - timedelta(seconds=EVERY_S),)).fetchall():
        jobs.defer("alerts.look", organisation=organisation, key="look", serial="look", using=connection)
    return now
