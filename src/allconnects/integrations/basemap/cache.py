"""Tiles on disk: bounded in size, fresh for a week, still of use when the host is away."""

from __future__ import annotations

import hashlib
import os
import tempfile
import threading
from contextlib import suppress
from pathlib import Path

from allconnects.kit import clock

FRESH_S = 7 * 24 * 3600
MAX_BYTES = 512 * 1024 * 1024
SWEEP_EVERY = 256


class Cache:
    """Files named by a hash of their address; those used longest ago go first."""

    def __init__(self, folder: Path, *, max_bytes: int = MAX_BYTES, fresh_s: float = FRESH_S) -> None:
        self.folder, self.max_bytes, self.fresh_s = folder, max_bytes, fresh_s
        self._writes, self._lock = 0, threading.Lock()

    def get(self, key: str) -> tuple[bytes, bool] | None:
        """The bytes kept under key and whether they are fresh; None if there are none."""
        path = self._path(key)
        try:
            data, age_s = path.read_bytes(), clock.now().timestamp() - path.stat().st_mtime
        except OSError:
            return None
        return data, 0 <= age_s <= self.fresh_s

    def put(self, key: str, data: bytes) -> None:
        """Keep bytes under key, whole or not at all. A full disk is no error: the next request asks again."""
        path = self._path(key)
        with suppress(OSError):
            path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
            handle, draft = tempfile.mkstemp(dir=path.parent)
            try:
                with os.fdopen(handle, "wb") as file:
                    file.write(data)
                stamp = clock.now().timestamp()
                os.utime(draft, (stamp, stamp))
                os.replace(draft, path)
            except OSError:
                Path(draft).unlink(missing_ok=True)
        self._count()

    def _path(self, key: str) -> Path:
        name = hashlib.sha256(key.encode()).hexdigest()
        return self.folder / name[:2] / name[2:]

    def _count(self) -> None:
        with self._lock:
            self._writes += 1
            due = self._writes % SWEEP_EVERY == 1
        if due:
            self.sweep()

    def sweep(self) -> None:
        """Delete the oldest files until a fifth of the room is free, if there is too much."""
        found = []
        for path in self.folder.glob("??/*"):
            with suppress(OSError):
                about = path.stat()
                found.append((about.st_mtime, about.st_size, path))
        total = sum(size for _, size, _ in found)
        if total <= self.max_bytes:
            return
        for _, size, path in sorted(found, key=lambda one: one[0]):
            if total <= self.max_bytes * 0.8:
                break
            path.unlink(missing_ok=True)
            total -= size
