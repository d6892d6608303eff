"""Roles and database, made when they are missing; safe to run at every start and by two at once."""

from __future__ import annotations

import psycopg
from psycopg import sql
from psycopg.conninfo import conninfo_to_dict, make_conninfo

from allconnects.kit import config
from allconnects.kit.db import DATABASE, ROLES, admin_conninfo, role_name
from allconnects.kit.errors import AllconnectsError

_LOCK = 0x616C6C63


class BootstrapError(AllconnectsError):
    """The database user may not do what a first start needs."""

    code = "bootstrap"


def bootstrap() -> None:
    """Make the four roles, the database and its privileges. Raises BootstrapError in one line."""
    embedded = not config.current().database_url
    try:
        with psycopg.connect(admin_conninfo(), autocommit=True) as connection:
            connection.execute("SELECT pg_advisory_lock(%s)", (_LOCK,))
            _make_roles(connection, login=embedded)
            if embedded:
                _make_database(connection)
        with psycopg.connect(_target(embedded), autocommit=True) as connection:
            connection.execute("SELECT pg_advisory_lock(%s)", (_LOCK,))
            _grant_schema(connection)
    except psycopg.errors.InsufficientPrivilege as error:
        raise BootstrapError(
            "the user of DATABASE_URL may not create roles; run 'allconnects roles' to see the statements "
            "that an administrator can run once"
        ) from error


def statements_for_administrator() -> list[str]:
    """SQL that an administrator runs once where the user of DATABASE_URL may not create roles."""
    names = [role_name(role) for role in ROLES]
    user = conninfo_to_dict(config.current().database_url).get("user") or "USER_OF_DATABASE_URL"
    result = [f"CREATE ROLE {name} NOLOGIN;" for name in names]
    result += [f'GRANT {", ".join(names)} TO "{user}";', f"GRANT {role_name('web')} TO {role_name('owner')};"]
    result += ["REVOKE CREATE ON SCHEMA public FROM PUBLIC;", f"GRANT USAGE ON SCHEMA public TO {', '.join(names)};"]
    return [*result, f"GRANT CREATE ON SCHEMA public TO {role_name('owner')};"]


def _target(embedded: bool) -> str:
    return make_conninfo(admin_conninfo(), dbname=DATABASE) if embedded else admin_conninfo()


def _make_roles(connection: psycopg.Connection, *, login: bool) -> None:
    present = {row[0] for row in connection.execute("SELECT rolname FROM pg_roles")}
    me = connection.execute("SELECT current_user").fetchone()[0]  # type: ignore[index]
    for role in ROLES:
        name = sql.Identifier(role_name(role))
        if role_name(role) not in present:
            form = "CREATE ROLE {} LOGIN" if login else "CREATE ROLE {} NOLOGIN"
            connection.execute(sql.SQL(form).format(name))
        if not login and not _is_member(connection, me, role_name(role)):
            connection.execute(sql.SQL("GRANT {} TO {}").format(name, sql.Identifier(me)))
    if not _is_member(connection, role_name("owner"), role_name("web")):
        # The operator's commands speak for an organisation as pages do: under its row-level security.
        connection.execute(
            sql.SQL("GRANT {} TO {}").format(sql.Identifier(role_name("web")), sql.Identifier(role_name("owner")))
        )


def _is_member(connection: psycopg.Connection, who: str, role: str) -> bool:
    row = connection.execute("SELECT pg_has_role(%s, %s, 'MEMBER')", (who, role)).fetchone()
    return bool(row and row[0])


def _make_database(connection: psycopg.Connection) -> None:
    if connection.execute("SELECT 1 FROM pg_database WHERE datname = %s", (DATABASE,)).fetchone():
        return
    connection.execute(
        sql.SQL("CREATE DATABASE {} OWNER {}").format(sql.Identifier(DATABASE), sql.Identifier(role_name("owner")))
    )


def _grant_schema(connection: psycopg.Connection) -> None:
    """Only the owner makes objects; the others just use them."""
    roles = sql.SQL(", ").join(sql.Identifier(role_name(r)) for r in ROLES)
    connection.execute("REVOKE CREATE ON SCHEMA public FROM PUBLIC")
    connection.execute(sql.SQL("GRANT USAGE ON SCHEMA public TO {}").format(roles))
    connection.execute(sql.SQL("GRANT CREATE ON SCHEMA public TO {}").format(sql.Identifier(role_name("owner"))))
