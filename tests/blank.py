"""Migrated databases of a test's own, with nothing in them, on the server of the run."""

from __future__ import annotations

import os
import secrets
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit, urlunsplit

import psycopg
from psycopg.conninfo import make_conninfo

from tests import database


@contextmanager
def blanks(count: int) -> Iterator[list[str]]:
    """Addresses of as many databases, as ``DATABASE_URL`` takes them; they go at the end."""
    database.prepare()
    url = os.environ.get("ALLCONNECTS_TEST_DATABASE_URL", "")
    server = url or database.server_of(Path(os.environ["ALLCONNECTS_HOME"]))
    source = urlsplit(os.environ["DATABASE_URL"]).path[1:] if url else "allconnects"
    with ExitStack() as stack:
        connection = stack.enter_context(psycopg.connect(server, autocommit=True))
        made = []
        for _ in range(count):
            name = f"allconnects_test_{secrets.token_hex(6)}"
            stack.callback(connection.execute, f"DROP DATABASE IF EXISTS {name} WITH (FORCE)".encode())
            connection.execute(f"CREATE DATABASE {name} TEMPLATE {source}_blank".encode())
            made.append(urlunsplit(urlsplit(server)._replace(path="/" + name)))
        yield made


def as_owner(url: str, *, autocommit: bool = True) -> psycopg.Connection[Any]:
    """A connection as the owner of the tables."""
    return psycopg.connect(make_conninfo(url, options="-c role=allconnects_owner"), autocommit=autocommit)
