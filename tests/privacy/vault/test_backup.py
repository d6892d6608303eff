"""A backup is one moment, opens with the root key only, shows every change, and brings no destroyed key back."""

from __future__ import annotations

import shutil
import stat
from pathlib import Path

import psycopg
import pytest

from allconnects.kit import config, db
from allconnects.privacy.vault import (
    KeyDestroyed,
    KeyRestricted,
    Subject,
    Vault,
    VaultError,
    backup,
    device,
    migrate,
    organisation,
    person,
)
from allconnects.privacy.vault.errors import Damaged, RootMissing
from allconnects.privacy.vault.service import from_settings
from tests import template
from tests.privacy.vault.conftest import WHO, Install
from tests.site.test_migrate import command

PEOPLE = [person(number) for number in range(3)]


def seal(vault: Vault, number: int, *subjects: Subject) -> dict[Subject, bytes]:
    return vault.keys_for_sealing(number, subjects, "raw_position", WHO)


def read(vault: Vault, number: int, subject: Subject) -> bytes:
    return vault.key(number, subject, "raw_position", purpose="fleet.dispatch", who=WHO)


def save(vault: Vault, path: Path) -> int:
    with vault.session() as connection:
        return backup.backup(connection, vault.root, path)


def load(vault: Vault, path: Path) -> backup.Restored:
    with vault.session() as connection:
        return backup.restore(connection, vault.root, vault.ledger, path)


def unguard(connection: psycopg.Connection) -> None:
    """Be the owner, whom no trigger stops."""
    connection.execute(f"SET ROLE {db.VAULT.owner}".encode())
    connection.execute("ALTER TABLE vault_key DISABLE TRIGGER USER")


def test_a_new_database_becomes_the_vault_of_the_backup(install: Install, tmp_path: Path) -> None:
    root, file = tmp_path / "vault.root", tmp_path / "backup"
    vault = install(root)
    keys = {number: seal(vault, number, *PEOPLE, device(7)) for number in (1, 2)}
    vault.set_state(1, PEOPLE[1], "restricted", who=WHO, reason="x")
    vault.destroy(1, PEOPLE[2], who=WHO, reason="x")
    assert save(vault, file) == 2 * 9
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    fresh = install(root)
    done = load(fresh, file)
    assert (done.added, done.dead, done.kept) == (18, 2, 0)
    assert {number: seal(fresh, number, PEOPLE[0], device(7)) for number in (1, 2)} == {
        number: {subject: found[subject] for subject in (PEOPLE[0], device(7))} for number, found in keys.items()
    }
    assert read(fresh, 2, PEOPLE[2]) == keys[2][PEOPLE[2]]
    with pytest.raises(KeyRestricted):
        read(fresh, 1, PEOPLE[1])
    with pytest.raises(KeyDestroyed):
        seal(fresh, 1, PEOPLE[2])
    assert (load(fresh, file).added, load(fresh, file).kept) == (0, 18)


def test_what_was_destroyed_since_stays_destroyed(install: Install, tmp_path: Path) -> None:
    """Into an empty database: only the ledger beside the root key still knows."""
    root, file = tmp_path / "vault.root", tmp_path / "backup"
    vault = install(root)
    kept = seal(vault, 1, *PEOPLE)[PEOPLE[0]]
    seal(vault, 2, *PEOPLE)
    save(vault, file)
    vault.destroy(1, PEOPLE[1], who=WHO, reason="x")
    vault.destroy(1, PEOPLE[2], who=WHO, reason="x", klass="raw_position")
    vault.destroy(1, person(99), who=WHO, reason="x")
    vault.destroy(2, organisation(2), who=WHO, reason="x")
    fresh = install(root)
    done = load(fresh, file)
    assert (done.added, done.dead) == (14, 2 + 1 + 7)
    assert read(fresh, 1, PEOPLE[0]) == kept
    for number, subject in ((1, PEOPLE[1]), (1, PEOPLE[2]), (2, PEOPLE[0]), (1, person(99))):
        with pytest.raises(KeyDestroyed):
            seal(fresh, number, subject)
    with fresh.session() as connection:
        left = connection.execute("SELECT count(wrapped) FROM vault_key WHERE state = 'destroyed'").fetchone()
    assert left == (0,)


def test_its_own_vault_keeps_its_states_and_gets_what_is_missing(install: Install, tmp_path: Path) -> None:
    file = tmp_path / "backup"
    vault = install(tmp_path / "vault.root")
    keys = seal(vault, 1, *PEOPLE)
    save(vault, file)
    vault.set_state(1, PEOPLE[0], "restricted", who=WHO, reason="x")
    vault.destroy(1, PEOPLE[1], who=WHO, reason="x")
    with psycopg.connect(db.vault_admin_conninfo(), autocommit=True) as connection:
        unguard(connection)
        connection.execute("DELETE FROM vault_key WHERE subject = '2'")
    assert load(vault, file)[:3] == (2, 2, 5)
    with pytest.raises(KeyRestricted):
        read(vault, 1, PEOPLE[0])
    with pytest.raises(KeyDestroyed):
        read(vault, 1, PEOPLE[1])
    assert read(vault, 1, PEOPLE[2]) == keys[PEOPLE[2]]


def test_a_database_put_back_by_other_means_is_corrected_at_start(install: Install, tmp_path: Path) -> None:
    """As after ``pg_restore``: rows and tags of before, even one that was held then."""
    vault = install(tmp_path / "vault.root")
    seal(vault, 1, *PEOPLE)
    vault.set_state(1, PEOPLE[1], "held", who=WHO, reason="x")
    with psycopg.connect(db.vault_admin_conninfo(), autocommit=True) as connection:
        connection.execute(f"SET ROLE {db.VAULT.owner}".encode())
        connection.execute("CREATE TABLE before AS SELECT * FROM vault_key")
        vault.set_state(1, PEOPLE[1], "active", who=WHO, reason="x")
        vault.destroy(1, PEOPLE[1], who=WHO, reason="x")
        unguard(connection)
        connection.execute("TRUNCATE vault_key, vault_erased")
        connection.execute("INSERT INTO vault_key SELECT * FROM before")
        connection.execute("ALTER TABLE vault_key ENABLE TRIGGER USER")
        connection.execute("DROP TABLE before")
    assert migrate.migrate() == "2 keys that had been destroyed before came with an old database: destroyed again"
    assert migrate.migrate() == ""
    vault.cache.forget()
    with pytest.raises(KeyDestroyed):
        seal(vault, 1, PEOPLE[1])
    assert read(vault, 1, PEOPLE[0])


def test_a_lost_ledger_is_written_again(install: Install, tmp_path: Path) -> None:
    vault = install(tmp_path / "vault.root")
    vault.destroy(1, PEOPLE[1], who=WHO, reason="x")
    before = vault.ledger.path.read_text().split()[2]
    vault.ledger.path.unlink()
    migrate.migrate()
    assert vault.ledger.path.read_text().split()[2] == before


def test_another_vault_takes_no_backup(install: Install, tmp_path: Path) -> None:
    root, file = tmp_path / "vault.root", tmp_path / "backup"
    seal(install(root), 1, *PEOPLE)
    save(from_settings(), file)
    other = install(root)
    key = seal(other, 1, PEOPLE[0])
    with pytest.raises(VaultError, match="keys of its own"):
        load(other, file)
    assert seal(other, 1, PEOPLE[0]) == key


def test_it_is_useless_without_its_root_key(install: Install, tmp_path: Path) -> None:
    file = tmp_path / "backup"
    vault = install(tmp_path / "vault.root")
    key = seal(vault, 31337, *PEOPLE)
    save(vault, file)
    raw = file.read_bytes()
    assert b"31337" not in raw
    assert b"raw_position" not in raw
    assert not any(one in raw for one in key.values())
    fresh = install(tmp_path / "other.root")
    with pytest.raises(RootMissing, match="a root key that is not in"):
        load(fresh, file)
    with fresh.session() as connection:
        assert connection.execute("SELECT count(*) FROM vault_key").fetchone() == (0,)


def test_any_change_is_noticed_and_changes_nothing(
    install: Install, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(backup, "_ROWS", 4)
    root, file, bad = tmp_path / "vault.root", tmp_path / "backup", tmp_path / "bad"
    seal(install(root), 1, *(person(number) for number in range(20)))
    save(from_settings(), file)
    fresh = install(root)
    raw = file.read_bytes()
    head = raw.index(b"\n") + 1
    size = 4 + int.from_bytes(raw[head : head + 4])
    second = head + size
    size2 = 4 + int.from_bytes(raw[second : second + 4])
    swapped = raw[:second] + raw[second + size2 : second + 2 * size2] + raw[second : second + size2]
    changed = [raw[:at] + bytes([raw[at] ^ 1]) + raw[at + 1 :] for at in range(0, len(raw), 97)]
    cut = [raw[:-1], raw[:second], raw[: second + size2], raw[:head], b"", raw + b"x"]
    for wrong in (*changed, *cut, swapped, raw[:second] + raw[second + size2 :]):
        bad.write_bytes(wrong)
        with pytest.raises((VaultError, Damaged)):
            load(fresh, bad)
    with fresh.session() as connection:
        assert connection.execute("SELECT count(*) FROM vault_key").fetchone() == (0,)
    assert load(fresh, file).added == 41


def test_the_commands_say_what_they_do(install: Install, tmp_path: Path) -> None:
    root, file = tmp_path / "vault.root", tmp_path / "backup"
    vault = install(root)
    seal(vault, 1, *PEOPLE)
    assert "last backup   none" in command("vault", "status").stdout
    done = command("vault", "backup", str(file))
    assert (done.returncode, done.stdout[:7]) == (0, "7 keys;")
    vault.destroy(1, PEOPLE[0], who=WHO, reason="x")
    status = command("vault", "status").stdout
    assert "organisations 1 open with this root key" in status
    assert "raw_position    2 active, 0 restricted, 0 held, 1 destroyed" in status
    assert "1 of 1 destructions" in status
    assert "0 days ago; 0 keys were made since" in status
    install(root)
    done = command("vault", "restore", str(file))
    assert done.stdout.startswith("7 keys added, 0 were there, 2 stay destroyed; ")
    assert command("vault", "rotate-root").stdout.startswith("1 organisations have the new root key")
    done = command("vault", "restore", str(file))
    assert (done.returncode, done.stderr.count("\n")) == (1, 1)
    for wrong in ("no/such/file", str(root)):
        done = command("vault", "restore", wrong)
        assert (done.returncode, done.stdout, done.stderr.count("\n")) == (1, "", 1)
    done = command("vault", "backup", str(tmp_path / "none" / "backup"))
    assert (done.returncode, done.stderr.count("\n")) == (1, 1)


def test_a_platform_that_does_not_run_can_be_asked(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The command starts the embedded database for itself, as one restores before anything else runs."""
    from allconnects.kit.postgres import EmbeddedPostgres
    from allconnects.site.migrate import migrate as start

    home = tmp_path / "home"
    for name in ("DATABASE_URL", "ALLCONNECTS_VAULT_DATABASE_URL"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("ALLCONNECTS_HOME", str(home))
    monkeypatch.setenv("ALLCONNECTS_VAULT_ROOT", str(tmp_path / "vault.root"))
    config.current.cache_clear()
    template.fill(home)
    try:
        with EmbeddedPostgres(home):
            start()
        assert "organisations 0 open" in command("vault", "status").stdout
    finally:
        monkeypatch.undo()
        config.current.cache_clear()
        shutil.rmtree(home, ignore_errors=True)
