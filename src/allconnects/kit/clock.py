"""The one clock: code asks here, tests set it."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, date, datetime
from zoneinfo import ZoneInfo

BRUSSELS = ZoneInfo("Europe/Brussels")
"""Where days begin and end; two of a year have 23 and 25 hours."""
_source: Callable[[], float] = time.time
_held: list[Callable[[], float]] = []
_lock = threading.Lock()


def now() -> datetime:
    """The present instant, in UTC."""
    return datetime.fromtimestamp(_source(), UTC)


def now_ms() -> int:
    """The present instant in milliseconds since 1970-01-01 UTC."""
    return int(_source() * 1000)


def day_of(instant: datetime) -> date:
    """The Brussels day of an instant."""
    return instant.astimezone(BRUSSELS).date()


def today() -> date:
    """The present day in Brussels."""
    return day_of(now())


@contextmanager
def at(instant: datetime) -> Iterator[None]:
    """Hold the clock at an instant, for tests; the newest hold counts, whichever thread lets go first."""
    global _source
    stamp = instant.timestamp()
    held = lambda: stamp  # noqa: E731
    with _lock:
        _held.append(held)
        _source = held
    try:
        yield
    finally:
        with _lock:
            _held.remove(held)
            _source = _held[-1] if _held else time.time
