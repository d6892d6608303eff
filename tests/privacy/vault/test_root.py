"""The root key's file and the ledger beside it: made once, refused when they are not safe, never made anew."""

from __future__ import annotations

import os
import stat
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from uuid import UUID, uuid4

import psycopg
import pytest

from allconnects.kit import config, db
from allconnects.privacy.vault import Vault, VaultError, keys, person
from allconnects.privacy.vault import migrate as migration
from allconnects.privacy.vault.errors import Damaged, RootMissing, RootUnwritable, RootWrong
from allconnects.privacy.vault.ledger import Ledger
from allconnects.privacy.vault.root import FileRoot
from allconnects.site.migrate import migrate
from tests.kit.running import AS_ROOT, NOBODY, needs_root
from tests.privacy.vault.conftest import WHO
from tests.site.test_migrate import command


@pytest.fixture
def root(tmp_path: Path) -> FileRoot:
    return FileRoot(tmp_path / "keys" / "vault.root", tmp_path / "home")


def test_a_root_key_wraps_for_its_vault_only(root: FileRoot) -> None:
    one, two = uuid4(), uuid4()
    first, second = root.make(one), root.make(two)
    assert (root.roots(one), root.roots(two)) == ([first], [second])
    wrapped = root.wrap(one, first, keys.new_key(), b"x")
    assert len(root.unwrap(one, first, wrapped, b"x")) == 32
    with pytest.raises(RootMissing):
        root.unwrap(two, first, wrapped, b"x")
    with pytest.raises(Damaged):
        root.unwrap(one, first, wrapped, b"y")
    third = root.make(one)
    assert root.roots(one) == [first, third]
    root.forget(one, first)
    assert (root.roots(one), root.roots(two)) == ([third], [second])


def test_the_file_is_for_its_owner_only(root: FileRoot) -> None:
    root.make(uuid4())
    assert stat.S_IMODE(root.path.stat().st_mode) == 0o600
    assert stat.S_IMODE(root.path.parent.stat().st_mode) == 0o700
    assert "nothing that was sealed can be read again" in root.path.read_text()


def test_many_at_once_lose_no_line(root: FileRoot) -> None:
    vaults = [uuid4() for _ in range(24)]
    with ThreadPoolExecutor(8) as pool:
        made = list(pool.map(root.make, vaults))
    assert [root.roots(vault) for vault in vaults] == [[one] for one in made]


@pytest.mark.parametrize("mode", [0o640, 0o604, 0o660, 0o602])
def test_open_to_others_is_refused(root: FileRoot, mode: int) -> None:
    vault = uuid4()
    root.make(vault)
    root.path.chmod(mode)
    for ask in (root.roots, root.make):
        with pytest.raises(VaultError, match=f"open to other users .mode {mode:o}.*chmod 600"):
            ask(vault)


@needs_root
def test_of_another_user_is_refused(root: FileRoot) -> None:
    root.make(uuid4())
    os.chown(root.path, NOBODY.pw_uid, -1)
    with pytest.raises(VaultError, match="belongs to another user"):
        root.roots(uuid4())


@pytest.mark.parametrize("where", ["home/vault.root", "home/a/b/vault.root", "link/vault.root", "vault.link"])
def test_inside_the_data_folder_is_refused(tmp_path: Path, where: str) -> None:
    home = tmp_path / "home"
    home.mkdir()
    (tmp_path / "link").symlink_to(home)
    (tmp_path / "vault.link").symlink_to(home / "vault.root")
    root = FileRoot(tmp_path / where, home)
    for ask in (root.roots, root.make):
        with pytest.raises(VaultError, match="lies inside the data folder"):
            ask(uuid4())
    assert list(home.iterdir()) == []


def test_a_data_folder_that_is_a_link_is_seen_through(tmp_path: Path) -> None:
    (tmp_path / "real").mkdir()
    (tmp_path / "home").symlink_to(tmp_path / "real")
    with pytest.raises(VaultError, match="lies inside the data folder"):
        FileRoot(tmp_path / "real" / "vault.root", tmp_path / "home").make(uuid4())


@pytest.mark.parametrize("text", ["v1 x y z", "v2 a b c", "v1", "\xff\xfe", "v1 {0} {0} AAAA"])
def test_a_damaged_file_is_refused_without_its_content(root: FileRoot, text: str) -> None:
    root.make(uuid4())
    with root.path.open("a", encoding="latin-1") as file:
        file.write(text.format(uuid4()) + "\n")
    with pytest.raises(VaultError, match="is damaged") as caught:
        root.roots(uuid4())
    assert "AAAA" not in str(caught.value)


def test_where_it_cannot_be_written_is_said(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(RootUnwritable, match="ALLCONNECTS_VAULT_ROOT"):
        FileRoot(tmp_path / "file" / "vault.root", tmp_path / "home").make(uuid4())


def test_the_default_is_outside_the_data_folder(monkeypatch: pytest.MonkeyPatch) -> None:
    settings = config.load({})
    assert settings.home not in settings.vault_root.parents
    assert (settings.vault_root == Path("/etc/allconnects/vault.root")) == AS_ROOT


def test_the_ledger_keeps_what_it_was_told(tmp_path: Path) -> None:
    ledger = Ledger(tmp_path / "new" / "vault.root.destroyed")
    one, two = uuid4(), uuid4()
    assert ledger.tags(one) == set()
    ledger.ready()
    ledger.add(one, [bytes([1]) * 32, bytes([2]) * 32])
    with ledger.path.open("a") as file:
        file.write(f"v1 {one} " + "ab" * 20)
    ledger.add(two, [bytes([3]) * 32])
    assert ledger.tags(one) == {bytes([1]) * 32, bytes([2]) * 32}
    assert ledger.tags(two) == {bytes([3]) * 32}
    assert stat.S_IMODE(ledger.path.stat().st_mode) == 0o600


@pytest.fixture
def file(vault: Vault) -> Iterator[Path]:
    """The root key of the run, put back as it was."""
    path = Path(vault.root.where)
    before = path.read_bytes()
    yield path
    path.write_bytes(before)
    path.chmod(0o600)


def refused(
    how: Callable[[], object], kind: type[VaultError], vault: Vault, start: Callable[[], object] = migration.migrate
) -> str:
    """What the start of the vault, the command and the vault say to a root key that somebody changed."""
    how()
    vault.close()
    vault._identity = None
    with pytest.raises(kind):
        vault.key_for_sealing(1, person(1), "trip", who=WHO)
    with pytest.raises(kind) as caught:
        start()
    done = command("vault", "status")
    assert (done.returncode, done.stdout, done.stderr.count("\n")) == (1, "", 1)
    assert done.stderr == f"allconnects: {caught.value.message}\n"
    return caught.value.message


def test_a_lost_root_key_is_never_made_anew(vault: Vault, file: Path, tenant: int) -> None:
    key = vault.key_for_sealing(tenant, person(1), "trip", who=WHO)
    before = file.read_bytes()
    assert "put the file back" in refused(file.unlink, RootMissing, vault, migrate), "the whole start"
    assert not file.exists()
    empty = b"# nothing\n"
    file.touch(0o600)
    refused(lambda: file.write_bytes(empty), RootMissing, vault)
    assert file.read_bytes() == empty
    file.write_bytes(before)
    assert vault.key_for_sealing(tenant, person(1), "trip", who=WHO) == key


def test_another_root_key_is_refused(vault: Vault, file: Path, tenant: int) -> None:
    vault.key_for_sealing(tenant, person(1), "trip", who=WHO)
    lines = file.read_text().splitlines(keepends=True)
    first, name, root, _ = lines[-1].split()
    other = FileRoot(file.with_name("other"), Path("/nowhere"))
    other.make(uuid4())
    wrong = other.path.read_text().split()[-1]
    said = refused(lambda: file.write_text("".join(lines[:-1]) + f"{first} {name} {root} {wrong}\n"), RootWrong, vault)
    assert "is not the one" in said
    assert wrong not in said


def test_an_open_root_key_stops_the_start(vault: Vault, file: Path, tenant: int) -> None:
    vault.key_for_sealing(tenant, person(1), "trip", who=WHO)
    assert "chmod 600" in refused(lambda: file.chmod(0o644), VaultError, vault)


def test_a_start_without_a_place_for_it_goes_on_without_a_vault(
    vault: Vault, admin: psycopg.Connection, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    from allconnects.site import migrate as starting

    def broken() -> str:
        raise RootUnwritable("the root key cannot be written")

    monkeypatch.setattr("allconnects.privacy.vault.migrate.migrate", broken)
    assert starting._vault() == "nothing is sealed until this is mended: the root key cannot be written"


class KeyService:
    """Stands in for a key service: the port and nothing beside it, and no key of its own ever comes out."""

    def __init__(self, file: FileRoot) -> None:
        self.__file = file
        self.asked: list[str] = []

    where = "a key service"

    def wrap(self, vault: UUID, root: UUID, key: bytes, bound: bytes) -> bytes:
        self.asked.append("wrap")
        return self.__file.wrap(vault, root, key, bound)

    def unwrap(self, vault: UUID, root: UUID, wrapped: bytes, bound: bytes) -> bytes:
        self.asked.append("unwrap")
        return self.__file.unwrap(vault, root, wrapped, bound)

    def roots(self, vault: UUID) -> list[UUID]:
        return self.__file.roots(vault)

    def make(self, vault: UUID) -> UUID:
        return self.__file.make(vault)

    def forget(self, vault: UUID, root: UUID) -> None:
        self.__file.forget(vault, root)


def test_a_key_service_can_stand_behind_the_port(vault: Vault, tenant: int) -> None:
    """Organisations are wrapped and unwrapped there; persons below them never ask it."""
    settings = config.current()
    service = KeyService(FileRoot(settings.vault_root, settings.home))
    who = [person(str(uuid4())) for _ in range(3)]
    with Vault(db.conninfo("vault"), service, vault.ledger) as behind:
        made = behind.keys_for_sealing(tenant, who, "raw_position", WHO)
        asked = len(service.asked)
        assert behind.keys_for(tenant, who, "raw_position", "fleet.dispatch", WHO) == made
    assert vault.keys_for(tenant, who, "raw_position", "fleet.dispatch", WHO) == made
    assert service.asked.count("wrap") == 1
    assert asked <= 3
