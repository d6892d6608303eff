"""Two processes at once, and processes that are killed in the middle: no key is lost, none is two."""

from __future__ import annotations

import random
import subprocess
import time
from pathlib import Path

import psycopg
import pytest

from allconnects.kit import db
from allconnects.privacy.vault import KeyDestroyed, Vault, device, migrate, organisation, person
from allconnects.privacy.vault.rotate import rotate
from allconnects.privacy.vault.service import from_settings
from tests.kit.running import script
from tests.privacy.vault.conftest import WHO, Install

SEAL = """
    import sys
    from allconnects.privacy.vault import open_vault, device
    vault = open_vault()
    print("ready")
    sys.stdin.readline()
    for number in range(int(sys.argv[1])):
        key = vault.key_for_sealing(number % 7, device(number), "trip", who="process:test")
        print(number, key.hex())
"""
ROTATE = """
    import sys
    from allconnects.privacy.vault import open_vault, rotate
    rotate._BATCH = 2
    vault = open_vault()
    print("ready")
    sys.stdin.readline()
    with vault.session() as connection:
        print(rotate.rotate(connection, vault.root))
"""
DESTROY = """
    import sys
    from allconnects.privacy.vault import open_vault, device
    vault = open_vault()
    print("ready")
    sys.stdin.readline()
    for number in range(int(sys.argv[1])):
        vault.destroy(number % 7, device(number), who="process:test", reason="x")
        print(number)
"""


def begun(code: str, *arguments: object) -> subprocess.Popen[str]:
    """A process that waits for its start."""
    process = script(code, *arguments, stdin=subprocess.PIPE)
    assert process.stdout is not None
    assert process.stdout.readline() == "ready\n"
    return process


def go(process: subprocess.Popen[str]) -> None:
    """Start it."""
    assert process.stdin is not None
    process.stdin.write("\n")
    process.stdin.flush()


def killed(process: subprocess.Popen[str], after_s: float) -> list[str]:
    """Let it run, kill it, and give the lines that it finished."""
    go(process)
    time.sleep(after_s)
    process.kill()
    said = process.communicate()[0]
    return [line for line in said.splitlines(keepends=True) if line.endswith("\n")]


def test_two_processes_agree_on_every_key(install: Install, tmp_path: Path) -> None:
    install(tmp_path / "vault.root")
    processes = [begun(SEAL, 150) for _ in range(3)]
    for process in processes:
        go(process)
    said = [process.communicate()[0] for process in processes]
    assert said[0].count("\n") == 150
    assert said[0] == said[1] == said[2]


def test_two_first_starts_make_one_root_key(install: Install, tmp_path: Path) -> None:
    vault = install(tmp_path / "vault.root")
    with psycopg.connect(db.vault_admin_conninfo(), autocommit=True) as connection:
        connection.execute("DELETE FROM vault_meta")
    code = "from allconnects.privacy.vault.migrate import migrate; print(migrate()[:17])"
    processes = [script(code) for _ in range(3)]
    said = sorted(process.communicate()[0].strip() for process in processes)
    assert said == ["", "", "made the root key"]
    with vault.session() as connection:
        (name,) = connection.execute("SELECT vault FROM vault_meta").fetchone()  # type: ignore[misc]
    assert len(vault.root.roots(name)) == 1


def test_killed_while_making_keys(install: Install, tmp_path: Path) -> None:
    """What was handed out is there afterwards and opens, and the next process goes on with it."""
    vault = install(tmp_path / "vault.root")
    seen: dict[str, str] = {}
    chance = random.Random(1)
    for _ in range(8):
        for line in killed(begun(SEAL, 400), chance.uniform(0.02, 0.5)):
            number, key = line.split()
            assert seen.setdefault(number, key) == key
    assert len(seen) > 20
    for number, key in seen.items():
        found = vault.key(int(number) % 7, device(int(number)), "trip", purpose="fleet.dispatch", who=WHO)
        assert found.hex() == key
    with vault.session() as connection:
        rows = connection.execute("SELECT organisation_id, subject FROM vault_key WHERE class = 'trip'").fetchall()
    assert len(rows) >= len(seen)
    for number, subject in rows:
        assert vault.key(number, device(subject), "trip", purpose="fleet.dispatch", who=WHO)


def test_killed_while_the_root_key_is_replaced(install: Install, tmp_path: Path) -> None:
    vault = install(tmp_path / "vault.root")
    keys = {number: vault.key_for_sealing(number, person(1), "trip", who=WHO) for number in range(120)}
    vault.close()
    chance = random.Random(2)
    finished = 0
    for _ in range(12):
        finished += len(killed(begun(ROTATE), chance.uniform(0.0, 0.25)))
        with from_settings() as after:
            number = chance.randrange(120)
            assert after.key(number, person(1), "trip", purpose="fleet.dispatch", who=WHO) == keys[number]
            assert after.key_for_sealing(200 + chance.randrange(9), person(1), "trip", who=WHO)
    with from_settings() as after, after.session() as connection:
        rotate(connection, after.root)
        assert one_root(after, connection) == 1
        rotate(connection, after.root)
        assert one_root(after, connection) == 1
    with from_settings() as after:
        for number, key in keys.items():
            assert after.key(number, person(1), "trip", purpose="fleet.dispatch", who=WHO) == key
    assert finished < 12, "no kill came in time"


def one_root(vault: Vault, connection: psycopg.Connection) -> int:
    """How many root keys there are; every organisation is under the vault's own."""
    name, root = connection.execute("SELECT vault, root FROM vault_meta").fetchone()  # type: ignore[misc]
    parents = connection.execute("SELECT DISTINCT parent FROM vault_key WHERE kind = 'organisation'").fetchall()
    assert parents == [(root,)]
    assert root in vault.root.roots(name)
    return len(vault.root.roots(name))


@pytest.mark.parametrize("step", ["_begun", "_batches", "forget"])
def test_interrupted_at_each_step_of_a_rotation(
    install: Install, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, step: str
) -> None:
    vault = install(tmp_path / "vault.root")
    key = vault.key_for_sealing(1, person(1), "trip", who=WHO)

    def broken(*_: object) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patched, vault.session() as connection:
        where, name = {
            "_begun": ("allconnects.privacy.vault.rotate", "put"),
            "_batches": ("allconnects.privacy.vault.rotate", "_batches"),
            "forget": ("allconnects.privacy.vault.root.FileRoot", "forget"),
        }[step]
        patched.setattr(f"{where}.{name}", broken)
        with pytest.raises(KeyboardInterrupt):
            rotate(connection, vault.root)
    with from_settings() as other:
        assert other.key(1, person(1), "trip", purpose="fleet.dispatch", who=WHO) == key
        with other.session() as connection:
            assert rotate(connection, other.root).resumed
            assert one_root(other, connection) == 1
            assert not rotate(connection, other.root).resumed


def test_a_process_that_knew_the_old_root_key_goes_on(install: Install, tmp_path: Path) -> None:
    vault = install(tmp_path / "vault.root")
    key = vault.key_for_sealing(1, person(1), "trip", who=WHO)
    with from_settings() as other, other.session() as connection:
        rotate(connection, other.root)
    vault.cache.forget()
    assert vault.key(1, person(1), "trip", purpose="fleet.dispatch", who=WHO) == key
    assert vault.key_for_sealing(2, person(1), "trip", who=WHO)
    with vault.session() as connection:
        assert one_root(vault, connection) == 1


def test_killed_while_destroying(install: Install, tmp_path: Path) -> None:
    """What was said to be destroyed is; after the next start ledger and database know the same."""
    vault = install(tmp_path / "vault.root")
    for number in range(7):
        vault.keys_for_sealing(number, [device(n) for n in range(number, 300, 7)], "trip", WHO)
    chance = random.Random(3)
    said: set[int] = set()
    for _ in range(6):
        said |= {int(line) for line in killed(begun(DESTROY, 300), chance.uniform(0.05, 0.4))}
    vault.cache.forget()
    for number in said:
        with pytest.raises(KeyDestroyed):
            vault.key_for_sealing(number % 7, device(number), "trip", who=WHO)
    migrate.migrate()
    with vault.session() as connection:
        (name,) = connection.execute("SELECT vault FROM vault_meta").fetchone()  # type: ignore[misc]
        erased = {bytes(row[0]) for row in connection.execute("SELECT tag FROM vault_erased")}
    assert len(erased) >= len(said) > 0
    assert vault.ledger.tags(name) == erased


def test_a_destroyed_organisation_and_a_sealer_at_once(install: Install, tmp_path: Path) -> None:
    vault = install(tmp_path / "vault.root")
    processes = [begun(SEAL, 2000) for _ in range(2)]
    for process in processes:
        go(process)
    time.sleep(0.3)
    assert vault.destroy(3, organisation(3), who=WHO, reason="x")
    for process in processes:
        said = process.communicate()[0]
        assert "KeyDestroyed" in said
    with vault.session() as connection:
        alive = connection.execute(
            "SELECT count(*) FROM vault_key WHERE organisation_id = 3 AND state <> 'destroyed'"
        ).fetchone()
    assert alive == (0,)
