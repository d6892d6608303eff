"""Writing a masked dump: one snapshot, row by row, into a file that is whole or is not there.

The file is JSON lines under gzip: a head, then for each table its name and columns followed by its rows as arrays of
texts, and at the end how many rows each table has.
"""

from __future__ import annotations

import gzip
import json
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, TextIO

import psycopg
from psycopg import sql

from allconnects.kit import db
from allconnects.kit.errors import InvalidInput
from allconnects.kit.files import whole
from allconnects.privacy.masking import plan
from allconnects.privacy.masking.plan import Column, Copied

FORM = 1
_MIGRATIONS = "SELECT app, max(name) FROM django_migrations GROUP BY app ORDER BY app"
_LEAVES = """
    SELECT p.relname, pg_get_expr(c.relpartbound, c.oid) FROM pg_inherits i
    JOIN pg_class p ON p.oid = i.inhparent JOIN pg_class c ON c.oid = i.inhrelid
    WHERE p.relnamespace = 'public'::regnamespace AND p.relkind = 'p' ORDER BY 1, 2"""


def dump(path: Path) -> dict[str, int]:
    """Write every table through its labels; the rows of each. The file is readable by its owner only.

    Raises Unmaskable before anything is copied, InvalidInput for a file that cannot be made.
    """
    with db.connect("owner") as connection:
        return write(connection, path)


def write(connection: psycopg.Connection[Any], path: Path) -> dict[str, int]:
    """The same over a connection as the owner that is in no transaction yet."""
    connection.isolation_level = psycopg.IsolationLevel.REPEATABLE_READ
    connection.read_only = True
    with connection.transaction(), _packed(path) as file:
        tables = plan.tables(connection)
        _line(file, {"masked_dump": FORM, "migrations": migrations(connection), "leaves": _leaves(connection, tables)})
        rows = {table.name: _table(connection, table, file) for table in tables}
        _line(file, {"rows": rows})
    return rows


def migrations(connection: psycopg.Connection[Any]) -> dict[str, str]:
    """The last migration of each room."""
    return dict(connection.execute(_MIGRATIONS).fetchall())


@contextmanager
def _packed(path: Path) -> Iterator[TextIO]:
    """Lines under gzip into a file that is whole or is not there. Raises InvalidInput where it cannot be written."""
    try:
        with whole(path) as file, gzip.open(file, "wt", compresslevel=6, encoding="utf-8") as text:
            yield text
    except OSError as error:
        raise InvalidInput(f"the dump cannot be written to {path.parent}: {error.strerror}") from None


def _leaves(connection: psycopg.Connection[Any], tables: list[Copied]) -> dict[str, list[str]]:
    """The first days of the leaves of each table that has some."""
    names, found = {table.name for table in tables}, dict[str, list[str]]()
    for parent, bound in connection.execute(_LEAVES):
        if parent in names and bound.startswith("FOR VALUES FROM ('"):
            found.setdefault(parent, []).append(bound.split("'")[1][:10])
    return found


def _table(connection: psycopg.Connection[Any], table: Copied, file: TextIO) -> int:
    _line(file, {"table": table.name, "columns": [column.name for column in table.columns]})
    count = 0
    for row in _rows(connection, table):
        masked = [one if one is None or mask is None else mask(one) for one, mask in zip(row, table.masks, strict=True)]
        _line(file, masked)
        count += 1
    return count


def _rows(connection: psycopg.Connection[Any], table: Copied) -> Iterator[tuple[str | None, ...]]:
    """Rows as texts; COPY streams them, so that a table never stands in memory."""
    asked = sql.SQL("COPY (SELECT {} FROM {}) TO STDOUT").format(
        sql.SQL(", ").join(_asked(one, mask is not None) for one, mask in zip(table.columns, table.masks, strict=True)),
        sql.Identifier(table.name),
    )
    with connection.cursor() as cursor, cursor.copy(asked) as copy:
        yield from copy.rows()


def _asked(column: Column, masked: bool) -> sql.Composable:
    """Arrays of texts that are masked come as JSON, which says where one begins and ends."""
    form = "array_to_json({})" if masked and column.type.endswith("[]") else "{}"
    return sql.SQL(form).format(sql.Identifier(column.name))


def _line(file: TextIO, what: object) -> None:
    file.write(json.dumps(what, ensure_ascii=False, separators=(",", ":")) + "\n")
