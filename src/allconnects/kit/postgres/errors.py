"""What can go wrong with the embedded PostgreSQL, said in one line."""

from __future__ import annotations

import errno
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from allconnects.kit.errors import AllconnectsError

_FULL = {errno.ENOSPC, errno.EDQUOT}
_FULL_TEXTS = ("No space left on device", "Disk quota exceeded")


class DatabaseError(AllconnectsError):
    """The embedded database cannot start or be used; the message says what a person can do."""

    code = "database"
    status = 503


def disk_full(place: Path) -> DatabaseError:
    return DatabaseError(f"the disk that holds {place} is full: make room there, then start again")


def from_output(what: str, output: str, place: Path) -> DatabaseError:
    """The error that the output of a PostgreSQL program tells: `what` failed, in the folder `place`."""
    if any(text in output for text in _FULL_TEXTS):
        return disk_full(place)
    lines = [line.strip() for line in output.splitlines() if line.strip()]
    telling = [line for line in lines if any(word in line for word in ("error:", "FATAL:", "PANIC:"))]
    return DatabaseError(f"{what} failed: {(telling or lines or ['it said nothing'])[-1]}")


@contextmanager
def readable(place: Path) -> Iterator[None]:
    """Turn an OSError about `place` into one line for a person."""
    try:
        yield
    except OSError as error:
        if error.errno in _FULL:
            raise disk_full(place) from error
        reason = error.strerror or type(error).__name__
        raise DatabaseError(f"cannot use {error.filename or place}: {reason}") from error
