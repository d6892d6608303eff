"""What the worker lets go each round of what is past its time."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import psycopg

from allconnects.kit import clock
from allconnects.privacy.consents.newsletter import PENDING_DAYS
from allconnects.privacy.retention import RULES

_COPIES = """
DELETE FROM privacy_consents_copy
WHERE subscriber_id IN (SELECT key FROM privacy_consents_subscriber s WHERE {which})"""
_SUBSCRIBERS = "DELETE FROM privacy_consents_subscriber s WHERE {which}"
_RUN_OUT = """
s.confirmed_at IS NOT NULL AND NOT EXISTS (
    SELECT 1 FROM privacy_consents_act a
    WHERE a.subject = 'address:' || s.address_hash AND a.deed = 'given' AND a.expires_at > %(now)s)"""
_UNCONFIRMED = "s.confirmed_at IS NULL AND s.asked_at < %(before)s"


def keep(connection: psycopg.Connection[Any]) -> None:
    """Addresses never confirmed go after a week, others with their last consent, acts after their time. As the worker.

    A ledger is small and has no partitions; the newest act of a subject and purpose stays while it holds.
    """
    now = clock.now()
    times = {"now": now, "before": now - timedelta(days=PENDING_DAYS)}
    for which in (_UNCONFIRMED, _RUN_OUT):
        for statement in (_COPIES, _SUBSCRIBERS):
            connection.execute(statement.format(which=which).encode(), times)
    before = now - timedelta(days=RULES["consent"].default_days or 0)
    connection.execute("DELETE FROM privacy_consents_act WHERE coalesce(expires_at, at) < %s", (before,))
