"""Writing the access log, showing a person who read about him, and noticing who reads about many.

Sources: GDPR art. 15 as read in CJEU C-579/21 (date and purpose of each consultation, names after weighing), art. 5(2).
"""

from __future__ import annotations

import tomllib
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from functools import cache
from importlib.resources import files
from typing import Any, Literal
from uuid import UUID

import psycopg

from allconnects.accounts.actor import Actor, current
from allconnects.kit import clock
from allconnects.kit.labels import later
from allconnects.privacy.audit import service as audit
from allconnects.privacy.retention import RULES

Scope = Literal["live", "track", "trips", "report", "export", "visits", "alerts", "presence", "hours"]
MOST_APART = 20
"""Where many are shown beside each other, more people than this are everybody: one line, which each of them sees."""
_ADD = """
    INSERT INTO privacy_access (organisation_id, at, person, actor, role, purpose, scope, first_day, last_day, size,
                                matter)
    SELECT %(organisation)s, %(at)s, about.person, %(actor)s, %(role)s, %(purpose)s, %(scope)s, %(first)s, %(last)s,
           %(size)s, %(matter)s
    FROM unnest(%(persons)s::uuid[]) AS about(person)
    WHERE %(again)s::timestamptz IS NULL OR NOT EXISTS (
        SELECT FROM privacy_access p
        WHERE p.organisation_id = %(organisation)s AND p.person IS NOT DISTINCT FROM about.person
          AND p.actor = %(actor)s AND p.scope = %(scope)s AND p.at > %(again)s::timestamptz)"""
_OF = """
    SELECT at, actor, role, purpose, scope, first_day, last_day, size, person IS NULL FROM privacy_access
    WHERE organisation_id = %s AND (person = %s OR person IS NULL) ORDER BY at DESC, id DESC LIMIT %s"""
_BULK = """
    SELECT actor, count(DISTINCT person) FROM privacy_access
    WHERE organisation_id = %(organisation)s AND at > %(since)s AND person IS NOT NULL
      AND NOT EXISTS (SELECT FROM privacy_audit a WHERE a.organisation_id = %(organisation)s
                      AND a.action = 'access.bulk' AND a.about = privacy_access.actor AND a.at > %(since)s)
    GROUP BY 1 HAVING count(DISTINCT person) >= CASE WHEN bool_or(role = 'support') THEN %(support)s ELSE %(most)s END
    ORDER BY 1"""
_FORGET_SUPPORT = (
    "DELETE FROM accounts_supportvisit v USING accounts_supportgrant g WHERE g.id = v.grant_id AND g.asked_at < %s",
    "DELETE FROM accounts_supportgrant WHERE asked_at < %s",
)


def threshold(name: str, day: date) -> int:
    """The number of ``thresholds.toml`` in force on a day. Raises KeyError."""
    known = [row for row in _thresholds()[name] if row["since"] <= day]
    return int(max(known, key=lambda row: row["since"])["value"])


@cache
def _thresholds() -> dict[str, list[dict[str, Any]]]:
    return tomllib.loads((files("allconnects.privacy.access") / "thresholds.toml").read_text("utf-8"))


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
    actor: Actor | None = None,
    goes_on: bool = False,
    matter: UUID | None = None,
) -> None:
    """Write down, in the transaction of ``cursor``, that the current actor reads about these persons (UUIDs).

    ``persons`` None: about everybody at once, as a live map does. ``actor``: a recipient outside, in place of who acts.
    ``goes_on``: a reading that lasts is written down again only after a while. What a process reads by itself is not
    noted here: the vault's log has it. A reading that is rolled back showed nothing. ``matter``: the
    investigation or disclosure under which it is read.
    """
    said = entry(organisation, persons, purpose, scope, (first, last), size, actor, goes_on=goes_on, matter=matter)
    if said is not None:
        cursor.execute(*said)


def entry(
    organisation: int, persons: Iterable[str] | None, purpose: str, scope: Scope, days: tuple[date, date], size: int,
    actor: Actor | None = None, *, goes_on: bool = False, matter: UUID | None = None,
) -> tuple[str, dict[str, Any]] | None:  # fmt: skip
    """What ``note`` executes, with its values, for a connection of another kind; None: nothing to note."""
    recipient, actor = actor is not None, actor or current()
    about = [None] if persons is None else sorted({str(person) for person in persons})
    if (actor.is_process and not recipient) or not about:
        return None
    now = clock.now()
    again = now - timedelta(minutes=threshold("again_minutes", now.date())) if goes_on else None
    return _ADD, {
        "organisation": organisation, "at": now, "actor": actor.name, "role": actor.role, "purpose": purpose,
        "scope": scope, "first": days[0], "last": days[1], "size": size, "persons": about, "again": again,
        "matter": matter,
    }  # fmt: skip


def note_beside(
    cursor: Any, organisation: int, persons: Iterable[str], *, purpose: str, scope: Scope, days: Iterable[date],
    size: int, actor: Actor | None = None,
) -> None:  # fmt: skip
    """The same for a page on which many stand beside each other, and which is looked at again and again."""
    about, seen = {str(person) for person in persons}, sorted(days)
    if about and seen:
        note(
            cursor, organisation, about if len(about) <= MOST_APART else None, purpose=purpose, scope=scope,
            first=seen[0], last=seen[-1], size=size, actor=actor, goes_on=True,
        )  # fmt: skip


def readings(cursor: Any, organisation: int, person: str, limit: int = 200) -> list[Reading]:
    """Who read about a person, newest first."""
    cursor.execute(_OF, (organisation, person, limit))
    return [Reading(*row) for row in cursor.fetchall()]


@dataclass(frozen=True, slots=True)
class Grouped:
    """Readings of one Brussels day that differ in nothing but the time. ``size``: positions or trips in all."""

    day: date
    actor: str
    role: str
    purpose: str
    scope: str
    everybody: bool
    first_at: datetime
    last_at: datetime
    times: int
    size: int
    first_day: date
    last_day: date
    matter: UUID | None


_GROUPED = """
    SELECT (at AT TIME ZONE 'Europe/Brussels')::date AS day, actor, role, purpose, scope, person IS NULL, min(at),
           max(at), count(*), sum(size)::bigint, min(first_day), max(last_day), matter
    FROM privacy_access p
    WHERE organisation_id = %(organisation)s AND (person = %(person)s OR person IS NULL) AND NOT {later}
    GROUP BY 1, 2, 3, 4, 5, 6, matter ORDER BY 1 DESC, max(at) DESC LIMIT %(limit)s"""


def grouped(cursor: Any, organisation: int, person: str, limit: int = 400) -> list[Grouped]:
    """Who read about a person, by day, newest first, as that person sees it: not what he is told of later."""
    said = later("privacy_access")
    assert said is not None
    values = {"organisation": organisation, "person": person, "today": clock.today(), "limit": limit}
    cursor.execute(_GROUPED.format(later=said.when.format(t="p")), values)
    return [Grouped(*row) for row in cursor.fetchall()]


_UNDER = """
    SELECT at, sum(size)::bigint FROM privacy_access WHERE organisation_id = %s AND matter = %s
    GROUP BY at, actor, scope ORDER BY at DESC LIMIT 200"""


def under(cursor: Any, organisation: int, matter: UUID) -> list[tuple[datetime, int]]:
    """What was read under an investigation, the newest first: when, and how many lines."""
    cursor.execute(_UNDER, (organisation, matter))
    return [(at, int(size)) for at, size in cursor.fetchall()]


def keep(connection: psycopg.Connection[Any]) -> None:
    """Leaves for this month and the next; those beyond retention go. As the worker."""
    today = clock.now().date()
    for ahead in (0, 31):
        connection.execute("SELECT privacy_make_access_partition(%s)", (today + timedelta(days=ahead),))
    before = today - timedelta(days=RULES["access_log"].default_days or 0)
    connection.execute("SELECT privacy_drop_access(%s)", (before,))
    last = today - timedelta(days=RULES["breach"].default_days or 0)
    connection.execute("DELETE FROM privacy_breach WHERE closed_at < %s", (last,))
    for statement in _FORGET_SUPPORT:
        connection.execute(statement.encode(), (before,))


def tell_bulk(cursor: Any, organisation: int) -> list[tuple[str, int]]:
    """Note in the audit chain who read about unusually many people in the last hour; the same is told once an hour.

    Returns the actors with how many people. The transaction of ``cursor`` speaks for the organisation.
    """
    now = clock.now()
    most, support = threshold("bulk_persons", now.date()), threshold("bulk_persons_support", now.date())
    since = now - timedelta(hours=1)
    cursor.execute(_BULK, {"organisation": organisation, "since": since, "most": most, "support": support})
    found = [(actor, count) for actor, count in cursor.fetchall()]
    for actor, count in found:
        audit.record(cursor, organisation, "process:worker", "access.bulk", actor, {"persons": count})
    return found
