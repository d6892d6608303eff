"""Where the database is and as whom to speak to it.

Six roles, none of them a superuser:

* ``owner`` owns the tables and changes the schema; nothing that serves requests uses it.
* ``web`` serves pages and API: row-level security shows it one organisation per transaction.
* ``ingest`` writes what devices send: it may add positions and look devices up, nothing else.
* ``worker`` does scheduled work: it may call the maintenance functions.
* ``rights`` carries out what people ask for: it reads what is about a person and takes it out, as labels say.
* ``vault`` reads and writes keys, in a database of their own that no other role reaches; it reaches no other.
"""

from __future__ import annotations

import os
from typing import Literal

import psycopg
from psycopg.conninfo import conninfo_to_dict, make_conninfo

from allconnects.kit import config
from allconnects.kit.errors import AllconnectsError

Role = Literal["owner", "web", "ingest", "worker", "rights", "vault"]
ROLES: tuple[Role, ...] = ("owner", "web", "ingest", "worker", "rights", "vault")
DATABASE = "allconnects"
VAULT_DATABASE = "allconnects_vault"
VAULT_OWNER = "allconnects_vault_owner"
"""Owns the tables of the vault. Nobody signs in as this role."""

_ROLE_VARIABLE = "_ALLCONNECTS_ROLE"


class DatabaseUnavailable(AllconnectsError):
    """The database does not answer; what was asked was not done."""

    code = "database_unavailable"
    status = 503


def role_name(role: Role) -> str:
    """The name of a role in PostgreSQL."""
    return f"allconnects_{role}"


def set_process_role(role: Role) -> None:
    """Fix as whom Django speaks to the database in this process and its children."""
    os.environ[_ROLE_VARIABLE] = role


def process_role() -> Role:
    """The role of this process; the least mighty that serves pages unless said otherwise."""
    role = os.environ.get(_ROLE_VARIABLE, "web")
    return role if role in ROLES else "web"


def conninfo(role: Role, application: str = "allconnects") -> str:
    """Connection string of libpq for a role: to the database of the vault for ``vault``, to the main one for others."""
    settings = config.current()
    url = vault_url() if role == "vault" else settings.database_url
    if url:
        given = conninfo_to_dict(url)
        options = f"{given.get('options', '')} -c role={role_name(role)}".strip()
        return make_conninfo(url, options=options, application_name=application)
    from allconnects.kit.postgres import socket_dir_of

    return make_conninfo(
        host=str(socket_dir_of(settings.home)),
        user=role_name(role),
        dbname=VAULT_DATABASE if role == "vault" else DATABASE,
        application_name=application,
    )


def vault_url() -> str:
    """Address of the vault's database on a server: as set, or beside the main one; empty when embedded."""
    settings = config.current()
    if settings.vault_database_url or not settings.database_url:
        return settings.vault_database_url
    given = conninfo_to_dict(settings.database_url)
    main = str(given.get("dbname") or given.get("user") or DATABASE)
    return make_conninfo(settings.database_url, dbname=main[:57] + "_vault")


def admin_conninfo() -> str:
    """Connection string of whoever may create roles: the embedded superuser or the user of DATABASE_URL."""
    settings = config.current()
    return settings.database_url or _superuser("postgres")


def vault_admin_conninfo() -> str:
    """The same to the database of the vault."""
    return vault_url() or _superuser(VAULT_DATABASE)


def _superuser(database: str) -> str:
    from allconnects.kit.postgres import socket_dir_of

    return make_conninfo(host=str(socket_dir_of(config.current().home)), user="postgres", dbname=database)


def connect(role: Role, *, autocommit: bool = False, application: str = "allconnects") -> psycopg.Connection:
    """A connection as a role. Raises DatabaseUnavailable when the server does not answer."""
    try:
        return psycopg.connect(conninfo(role, application), autocommit=autocommit)
    except psycopg.OperationalError as error:
        raise DatabaseUnavailable("the database does not answer") from error
