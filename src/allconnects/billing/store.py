"""The one way to billing's database: as its role, for one organisation at a time."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import psycopg
from psycopg.rows import DictRow, dict_row

from allconnects.kit import db

Connection = psycopg.Connection[DictRow]
NOBODY = 0
"""Speaks for no organisation: sees codes that nobody has redeemed, and nothing else."""


@contextmanager
def session(organisation: int) -> Iterator[Connection]:
    """One transaction under row-level security. Raises DatabaseUnavailable when the database does not answer."""
    try:
        connection: Connection = psycopg.connect(db.conninfo("billing"), row_factory=dict_row)
    except psycopg.OperationalError as error:
        raise db.DatabaseUnavailable("the database of billing does not answer") from error
    with connection:
        connection.execute("SELECT set_config('app.organisation', %s, true)", (str(organisation),))
        yield connection


def one(connection: Connection, query: str, values: Any = ()) -> dict[str, Any] | None:
    """The first row, or None."""
    return connection.execute(query.encode(), values).fetchone()


def rows(connection: Connection, query: str, values: Any = ()) -> list[dict[str, Any]]:
    """All rows."""
    return connection.execute(query.encode(), values).fetchall()
