"""Row-level security and privileges, made from the labels after every migration.

One statement at a time, because Citus refuses several in one string.
"""

from __future__ import annotations

from django.db.backends.base.base import BaseDatabaseWrapper

from allconnects.kit.db import ROLES, Role, role_name
from allconnects.kit.labels import Table, tables

_ROLES: tuple[Role, ...] = ("web", "ingest", "worker", "rights")
ORGANISATION = "current_setting('app.organisation')::integer"


def statements(table: Table) -> list[str]:
    """SQL that gives one labelled table its privileges and, if it is a tenant's, its policies."""
    result = [f"REVOKE ALL ON {table.name} FROM {_all_roles()}"]
    for role in _ROLES:
        privileges = getattr(table, role)
        if privileges:
            result.append(f"GRANT {privileges} ON {table.name} TO {role_name(role)}")
    if table.tenant:
        result += _policies(table)
    return result


def _policies(table: Table) -> list[str]:
    web, column = role_name("web"), table.tenant
    result = [
        f"ALTER TABLE {table.name} ENABLE ROW LEVEL SECURITY",
        f"DROP POLICY IF EXISTS tenant ON {table.name}",
        f"CREATE POLICY tenant ON {table.name} TO {web} "
        f"USING ({column} = {ORGANISATION}) WITH CHECK ({column} = {ORGANISATION})",
    ]
    for role in _ROLES[1:]:
        result.append(f"DROP POLICY IF EXISTS {role} ON {table.name}")
        if getattr(table, role):
            who = role_name(role)
            result.append(f"CREATE POLICY {role} ON {table.name} TO {who} USING (true) WITH CHECK (true)")
    return result


def _all_roles() -> str:
    return ", ".join(role_name(role) for role in ROLES if role != "owner")


def secure(connection: BaseDatabaseWrapper) -> None:
    """Apply the privileges and policies of every labelled table that exists."""
    with connection.cursor() as cursor:
        present = set(connection.introspection.table_names(cursor, include_views=False))
        for table in tables().values():
            if table.name in present:
                for statement in statements(table):
                    cursor.execute(statement)
        for role in _ROLES:
            cursor.execute(f"GRANT USAGE ON ALL SEQUENCES IN SCHEMA public TO {role_name(role)}")
