"""What the database really holds, read from PostgreSQL's own catalogue, so that no list can drift from it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import psycopg

from allconnects.kit.db import ROLES, role_name


@dataclass(frozen=True, slots=True)
class Column:
    """One column of a table, a view or the parent of partitions."""

    table: str
    name: str
    type: str
    not_null: bool
    alone_unique: bool


@dataclass(frozen=True, slots=True)
class Relation:
    """Who owns a table and how it is guarded. ``privileges``: by role of ours, sorted."""

    name: str
    owner: str
    partition: bool
    row_security: bool
    policies: dict[str, tuple[str, str]]
    privileges: dict[str, tuple[str, ...]]


@dataclass(frozen=True, slots=True)
class Function:
    """A function that runs with its owner's rights."""

    name: str
    owner: str
    pinned: bool
    public: bool


_TABLES = "c.relnamespace = 'public'::regnamespace AND c.relkind IN ('r', 'p', 'v', 'm', 'f')"
_COLUMNS = f"""
SELECT c.relname, a.attname, format_type(a.atttypid, NULL), a.attnotnull,
       EXISTS (SELECT 1 FROM pg_index i WHERE i.indrelid = c.oid AND i.indisunique AND i.indkey::text = a.attnum::text)
FROM pg_class c JOIN pg_attribute a ON a.attrelid = c.oid
WHERE {_TABLES} AND NOT c.relispartition AND a.attnum > 0 AND NOT a.attisdropped"""
_KEYS = """
SELECT DISTINCT c.relname, t.relname FROM pg_constraint k
JOIN pg_class c ON c.oid = k.conrelid JOIN pg_class t ON t.oid = k.confrelid
WHERE k.contype = 'f' AND c.relnamespace = 'public'::regnamespace"""
_RELATIONS = f"""
SELECT c.oid, c.relname, pg_get_userbyid(c.relowner), c.relispartition, c.relrowsecurity
FROM pg_class c WHERE {_TABLES}"""
_POLICIES = """
SELECT polrelid, r.rolname, coalesce(pg_get_expr(polqual, polrelid), ''),
       coalesce(pg_get_expr(polwithcheck, polrelid), '')
FROM pg_policy JOIN pg_roles r ON r.oid = ANY (polroles) OR polroles = '{0}' WHERE polpermissive"""
_FUNCTIONS = """
SELECT proname, pg_get_userbyid(proowner), coalesce(array_to_string(proconfig, ',') LIKE '%search_path=%', false),
       proacl IS NULL OR EXISTS (SELECT 1 FROM aclexplode(proacl) WHERE grantee = 0)
FROM pg_proc WHERE pronamespace = 'public'::regnamespace AND prosecdef"""
_PRIVILEGES = """
SELECT c.oid, r.role, p.word FROM pg_class c, unnest(%s::text[]) AS r(role),
       unnest('{SELECT,INSERT,UPDATE,DELETE,TRUNCATE,REFERENCES,TRIGGER}'::text[]) AS p(word)
WHERE c.relnamespace = 'public'::regnamespace AND c.relkind IN ('r', 'p', 'v', 'm', 'f')
  AND has_table_privilege(r.role, c.oid, p.word)"""


def rows(asked: Any, query: str) -> list[Any]:
    """The answer to a query, of a connection or cursor of psycopg or a cursor of Django."""
    answer = asked.execute(query)
    return list((asked if answer is None else answer).fetchall())


def columns(connection: Any) -> list[Column]:
    """Every column of the schema; partitions repeat their parent and are left out. ``connection``: as of ``rows``."""
    return [Column(*row) for row in rows(connection, _COLUMNS)]


def foreign_keys(connection: psycopg.Connection[Any]) -> set[tuple[str, str]]:
    """Pairs of a table and one that it refers to."""
    return {(row[0], row[1]) for row in connection.execute(_KEYS)}


def relations(connection: psycopg.Connection[Any]) -> list[Relation]:
    """Every table with its owner, policies and privileges; partitions too."""
    ours = [role_name(role) for role in ROLES if role != "owner"]
    policies: dict[int, dict[str, tuple[str, str]]] = {}
    for oid, role, using, check in connection.execute(_POLICIES):
        if role in ours:
            policies.setdefault(oid, {})[role] = (using, check)
    privileges: dict[int, dict[str, list[str]]] = {}
    for oid, role, word in connection.execute(_PRIVILEGES, (ours,)):
        privileges.setdefault(oid, {}).setdefault(role, []).append(word)
    return [
        Relation(
            name, owner, partition, security, policies.get(oid, {}),
            {role: tuple(sorted(words)) for role, words in privileges.get(oid, {}).items()},
        )
        for oid, name, owner, partition, security in connection.execute(_RELATIONS)
    ]  # fmt: skip


def functions(connection: psycopg.Connection[Any]) -> list[Function]:
    """Every function that runs with its owner's rights."""
    return [Function(*row) for row in connection.execute(_FUNCTIONS)]


def mighty_roles(connection: psycopg.Connection[Any]) -> list[str]:
    """Roles of ours that row-level security would not hold."""
    rows = connection.execute(
        "SELECT rolname FROM pg_roles WHERE rolname = ANY (%s) AND (rolsuper OR rolbypassrls)",
        ([role_name(role) for role in ROLES],),
    )
    return [row[0] for row in rows]
