"""Looks for a text in every column of every table of both databases, whatever their types."""

from __future__ import annotations

import psycopg
from psycopg import sql

from allconnects.kit import db

_TABLES = """
    SELECT c.oid::regclass::text FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
    WHERE c.relkind IN ('r', 'm') AND n.nspname = 'public' ORDER BY 1"""


def rows_with(text: str) -> list[str]:
    """Tables in which some row holds the text: plain, or as the hex of its bytes."""
    found = []
    for conninfo in (db.vault_admin_conninfo(), db.conninfo("owner")):
        with psycopg.connect(conninfo) as connection:
            for (table,) in connection.execute(_TABLES).fetchall():
                query = sql.SQL("SELECT 1 FROM {} t WHERE t::text LIKE %(plain)s OR t::text LIKE %(hex)s LIMIT 1")
                likes = {"plain": f"%{text}%", "hex": f"%{text.encode().hex()}%"}
                if connection.execute(query.format(sql.SQL(table)), likes).fetchone():
                    found.append(table)
    return found
