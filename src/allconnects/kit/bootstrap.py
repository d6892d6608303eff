"""Roles and databases, made when they are missing; safe to run at every start and by two at once."""

from __future__ import annotations

from collections.abc import Sequence

import psycopg
from psycopg import sql
from psycopg.conninfo import conninfo_to_dict, make_conninfo

from allconnects.kit import config, db
from allconnects.kit.db import DATABASE, ROLES, SIDES, Side, admin_conninfo, role_name
from allconnects.kit.errors import AllconnectsError
from allconnects.kit.sql import statements

_LOCK = 0x616C6C63
_HERE = tuple(role_name(role) for role in ROLES if role not in SIDES)
"""The roles of the main database."""


class BootstrapError(AllconnectsError):
    """The database user may not do what a first start needs."""

    code = "bootstrap"


def bootstrap() -> None:
    """Make the roles, the database and its privileges. Raises BootstrapError in one line."""
    embedded = not config.current().database_url
    try:
        with psycopg.connect(admin_conninfo(), autocommit=True) as connection:
            connection.execute("SELECT pg_advisory_lock(%s)", (_LOCK,))
            _make_roles(connection, [role_name(role) for role in ROLES], login=embedded)
            _let_owner_speak(connection)
            if embedded:
                _make_database(connection, DATABASE, owner=role_name("owner"))
                _close(connection, DATABASE, _HERE)
                _close(connection, "postgres", ())
                _close(connection, "template1", ())
        with psycopg.connect(_target(embedded), autocommit=True) as connection:
            connection.execute("SELECT pg_advisory_lock(%s)", (_LOCK,))
            _grant_schema(connection, _HERE, role_name("owner"))
    except psycopg.errors.InsufficientPrivilege as error:
        raise BootstrapError(
            "the user of DATABASE_URL may not create roles; run 'allconnects roles' to see the statements "
            "that an administrator can run once"
        ) from error


def bootstrap_side(side: Side) -> None:
    """Make a database beside the main one and its roles, after ``bootstrap``. Raises BootstrapError in one line.

    Embedded, the server itself lets no other role connect to it. On a server every process signs in as one user and
    takes its role afterwards: there the privileges on schema and tables keep the others out.
    """
    embedded = not db.side_url(side)
    role = role_name(side.role)
    if not getattr(config.current(), side.setting):
        _make_side_database(side)
    try:
        with psycopg.connect(db.side_admin_conninfo(side), autocommit=True) as connection:
            connection.execute("SELECT pg_advisory_lock(%s)", (_LOCK,))
            _make_roles(connection, [role], login=embedded)
            _make_roles(connection, [side.owner], login=False)
            _close(connection, connection.info.dbname, (role,))
            _grant_schema(connection, (role, side.owner), side.owner)
    except psycopg.OperationalError as error:
        raise BootstrapError(f"the database of {side.what} does not answer, or does not exist") from error
    except psycopg.errors.InsufficientPrivilege as error:
        raise BootstrapError(
            f"the user of the database of {side.what} may not create roles or tables there: make that user its owner"
        ) from error


def bring_up_side(
    side: Side, package: str, steps: Sequence[str], grants: Sequence[str], *, lock: int, newer: AllconnectsError
) -> None:
    """Bring the tables of a side database to this version, after ``bootstrap_side``; safe to run by two at once.

    ``steps``: files of ``package`` that make the schema, in order, each run once. ``grants``: statements run each time.
    Raises ``newer`` when a newer version has run more steps than there are.
    """
    table = f"{side.role}_schema"
    with psycopg.connect(db.side_admin_conninfo(side), autocommit=True) as connection, connection.transaction():
        connection.execute("SELECT pg_advisory_xact_lock(%s)", (lock,))
        connection.execute(f"SET LOCAL ROLE {side.owner}".encode())
        connection.execute(f"CREATE TABLE IF NOT EXISTS {table} (version integer PRIMARY KEY)".encode())
        row = connection.execute(f"SELECT coalesce(max(version), 0) FROM {table}".encode()).fetchone()
        version = int(row[0]) if row else 0
        if version > len(steps):
            raise newer
        for number, name in enumerate(steps[version:], version + 1):
            for statement in statements(package, name):
                connection.execute(statement.encode())
            connection.execute(f"INSERT INTO {table} (version) VALUES (%s)".encode(), (number,))
        for statement in grants:
            connection.execute(statement.encode())


def statements_for_administrator() -> list[str]:
    """SQL that an administrator runs once where the user of DATABASE_URL may not create roles and databases."""
    names = [*(role_name(role) for role in ROLES), *(side.owner for side in SIDES.values())]
    user = conninfo_to_dict(config.current().database_url).get("user") or "USER_OF_DATABASE_URL"
    result = [f"CREATE ROLE {name} NOLOGIN;" for name in names]
    result += [f'GRANT {", ".join(names)} TO "{user}";', f"GRANT {role_name('web')} TO {role_name('owner')};"]
    result += ["REVOKE ALL ON SCHEMA public FROM PUBLIC;", f"GRANT USAGE ON SCHEMA public TO {', '.join(_HERE)};"]
    result.append(f"GRANT CREATE ON SCHEMA public TO {role_name('owner')};")
    for side in SIDES.values():
        if not getattr(config.current(), side.setting):
            result.append(f'CREATE DATABASE "{_side_database(side)}" OWNER "{user}";')
    return result


def _make_side_database(side: Side) -> None:
    name = _side_database(side)
    try:
        with psycopg.connect(admin_conninfo(), autocommit=True) as connection:
            connection.execute("SELECT pg_advisory_lock(%s)", (_LOCK,))
            _make_database(connection, name, owner="")
    except psycopg.errors.InsufficientPrivilege as error:
        raise BootstrapError(
            f"the user of DATABASE_URL may not create the database {name} for {side.what}: let an "
            f"administrator create it for that user, or set ALLCONNECTS_{side.setting.upper()}"
        ) from error


def _side_database(side: Side) -> str:
    url = db.side_url(side)
    return str(conninfo_to_dict(url)["dbname"]) if url else side.database


def _target(embedded: bool) -> str:
    return make_conninfo(admin_conninfo(), dbname=DATABASE) if embedded else admin_conninfo()


def _make_roles(connection: psycopg.Connection, names: Sequence[str], *, login: bool) -> None:
    """Roles that are missing; whoever makes them may take them, which from PostgreSQL 16 on must be said."""
    present = {row[0] for row in connection.execute("SELECT rolname FROM pg_roles")}
    me = connection.execute("SELECT current_user").fetchone()[0]  # type: ignore[index]
    for role in names:
        name = sql.Identifier(role)
        if role not in present:
            form = "CREATE ROLE {} LOGIN" if login else "CREATE ROLE {} NOLOGIN"
            connection.execute(sql.SQL(form).format(name))
        if not login and not _may_become(connection, me, role):
            connection.execute(sql.SQL("GRANT {} TO {}").format(name, sql.Identifier(me)))


def _let_owner_speak(connection: psycopg.Connection) -> None:
    """The operator's commands speak for an organisation as pages do: under its row-level security."""
    owner, web = role_name("owner"), role_name("web")
    if not _may_become(connection, owner, web):
        connection.execute(sql.SQL("GRANT {} TO {}").format(sql.Identifier(web), sql.Identifier(owner)))


def _may_become(connection: psycopg.Connection, who: str, role: str) -> bool:
    kind = "SET" if connection.info.server_version >= 160000 else "MEMBER"
    row = connection.execute("SELECT pg_has_role(%s, %s, %s)", (who, role, kind)).fetchone()
    return bool(row and row[0])


def _make_database(connection: psycopg.Connection, name: str, *, owner: str) -> None:
    """A database that is missing; without ``owner`` it belongs to whoever makes it."""
    if connection.execute("SELECT 1 FROM pg_database WHERE datname = %s", (name,)).fetchone():
        return
    statement = sql.SQL("CREATE DATABASE {}").format(sql.Identifier(name))
    if owner:
        statement += sql.SQL(" OWNER {}").format(sql.Identifier(owner))
    connection.execute(statement)


def _close(connection: psycopg.Connection, database: str, roles: Sequence[str]) -> None:
    """Only these roles connect to a database, beside its owner."""
    name = sql.Identifier(database)
    connection.execute(sql.SQL("REVOKE CONNECT, TEMPORARY ON DATABASE {} FROM PUBLIC").format(name))
    if roles:
        who = sql.SQL(", ").join(map(sql.Identifier, roles))
        connection.execute(sql.SQL("GRANT CONNECT, TEMPORARY ON DATABASE {} TO {}").format(name, who))


def _grant_schema(connection: psycopg.Connection, users: Sequence[str], owner: str) -> None:
    """Only the owner makes objects; the others named just use them, and nobody else looks."""
    roles = sql.SQL(", ").join(map(sql.Identifier, users))
    connection.execute("REVOKE ALL ON SCHEMA public FROM PUBLIC")
    connection.execute(sql.SQL("GRANT USAGE ON SCHEMA public TO {}").format(roles))
    connection.execute(sql.SQL("GRANT CREATE ON SCHEMA public TO {}").format(sql.Identifier(owner)))
