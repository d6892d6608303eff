"""A billing database of this run, a stand-in of the payment processor, and an organisation that nobody else bills."""

from __future__ import annotations

import itertools
import secrets
from collections.abc import Callable, Iterator
from datetime import date
from pathlib import Path
from typing import Any

import psycopg
import pytest

from tests import database

database.prepare()

from allconnects.billing import catalog, customers, store  # noqa: E402
from allconnects.billing import migrate as migration  # noqa: E402
from allconnects.integrations.mollie import standin  # noqa: E402
from allconnects.kit import config, db  # noqa: E402

KEY = "test_" + "a" * 30
FILE = """
[seller]
name = "Example Software"
street = "Teststraat 1"
postcode = "1000"
city = "Brussel"
country = "BE"
vat_number = "BE0123456749"
iban = "BE68539007547034"
email = "books@example.org"
"""
CUSTOMER = {
    "name": "Example Bouw", "vat_number": "BE 0417.497.106", "email": "office@example.org", "street": "Dorp 2",
    "postcode": "9000", "city": "Gent", "country": "be", "language": "nl", "reference": "PO 7",
}  # fmt: skip
DAY = date(2026, 1, 31)
_numbers = itertools.count(10**6 + secrets.randbelow(10**8))


@pytest.fixture(scope="session")
def _migrated(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """The database of billing, made once; dropped on a server, gone with its home when embedded."""
    path = tmp_path_factory.mktemp("billing") / "billing.toml"
    path.write_text(FILE)
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("ALLCONNECTS_BILLING_FILE", str(path))
        config.current.cache_clear()
        migration.migrate()
        url = db.side_url(db.BILLING)
    config.current.cache_clear()
    yield path
    if url:
        name = psycopg.conninfo.conninfo_to_dict(url)["dbname"]
        with psycopg.connect(db.admin_conninfo(), autocommit=True) as connection:
            connection.execute(f"DROP DATABASE IF EXISTS {name} WITH (FORCE)")


@pytest.fixture
def billing(_migrated: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """This server bills."""
    monkeypatch.setenv("ALLCONNECTS_BILLING_FILE", str(_migrated))
    config.current.cache_clear()
    yield _migrated
    monkeypatch.undo()
    config.current.cache_clear()


@pytest.fixture
def mollie(billing: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[standin.Books]:
    """This server has a payment processor: the stand-in."""
    with standin.running(KEY) as books:
        monkeypatch.setenv("ALLCONNECTS_MOLLIE_KEY", KEY)
        monkeypatch.setenv("ALLCONNECTS_MOLLIE_URL", books.url)
        config.current.cache_clear()
        yield books


@pytest.fixture
def tenant() -> int:
    """The number of an organisation that nobody had before."""
    return next(_numbers)


@pytest.fixture
def bought(billing: Path) -> Callable[..., int]:
    """``bought(plan, quantity, day)``: an organisation that has chosen a plan; its number."""
    from allconnects.billing import subscriptions

    def make(plan: str = "fleet", quantity: int = 10, day: date = DAY, **details: Any) -> int:
        number = next(_numbers)
        with store.session(number) as connection:
            customers.set_customer(connection, number, {**CUSTOMER, **details})
            subscriptions.subscribe(connection, number, plan, quantity, day)
        return number

    return make


@pytest.fixture
def admin(billing: Path) -> Iterator[psycopg.Connection]:
    """Whoever administers the server, in the database of billing."""
    with psycopg.connect(db.side_admin_conninfo(db.BILLING), autocommit=True) as connection:
        yield connection


__all__ = ["catalog"]
