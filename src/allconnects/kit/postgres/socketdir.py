"""The folder of the server's socket: short, closed to others, and found again by our other processes.

A socket's path holds at most 107 bytes, so it does not stand in the data folder.
"""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
import stat
import tempfile
from collections.abc import Iterator
from pathlib import Path

from allconnects.kit.postgres.errors import DatabaseError, readable
from allconnects.kit.postgres.settings import PORT
from allconnects.kit.postgres.user import Account, name_of

PREFIX = "allconnects-"
_SOCKET = f".s.PGSQL.{PORT}"
_LONGEST = 107 - len(f"/{_SOCKET}") - len("-12345678")  # mkdtemp's ending


def make_socket_dir(home: Path, account: Account) -> Path:
    """An empty folder for the sockets of the cluster in `home`, mode 0700, that belongs to `account`.

    The name is the same each time. When something of another owner or mode stands there, it is not touched
    and a fresh name is taken. Raises DatabaseError when no folder can be made.
    """
    name = PREFIX + hashlib.sha256(f"{home.resolve()}|{account.uid}".encode()).hexdigest()[:12]
    for base in _bases():
        wanted = base / name
        if len(os.fsencode(wanted)) > _LONGEST or not _reached(base, account):
            continue
        with contextlib.suppress(OSError):
            return _make(wanted, account)
    raise DatabaseError(f"no folder for the database's socket can be made in {tempfile.gettempdir()}")


def _make(wanted: Path, account: Account) -> Path:
    try:
        wanted.mkdir(0o700)
    except FileExistsError:
        if is_ours(wanted, account.uid):
            _empty(wanted)
            return wanted
        wanted = Path(tempfile.mkdtemp(prefix=f"{wanted.name}-", dir=wanted.parent))
    _give(wanted, account)
    return wanted


def _give(folder: Path, account: Account) -> None:
    handle = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW)
    try:
        os.fchmod(handle, 0o700)
        if account.run_as is not None:
            os.fchown(handle, account.uid, account.gid)
    finally:
        os.close(handle)


def is_ours(folder: Path, uid: int) -> bool:
    """Whether this is a real folder (no link) of user `uid` that nobody else may enter."""
    try:
        found = folder.lstat()
    except OSError:
        return False
    return stat.S_ISDIR(found.st_mode) and found.st_uid == uid and stat.S_IMODE(found.st_mode) == 0o700


def _empty(folder: Path) -> None:
    for name in (_SOCKET, f"{_SOCKET}.lock"):
        (folder / name).unlink(missing_ok=True)


def remove_socket_dir(folder: Path, uid: int) -> None:
    """Remove a socket folder of ours that no server uses any more; anything else stays."""
    if folder.name.startswith(PREFIX) and is_ours(folder, uid):
        with contextlib.suppress(OSError):
            _empty(folder)
            folder.rmdir()


def _reached(base: Path, account: Account) -> bool:
    """Whether `account` can walk to this folder."""
    if account.run_as is None:
        return True
    return all(folder.is_dir() and folder.stat().st_mode & stat.S_IXOTH for folder in (base, *base.parents))


def _bases() -> Iterator[Path]:
    if os.geteuid() == 0:
        yield Path("/run")
    elif (runtime := os.environ.get("XDG_RUNTIME_DIR")) and _stays(Path(runtime)):
        yield Path(runtime)
    yield Path(tempfile.gettempdir())
    yield Path("/tmp")  # noqa: S108


def _stays(runtime: Path) -> bool:
    """Whether this folder outlives the session: logind removes its own at log-out unless the user lingers."""
    if not runtime.is_absolute() or not is_ours(runtime, os.geteuid()):
        return False
    if not runtime.is_relative_to("/run/user"):
        return True
    return Path("/var/lib/systemd/linger", name_of(os.geteuid())).exists()


def record(folder: Path, data: Path, socket_dir: Path) -> None:
    """Write down in `folder` where the server of the cluster `data` listens."""
    content = json.dumps({"socket_dir": str(socket_dir), "cluster": _identity(data)})
    partial = folder / "socket.new"
    with readable(folder):
        partial.write_text(content)
        partial.replace(folder / "socket")


def recorded(folder: Path, data: Path) -> Path | None:
    """What `record` wrote for this very cluster; None for a copy of it, or when nothing was written."""
    try:
        content = json.loads((folder / "socket").read_text())
        same = content["cluster"] == _identity(data)
        return Path(content["socket_dir"]) if same else None
    except (OSError, ValueError, KeyError, TypeError):
        return None


def _identity(data: Path) -> list[int]:
    found = data.stat()
    return [found.st_dev, found.st_ino]
