"""The rows of a person, taken out table by table as their labels say, in small pieces.

Children go before what they refer to; the register of persons and that of accounts go last. Where a duty keeps a row
that refers to them, an empty shell of the register's row stays until that row goes.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

import psycopg

from allconnects.kit import clock
from allconnects.kit.labels import Label
from allconnects.kit.pace import Pace
from allconnects.privacy.retention import RULES
from allconnects.privacy.subjects import Found, Reach, Subject
from allconnects.privacy.subjects.reach import Key, goes_whole, retained

NOBODY = "process:erased"
Connection = psycopg.Connection[Any]
Params = dict[str, Any]
_PARTED = """
    SELECT CASE WHEN p.partstrat = 'r' AND p.partnatts = 1 THEN
        (SELECT a.attname FROM pg_attribute a WHERE a.attrelid = p.partrelid AND a.attnum = p.partattrs[0]) END
    FROM pg_partitioned_table p WHERE p.partrelid = %s::regclass"""
_BOUND = "SELECT pg_get_expr(relpartbound, oid) FROM pg_class WHERE oid = %s"
_FROM_TO = re.compile(r"FOR VALUES FROM \(('[^']*')\) TO \(('[^']*')\)")
_EMPTY = {"text": "''", "character varying": "''", "jsonb": "'{}'::jsonb"}


@dataclass(frozen=True, slots=True)
class Rows:
    """On whose rows to work. ``held``: classes of data that stay for now; ``pace``: how fast, and in what pieces."""

    connection: Connection
    reach: Reach
    params: Params
    held: frozenset[str]
    pace: Pace = field(default_factory=Pace)

    def tables(self) -> list[Found]:
        """Tables in the order in which their rows go."""
        return ordered(self.reach)

    def is_held(self, found: Found) -> bool:
        """Whether a hold keeps the rows of a table; who had a device stays while something is found by it."""
        if any(label.personal and label.retention in self.held for label in found.table.columns.values()):
            return True
        return found.table.name == self.reach.had and any(
            way.kind == "during" for one in self.reach.found.values() if self.is_held_itself(one) for way in one.ways
        )

    def is_held_itself(self, found: Found) -> bool:
        """Whether a hold names what a table holds."""
        return any(label.personal and label.retention in self.held for label in found.table.columns.values())

    def erase(self, found: Found) -> int:
        """Take the rows of one table out; returns how many were deleted or stripped."""
        name = found.table.name
        if all(retained(label) for label in found.table.columns.values() if label.personal):
            return 0
        done = sum(self._blank(found, way) for way in found.mentions)
        if self.is_held(found):
            return done
        if name in (self.reach.people, self.reach.accounts):
            return done + self._root(found)
        if not found.owning and not found.within:
            return done
        return done + (self._delete(name) if goes_whole(found) else self._strip(found))

    def left(self, found: Found) -> int:
        """Rows that ought to be gone and are not."""
        name, total = found.table.name, 0
        if all(retained(label) for label in found.table.columns.values() if label.personal):
            return 0
        for way in found.mentions:
            if not retained(found.table.columns[way.column]):
                total += self._count(name, self.reach.mentioned(name, way))
        if self.is_held(found) or (name in (self.reach.people, self.reach.accounts) and self._referred(name)):
            return total
        return total + self._count(name, self.reach.owned(name))

    def kept(self) -> Iterator[dict[str, Any]]:
        """What stays, why and until when; one entry for a table."""
        today = clock.now().date()
        for found in self.tables():
            name = found.table.name
            links = {found.table.columns[way.column] for way in found.owning if way.column} or set()
            label = next((one for one in links if retained(one)), None)
            if label is None and self.is_held(found):
                if count := self._count(name, self.reach.owned(name)):
                    yield {"table": name, "rows": count, "class": "hold", "why": "hold", "until": ""}
            elif label is not None and (count := self._count(name, self.reach.owned(name))):
                rule = RULES[label.retention]
                until = (today + timedelta(days=rule.default_days or 0)).isoformat()
                yield {"table": name, "rows": count, "class": label.retention, "why": rule.ground, "until": until}

    def _count(self, name: str, test: str) -> int:
        row = self.connection.execute(f"SELECT count(*) FROM {name} t WHERE {test}".encode(), self.params).fetchone()
        return int(row[0]) if row else 0

    def _blank(self, found: Found, way: Any) -> int:
        """Who did something with somebody else's row is nobody any more."""
        name, column = found.table.name, way.column
        if retained(found.table.columns[column]):
            return 0
        value = f"'{NOBODY}'" if way.prefix else "NULL"
        test = self.reach.mentioned(name, way)
        return self._run(f'UPDATE {name} t SET "{column}" = {value} WHERE {test}')

    def _strip(self, found: Found) -> int:
        """The rows stay without what links them and what tells of the person."""
        sets = [
            f'"{column}" = {value}'
            for column, label in found.table.columns.items()
            if (value := self._becomes(found.table.name, column, label))
        ]
        test = self.reach.owned(found.table.name)
        return self._run(f"UPDATE {found.table.name} t SET {', '.join(sets)} WHERE {test}") if sets else 0

    def _becomes(self, name: str, column: str, label: Label) -> str:
        if label.erasure == "nullify":
            return "NULL"
        if label.erasure in ("generalise", "replace_token"):
            return label.becomes or self._empty(name, column)
        return ""

    def _empty(self, name: str, column: str) -> str:
        kind = self.reach.types.get((name, column), "")
        return "'{}'" if kind.endswith("[]") else _EMPTY.get(kind, "")

    def _delete(self, name: str) -> int:
        self._let_go(name)
        test = self.reach.owned(name)
        row = self.connection.execute(_PARTED, (name,)).fetchone()
        if row:
            return self._delete_by_leaves(name, test, row[0])
        total = 0
        while count := self._run(
            f"DELETE FROM {name} t WHERE t.ctid = ANY (ARRAY(SELECT t.ctid FROM {name} t WHERE {test} "
            f"LIMIT {self.pace.piece}))"
        ):
            total += count
        return total

    def _delete_by_leaves(self, name: str, test: str, column: str | None) -> int:
        """One leaf, one transaction: years of days at once would be a flush of the log that everybody waits for."""
        leaves = self.connection.execute(
            f"SELECT DISTINCT t.tableoid FROM {name} t WHERE {test}".encode(), self.params
        ).fetchall()
        total = 0
        for (leaf,) in leaves:
            row = self.connection.execute(_BOUND, (leaf,)).fetchone()
            found = _FROM_TO.fullmatch(str(row[0])) if row and column else None
            part = f' AND t."{column}" >= {found[1]} AND t."{column}" < {found[2]}' if found else ""
            total += self._run(f"DELETE FROM {name} t WHERE {test}{part}")
        return total

    def _let_go(self, name: str) -> None:
        """What refers to rows that go, and may refer to nothing, does so."""
        for key in self.reach.keys:
            if key.target != name or (key.table, key.column) in self.reach.not_null or key.table == name:
                continue
            child = self.reach.found.get(key.table)
            if child is not None and retained(child.table.columns[key.column]):
                continue
            self._run(f'UPDATE {key.table} c SET "{key.column}" = NULL FROM {name} t WHERE {_ties(key)} '
                      f"AND {self.reach.owned(name)}")  # fmt: skip

    def _root(self, found: Found) -> int:
        name = found.table.name
        if not self._referred(name):
            return self._delete(name)
        sets = [
            f'"{column}" = {value}'
            for column, label in found.table.columns.items()
            if column not in ("id", found.table.tenant) and (value := self._shell(name, column, label))
        ]
        return self._run(f"UPDATE {name} t SET {', '.join(sets)} WHERE {self.reach.owned(name)}")

    def _shell(self, name: str, column: str, label: Label) -> str:
        if label.becomes:
            return label.becomes
        return self._empty(name, column) if (name, column) in self.reach.not_null else "NULL"

    def _referred(self, name: str) -> bool:
        """Whether a row that stays refers to the person or account."""
        for key in self.reach.keys:
            if key.target != name or key.table in (self.reach.people, self.reach.accounts):
                continue
            ties = f"SELECT 1 FROM {key.table} c JOIN {name} t ON {_ties(key)} WHERE {self.reach.owned(name)} LIMIT 1"
            if self.connection.execute(ties.encode(), self.params).fetchone():
                return True
        return False

    def _run(self, statement: str) -> int:
        began = self.pace.now()
        with self.connection.transaction():
            count = self.connection.execute(statement.encode(), self.params).rowcount
        if count:
            self.pace.rest(began)
        return count


def _ties(key: Key) -> str:
    return " AND ".join(f'c."{own}" = t."{to}"' for own, to in zip(key.columns, key.to, strict=True))


def ordered(reach: Reach) -> list[Found]:
    """Tables so that what refers goes before what it refers to, and who had a device before the registers alone."""
    last = [name for name in (reach.had, reach.people, reach.accounts) if name in reach.found]
    names = sorted(name for name in reach.found if name not in last)
    targets = {name: {key.target for key in reach.keys if key.table == name and key.target != name} for name in names}
    result: list[str] = []
    while names:
        free = [name for name in names if not any(name in targets[other] for other in names if other != name)]
        if not free:
            free = [names[0]]
        result += free
        names = [name for name in names if name not in free]
    return [reach.found[name] for name in (*result, *last)]


def params_of(connection: Connection, subject: Subject, elsewhere: bool) -> Params:
    """The values that ways ask for."""
    row = connection.execute("SELECT email FROM accounts_account WHERE id = %s", (subject.account,)).fetchone()
    return {
        "organisation": subject.organisation, "person": subject.person, "account": subject.account,
        "email": row[0] if row else None, "elsewhere": elsewhere,
    }  # fmt: skip
