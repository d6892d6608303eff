"""Where the databases are and as whom to speak to them.

Seven roles, none of them a superuser:

* ``owner`` owns the tables and changes the schema; nothing that serves requests uses it.
* ``web`` serves pages and API: row-level security shows it one organisation per transaction.
* ``ingest`` writes what devices send: it may add positions and look devices up, nothing else.
* ``worker`` does scheduled work: it may call the maintenance functions.
* ``rights`` carries out what people ask for: it reads what is about a person and takes it out, as labels say.
* ``vault`` reads and writes keys, in a database of their own that no other role reaches; it reaches no other.
* ``billing`` the same for licences, invoices and payments.
"""

from __future__ import annotations

import os
from dataclasses import dataclass
from typing import Literal

import psycopg
from psycopg.conninfo import conninfo_to_dict, make_conninfo

from allconnects.kit import config
from allconnects.kit.errors import AllconnectsError

Role = Literal["owner", "web", "ingest", "worker", "rights", "vault", "billing"]
ROLES: tuple[Role, ...] = ("owner", "web", "ingest", "worker", "rights", "vault", "billing")
DATABASE = "allconnects"


@dataclass(frozen=True)
class Side:
    """A database beside the main one, with one role that reaches it and no other.

    ``owner`` owns its tables; nobody signs in as that role. ``setting`` names it on another server.
    """

    role: Role
    what: str

    @property
    def database(self) -> str:
        """Its name where it is embedded."""
        return f"allconnects_{self.role}"

    @property
    def owner(self) -> str:
        """The role that owns its tables."""
        return f"allconnects_{self.role}_owner"

    @property
    def setting(self) -> str:
        """The setting that names its address."""
        return f"{self.role}_database_url"


VAULT = Side("vault", "the keys of the vault")
BILLING = Side("billing", "billing")
SIDES = {side.role: side for side in (VAULT, BILLING)}

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
    """Connection string of libpq for a role: ``vault`` and ``billing`` have a database of their own."""
    settings = config.current()
    side = SIDES.get(role)
    url = side_url(side) if side else settings.database_url
    if url:
        given = conninfo_to_dict(url)
        options = f"{given.get('options', '')} -c role={role_name(role)}".strip()
        return make_conninfo(url, options=options, application_name=application)
    from allconnects.kit.postgres import socket_dir_of

    return make_conninfo(
        host=str(socket_dir_of(settings.home)),
        user=role_name(role),
        dbname=side.database if side else DATABASE,
        application_name=application,
    )


def side_url(side: Side) -> str:
    """Address of a side database on a server: as set, or beside the main one; empty when embedded."""
    settings = config.current()
    given: str = getattr(settings, side.setting)
    if given or not settings.database_url:
        return given
    parts = conninfo_to_dict(settings.database_url)
    main = str(parts.get("dbname") or parts.get("user") or DATABASE)
    return make_conninfo(settings.database_url, dbname=f"{main[:55]}_{side.role}")


def admin_conninfo() -> str:
    """Connection string of whoever may create roles: the embedded superuser or the user of DATABASE_URL."""
    settings = config.current()
    return settings.database_url or _superuser("postgres")


def side_admin_conninfo(side: Side) -> str:
    """The same to a side database."""
    return side_url(side) or _superuser(side.database)


def vault_admin_conninfo() -> str:
    """The same to the database of the vault."""
    return side_admin_conninfo(VAULT)


def _superuser(database: str) -> str:
    from allconnects.kit.postgres import socket_dir_of

    return make_conninfo(host=str(socket_dir_of(config.current().home)), user="postgres", dbname=database)


def connect(role: Role, *, autocommit: bool = False, application: str = "allconnects") -> psycopg.Connection:
    """A connection as a role. Raises DatabaseUnavailable when the server does not answer."""
    try:
        return psycopg.connect(conninfo(role, application), autocommit=autocommit)
    except psycopg.OperationalError as error:
        raise DatabaseUnavailable("the database does not answer") from error
