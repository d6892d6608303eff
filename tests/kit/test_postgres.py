"""The embedded server: made, used, killed, moved, found again."""

from __future__ import annotations

import logging
import os
import re
import shutil
import signal
import stat
import threading
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest

from allconnects.kit.postgres import ROLES, DatabaseError, EmbeddedPostgres, dsn, socket_dir_of
from allconnects.kit.postgres.binaries import find_binaries
from allconnects.kit.postgres.strays import living_in
from allconnects.kit.postgres.user import server_account
from allconnects.kit.processes import Supervisor
from tests.kit.running import NOBODY, alive, as_nobody, line, needs_root, open_folder, script
from tests.waiting import PATIENCE_S, until

SERVE = """
    import sys, time
    from pathlib import Path
    from allconnects.kit.postgres import EmbeddedPostgres
    server = EmbeddedPostgres(Path(sys.argv[1]))
    server.start()
    print(server.process.pid)
    time.sleep(600)
"""


def _ask(server: EmbeddedPostgres, sql: str) -> object:
    with psycopg.connect(server.dsn, autocommit=True) as connection:
        cursor = connection.execute(sql.encode())
        row = cursor.fetchone() if cursor.description else None
    return row[0] if row else None


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[EmbeddedPostgres]:
    """A running server whose data folder stands in a folder that is closed to all other users."""
    closed = tmp_path_factory.mktemp("closed")
    closed.chmod(0o700)
    with EmbeddedPostgres(closed / "home") as server:
        yield server


def test_each_role_connects_and_is_who_it_says(server: EmbeddedPostgres) -> None:
    for role in ROLES[1:]:
        _ask(server, f"create role {role} login")
    for role in ROLES:
        with psycopg.connect(dsn(server.socket_dir, user=role)) as connection:
            assert connection.execute("select current_user").fetchone() == (role,)


def test_a_role_outside_the_map_does_not_connect(server: EmbeddedPostgres) -> None:
    _ask(server, "create role stranger login")
    with pytest.raises(psycopg.OperationalError, match="Peer authentication failed"):
        psycopg.connect(dsn(server.socket_dir, user="stranger"))


@pytest.mark.parametrize(
    ("setting", "value"),
    [
        ("listen_addresses", ""),
        ("synchronous_commit", "on"),
        ("fsync", "on"),
        ("data_checksums", "on"),
        ("server_encoding", "UTF8"),
        ("TimeZone", "UTC"),
        ("log_min_error_statement", "panic"),
        ("log_parameter_max_length_on_error", "0"),
    ],
)
def test_settings(server: EmbeddedPostgres, setting: str, value: str) -> None:
    assert _ask(server, f"show {setting}") == value


def test_text_is_compared_the_same_on_every_machine(server: EmbeddedPostgres) -> None:
    assert _ask(server, "select upper('é') || min(datlocprovider::text) from pg_database") == "Éb"


def test_no_network_socket_is_open(server: EmbeddedPostgres) -> None:
    assert server.process is not None
    listed = "".join(Path("/proc/net", name).read_text() for name in ("tcp", "tcp6", "udp", "udp6"))
    links = [os.readlink(handle) for handle in Path(f"/proc/{server.process.pid}/fd").iterdir()]
    inodes = {found[1] for link in links if (found := re.fullmatch(r"socket:\[(\d+)\]", link))}
    assert inodes
    assert inodes.isdisjoint(listed.split())


def test_the_socket_folder_is_closed_short_and_recorded(server: EmbeddedPostgres) -> None:
    found = server.socket_dir.lstat()
    assert stat.S_ISDIR(found.st_mode)
    assert stat.S_IMODE(found.st_mode) == 0o700
    assert len(str(server.socket_dir)) < 93
    assert socket_dir_of(server.home) == server.socket_dir


@needs_root
def test_root_gives_the_server_a_user_of_its_own(server: EmbeddedPostgres) -> None:
    assert server.process is not None
    status = Path(f"/proc/{server.process.pid}/status").read_text()
    account = server.socket_dir.stat().st_uid
    assert account not in (0, NOBODY.pw_uid)
    assert re.search(rf"^Uid:\t{account}\t{account}\t{account}\t{account}$", status, re.MULTILINE)
    assert re.search(r"^Groups:\t *$", status, re.MULTILINE)


@needs_root
def test_nobody_is_refused_by_the_folder_and_by_the_server(server: EmbeddedPostgres) -> None:
    where = server.dsn
    assert "Permission denied" in as_nobody(lambda: psycopg.connect(where))
    socket = server.socket_dir / ".s.PGSQL.5432"
    server.socket_dir.chmod(0o755)
    socket.chmod(0o777)
    try:
        assert "Peer authentication failed" in as_nobody(lambda: psycopg.connect(where))
    finally:
        socket.chmod(0o700)
        server.socket_dir.chmod(0o700)


def test_what_needs_the_files_by_name_works_from_a_closed_folder(server: EmbeddedPostgres) -> None:
    _ask(server, "create database extra")
    with psycopg.connect(dsn(server.socket_dir, dbname="extra"), autocommit=True) as connection:
        connection.execute("create extension btree_gist")
        connection.execute("create extension pg_trgm")
        connection.execute("create table rows as select generate_series(1, 50000) as n")
        connection.execute("set debug_parallel_query = on")
        assert connection.execute("select count(*) from rows").fetchone() == (50000,)
        connection.execute("vacuum full rows")
        connection.execute("alter system set work_mem = '9MB'")
        connection.execute("select pg_reload_conf()")
        assert connection.execute("select pg_ls_dir('base') is not null limit 1").fetchone() == (True,)
    _ask(server, "drop database extra")


def test_a_backend_that_is_killed_takes_no_data_with_it(server: EmbeddedPostgres) -> None:
    _ask(server, "create table kept as select 7 as n")
    pid = _ask(server, "select pid from pg_stat_activity where backend_type = 'walwriter'")
    assert isinstance(pid, int)
    os.kill(pid, signal.SIGKILL)
    assert until(lambda: not alive(pid))
    assert until(server.is_ready)
    assert _ask(server, "select n from kept") == 7
    assert server.poll() is None


def test_the_log_holds_no_values(server: EmbeddedPostgres, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    _ask(server, "create table people (name text primary key)")
    _ask(server, "insert into people values ('secret-name')")
    for wrong in (
        "insert into people values ('secret-name')",
        "select 'secret-name'::int",
        "select secret_name",
        "do $$ begin raise warning 'secret-name'; raise exception E'a\\nsecret-name'; end $$",
    ):
        with pytest.raises(psycopg.Error):
            _ask(server, wrong)
    assert until(lambda: "23505" in caplog.text and "P0001" in caplog.text)
    assert "secret" not in caplog.text


def test_a_second_process_is_refused_and_told_why(server: EmbeddedPostgres) -> None:
    with pytest.raises(DatabaseError, match=rf"another process \({os.getpid()}\) runs on the data folder"):
        EmbeddedPostgres(server.home).start()
    assert server.is_ready()


def test_a_copy_of_a_running_cluster_is_not_taken_for_it(server: EmbeddedPostgres, tmp_path: Path) -> None:
    (tmp_path / "postgres" / "data").mkdir(parents=True)
    shutil.copy(server.home / "postgres" / "socket", tmp_path / "postgres" / "socket")
    with pytest.raises(DatabaseError, match="no database runs on"):
        socket_dir_of(tmp_path)


def test_no_folder_above_is_changed_and_data_is_there_again_even_after_a_move(tmp_path: Path) -> None:
    tmp_path.chmod(0o700)
    before = [(p, p.stat().st_mode, p.stat().st_uid, p.stat().st_gid) for p in tmp_path.parents]
    long = tmp_path / ("a long name " * 12)
    with EmbeddedPostgres(long / "home") as server:
        _ask(server, "create table kept as select 7 as n")
        used = server.socket_dir
    assert server.process is not None
    assert server.process.returncode == 0
    assert not used.exists()
    long.rename(tmp_path / "moved")
    with EmbeddedPostgres(tmp_path / "moved" / "home") as server:
        assert _ask(server, "select n from kept") == 7
    assert before == [(p, p.stat().st_mode, p.stat().st_uid, p.stat().st_gid) for p in tmp_path.parents]
    assert stat.S_IMODE(tmp_path.stat().st_mode) == 0o700


def test_the_server_ends_with_its_parent_and_the_next_one_takes_over_at_once(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    parent = script(SERVE, tmp_path)
    pid = int(line(parent))
    with psycopg.connect(dsn(socket_dir_of(tmp_path)), autocommit=True) as connection:
        connection.execute("create table kept as select 7 as n")
    parent.kill()
    parent.wait(PATIENCE_S)
    caplog.set_level(logging.DEBUG)
    with EmbeddedPostgres(tmp_path) as server:
        assert not alive(pid)
        assert "database system was shut down at" in caplog.text  # in order, not by a crash
        assert _ask(server, "select n from kept") == 7


def test_a_killed_server_comes_back_although_a_backend_was_at_work(tmp_path: Path) -> None:
    server = EmbeddedPostgres(tmp_path)
    supervisor = Supervisor()
    with server, supervisor:
        supervisor.add(server)
        where = server.dsn
        _ask(server, "create table kept as select 7 as n")
        busy = threading.Thread(target=_work_without_end, args=(where,), daemon=True)
        busy.start()
        assert server.process is not None
        assert until(lambda: _ask(server, "select count(*) from pg_stat_activity where query like '%1e11%'") == 2)
        first = server.process.pid
        old = living_in(tmp_path / "postgres" / "data")
        assert len(old) > 2
        os.kill(first, signal.SIGKILL)
        assert until(lambda: not alive(first))
        assert supervisor.wait_ready(PATIENCE_S)
        assert server.dsn == where
        assert server.process.pid != first
        assert _ask(server, "select n from kept") == 7
        assert not any(map(alive, old))
        busy.join(PATIENCE_S)
    assert living_in(tmp_path / "postgres" / "data") == []


def _work_without_end(where: str) -> None:
    with psycopg.connect(where) as connection, pytest.raises(psycopg.Error):
        connection.execute("select count(*) from generate_series(1, 1e11::bigint)")


def test_recovery_is_awaited_and_told(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    server = EmbeddedPostgres(tmp_path)
    with server:
        _ask(server, "create table kept as select generate_series(1, 100000) as n")
        server.kill()
        assert server.process is not None
        server.process.wait(PATIENCE_S)
    caplog.set_level(logging.DEBUG)
    with server:
        assert "database system was not properly shut down" in caplog.text
        assert _ask(server, "select count(*) from kept") == 100000


def test_a_making_that_was_killed_half_way_is_begun_anew(tmp_path: Path) -> None:
    folder = next(home for home in (tmp_path / str(number) for number in range(20)) if _half_made(home))
    with EmbeddedPostgres(folder) as server:
        assert _ask(server, "select 7") == 7
    assert not (folder / "postgres" / "data.new").exists()


def _half_made(folder: Path) -> bool:
    """Begin to make a database and kill who makes it; whether it was not ready yet (nobody looks all the time)."""
    folder.mkdir(mode=0o755)
    parent = script(SERVE, folder)
    assert until(lambda: (folder / "postgres" / "data.new" / "base").exists() or parent.poll() is not None)
    parent.kill()
    parent.wait(PATIENCE_S)
    return not (folder / "postgres" / "data").exists()


@needs_root
def test_an_ordinary_user_runs_it_as_itself() -> None:
    programs = find_binaries(server_account()).folder  # where another user can run them

    def run() -> tuple[str, set[int]]:
        with EmbeddedPostgres(folder / "home", binaries=programs) as server:
            psycopg.connect(server.dsn).close()
            used = (server.socket_dir, folder / "home" / "postgres" / "data", folder / "home" / "postgres")
            return str(_ask(server, "select current_user")), {path.stat().st_uid for path in used}

    with open_folder(NOBODY.pw_uid) as folder:
        assert as_nobody(run) == str(("postgres", {NOBODY.pw_uid}))
