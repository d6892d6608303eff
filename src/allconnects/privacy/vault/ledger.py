"""The ledger of destroyed keys: a file beside the root key, outside every backup, that only grows.

A line is the vault, a tag of 32 bytes and a time. The tag is a keyed hash: without the vault's secret it says
nothing about anybody. What is in here is never brought back by a restore.
"""

from __future__ import annotations

import fcntl
import os
import re
from collections.abc import Iterable
from pathlib import Path
from typing import BinaryIO
from uuid import UUID

from allconnects.kit import clock
from allconnects.kit.files import sync_folder
from allconnects.privacy.vault.errors import VaultError


class Ledger:
    """The ledger in a file. A line that a crash tore is no line; the database still has its tag."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def tags(self, vault: UUID) -> set[bytes]:
        """The tags of everything destroyed in a vault. Raises VaultError when the file cannot be read."""
        try:
            text = self.path.read_text("ascii", "replace")
        except FileNotFoundError:
            return set()
        except OSError as error:
            raise VaultError(f"the ledger {self.path} cannot be read: {error.strerror}") from error
        line = re.compile(rf"^v1 {vault} ([0-9a-f]{{64}}) \S+Z$", re.MULTILINE)
        return {bytes.fromhex(digits) for digits in line.findall(text)}

    def ready(self) -> None:
        """Raises VaultError when nothing could be written down; makes the file when it is missing."""
        self._append(b"")

    def add(self, vault: UUID, tags: Iterable[bytes]) -> None:
        """Write tags down, durable when this returns. Raises VaultError."""
        time = clock.now().strftime("%Y-%m-%dT%H:%M:%SZ")
        lines = "".join(f"v1 {vault} {tag.hex()} {time}\n" for tag in tags)
        if lines:
            self._append(lines.encode())

    def _append(self, lines: bytes) -> None:
        try:
            self.path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            fresh = not self.path.exists()
            handle = os.open(self.path, os.O_RDWR | os.O_CREAT | os.O_APPEND | os.O_CLOEXEC | os.O_NOFOLLOW, 0o600)
            with os.fdopen(handle, "ab") as file:
                _write(file, lines)
            if fresh:
                sync_folder(self.path.parent)
        except OSError as error:
            raise VaultError(f"the ledger {self.path} cannot be written: {error.strerror}") from error


def _write(file: BinaryIO, lines: bytes) -> None:
    handle = file.fileno()
    fcntl.flock(handle, fcntl.LOCK_EX)
    size = os.fstat(handle).st_size
    torn = size > 0 and os.pread(handle, 1, size - 1) != b"\n"
    file.write(b"\n" + lines if torn and lines else lines)
    file.flush()
    os.fsync(handle)
