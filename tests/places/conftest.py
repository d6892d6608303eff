"""These tests import Django models."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

import psycopg
import pytest

from tests import database
from tests.telemetry.store.hot import Yard

if TYPE_CHECKING:
    from allconnects.accounts.models import Organisation

database.prepare()


@pytest.fixture
def yard(owner_connection: psycopg.Connection[Any], organisation: Organisation) -> Iterator[Yard]:
    """The organisation as rows."""
    from allconnects.kit import db

    made = Yard(owner_connection, organisation.pk, db.conninfo("ingest"))
    yield made
    made.close()
