"""The one clock: code asks here, tests set it."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime

_source: Callable[[], float] = time.time


def now() -> datetime:
    """The present instant, in UTC."""
    return datetime.fromtimestamp(_source(), UTC)


def now_ms() -> int:
    """The present instant in milliseconds since 1970-01-01 UTC."""
    return int(_source() * 1000)


@contextmanager
def at(instant: datetime) -> Iterator[None]:
    """Hold the clock at an instant, for tests."""
    global _source
    before = _source
    stamp = instant.timestamp()
    _source = lambda: stamp  # noqa: E731
    try:
        yield
    finally:
        _source = before
