"""A yard whose positions become trips."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

import psycopg
import pytest

from tests import database as test_database

test_database.prepare()

from tests.telemetry.store.hot import Yard  # noqa: E402
from tests.trips.store.yard import Trips  # noqa: E402

if TYPE_CHECKING:
    from allconnects.accounts.models import Organisation


@pytest.fixture
def trips(owner_connection: psycopg.Connection[Any], organisation: Organisation) -> Iterator[Trips]:
    """The organisation as rows, a worker and a vault."""
    from allconnects.kit import db
    from allconnects.privacy.vault.service import from_settings

    yard = Yard(owner_connection, organisation.pk, db.conninfo("ingest"))
    with db.connect("worker", autocommit=True) as worker, from_settings() as vault:
        yield Trips(yard, worker, vault)
    yard.close()
