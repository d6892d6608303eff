"""Instants are read in C, and are still in UTC."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from django.db import connection
from psycopg.postgres import types
from psycopg.pq import Format

MOMENTS = (
    datetime(2026, 3, 29, 1, 30, tzinfo=UTC),
    datetime(2026, 10, 25, 0, 30, 0, 123_456, tzinfo=UTC),
    datetime(1, 1, 1, tzinfo=UTC), datetime(9999, 12, 31, 23, 59, 59, 999_999, tzinfo=UTC),
)  # fmt: skip


@pytest.mark.parametrize("moment", MOMENTS)
def test_instants_come_back_as_they_were_and_in_utc(moment: datetime) -> None:
    with connection.cursor() as cursor:
        cursor.execute("SELECT %s::timestamptz, ARRAY[%s::timestamptz], current_setting('TimeZone')", [moment, moment])
        found, (listed,), zone = cursor.fetchone()
    assert (found, listed, zone) == (moment, moment, "UTC")
    assert found.tzinfo is UTC
    assert found.isoformat() == moment.isoformat()


def test_the_loader_is_the_one_of_psycopg() -> None:
    """Its Python twin takes half of the time of a long list."""
    with connection.cursor() as cursor:
        loader = cursor.cursor.adapters.get_loader(types["timestamptz"].oid, Format.TEXT)
    assert loader is not None
    assert not loader.__module__.startswith("django")
