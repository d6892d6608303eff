"""The operating-system user that PostgreSQL runs as: oneself, or a user of its own when that is root."""

from __future__ import annotations

import grp
import os
import pwd
import shutil
import subprocess
from dataclasses import dataclass

from allconnects.kit.errors import ConfigError

SERVICE_NAME = "allconnects"
_ADMIN_PATH = "/usr/sbin:/sbin:/usr/bin:/bin"


@dataclass(frozen=True)
class Account:
    """A user of the operating system."""

    name: str
    uid: int
    gid: int

    @property
    def run_as(self) -> tuple[int, int] | None:
        """What `spawn` needs to become this user; None when we are it."""
        return None if self.uid == os.geteuid() else (self.uid, self.gid)


def own_account() -> Account:
    """The user that runs this process. Raises ConfigError without a name, which peer authentication needs."""
    uid = os.geteuid()
    try:
        entry = pwd.getpwuid(uid)
    except KeyError:
        raise ConfigError(
            f"user id {uid} has no name on this machine: add it to /etc/passwd, or run as a user that has one"
        ) from None
    return Account(entry.pw_name, uid, entry.pw_gid)


def server_account() -> Account:
    """The user that PostgreSQL runs as. As root that is a system user of its own, made when it is missing.

    Raises ConfigError when it cannot be made.
    """
    if os.geteuid() != 0:
        return own_account()
    return _find(SERVICE_NAME) or _create(SERVICE_NAME)


def name_of(uid: int) -> str:
    """The name of a user id, for an error message."""
    try:
        return pwd.getpwuid(uid).pw_name
    except KeyError:
        return f"user id {uid}"


def _find(name: str) -> Account | None:
    try:
        entry = pwd.getpwnam(name)
    except KeyError:
        return None
    if entry.pw_uid == 0:
        raise ConfigError(f"the system user {name} has user id 0, as which PostgreSQL refuses to run")
    return Account(name, entry.pw_uid, entry.pw_gid)


def _create(name: str) -> Account:
    program = shutil.which("useradd", path=_ADMIN_PATH)
    if program is None:
        raise ConfigError(
            f"started as root without the program useradd: add a system user {name} yourself, or start as another user"
        )
    shell = shutil.which("nologin", path=_ADMIN_PATH) or "/bin/false"
    argv = [program, "--system", "--no-create-home", "--home-dir", "/nonexistent", "--shell", shell]
    done = subprocess.run([*argv, *_group(name), name], capture_output=True, text=True, check=False)  # noqa: S603
    account = _find(name)  # also when another process was just as quick
    if account is None:
        reason = (done.stderr.strip().splitlines() or [f"code {done.returncode}"])[-1]
        raise ConfigError(f"cannot add the system user {name} ({reason}): add it yourself, or start as another user")
    return account


def _group(name: str) -> list[str]:
    try:
        return ["--gid", str(grp.getgrnam(name).gr_gid)]
    except KeyError:
        return ["--user-group"]
