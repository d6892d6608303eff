"""The database of a test run: a fresh one on the server that ``ALLCONNECTS_TEST_DATABASE_URL`` names, else an
embedded one in a temporary home. Made at first need, so that tests of pure code never start it.

Packages whose tests import Django models call ``prepare()`` in their ``conftest.py``.
"""

from __future__ import annotations

import os
import secrets
import shutil
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from unittest import mock
from urllib.parse import urlsplit, urlunsplit

import psycopg
import pytest

from tests import template

_MIGRATION_LOCK = 0x616C6C65
_undo: list[Callable[[], object]] = []
_ready = False


def prepare() -> None:
    """Start, migrate and set Django up, once; ends the run with one line when that is impossible."""
    global _ready
    if _ready:
        return
    server = os.environ.get("ALLCONNECTS_TEST_DATABASE_URL", "")
    for name in [name for name in os.environ if name.startswith("ALLCONNECTS_")]:
        if name != "ALLCONNECTS_TEST_DATABASE_URL":
            del os.environ[name]
    home = Path(tempfile.mkdtemp(prefix="ac-test-"))
    home.chmod(0o755)
    _undo.append(lambda: shutil.rmtree(home, ignore_errors=True))
    keys = Path(tempfile.mkdtemp(prefix="ac-test-keys-"))
    _undo.append(lambda: shutil.rmtree(keys, ignore_errors=True))
    os.environ.update(
        ALLCONNECTS_HOME=str(home),
        ALLCONNECTS_VAULT_ROOT=str(keys / "vault.root"),
        DJANGO_SETTINGS_MODULE="allconnects.site.settings",
    )
    try:
        _use_server(server) if server else _use_embedded(home)
        _set_up_django()
    except Exception as error:
        finish()
        pytest.exit(f"the tests have no database: {type(error).__name__}: {error}", returncode=3)
    _ready = True


def finish() -> None:
    """Stop and remove what was made, last first."""
    while _undo:
        _undo.pop()()


def _use_server(url: str) -> None:
    """A database of this run's own; two runs on one server make the roles one after the other."""
    name = f"allconnects_test_{secrets.token_hex(6)}"
    with psycopg.connect(url, autocommit=True, connect_timeout=10) as connection:
        connection.execute(f"CREATE DATABASE {name}")
        _undo.append(lambda: (_drop(url, name), _drop(url, f"{name}_vault"), _drop(url, f"{name}_blank")))
        os.environ["DATABASE_URL"] = urlunsplit(urlsplit(url)._replace(path="/" + name))
        connection.execute("SELECT pg_advisory_lock(%s)", (_MIGRATION_LOCK,))
        _migrate()
        _keep_blank(connection, name)


def _drop(url: str, name: str) -> None:
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute(f"DROP DATABASE IF EXISTS {name} WITH (FORCE)")


def _use_embedded(home: Path) -> None:
    from allconnects.kit.postgres import EmbeddedPostgres

    os.environ.pop("DATABASE_URL", None)
    template.fill(home)
    postgres = EmbeddedPostgres(home)
    _undo.append(postgres.stop)
    with _hasty():
        postgres.start()
    _migrate()
    with psycopg.connect(server_of(home), autocommit=True) as connection:
        _keep_blank(connection, "allconnects")


@contextmanager
def _hasty() -> Iterator[None]:
    """No power is cut here, so nothing is waited for until it lies on the disk; who is killed loses nothing by that."""
    from allconnects.kit.postgres import settings

    fixed = settings.fixed
    with mock.patch.object(settings, "fixed", lambda folder: [*fixed(folder), "-c", "fsync=off"]):
        yield


def server_of(home: Path) -> str:
    """The address of an embedded server, as whoever may make databases there."""
    from allconnects.kit.postgres import socket_dir_of

    return f"postgresql://postgres@/postgres?host={socket_dir_of(home)}"


def _keep_blank(connection: psycopg.Connection[Any], name: str) -> None:
    """A copy of the database made while nobody is in it, which tests/blank.py copies in turn."""
    for last in (False, False, False, False, True):  # each waits five seconds for sessions that are about to end
        try:
            connection.execute(f"CREATE DATABASE {name}_blank TEMPLATE {name}".encode())
            return
        except psycopg.errors.ObjectInUse:
            if last:
                raise


def _migrate() -> None:
    from allconnects.kit import config
    from allconnects.site.migrate import migrate

    config.current.cache_clear()
    migrate()


def _set_up_django() -> None:
    import django
    from django.db import connections
    from django.test.utils import setup_test_environment

    from allconnects.kit import db

    db.set_process_role("web")
    django.setup()
    setup_test_environment()
    _look_for_static_files_once()
    _undo.append(lambda: [connection.close_pool() for connection in connections.all()])
    _undo.append(connections.close_all)


def _look_for_static_files_once() -> None:
    """Each test client makes the middleware anew, which would list all static files: a third of what a page costs."""
    from whitenoise.middleware import WhiteNoiseMiddleware

    look, files = WhiteNoiseMiddleware.add_files_from_finders, dict[str, Any]()

    def once(self: Any) -> None:
        if not files:
            look(self)
            files.update(self.files)
        self.files.update(files)

    patch = mock.patch.object(WhiteNoiseMiddleware, "add_files_from_finders", once)
    patch.start()
    _undo.append(patch.stop)
