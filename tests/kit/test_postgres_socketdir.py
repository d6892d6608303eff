"""The socket's folder: ours, or another one."""

from __future__ import annotations

import os
import stat
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from allconnects.kit.errors import ConfigError
from allconnects.kit.postgres import DatabaseError, settings, socketdir
from allconnects.kit.postgres.socketdir import is_ours, make_socket_dir, remove_socket_dir
from allconnects.kit.postgres.user import Account, own_account
from tests.kit.running import NOBODY, needs_root, open_folder


@pytest.fixture
def base(monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """The only place where socket folders are made."""
    with open_folder(os.geteuid()) as folder:
        folder.chmod(0o755)
        monkeypatch.setattr(socketdir, "_bases", lambda: [folder])
        yield folder


@pytest.fixture
def me() -> Account:
    return own_account()


def test_the_same_cluster_gets_the_same_closed_folder(base: Path, me: Account) -> None:
    first = make_socket_dir(Path("/somewhere"), me)
    assert first.parent == base
    assert is_ours(first, me.uid)
    assert make_socket_dir(Path("/somewhere"), me) == first
    assert make_socket_dir(Path("/elsewhere"), me) != first


def test_a_stale_socket_is_cleared_away(base: Path, me: Account) -> None:
    folder = make_socket_dir(Path("/somewhere"), me)
    (folder / ".s.PGSQL.5432").touch()
    (folder / ".s.PGSQL.5432.lock").touch()
    assert list(make_socket_dir(Path("/somewhere"), me).iterdir()) == []
    remove_socket_dir(folder, me.uid)
    assert not folder.exists()


def _link(wanted: Path) -> None:
    target = wanted.parent / "target"
    target.mkdir(mode=0o700)
    wanted.symlink_to(target)


def _open(wanted: Path) -> None:
    wanted.mkdir()
    wanted.chmod(0o755)


def _file(wanted: Path) -> None:
    wanted.write_text("not yours")


@pytest.mark.parametrize("trap", [_link, _open, _file])
def test_a_trap_is_neither_used_nor_touched(base: Path, me: Account, trap: Callable[[Path], None]) -> None:
    wanted = make_socket_dir(Path("/somewhere"), me)
    wanted.rmdir()
    trap(wanted)
    before = wanted.lstat()
    made = make_socket_dir(Path("/somewhere"), me)
    assert made != wanted
    assert made.name.startswith(wanted.name)
    assert is_ours(made, me.uid)
    remove_socket_dir(wanted, me.uid)
    assert (wanted.lstat().st_mode, wanted.lstat().st_ino) == (before.st_mode, before.st_ino)


@needs_root
def test_a_place_that_the_server_cannot_walk_to_is_passed_over(base: Path) -> None:
    base.chmod(0o700)
    with pytest.raises(DatabaseError, match="no folder for the database's socket"):
        make_socket_dir(Path("/somewhere"), Account("nobody", NOBODY.pw_uid, NOBODY.pw_gid))


@needs_root
def test_a_folder_of_another_user_is_not_used(base: Path) -> None:
    nobody = Account("nobody", NOBODY.pw_uid, NOBODY.pw_gid)
    wanted = make_socket_dir(Path("/somewhere"), nobody)
    assert (wanted.stat().st_uid, stat.S_IMODE(wanted.stat().st_mode)) == (NOBODY.pw_uid, 0o700)
    os.chown(wanted, 1, 1)
    made = make_socket_dir(Path("/somewhere"), nobody)
    assert made != wanted
    assert wanted.stat().st_uid == 1


def test_a_place_with_too_long_a_path_is_passed_over(
    tmp_path: Path, me: Account, monkeypatch: pytest.MonkeyPatch
) -> None:
    with open_folder(me.uid) as short:
        monkeypatch.setattr(socketdir, "_bases", lambda: [tmp_path / ("x" * 90), Path("/nonexistent"), short])
        assert make_socket_dir(Path("/somewhere"), me).parent == short
        monkeypatch.setattr(socketdir, "_bases", lambda: [tmp_path / ("x" * 90)])
        with pytest.raises(DatabaseError, match="no folder for the database's socket"):
            make_socket_dir(Path("/somewhere"), me)


def test_only_our_own_folders_are_removed(tmp_path: Path, me: Account) -> None:
    other = tmp_path / "documents"
    other.mkdir(mode=0o700)
    remove_socket_dir(other, me.uid)
    full = tmp_path / "allconnects-x"
    full.mkdir(mode=0o700)
    (full / "letter").touch()
    remove_socket_dir(full, me.uid)
    assert other.exists()
    assert (full / "letter").exists()


@pytest.mark.parametrize("name", ["all", "/^.*$", "+staff", "", 'a"b', "a\nb", "a\\b"])
def test_names_that_mean_more_than_one_user_are_refused(name: str) -> None:
    with pytest.raises(ConfigError):
        settings.identity_map([name], ["postgres"])
    with pytest.raises(ConfigError):
        settings.identity_map(["root"], [name])


def test_the_map_names_each_user_with_each_role() -> None:
    lines = settings.identity_map(["root", "allconnects", "root"], ["postgres", "web"]).splitlines()
    assert lines == [
        'allconnects "allconnects" "postgres"',
        'allconnects "allconnects" "web"',
        'allconnects "root" "postgres"',
        'allconnects "root" "web"',
    ]


@pytest.mark.parametrize(("memory_mib", "shared"), [(512, "64MB"), (4096, "256MB"), (65536, "512MB")])
def test_memory_that_the_server_keeps_for_itself(memory_mib: int, shared: str) -> None:
    assert f"shared_buffers={shared}" in settings.initial(memory_mib << 20)
