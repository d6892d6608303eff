"""Reading history when keys are missing or the vault is not there; and late rows beside sealed ones."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, cast
from uuid import uuid4

import psycopg
import pytest

from allconnects.accounts.tenancy import speak_for
from allconnects.kit import db
from allconnects.kit.errors import InvalidInput
from allconnects.privacy.vault import KeyHeld, KeyMissing, Vault, VaultError, device, person
from allconnects.privacy.vault.service import from_settings
from allconnects.telemetry.store.occupancy import Stay, cut, occupy
from allconnects.telemetry.store.sealing import seal_day
from tests.telemetry.store.hot import HOUR, NOON, Yard, at
from tests.telemetry.store.sealed import Connection, day_of, drives, forget_hot, moment, read, stored

DAY = day_of(NOON)


class NoVault:
    """A vault whose database is away, or was never made."""

    def answers_for(self, *_: Any, **__: Any) -> Any:
        raise VaultError("away")


class EmptyVault:
    """A vault that lost its keys."""

    def answers_for(self, _organisation: int, subjects: Any, *_: Any, **__: Any) -> Any:
        return {subject: KeyMissing("lost") for subject in subjects}


AWAY, EMPTY = cast(Vault, NoVault()), cast(Vault, EmptyVault())


@pytest.fixture
def vault(database: None) -> Iterator[Vault]:
    """A vault of this process."""
    with from_settings() as made:
        yield made


@pytest.fixture
def worker(database: None) -> Iterator[Connection]:
    """Speaks as the worker does."""
    with db.connect("worker", autocommit=True) as connection:
        yield connection


def test_without_a_vault_only_what_names_nobody_is_shown(yard: Yard, worker: Connection, vault: Vault) -> None:
    named, plain = yard.device(), yard.device()
    drives(yard, named.id, NOON, None)
    for one in (named, plain):
        yard.send(one, at(NOON), at(NOON + 1000))
    assert len(read(yard, AWAY, plain.id, NOON)) == 2
    with pytest.raises(VaultError):
        read(yard, AWAY, named.id, NOON)
    seal_day(worker, vault, yard.organisation, plain.id, DAY)
    with pytest.raises(VaultError):
        read(yard, AWAY, plain.id, NOON)


def test_a_lost_key_is_an_error_not_an_empty_day(yard: Yard, worker: Connection, vault: Vault) -> None:
    one = yard.device()
    yard.send(one, at(NOON))
    assert len(read(yard, EMPTY, one.id, NOON)) == 1
    seal_day(worker, vault, yard.organisation, one.id, DAY)
    with pytest.raises(KeyMissing):
        read(yard, EMPTY, one.id, NOON)
    before = stored(yard, one.id)
    yard.send(one, at(NOON + 1000))
    with pytest.raises(KeyMissing):
        seal_day(worker, EMPTY, yard.organisation, one.id, DAY)
    assert stored(yard, one.id) == before, "what cannot be opened is not written over"


def test_a_purpose_is_one_of_a_closed_set_and_a_hold_has_its_own(yard: Yard, vault: Vault) -> None:
    one = yard.device()
    who = drives(yard, one.id, NOON, None)
    yard.send(one, at(NOON))
    with pytest.raises(InvalidInput):
        read(yard, vault, one.id, NOON, purpose="curiosity")
    vault.set_state(yard.organisation, person(who), "held", who="process:test", reason="test")
    with pytest.raises(KeyHeld):
        read(yard, vault, one.id, NOON)
    assert len(read(yard, vault, one.id, NOON, purpose="legal_hold")) == 1


def test_a_device_can_be_restricted_before_anything_is_sealed(yard: Yard, vault: Vault) -> None:
    one = yard.device()
    yard.send(one, at(NOON))
    vault.destroy(yard.organisation, device(one.id), who="process:test", reason="test")
    assert len(read(yard, vault, one.id, NOON)) == 0


def test_late_rows_and_copies_beside_sealed_ones(yard: Yard, worker: Connection, vault: Vault) -> None:
    one = yard.device()
    yard.send(one, *[at(NOON + n * 1000, speed=float(n)) for n in range(0, 10, 2)])
    seal_day(worker, vault, yard.organisation, one.id, DAY)
    forget_hot(yard, one.id)
    late = [at(NOON + n * 1000, speed=float(n)) for n in range(1, 10, 2)]
    yard.send(one, *late, received=NOON + HOUR)
    found = read(yard, vault, one.id, NOON)
    assert found.speed_kmh.tolist() == [float(n) for n in range(10)], "none at a time that both have"
    yard.send(one, at(NOON, speed=0.0), at(NOON, speed=77.0), received=NOON + 2 * HOUR)
    again = read(yard, vault, one.id, NOON)
    assert sorted(again.speed_kmh.tolist()[:2]) == [0.0, 77.0], "another position of the same time is one more"
    assert again.speed_kmh.tolist()[2:] == [float(n) for n in range(1, 10)]


def test_months_of_segments_in_order(yard: Yard, worker: Connection, vault: Vault) -> None:
    one = yard.device()
    times = [NOON + n * 6 * HOUR for n in range(-12, 1)]
    yard.send(one, *map(at, times))
    for day in {day_of(time_ms) for time_ms in times}:
        seal_day(worker, vault, yard.organisation, one.id, day)
    forget_hot(yard, one.id)
    assert read(yard, vault, one.id, NOON, hours=100).time_ms.tolist() == times


def test_pages_say_who_has_a_device_of_their_own_organisation(
    yard: Yard, other_organisation: Any, worker: Connection, vault: Vault
) -> None:
    one = yard.device()
    yard.send(one, at(NOON))
    seal_day(worker, vault, yard.organisation, one.id, DAY)
    with db.connect("web") as connection, connection.cursor() as cursor:
        speak_for(cursor, yard.organisation)
        occupy(cursor, yard.organisation, one.id, uuid4(), moment(NOON - 1000), None)
    rows = yard.owner.execute("SELECT day, urgent FROM telemetry_unsealed WHERE device_id = %s", (one.id,)).fetchall()
    assert rows == [(DAY, True)]
    for named in (yard.organisation, other_organisation.pk):
        with db.connect("web") as connection, connection.cursor() as cursor:
            speak_for(cursor, other_organisation.pk)
            with pytest.raises((psycopg.errors.InsufficientPrivilege, psycopg.errors.IntegrityError)):
                occupy(cursor, named, one.id, uuid4(), moment(NOON - 9000), moment(NOON - 8000))


def test_a_device_that_its_organisation_removes_takes_everything_along(
    yard: Yard, worker: Connection, vault: Vault
) -> None:
    one = yard.device()
    drives(yard, one.id, NOON, None)
    yard.send(one, at(NOON - 1000), at(NOON))
    seal_day(worker, vault, yard.organisation, one.id, DAY)
    with db.connect("web") as connection:
        speak_for(connection, yard.organisation)
        connection.execute("SELECT telemetry_forget_device(%s)", (one.id,))
        connection.execute("DELETE FROM telemetry_device WHERE id = %s", (one.id,))
    for table in ("position", "segment", "occupancy", "unsealed", "live"):
        row = yard.owner.execute(
            f"SELECT count(*) FROM telemetry_{table} WHERE device_id = %s".encode(), (one.id,)
        ).fetchone()
        assert row == (0,), table


def test_a_cut_covers_every_position_once() -> None:
    import numpy as np

    times = np.arange(10, dtype=np.int64)
    masks = cut(times, [Stay(2000, 4000, "a"), Stay(4000, 4001, "b"), Stay(6500, 2**62, "a")])
    assert {name: np.flatnonzero(mask).tolist() for name, mask in masks.items()} == {
        "a": [2, 3, 7, 8, 9], "b": [4], "": [0, 1, 5, 6],
    }  # fmt: skip
    assert sum(mask.astype(int) for mask in masks.values()).tolist() == [1] * 10  # type: ignore[union-attr]


@pytest.mark.parametrize("notes", [["", "", ""], ["abc", "de", "f"], ["same", "size", "each"], ["", "x", ""], []])
def test_rows_are_read_with_their_blobs_whatever_their_lengths(yard: Yard, notes: list[str]) -> None:
    from allconnects.telemetry.store import blob
    from allconnects.telemetry.store.segments import hot_of_day

    one = yard.device()
    if notes:
        yard.send(one, *[at(NOON + n * 1000, note=note) for n, note in enumerate(notes)])
    with yard.owner.cursor() as cursor:
        found = hot_of_day(cursor, yard.organisation, one.id, DAY)
    held = {time_ms: blob.decode(bytes(found.blobs[n]))["note"] for n, time_ms in enumerate(found.time_ms.tolist())}
    assert held == {NOON + n * 1000: note for n, note in enumerate(notes)}
