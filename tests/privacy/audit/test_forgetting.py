"""Old entries go from the beginning of a chain, which says so itself; nothing else may go, and nothing unnoticed."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any

import psycopg
import pytest

from allconnects.kit import clock, db
from allconnects.privacy.audit import forgetting, service
from tests.privacy.audit.test_service import add, of

if TYPE_CHECKING:
    from allconnects.accounts.models import Organisation

Raw = psycopg.Connection[Any]


def numbers(connection: Raw, organisation: int) -> list[int]:
    rows = connection.execute(
        "SELECT number FROM privacy_audit WHERE organisation_id = %s ORDER BY number", (organisation,)
    )
    return [row[0] for row in rows]


@pytest.fixture
def aged(organisation: Organisation, owner_connection: Raw) -> Organisation:
    """A chain of five entries, of which three are older than two years."""
    with clock.at(clock.now() - timedelta(days=800)):
        add(organisation.pk, 3)
    add(organisation.pk, 2)
    service.write_heads(owner_connection)
    return organisation


def test_old_entries_go_and_the_chain_is_whole(aged: Organisation, owner_connection: Raw) -> None:
    with db.connect("worker", autocommit=True) as connection:
        assert forgetting.forget(connection) >= 3
        again = numbers(owner_connection, aged.pk)
        forgetting.forget(connection)

    assert again == numbers(owner_connection, aged.pk) == [4, 5, 6]
    assert of(service.verify(owner_connection), aged.pk) == set()


def test_one_more_that_is_taken_out_is_noticed(aged: Organisation, owner_connection: Raw) -> None:
    with db.connect("worker", autocommit=True) as connection:
        forgetting.forget(connection)
        with pytest.raises(psycopg.errors.RestrictViolation):
            connection.execute("DELETE FROM privacy_audit WHERE organisation_id = %s AND number = 4", (aged.pk,))
    with db.connect("owner") as connection:
        connection.execute("ALTER TABLE privacy_audit DISABLE TRIGGER privacy_audit_grows")
        connection.execute("DELETE FROM privacy_audit WHERE organisation_id = %s AND number = 4", (aged.pk,))
        found = of(service.verify(connection), aged.pk)
        connection.rollback()
    assert (1, "missing") in found
