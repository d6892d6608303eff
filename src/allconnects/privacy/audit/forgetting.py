"""What is over its time leaves the beginning of an audit chain; the chain itself says so, sealed like any entry."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

import psycopg

from allconnects.kit import clock
from allconnects.privacy.audit import service
from allconnects.privacy.audit.chain import FORGOTTEN
from allconnects.privacy.retention import RULES

_OLD = """
    SELECT organisation_id, coalesce(min(number) FILTER (WHERE at >= %(before)s), max(number) + 1) - 1
    FROM privacy_audit GROUP BY 1 HAVING min(at) < %(before)s AND min(number) FILTER (WHERE at < %(before)s)
        < coalesce(min(number) FILTER (WHERE at >= %(before)s), max(number) + 1)"""
_LAST = "SELECT mac FROM privacy_audit WHERE organisation_id = %s AND number = %s"
_GO = "DELETE FROM privacy_audit WHERE organisation_id = %s AND number <= %s"


def forget(connection: psycopg.Connection[Any], before: datetime | None = None) -> int:
    """Entries older than their class go, as ``worker``; the database refuses younger ones. Returns how many."""
    before = before or clock.now() - timedelta(days=RULES["audit"].default_days or 0)
    old = connection.execute(_OLD, {"before": before}).fetchall()
    return sum(_forget(connection, organisation, through) for organisation, through in old)


def _forget(connection: psycopg.Connection[Any], organisation: int, through: int) -> int:
    with connection.transaction(), connection.cursor() as cursor:
        row = cursor.execute(_LAST, (organisation, through)).fetchone()
        assert row is not None
        details = {"through": through, "mac": bytes(row[0]).hex()}
        service.record(cursor, organisation, "process:worker", FORGOTTEN, "", details)
        return cursor.execute(_GO, (organisation, through)).rowcount
