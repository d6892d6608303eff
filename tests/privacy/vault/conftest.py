"""A vault on the database of the run, and organisations that no other test uses."""

from __future__ import annotations

import itertools
import secrets
from collections.abc import Callable, Iterator

import psycopg
import pytest

from allconnects.kit import db
from allconnects.privacy.vault.service import Vault, from_settings

_numbers = itertools.count(secrets.randbelow(1 << 30))
WHO = "process:test"


@pytest.fixture
def vault(database: None) -> Iterator[Vault]:
    """A vault of this process."""
    with from_settings() as made:
        yield made


@pytest.fixture
def other(database: None) -> Iterator[Vault]:
    """A second one, as another process would have."""
    with from_settings() as made:
        yield made


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
