"""A vault on the database of the run, and organisations that no other test uses."""

from __future__ import annotations

import itertools
import secrets
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from urllib.parse import urlencode

import psycopg
import pytest
from psycopg.conninfo import conninfo_to_dict

from allconnects.kit import config, db
from allconnects.privacy.vault import migrate as migration
from allconnects.privacy.vault.service import Vault, from_settings
from tests.waiting import until

_numbers = itertools.count(secrets.randbelow(1 << 30))
WHO = "process:test"


@pytest.fixture
def vault(database: None) -> Iterator[Vault]:
    """A vault of this process."""
    with from_settings() as made:
        yield _hearing(made)


@pytest.fixture
def other(database: None) -> Iterator[Vault]:
    """A second one, as another process would have."""
    with from_settings() as made:
        yield _hearing(made)


def _hearing(vault: Vault) -> Vault:
    """The same, once it hears of changes: before that it remembers nothing."""
    vault._cached([])
    assert until(lambda: vault.cache._listening)
    return vault


@pytest.fixture
def tenant() -> int:
    """The number of an organisation that nobody had before."""
    return next(_numbers)


@pytest.fixture
def tenants() -> Callable[[], int]:
    """Makes such numbers."""
    return lambda: next(_numbers)


@pytest.fixture
def admin(database: None) -> Iterator[psycopg.Connection]:
    """Whoever administers the server, in the database of the vault: can write past every privilege."""
    with psycopg.connect(db.vault_admin_conninfo(), autocommit=True) as connection:
        yield connection


Install = Callable[[Path], Vault]


@pytest.fixture
def install(database: None, monkeypatch: pytest.MonkeyPatch) -> Iterator[Install]:
    """``install(root key)``: a new vault in an empty database; the settings name it until the next one."""
    with ExitStack() as stack:

        def make(root: Path) -> Vault:
            monkeypatch.setenv("ALLCONNECTS_VAULT_DATABASE_URL", stack.enter_context(_database()))
            monkeypatch.setenv("ALLCONNECTS_VAULT_ROOT", str(root))
            config.current.cache_clear()
            migration.migrate()
            return stack.enter_context(from_settings())

        yield make
        monkeypatch.undo()
        config.current.cache_clear()


@contextmanager
def _database() -> Iterator[str]:
    """The address of an empty database beside that of the run."""
    name = f"allconnects_spare_{secrets.token_hex(6)}"
    given = {**conninfo_to_dict(db.admin_conninfo()), "dbname": name}
    with psycopg.connect(db.admin_conninfo(), autocommit=True) as connection:
        connection.execute(f"CREATE DATABASE {name}".encode())
    yield f"postgresql://?{urlencode(given)}"
    with psycopg.connect(db.admin_conninfo(), autocommit=True) as connection:
        connection.execute(f"DROP DATABASE {name} WITH (FORCE)".encode())
