"""Writing the access log, showing a person who read about him, and noticing who reads about many.

Sources: GDPR art. 15 as read in CJEU C-579/21 (date and purpose of each consultation, names after weighing), art. 5(2).
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any, Literal

import psycopg

from allconnects.accounts.actor import current
from allconnects.kit import clock
from allconnects.privacy.audit import service as audit
from allconnects.privacy.retention import RULES

Scope = Literal["live", "track", "trips", "report", "export"]
BULK_PERSONS = 50
"""So many people read about one by one, by one account within an hour, is unusual enough to be told."""
_ADD = """
    INSERT INTO privacy_access (organisation_id, at, person, actor, role, purpose, scope, first_day, last_day, size)
    SELECT %(organisation)s, %(at)s, person, %(actor)s, %(role)s, %(purpose)s, %(scope)s, %(first)s, %(last)s, %(size)s
    FROM unnest(%(persons)s::uuid[]) AS person"""
_OF = """
    SELECT at, actor, role, purpose, scope, first_day, last_day, size, person IS NULL FROM privacy_access
    WHERE organisation_id = %s AND (person = %s OR person IS NULL) ORDER BY at DESC, id DESC LIMIT %s"""
SUPPORT_PERSONS = 10
"""The same for staff of the operator, who help with one thing at a time."""
_BULK = """
    SELECT organisation_id, actor, count(DISTINCT person) FROM privacy_access
    WHERE at > %s AND person IS NOT NULL GROUP BY 1, 2
    HAVING count(DISTINCT person) >= CASE WHEN bool_or(role = 'support') THEN %s ELSE %s END"""
_FORGET_SUPPORT = (
    "DELETE FROM accounts_supportvisit v USING accounts_supportgrant g WHERE g.id = v.grant_id AND g.asked_at < %s",
    "DELETE FROM accounts_supportgrant WHERE asked_at < %s",
)


@dataclass(frozen=True, slots=True)
class Reading:
    """Somebody read about a person. ``size``: positions or trips. ``everybody``: he was one of all that were shown."""

    at: datetime
    actor: str
    role: str
    purpose: str
    scope: str
    first_day: date
    last_day: date
    size: int
    everybody: bool


def note(
    cursor: Any,
    organisation: int,
    persons: Iterable[str] | None,
    *,
    purpose: str,
    scope: Scope,
    first: date,
    last: date,
    size: int,
) -> None:
    """Write down, in the transaction of ``cursor``, that the current actor reads about these persons (UUIDs).

    ``persons`` None: about everybody at once, as a live map does. What a process reads by itself is not noted here: the
    vault's log has it. A reading that is rolled back showed nothing.
    """
    actor = current()
    about = [None] if persons is None else sorted(set(persons))
    if actor.is_process or not about:
        return
    cursor.execute(
        _ADD,
        {
            "organisation": organisation, "at": clock.now(), "actor": actor.name, "role": actor.role,
            "purpose": purpose, "scope": scope, "first": first, "last": last, "size": size, "persons": about,
        },
    )  # fmt: skip


def readings(cursor: Any, organisation: int, person: str, limit: int = 200) -> list[Reading]:
    """Who read about a person, newest first."""
    cursor.execute(_OF, (organisation, person, limit))
    return [Reading(*row) for row in cursor.fetchall()]


def keep(connection: psycopg.Connection[Any]) -> None:
    """Leaves for this month and the next; those beyond retention go. As the worker."""
    today = clock.now().date()
    for ahead in (0, 31):
        connection.execute("SELECT privacy_make_access_partition(%s)", (today + timedelta(days=ahead),))
    before = today - timedelta(days=RULES["access_log"].default_days or 0)
    connection.execute("SELECT privacy_drop_access(%s)", (before,))
    last = today - timedelta(days=RULES["audit"].cap_days or 0)
    connection.execute("DELETE FROM privacy_breach WHERE closed_at < %s", (last,))
    for statement in _FORGET_SUPPORT:
        connection.execute(statement.encode(), (before,))


def tell_bulk(connection: psycopg.Connection[Any]) -> int:
    """Note in the audit chain who read about unusually many people in the last hour. Returns how many did."""
    since = clock.now() - timedelta(hours=1)
    found = connection.execute(_BULK, (since, SUPPORT_PERSONS, BULK_PERSONS)).fetchall()
    with connection.cursor() as cursor:
        for organisation, actor, count in found:
            audit.record(cursor, organisation, "process:worker", "access.bulk", actor, {"persons": count})
    return len(found)
