"""Loading a masked dump into an empty, migrated database: everything in one transaction, or nothing."""

from __future__ import annotations

import gzip
import json
import re
import zlib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import psycopg
from django.contrib.auth.hashers import make_password
from psycopg import sql

from allconnects.kit import db
from allconnects.kit.errors import AllconnectsError, InvalidInput
from allconnects.privacy.masking import plan
from allconnects.privacy.masking.dump import FORM, migrations

Raw = psycopg.Connection[Any]
_TRIGGERED = """
    SELECT DISTINCT c.relname FROM pg_trigger t JOIN pg_class c ON c.oid = t.tgrelid
    WHERE NOT t.tgisinternal AND c.relnamespace = 'public'::regnamespace AND NOT c.relispartition ORDER BY 1"""
_COUNTED = """
    SELECT c.relname, a.attname, pg_get_serial_sequence(quote_ident(c.relname), a.attname)
    FROM pg_class c JOIN pg_attribute a ON a.attrelid = c.oid
    WHERE c.relnamespace = 'public'::regnamespace AND c.relkind IN ('r', 'p') AND NOT c.relispartition AND a.attnum > 0
        AND NOT a.attisdropped AND pg_get_serial_sequence(quote_ident(c.relname), a.attname) IS NOT NULL"""
_MAKER = "SELECT to_regproc(%s) IS NOT NULL"


class NotEmpty(AllconnectsError):
    """The database holds something already; nothing was loaded."""

    code = "not_empty"


class NotLoadable(InvalidInput):
    """The file is no masked dump, is not whole, or does not fit this database; nothing was loaded."""

    code = "not_loadable"


_PEOPLE = """
    SELECT DISTINCT ON (o.id) o.name, a.email FROM accounts_membership m JOIN accounts_account a ON a.id = m.account_id
    JOIN accounts_organisation o ON o.id = m.organisation_id WHERE a.is_active ORDER BY o.id, m.role <> 'owner', a.id"""


def load(path: Path, password: str = "") -> tuple[dict[str, int], list[tuple[str, str]]]:
    """Load the file; the rows of each table, and for each organisation its name and an account, an owner's if it can.

    ``password``: every account gets it, because nobody knows the masked ones; empty: nobody can sign in yet.

    Raises NotLoadable, NotEmpty, DatabaseUnavailable, Unmaskable; then the database is as it was.
    """
    with db.connect("owner") as connection:
        rows = read(connection, path, password)
        return rows, connection.execute(_PEOPLE).fetchall()


def read(connection: Raw, path: Path, password: str = "") -> dict[str, int]:
    """The same over a connection as the owner that is in no transaction yet."""
    try:
        with gzip.open(path, "rt", encoding="utf-8") as file, connection.transaction():
            rows = _load(connection, (json.loads(line) for line in file))
            if password:
                connection.execute("UPDATE accounts_account SET password = %s", (make_password(password),))
            return rows
    except FileNotFoundError:
        raise NotLoadable(f"there is no file {path}") from None
    except (OSError, EOFError, zlib.error, ValueError, KeyError, TypeError, AttributeError):
        raise NotLoadable(f"{path} is no masked dump, or not a whole one; nothing was loaded") from None
    except psycopg.errors.LockNotAvailable:
        raise NotEmpty("the database is in use: stop the platform first; nothing was loaded") from None
    except psycopg.Error as error:
        where = ", ".join(filter(None, (error.diag.table_name, error.diag.constraint_name))) or type(error).__name__
        raise NotLoadable(f"the rows do not fit this database ({where}); nothing was loaded") from None


def _load(connection: Raw, lines: Iterator[Any]) -> dict[str, int]:
    head = next(lines, None)
    if not isinstance(head, dict) or head.get("masked_dump") != FORM:
        raise NotLoadable("this is no masked dump: only what 'allconnects privacy masked-dump' wrote is loaded")
    if head["migrations"] != migrations(connection):
        raise NotLoadable("the dump was made by another version: load it into a database of that version")
    wanted = {table.name: [column.name for column in table.columns] for table in plan.tables(connection)}
    _close(connection, list(wanted))
    triggered = [row[0] for row in connection.execute(_TRIGGERED)]
    _triggers(connection, triggered, "DISABLE")
    _leaves(connection, head["leaves"], wanted)
    rows = _tables(connection, lines, wanted)
    connection.execute("SET CONSTRAINTS ALL IMMEDIATE")  # what waits for the end is checked here
    _triggers(connection, triggered, "ENABLE")
    _sequences(connection, wanted)
    return rows


def _close(connection: Raw, names: list[str]) -> None:
    """Nobody else writes until the end, and nothing is there yet."""
    tables = sql.SQL(", ").join(map(sql.Identifier, names))
    connection.execute("SET LOCAL lock_timeout = '10s'")
    connection.execute(sql.SQL("LOCK TABLE {} IN SHARE ROW EXCLUSIVE MODE").format(tables))
    for name in sorted(names, key=lambda one: one != "accounts_organisation"):
        if connection.execute(sql.SQL("SELECT 1 FROM {} LIMIT 1").format(sql.Identifier(name))).fetchone():
            what = "has organisations" if name == "accounts_organisation" else f"has rows in {name}"
            raise NotEmpty(f"the database {what}: a masked dump is loaded into a new one; nothing was loaded")


def _triggers(connection: Raw, names: list[str], word: str) -> None:
    """What the platform does on a change was done where the rows come from."""
    for name in names:
        connection.execute(sql.SQL("ALTER TABLE {} " + word + " TRIGGER USER").format(sql.Identifier(name)))


def _leaves(connection: Raw, leaves: dict[str, list[str]], wanted: dict[str, list[str]]) -> None:
    """The leaves that rows will fall into, by the function that the room of the table has for that."""
    for table in leaves.keys() & wanted.keys():
        maker = f"{table.split('_')[0]}_make_partition"
        if connection.execute(_MAKER, (maker,)).fetchone() == (True,):
            for day in leaves[table]:
                connection.execute(sql.SQL("SELECT {}(%s::date)").format(sql.Identifier(maker)), (day,))


def _tables(connection: Raw, lines: Iterator[Any], wanted: dict[str, list[str]]) -> dict[str, int]:
    """Copy table by table, and count; the last line must say the same."""
    counts: dict[str, int] = {}
    line = next(lines)
    while "table" in line:
        name, columns = line["table"], line["columns"]
        if name in counts or columns != wanted.get(name):
            raise NotLoadable(f"table {re.sub(r'[^a-z0-9_]', '', str(name))[:60]} is not as here; nothing was loaded")
        counts[name], line = _copy(connection, name, columns, lines)
    if line["rows"] != counts or counts.keys() != wanted.keys() or next(lines, None) is not None:
        raise ValueError
    return counts


def _copy(connection: Raw, name: str, columns: list[str], lines: Iterator[Any]) -> tuple[int, dict[str, Any]]:
    into = sql.SQL("COPY {} ({}) FROM STDIN").format(
        sql.Identifier(name), sql.SQL(", ").join(map(sql.Identifier, columns))
    )
    count = 0
    with connection.cursor() as cursor, cursor.copy(into) as copy:
        for line in lines:
            if isinstance(line, dict):
                return_line = line
                break
            copy.write_row(line)
            count += 1
        else:
            raise EOFError
    return count, return_line


def _sequences(connection: Raw, wanted: dict[str, list[str]]) -> None:
    """New rows get numbers after those that were loaded."""
    for table, column, sequence in connection.execute(_COUNTED).fetchall():
        if table in wanted:
            connection.execute(
                sql.SQL("SELECT setval(%s, greatest(coalesce(max({}), 0), 1), max({}) IS NOT NULL) FROM {}").format(
                    sql.Identifier(column), sql.Identifier(column), sql.Identifier(table)
                ),
                (sequence,),
            )
