"""AT-12, AT-13: late points of an erased driver are dropped; the next driver's track does not change by a byte."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import psycopg
import pytest

from allconnects.accounts.models import Organisation
from allconnects.kit import db
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


def test_who_was_erased_is_recognised_without_being_named(
    owner_connection: psycopg.Connection[Any], organisation: Organisation, vault: Vault
) -> None:
    person = owner_connection.execute(
        "INSERT INTO fleet_person (organisation_id, id, created_at, changed_at, version, first_name, last_name, "
        "number, joint_committee, languages, groups) VALUES "
        "(%s, gen_random_uuid(), now(), now(), 1, 'Testje', 'Voorbeeld', 'P-0417', '', '{}', '{}') RETURNING id",
        (organisation.pk,),
    ).fetchone()  # fmt: skip
    assert person is not None

    _, state = erase(organisation.pk, person[0])

    assert state == "done"
    with owner_connection.cursor() as cursor:
        again = marks.erased(cursor, vault, organisation.pk, {"number": "p-0417", "name": "testje voorbeeld"})
        other = marks.erased(cursor, vault, organisation.pk, {"number": "P-0418", "name": "Ander Voorbeeld"})
    assert again == {"number", "name"}
    assert other == set()
    assert marks.tag_of(vault, organisation.pk, "person", person[0]) in marks.ledger().tags(vault.name())
