"""Django's PostgreSQL backend, which reads instants in C.

Django reads every ``timestamptz`` in Python, only to give it the zone of the connection: some 8 µs each, half of the
time of a list of 5,000 devices. Connections of ours are in UTC, and psycopg's own loader gives instants that zone.
"""

from __future__ import annotations

from datetime import UTC
from typing import Any, Final

from django.db.backends.postgresql import base
from psycopg.postgres import types
from psycopg.types.datetime import TimestamptzLoader

_INSTANT: Final = types["timestamptz"].oid


class DatabaseWrapper(base.DatabaseWrapper):
    """The backend."""

    def create_cursor(self, name: str | None = None) -> Any:
        """A cursor; the loader is that of the cursor because Django looks at the one of the connection."""
        cursor = super().create_cursor(name)
        if self.timezone == UTC:
            cursor.adapters.register_loader(_INSTANT, TimestamptzLoader)
        return cursor
