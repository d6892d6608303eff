"""What goes when its time is over: sessions, invitations, counters of rate limits."""

from __future__ import annotations

from typing import Any

import psycopg

from allconnects.accounts.third_party_labels import CACHE_TABLE
from allconnects.kit import clock

_EXPIRED = {
    "accounts_session": "expire_date",
    "accounts_invitation": "expires_at",
    CACHE_TABLE: "expires",
}


def forget_expired(connection: psycopg.Connection[Any]) -> dict[str, int]:
    """Delete what has expired, as the role ``worker``. Returns how many rows went, by table."""
    now = clock.now()
    return {
        table: connection.execute(f"DELETE FROM {table} WHERE {column} < %s", (now,)).rowcount
        for table, column in _EXPIRED.items()
    }
