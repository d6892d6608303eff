"""Rows of what is withheld, and storing where nothing is shown."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager, suppress
from typing import Any

_STORING = "SELECT coalesce(current_setting('app.storing', true), ''), set_config('app.storing', 'on', true)"
_AGAIN = "SELECT set_config('app.storing', %s, true)"


@contextmanager
def storing(cursor: Any) -> Iterator[None]:
    """In the transaction of ``cursor``, see withheld rows too: for work that only stores what came in (art. 18(2)).

    Nothing that is shown to anybody may be read in it. One within another ends with the outer one.
    """
    cursor.execute(_STORING)
    before = cursor.fetchone()[0]
    try:
        yield
    except BaseException:
        with suppress(Exception):  # a transaction that failed is rolled back, and this with it
            cursor.execute(_AGAIN, (before,))
        raise
    cursor.execute(_AGAIN, (before,))


@asynccontextmanager
async def astoring(connection: Any) -> AsyncIterator[None]:
    """The same for a transaction of an asynchronous connection that ends when this raises."""
    await connection.execute(_STORING)
    yield
    await connection.execute(_AGAIN, ("",))
