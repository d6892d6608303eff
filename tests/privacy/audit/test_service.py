"""AT-46 against the real database, and what the chain does among people who press at once."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Any

import psycopg
import pytest

from allconnects.accounts.tenancy import speak_for
from allconnects.kit import db
from allconnects.privacy.audit import service
from allconnects.privacy.audit.chain import Fault

if TYPE_CHECKING:
    from allconnects.accounts.models import Organisation


def add(organisation: int, times: int = 1) -> None:
    """As a page does: in a transaction of the role that serves it."""
    for _ in range(times):
        with psycopg.connect(db.conninfo("web")) as connection, connection.cursor() as cursor:
            speak_for(connection, organisation)
            service.record(cursor, organisation, "account:1", "test.done", "person:abc", {"days": 3})


@pytest.fixture
def superuser(database: None) -> Iterator[psycopg.Connection[Any]]:
    """Who owns the tables, in a transaction that is thrown away."""
    connection = db.connect("owner")
    yield connection
    connection.rollback()
    connection.close()


def of(found: list[Fault], organisation: int) -> set[tuple[int, str]]:
    return {(fault.number, fault.what) for fault in found if fault.organisation == organisation}


def test_entries_are_numbered_and_whole(organisation: Organisation, owner_connection: psycopg.Connection[Any]) -> None:
    add(organisation.pk, 3)
    assert of(service.verify(owner_connection), organisation.pk) == set()
    with psycopg.connect(db.conninfo("web")) as connection, connection.cursor() as cursor:
        speak_for(connection, organisation.pk)
        found = service.entries_about(cursor, organisation.pk, "person:abc")
    assert [(entry.number, entry.details) for entry in found] == [(n, {"days": 3}) for n in (3, 2, 1)]


def test_many_at_once_make_one_chain(organisation: Organisation, owner_connection: psycopg.Connection[Any]) -> None:
    with ThreadPoolExecutor(8) as pool:
        list(pool.map(lambda _: add(organisation.pk, 4), range(8)))
    assert of(service.verify(owner_connection), organisation.pk) == set()
    row = owner_connection.execute(
        "SELECT count(*), max(number) FROM privacy_audit WHERE organisation_id = %s", (organisation.pk,)
    ).fetchone()
    assert row == (32, 32)


def test_what_is_rolled_back_was_not_done(
    organisation: Organisation, owner_connection: psycopg.Connection[Any]
) -> None:
    with psycopg.connect(db.conninfo("web")) as connection, connection.cursor() as cursor:
        speak_for(connection, organisation.pk)
        service.record(cursor, organisation.pk, "account:1", "test.done")
        connection.rollback()
    add(organisation.pk)
    assert of(service.verify(owner_connection), organisation.pk) == set()


def test_the_database_lets_nobody_change_it(organisation: Organisation) -> None:
    add(organisation.pk)
    for statement in ("UPDATE privacy_audit SET actor = 'account:2'", "DELETE FROM privacy_audit"):
        with db.connect("owner") as connection, pytest.raises(psycopg.errors.RestrictViolation):
            connection.execute(statement)
        with psycopg.connect(db.conninfo("web")) as connection:
            speak_for(connection, organisation.pk)
            with pytest.raises(psycopg.errors.InsufficientPrivilege):
                connection.execute(statement)
    with db.connect("owner") as connection, pytest.raises(psycopg.errors.RestrictViolation):
        connection.execute("TRUNCATE privacy_audit")


@pytest.mark.parametrize(
    ("done", "found"),
    [
        (
            "UPDATE privacy_audit SET details = '{\"days\": 4}' WHERE number = 2 AND organisation_id = %s",
            (2, "changed"),
        ),
        ("DELETE FROM privacy_audit WHERE number = 2 AND organisation_id = %s", (2, "missing")),
        ("DELETE FROM privacy_audit WHERE number >= 3 AND organisation_id = %s", (4, "cut")),
        ("DELETE FROM privacy_audit WHERE organisation_id = %s", (4, "cut")),
    ],
)
def test_at_46_tampering_by_a_superuser_is_found(
    organisation: Organisation, superuser: psycopg.Connection[Any], done: str, found: tuple[int, str]
) -> None:
    add(organisation.pk, 4)
    assert service.write_heads(superuser) >= 1
    assert of(service.verify(superuser), organisation.pk) == set()
    superuser.execute("ALTER TABLE privacy_audit DISABLE TRIGGER privacy_audit_grows")
    superuser.execute(done, (organisation.pk,))
    assert found in of(service.verify(superuser), organisation.pk)


def test_another_tenant_neither_sees_nor_writes_it(
    organisation: Organisation, other_organisation: Organisation
) -> None:
    add(organisation.pk)
    with psycopg.connect(db.conninfo("web")) as connection, connection.cursor() as cursor:
        speak_for(connection, other_organisation.pk)
        assert service.entries_about(cursor, organisation.pk, "person:abc") == []
        with pytest.raises(psycopg.errors.InsufficientPrivilege):
            service.record(cursor, organisation.pk, "account:1", "test.done")


def test_free_text_finds_no_place_in_actor_and_action(organisation: Organisation) -> None:
    for actor, action, about in (("Jan", "a.b", ""), ("account:1", "drove home", ""), ("account:1", "a.b", "his home")):
        with psycopg.connect(db.conninfo("web")) as connection, connection.cursor() as cursor:
            speak_for(connection, organisation.pk)
            with pytest.raises(psycopg.errors.CheckViolation):
                service.record(cursor, organisation.pk, actor, action, about)


def test_a_torn_line_of_the_heads_is_passed_over(
    organisation: Organisation, owner_connection: psycopg.Connection[Any]
) -> None:
    add(organisation.pk, 2)
    service.write_heads(owner_connection)
    with service.heads_file().open("a") as file:
        file.write('{"chain": 1, "num')
    assert of(service.verify(owner_connection), organisation.pk) == set()
