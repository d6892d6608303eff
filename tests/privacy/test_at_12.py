"""AT-12, AT-13: late points of an erased driver are dropped; the next driver's track does not change by a byte."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any
from uuid import UUID

import psycopg
import pytest

from allconnects.accounts.models import Organisation
from allconnects.accounts.tenancy import speaking_for
from allconnects.fleet import files
from allconnects.fleet.kinds import PERSON
from allconnects.fleet.models import Person
from allconnects.fleet.services import register
from allconnects.fleet.who import Who
from allconnects.integrations.scim import services as scim
from allconnects.integrations.scim.errors import ScimError
from allconnects.kit import db
from allconnects.kit.errors import InvalidInput
from allconnects.privacy.erasure import marks
from allconnects.privacy.vault import Vault, open_vault
from allconnects.telemetry.store.gate import GateMoved
from allconnects.telemetry.store.sealing import seal_day
from tests.privacy.rights import erase
from tests.telemetry.store.hot import HOUR, NOON, Yard, at
from tests.telemetry.store.sealed import day_of, drives, forget_hot, sealed, stored
from tests.telemetry.store.test_gate import refresh


@pytest.fixture
def vault(database: None) -> Vault:
    return open_vault()


@pytest.fixture
def yard(owner_connection: psycopg.Connection[Any], organisation: Organisation) -> Iterator[Yard]:
    made = Yard(owner_connection, organisation.pk, db.conninfo("ingest"))
    yield made
    made.close()


def _seal(yard: Yard, vault: Vault, device: int) -> None:
    with db.connect("worker", autocommit=True) as connection:
        seal_day(connection, vault, yard.organisation, device, day_of(NOON))


def test_late_points_of_an_erased_driver_are_dropped_and_the_next_driver_is_untouched(yard: Yard, vault: Vault) -> None:
    van = yard.device()
    first = drives(yard, van.id, NOON - 4 * HOUR, NOON)
    second = drives(yard, van.id, NOON, NOON + 4 * HOUR)
    yard.send(van, *(at(NOON + minute * 60_000, speed=30.0 + minute % 7) for minute in range(-200, 200)))
    _seal(yard, vault, van.id)
    forget_hot(yard, van.id)
    before = stored(yard, van.id)
    assert {name.split()[0] for name in before} == {str(first), str(second)}

    _, state = erase(yard.organisation, first)

    assert state == "done"
    assert stored(yard, van.id) == {name: row for name, row in before.items() if name.startswith(str(second))}
    with pytest.raises(GateMoved):
        yard.send(van, at(NOON - HOUR + 1))
    refresh(yard, van)
    yard.send(van, at(NOON - HOUR + 1), at(NOON + HOUR + 1))
    assert yard.times(van) == [NOON + HOUR + 1]
    _seal(yard, vault, van.id)
    assert set(sealed(yard, vault, van.id, day_of(NOON))) == {str(second)}


def _erased(owner_connection: psycopg.Connection[Any], organisation: Organisation) -> UUID:
    """A person of the register who was, and is erased."""
    row = owner_connection.execute(
        "INSERT INTO fleet_person (organisation_id, id, created_at, changed_at, version, first_name, last_name, "
        "number, joint_committee, languages, groups) VALUES "
        "(%s, gen_random_uuid(), now(), now(), 1, 'Testje', 'Voorbeeld', 'P-0417', '', '{}', '{}') RETURNING id",
        (organisation.pk,),
    ).fetchone()  # fmt: skip
    assert row is not None
    assert erase(organisation.pk, row[0])[1] == "done"
    return UUID(str(row[0]))


def test_who_was_erased_is_recognised_without_being_named(
    owner_connection: psycopg.Connection[Any], organisation: Organisation, vault: Vault
) -> None:
    person = _erased(owner_connection, organisation)

    with owner_connection.cursor() as cursor:
        again = marks.erased(cursor, vault, organisation.pk, {"number": "p-0417", "name": "testje voorbeeld"})
        other = marks.erased(cursor, vault, organisation.pk, {"number": "P-0418", "name": "Ander Voorbeeld"})
    assert again == {"number", "name"}
    assert other == set()
    assert marks.tag_of(vault, organisation.pk, "person", person) in marks.ledger().tags(vault.name())


NAMED = {"first_name": "Testje", "last_name": "Voorbeeld"}
NUMBERED = {"first_name": "T.", "last_name": "V.", "number": "p-0417"}
OTHER = {"first_name": "Ander", "last_name": "Voorbeeld", "number": "P-0418"}


def test_no_file_program_or_directory_brings_back_who_was_erased(
    owner_connection: psycopg.Connection[Any], organisation: Organisation
) -> None:
    _erased(owner_connection, organisation)
    who = Who(organisation)
    user = {"user_name": "t.v@example.org", "given_name": "Testje", "family_name": "Voorbeeld", "role": "driver"}
    with speaking_for(organisation.pk):
        found = files.preview(who, PERSON, [NAMED, OTHER, NUMBERED])
        assert [line.number for line in found.lines if line.errors] == [2, 4]
        for again in (NAMED, NUMBERED):
            with pytest.raises(InvalidInput):
                files.apply(who, PERSON, [again])
            with pytest.raises(register.Refused):
                register.create(who, PERSON, again)
        with pytest.raises(ScimError, match="erased"):
            scim.create(organisation, user)
        assert not Person.objects.exists()
        assert files.apply(who, PERSON, [OTHER])["new"] == 1


def test_a_person_who_was_erased_is_entered_again_by_somebody_who_says_so(
    owner_connection: psycopg.Connection[Any], organisation: Organisation, client_of: Callable[..., Any]
) -> None:
    _erased(owner_connection, organisation)
    manager, form = client_of("manager"), {**NAMED, "number": "P-0417"}

    asked = manager.post("/register/people/add/", form)
    with speaking_for(organisation.pk):
        assert not Person.objects.exists()
    assert b'name="confirm_return"' in asked.content
    assert manager.post("/register/people/add/", {**form, "confirm_return": "1"}).status_code == 302

    with speaking_for(organisation.pk):
        person = Person.objects.get()
        assert files.preview(Who(organisation), PERSON, [form]).counts["same"] == 1
        made = scim.create(organisation, {"user_name": "t@example.org", "employee_number": "P-0417", "role": "driver",
                                          "given_name": "Testje", "family_name": "Voorbeeld"})  # fmt: skip
    assert made.pk
    said = owner_connection.execute(
        "SELECT actor FROM privacy_audit WHERE organisation_id = %s AND action = 'person.returned' AND about = %s",
        (organisation.pk, f"person:{person.pk}"),
    ).fetchall()
    assert len(said) == 1
    assert said[0][0].startswith("account:")
