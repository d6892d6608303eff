"""Secrets that the program makes for itself at first start and keeps in the data folder."""

from __future__ import annotations

import os
import secrets
from collections.abc import Callable
from pathlib import Path


def secret_key(home: Path) -> str:
    """The key that signs sessions and links; made once, readable by the owner of the data folder only."""
    return read_or_make(home / "secrets" / "key", lambda: secrets.token_urlsafe(48))


def read_or_make(path: Path, make: Callable[[], str]) -> str:
    """The secret in a file, made and stored durably when there is none yet. Two starters agree on one."""
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    try:
        return path.read_text()
    except FileNotFoundError:
        pass
    draft = path.with_suffix(f".{os.getpid()}")
    draft.touch(mode=0o600)
    draft.write_text(make())
    try:
        os.link(draft, path)
    except FileExistsError:
        pass
    finally:
        draft.unlink()
    return path.read_text()
