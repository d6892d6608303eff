"""These tests import Django models."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import datetime
from typing import TYPE_CHECKING, Any

import psycopg
import pytest

from tests import database
from tests.telemetry.store.hot import Yard

if TYPE_CHECKING:
    from allconnects.accounts.models import Account, Organisation
    from tests.privacy.driving import Driving

database.prepare()

from tests.privacy.requests.office import office, outbox  # noqa: E402, F401


@pytest.fixture
def yard(owner_connection: psycopg.Connection[Any], organisation: Organisation) -> Iterator[Yard]:
    """The organisation as rows."""
    from allconnects.kit import db

    made = Yard(owner_connection, organisation.pk, db.conninfo("ingest"))
    yield made
    made.close()


@pytest.fixture
def drive(
    owner_connection: psycopg.Connection[Any],
    organisation: Organisation,
    account_of: Callable[..., Account],
    yard: Yard,
) -> Callable[..., Driving]:
    """``drive(since)``: a driver in a van since then."""

    def make(since: datetime) -> Driving:
        from tests.privacy.driving import driving

        return driving(owner_connection, organisation, account_of("driver"), yard, since)

    return make
