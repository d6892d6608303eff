"""What the worker does for trips, once a minute."""

from __future__ import annotations

import time
from datetime import timedelta
from typing import Any, Final

import psycopg
import structlog

from allconnects.kit import clock
from allconnects.kit.db import DatabaseUnavailable
from allconnects.kit.errors import AllconnectsError
from allconnects.privacy.vault import KeyRefused, Vault, VaultError
from allconnects.trips import metrics
from allconnects.trips.recompute import Work, recompute
from allconnects.trips.store import pending

log = structlog.get_logger()
WHO: Final = "process:worker"
AGAIN: Final = timedelta(minutes=15)
REFUSED_AGAIN: Final = timedelta(hours=6)
"""Processing of somebody's data is restricted: the trips wait until it is not."""
_BUDGET_S: Final = 40.0


def compute_round(connection: psycopg.Connection[Any], vault: Vault, keep_days: int) -> int:
    """Compute what is pending, for some tens of seconds at most. Returns how many devices were done.

    A device that cannot be computed is tried again later and holds up no other. Raises psycopg.OperationalError,
    DatabaseUnavailable and VaultError.
    """
    done, until = 0, time.monotonic() + _BUDGET_S
    for organisation, device in pending.due(connection):
        if time.monotonic() > until:
            break
        done += _try(connection, vault, organisation, device, keep_days)
    return done


def _try(connection: psycopg.Connection[Any], vault: Vault, organisation: int, device: int, keep_days: int) -> bool:
    try:
        compute(connection, vault, organisation, device, keep_days)
    except KeyRefused:
        pending.set_aside(connection, organisation, device, clock.now() + REFUSED_AGAIN)
        return False
    except (psycopg.OperationalError, DatabaseUnavailable, VaultError):
        raise
    except (psycopg.Error, AllconnectsError) as error:
        metrics.failed.inc()
        log.warning("trips.not_computed", error=type(error).__name__)
        pending.set_aside(connection, organisation, device, clock.now() + AGAIN)
        return False
    metrics.devices.inc()
    return True


def compute(connection: psycopg.Connection[Any], vault: Vault, organisation: int, device: int, keep_days: int) -> None:
    """Compute what is pending of one device, in one transaction: all of it, or nothing and it stays pending."""
    with connection.transaction(), connection.cursor() as cursor:
        work = Work(cursor, organisation, device, keep_days, WHO, vault)
        for first, last in pending.take(cursor, organisation, device):
            written = recompute(work, first, last)
            metrics.rows.inc(written.written)


def drop_expired(connection: psycopg.Connection[Any], days: int) -> list[str]:
    """Drop weeks of trips and stops of which the first day is over ``days`` days ago. Returns what went."""
    before = clock.now().date() - timedelta(days=max(days, 14))
    try:
        gone = [row[0] for row in connection.execute("SELECT trips_drop_expired(%s)", (before,))]
    except psycopg.errors.LockNotAvailable:
        return []
    if gone:
        log.info("trips.partitions_dropped", count=len(gone), days=days)
    return gone
