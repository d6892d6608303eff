"""Writes down whose live places somebody sees: a look that goes on is noted again after a while, not with each tick."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from allconnects.accounts.actor import Actor
from allconnects.kit import clock
from allconnects.kit.sql import numbers
from allconnects.privacy.access import service as access
from allconnects.telemetry.store.reader import PURPOSE

PEOPLE = """
    SELECT DISTINCT person::text FROM telemetry_occupancy
    WHERE organisation_id = %s AND device_id = ANY(%s::integer[]) AND during @> now()"""


def statement(
    organisation: int, people: Iterable[str], actor: Actor | None, size: int
) -> tuple[str, dict[str, Any]] | None:  # fmt: skip
    """What to execute so that it is written down; None when nobody is seen, or nobody looks."""
    found = sorted(people)
    if not found:
        return None
    today = clock.today()
    about = found if len(found) <= access.MOST_APART else None
    return access.entry(organisation, about, PURPOSE, "live", (today, today), size, actor, goes_on=True)


def note(cursor: Any, organisation: int, devices: Iterable[int], actor: Actor | None = None) -> None:
    """The current actor, or a recipient outside, sees where these devices are now."""
    seen = list(devices)
    if not seen:
        return
    cursor.execute(PEOPLE, (organisation, numbers(seen)))
    said = statement(organisation, [row[0] for row in cursor.fetchall()], actor, len(seen))
    if said is not None:
        cursor.execute(*said)
