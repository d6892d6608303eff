"""Rows out of the database in a stream, and the pieces of SQL that reports share.

A device stands in a vehicle, material or on a person by its installation; who drove is what the trip says. Every query
names its organisation beside row-level security, so that partitions and distributed tables are found by it.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

from django.db import connection

from allconnects.reports.definition import Ask, Group

_AT_ONCE: Final = 2000
VEHICLE: Final = "coalesce(v.name || CASE WHEN v.plate IN ('', v.name) THEN '' ELSE ' · ' || v.plate END, d.name)"
"""What a vehicle is called in reports; a device that stands in none by its own name."""
PERSON: Final = "nullif(btrim(p.first_name || ' ' || p.last_name), '')"
TEAM: Final = """(SELECT min(tm.name) FROM fleet_teammember m JOIN fleet_team tm ON tm.id = m.team_id
    WHERE m.person_id = p.id AND m.organisation_id = p.organisation_id
      AND m.since <= ({moment} AT TIME ZONE 'Europe/Brussels')::date
      AND (m.until IS NULL OR m.until >= ({moment} AT TIME ZONE 'Europe/Brussels')::date))"""


def day_of(moment: str) -> str:
    """SQL of the Brussels day of an instant."""
    return f"({moment} AT TIME ZONE 'Europe/Brussels')::date"


def team_at(moment: str) -> str:
    """SQL of the name of the team that person ``p`` was in at an instant."""
    return TEAM.format(moment=moment)


def stream(sql: str, values: Sequence[Any] | dict[str, Any]) -> Iterator[tuple[Any, ...]]:
    """Rows of a query, a few thousand in memory at a time; inside the transaction that is open."""
    with connection.cursor() as settings:
        # A named cursor is planned for its first tenth unless told that all of it will be read.
        settings.execute("SET LOCAL cursor_tuple_fraction = 1.0")
    with connection.chunked_cursor() as cursor:
        cursor.execute(sql, values)
        while rows := cursor.fetchmany(_AT_ONCE):
            yield from rows


def all_rows(sql: str, values: Sequence[Any] | dict[str, Any]) -> list[tuple[Any, ...]]:
    """All rows of a query that answers with few."""
    with connection.cursor() as cursor:
        cursor.execute(sql, values)
        found: list[tuple[Any, ...]] = cursor.fetchall()
        return found


@dataclass(slots=True)
class Where:
    """Conditions of a query with their values."""

    parts: list[str] = field(default_factory=list)
    values: dict[str, Any] = field(default_factory=dict)

    @classmethod
    def of(cls, ask: Ask, **columns: str) -> Where:
        """What is asked about: ``columns`` names the SQL for each selector that this query knows."""
        where = cls(values={"organisation": ask.organisation, "begin": ask.begin, "end": ask.end})
        for selector, column in columns.items():
            chosen = getattr(ask, selector)
            if chosen:
                where.parts.append(f"{column} = ANY(%({selector})s)")
                where.values[selector] = list(chosen)
        if ask.teams:
            where.values["teams"] = list(ask.teams)
        return where

    def team(self, ask: Ask, moment: str, person: str = "p.id") -> Where:
        """Only people who were in a chosen team at an instant."""
        if ask.teams:
            self.parts.append(
                f"EXISTS (SELECT FROM fleet_teammember m WHERE m.organisation_id = %(organisation)s "
                f"AND m.person_id = {person} AND m.team_id = ANY(%(teams)s) AND m.since <= {day_of(moment)} "
                f"AND (m.until IS NULL OR m.until >= {day_of(moment)}))"
            )
        return self

    @property
    def sql(self) -> str:
        """``AND …``, or nothing."""
        return "".join(f" AND {part}" for part in self.parts)


def ordered(sql: str, group: Group, *columns: str) -> str:
    """A query in the order of a group, then of ``columns``, all of them names of what it yields.

    Equal labels stand beside one another, whatever the case of their letters. Text is compared sign by sign, so that
    the order is the same on every server.
    """
    first = [f'lower(q."{group}") NULLS LAST', f'q."{group}" NULLS LAST'] if group and group != "day" else []
    first += ["q.day"] if group == "day" else []
    return f"SELECT * FROM ({sql}) q ORDER BY " + ", ".join([*first, *(f"q.{column}" for column in columns)])
