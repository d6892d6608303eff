"""Waiting on what will come: long enough for the slowest machine, and over at once where it is there.

A limit here only ends what would never end. How quick things are is measured by ``allconnects bench``, and no test
fails because a machine was busy.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import TypeVar

PATIENCE_S = 60.0
T = TypeVar("T")


def until(what: Callable[[], T], seconds: float = PATIENCE_S) -> T:
    """Wait until it gives something true, and return that; what it gave last when the time is over."""
    deadline = time.monotonic() + seconds
    while not (found := what()) and time.monotonic() < deadline:
        time.sleep(0.02)
    return found
