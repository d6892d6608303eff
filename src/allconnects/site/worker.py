"""The worker process: what has to be done now and then, by one worker at a time."""

from __future__ import annotations

import signal
import threading
from datetime import date, timedelta

import psycopg
import structlog

from allconnects.accounts.maintenance import forget_expired
from allconnects.alerts import pulse
from allconnects.kit import clock, config, db
from allconnects.kit.errors import AllconnectsError
from allconnects.places import parts
from allconnects.privacy import sweeping
from allconnects.privacy.access import service as access
from allconnects.privacy.audit import forgetting
from allconnects.privacy.audit import service as audit
from allconnects.privacy.requests import upkeep as requests
from allconnects.privacy.vault import open_vault
from allconnects.site import background
from allconnects.telemetry.store import news
from allconnects.telemetry.store.retention import drop_sealed, drop_segments, forget_latest, longest
from allconnects.telemetry.store.sealing import look, seal_round
from allconnects.trips.jobs import compute_round, drop_expired

log = structlog.get_logger()
_EVERY_S = 60.0
_LOCK = 0x616C6C65
_audited: date | None = None
_swept: date | None = None


def run() -> int:
    """Work until SIGTERM or SIGINT."""
    stop = threading.Event()
    for name in (signal.SIGTERM, signal.SIGINT):
        signal.signal(name, lambda *_: stop.set())
    working = background.start(stop)
    pulse.start(stop)
    while not stop.is_set():
        try:
            with db.connect("worker", autocommit=True, application="allconnects-worker") as connection:
                _round(connection, config.current().position_days)
        except (psycopg.Error, db.DatabaseUnavailable) as error:
            log.warning("worker.database_away", error=type(error).__name__)
        stop.wait(_EVERY_S)
    working.join()
    return 0


def _round(connection: psycopg.Connection, days: int) -> None:
    """One round, unless another worker is at it."""
    row = connection.execute("SELECT pg_try_advisory_lock(%s)", (_LOCK,)).fetchone()
    if not (row and row[0]):
        return
    make_partitions(connection)
    parts.make_leaves(connection)
    compute_trips(connection, days)
    seal(connection, days)
    drop_partitions(connection, days)
    access.keep(connection)
    keep_consents(connection)
    requests.keep(connection)
    check_audit(connection)
    drop_segments(connection, days)
    drop_expired(connection, config.current().trip_days)
    parts.drop_expired(connection, config.current().trip_days)
    forget_unknown(connection)
    let_go(connection, days)
    news.forget(connection, clock.now())
    forget_expired(connection)
    background.tidy(connection)


def keep_consents(connection: psycopg.Connection) -> None:
    """Mails to many that wait, and what is past its time. Its models need Django, which ``run`` sets up first."""
    from allconnects.privacy.consents import keeping, mailing

    keeping.keep(connection)
    mailing.send_due()


def make_partitions(connection: psycopg.Connection) -> None:
    """Leaves for today and the two days after, so that midnight finds its place."""
    today = clock.now().date()
    for ahead in range(3):
        connection.execute("SELECT telemetry_make_partition(%s)", (today + timedelta(days=ahead),))


def compute_trips(connection: psycopg.Connection, days: int) -> None:
    """Look for what came in and compute the trips that it touches, before sealing, which may take its time."""
    try:
        look(connection)
        compute_round(connection, open_vault(), days)
    except AllconnectsError as error:
        log.warning("worker.trips_not_computed", error=type(error).__name__)


def seal(connection: psycopg.Connection, days: int) -> None:
    """Seal what is due, then drop the leaves that are sealed whole. Other work goes on where the vault does not."""
    try:
        vault = open_vault()
        seal_round(connection, vault, timedelta(hours=config.current().seal_after_hours), days)
        drop_sealed(connection, vault, days)
    except AllconnectsError as error:
        log.warning("worker.not_sealed", error=type(error).__name__)


def drop_partitions(connection: psycopg.Connection, days: int) -> list[str]:
    """Raw positions received more than ``days`` days ago go, a partition at a time. Returns what went.

    Where an organisation must keep them longer, its time holds for leaves; drop_shorter makes up for the others.

    Nothing goes while somebody uses what should go; the next round tries again.
    """
    before = clock.now().date() - timedelta(days=max(longest(connection, days), 2))
    try:
        gone = [row[0] for row in connection.execute("SELECT telemetry_drop_partitions(%s)", (before,))]
    except psycopg.errors.LockNotAvailable:
        return []
    if gone:
        log.info("worker.partitions_dropped", count=len(gone), days=days)
    return gone


def let_go(connection: psycopg.Connection, days: int) -> None:
    """Once a day, what goes by its labels alone, and what has no leaves."""
    global _swept
    today = clock.now().date()
    if _swept == today:
        return
    sweeping.sweep(connection)
    forget_latest(connection, days)
    forgetting.forget(connection)
    _swept = today


def check_audit(connection: psycopg.Connection) -> None:
    """Write the heads of the audit chains down each round, and check the chains once a day."""
    global _audited
    audit.write_heads(connection)
    today = clock.now().date()
    if _audited != today:
        _audited = today
        if faults := audit.verify(connection):
            log.error("audit.broken", chains=len({fault.organisation for fault in faults}))


def forget_unknown(connection: psycopg.Connection) -> None:
    """Unknown devices that have not called for 30 days leave the list; events stay for 90."""
    connection.execute("DELETE FROM telemetry_unknowndevice WHERE last_seen < now() - interval '30 days'")
    connection.execute("DELETE FROM telemetry_event WHERE at < now() - interval '90 days'")
