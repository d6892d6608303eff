"""Work that is done in steps and survives being killed: who is at it, and what was done before."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import psycopg

from allconnects.kit import clock
from allconnects.kit.errors import AllconnectsError

Steps = list[dict[str, Any]]
_LOCK = "SELECT pg_try_advisory_lock(hashtextextended(%s, %s))"
_UNLOCK = "SELECT pg_advisory_unlock(hashtextextended(%s, %s))"


class NotAll(AllconnectsError):
    """Something could not be taken out yet. ``message`` is a word of a closed list."""

    code = "not_all"


@contextmanager
def alone(connection: psycopg.Connection[Any], what: str, kind: int) -> Iterator[bool]:
    """Whether nobody else is at ``what``; as long as this lasts nobody is. The lock goes with the connection."""
    row = connection.execute(_LOCK, (what, kind)).fetchone()
    if not (row and row[0]):
        yield False
        return
    try:
        yield True
    finally:
        if not connection.closed:
            connection.execute(_UNLOCK, (what, kind))


def is_done(steps: Steps, name: str) -> bool:
    """Whether a step was done before."""
    return any(one["step"] == name and one["state"] == "done" for one in steps)


def noted(steps: Steps, name: str, state: str, rows: int = 0, what: str = "") -> Steps:
    """The steps with how one ended now: ``rows`` and tries of all attempts together."""
    before = next((one for one in steps if one["step"] == name), {})
    entry = {
        "step": name, "state": state, "rows": before.get("rows", 0) + rows, "tries": before.get("tries", 0) + 1,
        "at": clock.now().isoformat(timespec="seconds"),
    }  # fmt: skip
    if what:
        entry["what"] = what
    return [one for one in steps if one["step"] != name] + [entry]


def told(steps: Steps) -> Steps:
    """What stays of them once all is done: not what went wrong on the way."""
    return [{key: value for key, value in step.items() if key != "what"} for step in steps]
