"""Keys are handed out to whom they may be, and die when they are told to."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from uuid import uuid4

import psycopg
import pytest

from allconnects.kit import clock, db
from allconnects.kit.errors import InvalidInput
from allconnects.privacy.vault import (
    HOLD,
    KeyDestroyed,
    KeyHeld,
    KeyMissing,
    KeyRefused,
    KeyRestricted,
    MoveRefused,
    Vault,
    device,
    listener,
    organisation,
    person,
)
from allconnects.privacy.vault.service import from_settings
from tests.privacy.vault.conftest import WHO
from tests.waiting import until

READ = "fleet.dispatch"


@pytest.fixture(autouse=True)
def only_what_is_asked_for(monkeypatch: pytest.MonkeyPatch) -> None:
    """No vault writes its counts by itself in the middle of a test that takes long."""
    monkeypatch.setattr(listener, "_WORK_EVERY_S", 1e9)


def seal(vault: Vault, tenant: int, *subjects: object, klass: str = "raw_position") -> dict[object, bytes]:
    return vault.keys_for_sealing(tenant, subjects, klass, WHO)  # type: ignore[arg-type,return-value]


def read(vault: Vault, tenant: int, subject: object, purpose: str = READ, klass: str = "raw_position") -> bytes:
    return vault.key(tenant, subject, klass, purpose=purpose, who="account:7")  # type: ignore[arg-type]


def until_refused(vault: Vault, tenant: int, subject: object, kind: type[KeyRefused]) -> bool:
    """Wait until a key that is in memory is refused."""

    def is_refused() -> bool:
        with suppress(kind):
            read(vault, tenant, subject)
            return False
        return True

    return until(is_refused)


def test_a_key_stays_the_same_and_is_nobody_elses(vault: Vault, other: Vault, tenants: Callable[[], int]) -> None:
    one, two = tenants(), tenants()
    subjects = (device(1), device(2), person(1), person(uuid4()))
    found = [
        key
        for number in (one, two)
        for klass in ("raw_position", "trip")
        for key in seal(vault, number, *subjects, klass=klass).values()
    ]
    assert len(set(found)) == 2 * 2 * 4
    assert {len(key) for key in found} == {32}
    assert read(other, one, device(1)) == found[0]
    assert vault.keys_for(one, subjects, "raw_position", READ, WHO) == dict(zip(subjects, found[:4], strict=True))


def test_reading_makes_no_key(vault: Vault, tenant: int) -> None:
    with pytest.raises(KeyMissing):
        read(vault, tenant, device(1))
    seal(vault, tenant, device(1))
    with pytest.raises(KeyMissing):
        read(vault, tenant, device(1), klass="trip")


@pytest.mark.parametrize("klass", ["*", "raw_position"])
def test_restricted_is_stored_and_read_for_art_18_only(vault: Vault, tenant: int, klass: str) -> None:
    key = seal(vault, tenant, person(5))[person(5)]
    assert vault.set_state(tenant, person(5), "restricted", who=WHO, reason="art18", klass=klass)
    with pytest.raises(KeyRestricted):
        read(vault, tenant, person(5))
    assert read(vault, tenant, person(5), "legal_claims") == key
    with pytest.raises(KeyRestricted):
        read(vault, tenant, person(5))
    assert seal(vault, tenant, person(5)) == {person(5): key}
    assert vault.set_state(tenant, person(5), "active", who=WHO, reason="lifted", klass=klass)
    assert not vault.set_state(tenant, person(5), "active", who=WHO, reason="lifted", klass=klass)
    assert read(vault, tenant, person(5)) == key


def test_held_is_read_for_the_hold_only_and_cannot_be_destroyed(vault: Vault, tenant: int) -> None:
    key = seal(vault, tenant, person(5))[person(5)]
    with pytest.raises(KeyRefused, match="no legal hold"):
        read(vault, tenant, person(5), HOLD)
    vault.set_state(tenant, person(5), "held", who=WHO, reason="case-1", klass="raw_position")
    for purpose in (READ, "legal_claims"):
        with pytest.raises(KeyHeld):
            read(vault, tenant, person(5), purpose)
    assert read(vault, tenant, person(5), HOLD) == key
    for subject, klass in ((person(5), "raw_position"), (person(5), "*"), (organisation(tenant), "*")):
        with pytest.raises(MoveRefused, match="legal hold"):
            vault.destroy(tenant, subject, who=WHO, reason="erasure", klass=klass)
    assert read(vault, tenant, person(5), HOLD) == key
    vault.set_state(tenant, person(5), "restricted", who=WHO, reason="case-1", klass="raw_position")
    assert vault.destroy(tenant, person(5), who=WHO, reason="erasure")


def test_a_hold_above_keeps_what_is_below(vault: Vault, tenant: int) -> None:
    seal(vault, tenant, person(5))
    vault.set_state(tenant, organisation(tenant), "held", who=WHO, reason="case-1")
    with pytest.raises(MoveRefused):
        vault.destroy(tenant, person(5), who=WHO, reason="erasure", klass="raw_position")
    with pytest.raises(KeyHeld):
        read(vault, tenant, person(5))


def test_destroyed_is_final_and_spares_the_next(vault: Vault, other: Vault, tenant: int) -> None:
    keys = seal(vault, tenant, person(1), person(2))
    trip = seal(vault, tenant, person(1), klass="trip")
    assert vault.destroy(tenant, person(1), who=WHO, reason="erasure", klass="raw_position")
    assert read(other, tenant, person(1), klass="trip") == trip[person(1)]
    assert vault.destroy(tenant, person(1), who=WHO, reason="erasure")
    assert not vault.destroy(tenant, person(1), who=WHO, reason="again")
    for place in (vault, other):
        for klass in ("raw_position", "trip"):
            with pytest.raises(KeyDestroyed):
                read(place, tenant, person(1), klass=klass)
            with pytest.raises(KeyDestroyed):
                seal(place, tenant, person(1), klass=klass)
        assert read(place, tenant, person(2)) == keys[person(2)]
    with pytest.raises((KeyDestroyed, MoveRefused)):
        vault.set_state(tenant, person(1), "active", who=WHO, reason="x")
    with pytest.raises(KeyDestroyed):
        vault.set_state(tenant, person(1), "held", who=WHO, reason="x", klass="trip")


def test_who_was_never_sealed_can_be_destroyed_and_gets_no_key(vault: Vault, tenant: int) -> None:
    assert vault.destroy(tenant, person(9), who=WHO, reason="erasure")
    with pytest.raises(KeyDestroyed):
        seal(vault, tenant, person(9))


def test_an_organisation_goes_whole(vault: Vault, admin: psycopg.Connection, tenant: int) -> None:
    seal(vault, tenant, person(1), device(1))
    assert vault.destroy(tenant, organisation(tenant), who=WHO, reason="contract.ended")
    for subject in (person(1), device(1), person(2)):
        with pytest.raises(KeyDestroyed):
            seal(vault, tenant, subject)
    left = admin.execute(
        "SELECT count(*), count(wrapped), bool_and(state = 'destroyed') FROM vault_key WHERE organisation_id = %s",
        (tenant,),
    ).fetchone()
    assert left == (5, 0, True)


def test_one_answer_for_each_subject(vault: Vault, tenant: int) -> None:
    subjects = [person(number) for number in range(4)]
    keys = seal(vault, tenant, *subjects[:3])
    vault.set_state(tenant, subjects[1], "restricted", who=WHO, reason="x")
    vault.destroy(tenant, subjects[2], who=WHO, reason="x")
    answers = vault.answers_for(tenant, subjects, "raw_position", READ, WHO)
    assert answers[subjects[0]] == keys[subjects[0]]
    assert [type(answers[subject]) for subject in subjects[1:]] == [KeyRestricted, KeyDestroyed, KeyMissing]
    with pytest.raises(KeyRestricted):
        vault.keys_for(tenant, subjects, "raw_position", READ, WHO)


def no_time_passes(vault: Vault, monkeypatch: pytest.MonkeyPatch) -> None:
    """What it remembers does not end by itself."""
    monkeypatch.setattr(vault.cache, "_seconds", lambda: 0.0)


def test_another_process_hears_of_it(vault: Vault, other: Vault, tenant: int, monkeypatch: pytest.MonkeyPatch) -> None:
    no_time_passes(other, monkeypatch)
    seal(vault, tenant, person(1), person(2))
    read(other, tenant, person(1))
    read(other, tenant, person(2))
    (entry,) = [e for place, e in other.cache._entries.items() if place.subject == person(1)]
    assert any(entry.key)
    vault.destroy(tenant, person(1), who=WHO, reason="x")
    assert until_refused(other, tenant, person(1), KeyDestroyed)
    assert not any(entry.key), "the key is still in memory"
    read(other, tenant, person(2))
    vault.set_state(tenant, organisation(tenant), "restricted", who=WHO, reason="x")
    assert until_refused(other, tenant, person(2), KeyRestricted)


def test_a_deaf_process_trusts_nothing_that_it_remembers(
    vault: Vault, admin: psycopg.Connection, tenant: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    no_time_passes(vault, monkeypatch)
    seal(vault, tenant, person(1))
    read(vault, tenant, person(1))
    assert len(vault.cache) == 1
    admin.execute(
        "SELECT pg_terminate_backend(pid) FROM pg_stat_activity "
        "WHERE datname = current_database() AND query LIKE 'LISTEN%'"
    )
    assert until(lambda: len(vault.cache) == 0)
    assert read(vault, tenant, person(1))


def test_a_broken_connection_is_replaced(vault: Vault, admin: psycopg.Connection, tenant: int) -> None:
    seal(vault, tenant, person(1))
    admin.execute(
        "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = current_database() "
        "AND pid <> pg_backend_pid()"
    )
    with suppress(db.DatabaseUnavailable):
        read(vault, tenant, person(2))
    with pytest.raises(KeyMissing):
        read(vault, tenant, person(2))


def log_of(admin: psycopg.Connection, tenant: int) -> list[tuple[str, str, int, int]]:
    rows = admin.execute(
        "SELECT who, purpose, count(*), sum(count) FROM vault_unwrap WHERE organisation_id = %s "
        "GROUP BY who, purpose ORDER BY who, purpose",
        (tenant,),
    )
    return [(row[0], row[1], row[2], int(row[3])) for row in rows]


def test_sealing_thousands_of_segments_writes_a_row_a_key(admin: psycopg.Connection, tenant: int) -> None:
    with clock.at(datetime(2031, 5, 6, 7, 8, 9, tzinfo=UTC)), from_settings() as vault:
        for _ in range(500):
            seal(vault, tenant, *(device(number) for number in range(4)))
        vault.close()
    assert log_of(admin, tenant) == [(WHO, "storage", 4, 2000)]


def test_reading_is_logged_before_the_key_is_out(vault: Vault, admin: psycopg.Connection, tenant: int) -> None:
    with clock.at(datetime(2031, 5, 6, 7, 8, 9, tzinfo=UTC)):
        seal(vault, tenant, person(1))
        vault.log.flush()
        read(vault, tenant, person(1))
        assert log_of(admin, tenant) == [("account:7", READ, 1, 1), (WHO, "storage", 1, 1)]
        for _ in range(99):
            read(vault, tenant, person(1))
        vault.log.flush()
    assert log_of(admin, tenant) == [("account:7", READ, 2, 100), (WHO, "storage", 1, 1)]
    with clock.at(datetime(2031, 5, 6, 7, 9, 0, tzinfo=UTC)):
        read(vault, tenant, person(1))
    assert log_of(admin, tenant)[0] == ("account:7", READ, 3, 101)


def test_what_is_refused_is_not_logged_as_unwrapped(vault: Vault, admin: psycopg.Connection, tenant: int) -> None:
    seal(vault, tenant, person(1))
    vault.set_state(tenant, person(1), "restricted", who=WHO, reason="x")
    with pytest.raises(KeyRestricted):
        read(vault, tenant, person(1))
    vault.log.flush()
    assert log_of(admin, tenant) == [(WHO, "storage", 1, 1)]


def test_no_key_goes_out_when_its_use_cannot_be_logged(vault: Vault, admin: psycopg.Connection, tenant: int) -> None:
    seal(vault, tenant, person(1))
    admin.execute("REVOKE INSERT ON vault_unwrap FROM allconnects_vault")
    try:
        with pytest.raises(psycopg.errors.InsufficientPrivilege):
            read(vault, tenant, person(1))
    finally:
        admin.execute("GRANT INSERT ON vault_unwrap TO allconnects_vault")


def test_every_change_is_logged(vault: Vault, admin: psycopg.Connection, tenant: int) -> None:
    seal(vault, tenant, person(1))
    vault.set_state(tenant, person(1), "held", who="account:3", reason="case-7")
    vault.set_state(tenant, person(1), "active", who="account:4", reason="case-7.over")
    vault.destroy(tenant, person(1), who="account:5", reason="request-9")
    rows = admin.execute(
        "SELECT was, became, who, reason FROM vault_change WHERE organisation_id = %s ORDER BY at, key_id", (tenant,)
    ).fetchall()
    assert rows[:2] == [("active", "held", "account:3", "case-7"), ("held", "active", "account:4", "case-7.over")]
    assert rows[2:] == [("active", "destroyed", "account:5", "request-9")] * 2


@pytest.mark.parametrize(
    ("purpose", "who", "klass"),
    [("curiosity", WHO, "trip"), ("none", WHO, "trip"), (READ, "an@example.org", "trip"), (READ, WHO, "*")],
)
def test_nonsense_is_refused(vault: Vault, tenant: int, purpose: str, who: str, klass: str) -> None:
    with pytest.raises(InvalidInput):
        vault.keys_for(tenant, [person(1)], klass, purpose, who)
    with pytest.raises(InvalidInput):
        person("An Peeters")
    with pytest.raises(InvalidInput):
        vault.destroy(tenant, person(1), who=WHO, reason="because An asked")


def test_keys_are_kept_for_a_minute_at_most(tenant: int, database: None) -> None:
    now = [100.0]
    made = from_settings()
    with Vault(made._conninfo, made.root, made.ledger, seconds=lambda: now[0]) as vault:
        seal(vault, tenant, person(1))
        read(vault, tenant, person(1))
        (entry,) = vault.cache._entries.values()
        now[0] += 59
        vault.cache.tidy()
        assert len(vault.cache) == 1
        now[0] += 1
        assert not vault.cache.get(list(vault.cache._entries))
        vault.cache.tidy()
        assert len(vault.cache) == 0
        assert not any(entry.key)
    with pytest.raises(ValueError, match="60 seconds"):
        Vault(made._conninfo, made.root, made.ledger, ttl_s=61)


def test_old_months_of_the_log_go(vault: Vault, admin: psycopg.Connection, tenant: int) -> None:
    from allconnects.privacy.vault.log import forget_old

    old = datetime.now(UTC) - timedelta(days=500)
    with clock.at(old):
        seal(vault, tenant, person(1))
        vault.log.flush()
    assert log_of(admin, tenant)
    with vault.session() as connection:
        forget_old(connection)
    assert log_of(admin, tenant) == []
