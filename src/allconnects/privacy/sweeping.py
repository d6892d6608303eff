"""Retention by the labels: rows whose time is over go, table by table, unless something else carries their class out.

What is withheld (restricted, or held for a claim) stays while it is: due rows are looked for as the role ``web``, to
which the database shows no row of those people. Sources: GDPR art. 5(1)(e), 17(3)(e), 18(2).
"""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import psycopg
import structlog

from allconnects.accounts.tenancy import speak_for
from allconnects.kit import clock, db, labels
from allconnects.kit.labels import Age, Table
from allconnects.privacy.retention import term

log = structlog.get_logger()
BATCH = 2_000
Raw = psycopg.Connection[Any]


def sweep(connection: Raw) -> dict[str, int]:
    """Let go of what is over in every table that says when, as the role ``worker``. Returns how many rows, by table.

    A row that another one still refers to waits for that one: it is tried again after the others, then the next time.
    """
    done: dict[str, int] = {}
    waiting = [name for name, age in sorted(labels.aging().items()) if not age.by]
    with db.connect("web", autocommit=True, application="allconnects-worker") as asking:
        for _ in range(2):
            again = []
            for name in waiting:
                one = _Sweep(connection, asking, labels.tables()[name], labels.aging()[name])
                try:
                    done[name] = done.get(name, 0) + one.all()
                except psycopg.errors.ForeignKeyViolation:
                    again.append(name)
            waiting = again
    if waiting:
        log.warning("privacy.not_swept", tables=waiting)
    if total := sum(done.values()):
        log.info("privacy.swept", rows=total)
    return {name: count for name, count in done.items() if count}


def due(table: Table, age: Age, alias: str = "t") -> tuple[str, Any]:
    """SQL that is true for rows of ``alias`` whose time is over, with its one value. Only for tables with a term."""
    days = term(table)
    assert days is not None
    return f"({age.since.format(t=alias)}) < %s", clock.now() - timedelta(days=days)


class _Sweep:
    """One table. ``asking``: a connection of the role ``web``, to which withheld rows are not there."""

    def __init__(self, connection: Raw, asking: Raw, table: Table, age: Age) -> None:
        self.connection, self.asking, self.table = connection, asking, table
        self.test, self.before = due(table, age)
        name = table.name
        self.act = f"UPDATE {name} t SET {age.becomes}" if age.becomes else f"DELETE FROM {name} t"

    def all(self) -> int:
        """Every row that is over."""
        table = self.table
        if not table.tenant:
            return self._of(None)
        query = f"SELECT DISTINCT t.{table.tenant} FROM {table.name} t WHERE {self.test}"
        return sum(self._of(row[0]) for row in self.connection.execute(query.encode(), (self.before,)).fetchall())

    def _of(self, organisation: int | None) -> int:
        total = 0
        while rows := self._found(organisation):
            where = f"WHERE t.ctid = ANY (%s::tid[]) AND {self.test}"
            gone = self.connection.execute(f"{self.act} {where}".encode(), (rows, self.before)).rowcount
            total += gone
            if not gone:  # changed meanwhile: the next time
                break
        return total

    def _found(self, organisation: int | None) -> list[str]:
        """Some rows that are over and may go."""
        query = f"SELECT t.ctid::text FROM {self.table.name} t WHERE {self.test}"
        if organisation is None:
            return self._ids(self.connection, f"{query} LIMIT {BATCH}")
        query += f" AND t.{self.table.tenant} = {organisation:d} LIMIT {BATCH}"
        if "SELECT" not in self.table.web:
            return self._ids(self.connection, query)
        with self.asking.transaction():
            speak_for(self.asking, organisation)
            return self._ids(self.asking, query)

    def _ids(self, connection: Raw, query: str) -> list[str]:
        return [row[0] for row in connection.execute(query.encode(), (self.before,))]
