"""What tests of the platform start from: a migrated database, two organisations, people and programs in them.

Data are committed; every test has its own organisations, so nothing is cleaned up in between.
"""

from __future__ import annotations

import gc
import secrets
from collections.abc import Callable, Iterator
from functools import cache
from typing import TYPE_CHECKING, Any

import psycopg
import pytest
from hypothesis import HealthCheck, settings

from tests import database as test_database
from tests.selection import may_differ

if TYPE_CHECKING:
    from django.test import Client

    from allconnects.accounts.models import Account, Organisation

PASSWORD = "four lorries on a Monday"
# A slow machine fails no property: examples have no deadline, and generating them may take long.
settings.register_profile("here", settings(), deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("here")


def pytest_addoption(parser: pytest.Parser) -> None:
    """``--only-with-database``: for a second run, on another server or as another user."""
    parser.addoption(
        "--only-with-database",
        action="store_true",
        help="leave out tests that no other database server and no other user could change",
    )


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Browser tests last: while their browser runs, Django refuses to ask the database from this thread."""
    if config.getoption("--only-with-database"):
        config.hook.pytest_deselected(items=[item for item in items if not may_differ(item)])
        items[:] = [item for item in items if may_differ(item)]
    items.sort(key=lambda item: "e2e" in item.path.parent.parts)


def pytest_collection_finish() -> None:
    """What is imported and collected stays to the end: the collector need not look at it again and again."""
    gc.collect()
    gc.freeze()


def pytest_unconfigure() -> None:
    """Stop and remove the database of the run, if there was one."""
    test_database.finish()


@pytest.fixture(scope="session")
def database() -> None:
    """A migrated database and Django set up as the role ``web``."""
    test_database.prepare()


@pytest.fixture(scope="session")
def owner_connection(database: None) -> Iterator[psycopg.Connection[Any]]:
    """A connection as the owner of the tables, which row-level security does not hold; autocommit."""
    from allconnects.kit import db

    with db.connect("owner", autocommit=True) as connection:
        yield connection


@pytest.fixture
def make_organisation(owner_connection: psycopg.Connection[Any]) -> Callable[..., Organisation]:
    """Makes an organisation with a name of its own."""
    from allconnects.accounts.models import Organisation

    def make(name: str = "") -> Organisation:
        slug = f"o-{secrets.token_hex(6)}"
        row = owner_connection.execute(
            "INSERT INTO accounts_organisation (name, slug, takes_unknown_devices, created_at) "
            "VALUES (%s, %s, false, now()) RETURNING id, name, slug, created_at",
            (name or slug, slug),
        ).fetchone()
        assert row is not None
        return Organisation(id=row[0], name=row[1], slug=row[2], created_at=row[3])

    return make


@pytest.fixture
def organisation(make_organisation: Callable[..., Organisation]) -> Organisation:
    """The organisation of this test."""
    return make_organisation()


@pytest.fixture
def other_organisation(make_organisation: Callable[..., Organisation]) -> Organisation:
    """Another tenant, of whom the first must see nothing."""
    return make_organisation()


@cache
def _password_hash() -> str:
    """Hashed once: hashing is slow on purpose."""
    from django.contrib.auth.hashers import make_password

    return make_password(PASSWORD)


@pytest.fixture
def account_of(owner_connection: psycopg.Connection[Any], organisation: Organisation) -> Callable[..., Account]:
    """``account_of(role, organisation=…)``: a new account with that role, password PASSWORD; no role, no membership."""
    from allconnects.accounts.models import Account

    def make(role: str | None, of: Organisation | None = None) -> Account:
        email = f"{role or 'nobody'}-{secrets.token_hex(6)}@example.org"
        row = owner_connection.execute(
            "WITH made AS (INSERT INTO accounts_account "
            "(email, name, password, language, theme, is_active, created_at) "
            "VALUES (%s, %s, %s, '', '', true, now()) RETURNING id, email) "
            'INSERT INTO account_emailaddress (user_id, email, verified, "primary") '
            "SELECT id, email, true, true FROM made RETURNING user_id",
            (email, f"Test {role}", _password_hash()),
        ).fetchone()
        assert row is not None
        account = Account.objects.get(pk=row[0])
        if role:
            owner_connection.execute(
                "INSERT INTO accounts_membership (organisation_id, account_id, role, created_at) "
                "VALUES (%s, %s, %s, now())",
                ((of or organisation).pk, account.pk, role),
            )
        return account

    return make


def _sign_in(client: Client, account: Account) -> None:
    """What ``force_login`` leaves in the session, written once instead of three times: thousands of tests begin so."""
    from django.conf import settings
    from django.contrib.auth import BACKEND_SESSION_KEY, HASH_SESSION_KEY, SESSION_KEY

    from allconnects.accounts.sessions import SessionStore

    session = SessionStore()
    session[SESSION_KEY] = str(account.pk)
    session[BACKEND_SESSION_KEY] = settings.AUTHENTICATION_BACKENDS[0]
    session[HASH_SESSION_KEY] = account.get_session_auth_hash()
    session.create()
    assert session.session_key
    client.cookies[settings.SESSION_COOKIE_NAME] = session.session_key


@pytest.fixture
def client_of(account_of: Callable[..., Account]) -> Callable[..., Client]:
    """``client_of(role, organisation=…)``: a signed-in test client; ``client_of(None)`` belongs to nobody."""
    from django.test import Client

    def make(role: str | None, of: Organisation | None = None) -> Client:
        client = Client(SERVER_NAME="localhost")
        _sign_in(client, account_of(role, of))
        return client

    return make


@pytest.fixture
def stranger(database: None) -> Client:
    """A test client that nobody is signed in with."""
    from django.test import Client

    return Client(SERVER_NAME="localhost")


@pytest.fixture
def token_of(owner_connection: psycopg.Connection[Any], organisation: Organisation) -> Callable[..., str]:
    """``token_of(scopes, organisation=…)``: the secret of a new API token."""
    from allconnects.accounts.services import TOKEN_PREFIX, digest

    def make(scopes: list[str], of: Organisation | None = None) -> str:
        secret = TOKEN_PREFIX + secrets.token_urlsafe(32)
        owner_connection.execute(
            "INSERT INTO accounts_apitoken (organisation_id, name, token_hash, scopes, created_at) "
            "VALUES (%s, 'test', %s, %s, now())",
            ((of or organisation).pk, digest(secret), scopes),
        )
        return secret

    return make
