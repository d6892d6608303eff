"""Rows of what is withheld, and storing where nothing is shown."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from typing import Any

_STORING = "SELECT set_config('app.storing', %s, true)"


@contextmanager
def storing(cursor: Any) -> Iterator[None]:
    """In the transaction of ``cursor``, see withheld rows too: for work that only stores what came in (art. 18(2)).

    Nothing that is shown to anybody may be read in it.
    """
    cursor.execute(_STORING, ("on",))
    try:
        yield
    finally:
        cursor.execute(_STORING, ("",))


@asynccontextmanager
async def astoring(connection: Any) -> AsyncIterator[None]:
    """The same for an asynchronous connection: to learn what may not be shown."""
    await connection.execute(_STORING, ("on",))
    try:
        yield
    finally:
        await connection.execute(_STORING, ("",))
