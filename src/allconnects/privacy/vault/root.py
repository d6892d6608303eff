"""The root key: the port behind which a key service can stand, and the file that stands there by default.

The file has one line for each root key of each vault, so platforms on one machine can share it, and while a root
key is being replaced there are two for one vault. It is replaced whole, by a rename, so that it is never torn.
"""

from __future__ import annotations

import base64
import binascii
import fcntl
import os
import stat
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple, Protocol
from uuid import UUID, uuid4

from allconnects.kit.files import sync_folder
from allconnects.privacy.vault import keys
from allconnects.privacy.vault.errors import RootMissing, RootUnwritable, VaultError

_TITLE = (
    "# Root key of the vault of allconnects. Without this file nothing that was sealed can be read again, by anybody.\n"
    "# Keep a copy of it in a safe place, never together with a backup of the databases.\n"
)
_FIRST = "v1"


class RootKey(Protocol):
    """What wraps the keys of organisations. Every root key has an id; each vault has its own."""

    def wrap(self, vault: UUID, root: UUID, key: bytes, bound: bytes) -> bytes:
        """A key under a root key. Raises RootMissing."""

    def unwrap(self, vault: UUID, root: UUID, wrapped: bytes, bound: bytes) -> bytes:
        """The key again. Raises RootMissing, or Damaged when it was wrapped otherwise."""

    def roots(self, vault: UUID) -> list[UUID]:
        """The root keys of a vault, oldest first."""

    def make(self, vault: UUID) -> UUID:
        """A new root key for a vault, durable when this returns."""

    def forget(self, vault: UUID, root: UUID) -> None:
        """Remove a root key for good."""

    @property
    def where(self) -> str:
        """Where it is, for the operator."""


class _Line(NamedTuple):
    vault: UUID
    root: UUID
    key: bytes

    def text(self) -> str:
        return f"{_FIRST} {self.vault} {self.root} {base64.b64encode(self.key).decode()}\n"


class FileRoot:
    """Root keys in a file of mode 0600 outside the data folder, read at each use so that a new one is seen.

    ``home``: the data folder, of which the file must not be part: a backup of the one would hold the other.
    """

    def __init__(self, path: Path, home: Path) -> None:
        self.path = path
        self._home = home

    @property
    def where(self) -> str:
        return str(self.path)

    def wrap(self, vault: UUID, root: UUID, key: bytes, bound: bytes) -> bytes:
        return keys.wrap(self._key(vault, root), key, bound)

    def unwrap(self, vault: UUID, root: UUID, wrapped: bytes, bound: bytes) -> bytes:
        return keys.unwrap(self._key(vault, root), wrapped, bound)

    def roots(self, vault: UUID) -> list[UUID]:
        return [line.root for line in self._lines() if line.vault == vault]

    def make(self, vault: UUID) -> UUID:
        line = _Line(vault, uuid4(), keys.new_key())
        with self._alone():
            self._replace([*self._lines(), line])
        return line.root

    def forget(self, vault: UUID, root: UUID) -> None:
        with self._alone():
            self._replace([line for line in self._lines() if (line.vault, line.root) != (vault, root)])

    def _key(self, vault: UUID, root: UUID) -> bytes:
        for line in self._lines():
            if (line.vault, line.root) == (vault, root):
                return line.key
        raise RootMissing(
            f"the root key of the vault is not in {self.path}: put the file back, or nothing sealed can be read; "
            "ALLCONNECTS_VAULT_ROOT names another place"
        )

    def _lines(self) -> list[_Line]:
        self._refuse_inside()
        try:
            handle = os.open(self.path, os.O_RDONLY | os.O_CLOEXEC)
        except FileNotFoundError:
            return []
        except OSError as error:
            raise VaultError(f"the root key {self.path} cannot be read: {error.strerror}") from error
        with os.fdopen(handle, "rb") as file:
            self._refuse_open(os.fstat(handle))
            return [self._line(raw) for raw in file.read().splitlines() if raw.strip() and not raw.startswith(b"#")]

    def _line(self, raw: bytes) -> _Line:
        try:
            first, vault, root, key = raw.decode("ascii").split()
            line = _Line(UUID(vault), UUID(root), base64.b64decode(key, validate=True))
        except (ValueError, binascii.Error):  # its text would repeat the key
            first, line = "", None
        if line is None or first != _FIRST or len(line.key) != keys.KEY_BYTES:
            raise VaultError(f"the root key {self.path} is damaged: put a copy of the file in its place")
        return line

    def _refuse_inside(self) -> None:
        home = self._home.resolve()
        for path in (self.path.absolute(), self.path.resolve()):
            if home in (path, *path.parents) or self._home.absolute() in path.parents:
                raise VaultError(
                    f"the root key {self.path} lies inside the data folder, where a copy of the folder would take it "
                    "along: set ALLCONNECTS_VAULT_ROOT to a place outside"
                )

    def _refuse_open(self, found: os.stat_result) -> None:
        if not stat.S_ISREG(found.st_mode):
            raise VaultError(f"the root key {self.path} is not a file")
        if found.st_mode & 0o077:
            raise VaultError(
                f"the root key {self.path} is open to other users (mode {stat.S_IMODE(found.st_mode):o}): chmod 600 it"
            )
        if found.st_uid not in (os.geteuid(), 0):
            raise VaultError(f"the root key {self.path} belongs to another user")

    @contextmanager
    def _alone(self) -> Iterator[None]:
        """One writer at a time, and the folder made when it is missing."""
        self._refuse_inside()
        try:
            self.path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            handle = os.open(self._beside("lock"), os.O_RDWR | os.O_CREAT | os.O_CLOEXEC | os.O_NOFOLLOW, 0o600)
        except OSError as error:
            raise RootUnwritable(
                f"the root key {self.path} cannot be written ({error.strerror}): "
                "set ALLCONNECTS_VAULT_ROOT to a place outside the data folder that can"
            ) from error
        try:
            fcntl.flock(handle, fcntl.LOCK_EX)
            yield
        finally:
            os.close(handle)

    def _replace(self, lines: list[_Line]) -> None:
        draft = self._beside("new")
        draft.unlink(missing_ok=True)
        handle = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC | os.O_NOFOLLOW, 0o600)
        with os.fdopen(handle, "w") as file:
            file.write(_TITLE + "".join(line.text() for line in lines))
            file.flush()
            os.fsync(handle)
        draft.replace(self.path.resolve())
        sync_folder(self.path.resolve().parent)

    def _beside(self, what: str) -> Path:
        real = self.path.resolve()
        return real.with_name(f"{real.name}.{what}")
