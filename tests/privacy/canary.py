"""A person who fills every labelled table: each column that can hold a word of its own holds a unique token.

Made from labels, ways and the real schema, so that a new table joins by itself. What the schema demands (other rows,
words of closed lists, spans that may not overlap) is read from the catalogue; only where that says nothing, ``SPECIAL``
helps out.
"""

from __future__ import annotations

import itertools
import json
import re
import secrets
from collections import defaultdict
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

import psycopg

from allconnects.kit import labels
from allconnects.kit.labels import Label, Table, Way
from allconnects.privacy.subjects import Reach, reach
from allconnects.privacy.subjects.reach import Key

SERVED = {"django_content_type", "auth_permission", "accounts_organisation"}
_CHECKS = """
    SELECT t.relname, pg_get_constraintdef(c.oid) FROM pg_constraint c JOIN pg_class t ON t.oid = c.conrelid
    WHERE c.contype = 'c' AND t.relnamespace = 'public'::regnamespace AND NOT t.relispartition"""
_COLUMNS = """
    SELECT c.relname, a.attname, format_type(a.atttypid, NULL), a.atttypmod, a.attnotnull,
           a.attidentity <> '' OR a.attgenerated <> '', a.atthasdef
    FROM pg_class c JOIN pg_attribute a ON a.attrelid = c.oid
    WHERE c.relnamespace = 'public'::regnamespace AND c.relkind IN ('r', 'p') AND NOT c.relispartition
      AND a.attnum > 0 AND NOT a.attisdropped ORDER BY c.relname, a.attnum"""

_TIED = """
    SELECT a.attname FROM pg_constraint c JOIN pg_attribute a ON a.attrelid = c.conrelid AND a.attnum = ANY (c.conkey)
    WHERE c.contype = 'f' AND c.conrelid = %s::regclass"""


_ABOUT = """
    SELECT a.attname FROM pg_constraint c JOIN pg_attribute a ON a.attrelid = c.conrelid AND a.attnum = ANY (c.conkey)
    WHERE c.conrelid = %s::regclass AND c.conname = %s ORDER BY a.attnum"""
MOST_TRIES = 200


@dataclass(frozen=True, slots=True)
class Token:
    """A unique value and where it was put."""

    table: str
    column: str
    text: str
    label: Label


@dataclass
class Canary:
    """One person in the database of an organisation, and every token that stands for him."""

    connection: psycopg.Connection[Any]
    organisation: int
    person: UUID = field(default_factory=uuid4)
    account: int = 0
    tokens: list[Token] = field(default_factory=list)
    rows: dict[str, dict[str, Any]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.reach: Reach = reach(self.connection)
        self.columns: dict[str, list[tuple[str, str, int, bool, bool, bool]]] = defaultdict(list)
        for table, *rest in self.connection.execute(_COLUMNS):
            self.columns[table].append(tuple(rest))
        self.checks: dict[str, list[str]] = defaultdict(list)
        for table, text in self.connection.execute(_CHECKS):
            self.checks[table].append(text)
        today = NOW.date()
        self.connection.execute("SELECT telemetry_make_partition(%s)", (today,))
        self.connection.execute("SELECT telemetry_make_segment_partition(%s)", (today,))
        self.connection.execute("SELECT trips_make_partition(%s)", (today,))
        self.connection.execute("SELECT places_make_partition(%s)", (today,))
        self._stem = secrets.token_hex(3)
        self._count = 0
        self._making: list[str] = []

    def fill(self, skip: frozenset[str] = frozenset()) -> None:
        """Give the person a row in every table that leads to one, and to things such rows need."""
        self.begin()
        for name in sorted(self.reach.found):
            if name not in skip:
                self.row(name)

    def begin(self) -> None:
        """The person, the account, and that he had a device."""
        self.row(self.reach.accounts)
        self.account = self.rows[self.reach.accounts]["id"]
        self.row(self.reach.people)
        self.row(self.reach.had)

    def of(self, table: str) -> list[Token]:
        """Tokens of one table."""
        return [token for token in self.tokens if token.table == table]

    def row(self, name: str) -> dict[str, Any]:
        """The person's row of a table, made when there is none yet."""
        if name in self.rows:
            return self.rows[name]
        if name in self._making:
            return {}
        self._making.append(name)
        table = labels.tables()[name]
        values: dict[str, Any] = {}
        if table.tenant and table.tenant != "id":
            values[table.tenant] = self.organisation
        self._follow(name, values)
        self._belong(table, values)
        self._rest(table, values)
        values.update({column: value(self) for column, value in SPECIAL.get(name, {}).items()})
        self._root(name, values)
        made = self._insert(name, values)
        self.rows[name] = made
        self._making.remove(name)
        found = self.reach.found.get(name)
        if found is not None:
            self._note(table, made)
        return made

    def _root(self, name: str, values: dict[str, Any]) -> None:
        """The person is the one of the canary, and has its account."""
        if name == self.reach.people:
            values["id"] = self.person
            for key in self.reach.keys:
                if key.table == name and key.target == self.reach.accounts:
                    values[key.column] = self.account

    def _note(self, table: Table, made: dict[str, Any]) -> None:
        for column, label in table.columns.items():
            value = made.get(column)
            text = json.dumps(value) if isinstance(value, dict | list) else value
            if isinstance(text, memoryview):
                text = bytes(text)
            if isinstance(text, bytes):
                text = text.decode("latin-1")
            if isinstance(text, str) and (found := re.search(rf"{self._stem}x\d+q", text)):
                self.tokens.append(Token(table.name, column, found[0], label))

    def _follow(self, name: str, values: dict[str, Any]) -> None:
        """Rows that this one refers to."""
        required = {column for column, _, _, not_null, _, _ in self.columns[name] if not_null}
        for key in self.reach.keys:
            if key.table != name or key.target == name or key.target in SERVED:
                continue
            if key.column not in required and not self._wanted(key):
                continue
            self._refer(key, values)

    def _wanted(self, key: Key) -> bool:
        found = self.reach.found.get(key.table)
        ways = found.ways if found else ()
        return any(way.column == key.column for way in ways) or (found is not None and key in found.within)

    def _refer(self, key: Key, values: dict[str, Any]) -> None:
        target = self.row(key.target)
        for own, to in zip(key.columns, key.to, strict=True):
            if to in target:
                values.setdefault(own, target[to])

    def _belong(self, table: Table, values: dict[str, Any]) -> None:
        found = self.reach.found.get(table.name)
        for way in found.ways if found else ():
            self._take(table, way, values)

    def _take(self, table: Table, way: Way, values: dict[str, Any]) -> None:
        kind = self.reach.types.get((table.name, way.column), "")
        if way.kind == "person":
            values[way.column] = self.person if kind == "uuid" else str(self.person)
        elif way.kind in ("account", "mention") and self.account and table.root != "account":
            values[way.column] = f"{way.prefix}{self.account}" if way.prefix else self.account
        elif way.kind == "row":
            values[way.column] = str(self.person)
            word = re.search(r"\"?(\w+)\"? = '(\w+)'", way.where)
            assert word
            values[word[1]] = word[2]
        elif way.kind == "email":
            values[way.column] = self.rows[self.reach.accounts]["email"]
        elif way.kind == "during":
            values[way.column] = self.row(self.reach.had)["device_id"]
        elif way.kind == "word" and kind == "jsonb":
            values[way.column] = json.dumps({"who": str(self.person), "token": self.token()})

    def token(self) -> str:
        """A word that stands nowhere else."""
        self._count += 1
        return f"{self._stem}x{self._count}q"

    def _rest(self, table: Table, values: dict[str, Any]) -> None:
        tied = {row[0] for row in self.connection.execute(_TIED, (table.name,))}
        for column, kind, size, not_null, generated, default in self.columns[table.name]:
            if column in values or generated:
                continue
            label = table.columns.get(column)
            value = self._value(table.name, column, kind, size)
            if value is None and not not_null:
                continue
            if (column == "id" and default) or (column in tied and not not_null):
                continue
            if value is not None and label is not None:
                values[column] = value

    def _value(self, table: str, column: str, kind: str, size: int) -> Any:
        if words := self._words(table, column):
            return words[0]
        if kind in ("text", "character varying"):
            token = self.token()
            if kind != "text" and 0 < size - 4 < len(token):
                return token[-(size - 4) :] if size - 4 > 3 else ""
            return f"{token}@example.org" if "email" in column else token
        if kind == "bytea":
            return f"{self.token()}".encode().ljust(32, b"-")
        if kind in ("jsonb", "json"):
            return json.dumps({"token": self.token()})
        if kind in ("character varying[]", "text[]"):
            return [self.token()] if size < 0 or size - 4 > 12 else []
        if kind.endswith("[]") and kind not in _PLAIN:
            return []
        return _PLAIN[kind]() if kind in _PLAIN else None

    def _words(self, table: str, column: str) -> list[str]:
        """Values of a closed list, out of the CHECK of a table."""
        for text in self.checks[table]:
            if re.search(rf"\(*\"?{column}\"?\)*(::text)? = ANY", text):
                return [word for word in re.findall(r"'([^']*)'::", text) if word][:9]
        return []

    def _insert(self, name: str, values: dict[str, Any]) -> dict[str, Any]:
        """Insert a row; what a CHECK does not let pass is varied in the columns that it is about."""
        for _ in range(6):
            try:
                return self._put(name, values)
            except psycopg.errors.CheckViolation as error:
                rule = error.diag.constraint_name or ""
                values = self._varied(name, values, rule)
        return self._put(name, values)

    def _varied(self, name: str, values: dict[str, Any], rule: str) -> dict[str, Any]:
        rows = self.connection.execute(_ABOUT, (name, rule)).fetchall()
        columns = [row[0] for row in rows]
        choices = [self._choices(name, column, values.get(column)) for column in columns]
        for picked in itertools.islice(itertools.product(*choices), MOST_TRIES):
            varied = {**values, **dict(zip(columns, picked, strict=True))}
            try:
                with self.connection.transaction(force_rollback=True):
                    self._put(name, varied)
                return varied
            except psycopg.errors.CheckViolation as error:
                if error.diag.constraint_name != rule:
                    return varied
            except (psycopg.errors.NotNullViolation, psycopg.errors.StringDataRightTruncation):
                continue
        raise AssertionError(f"{name}: nothing satisfies {rule}; say in SPECIAL what does")

    def _choices(self, name: str, column: str, value: Any) -> list[Any]:
        kind = self.reach.types.get((name, column), "")
        found = [value]
        if kind == "boolean":
            found.append(not value)
        if isinstance(value, datetime | date):
            found += [value + timedelta(days=30), value - timedelta(days=30)]
        if isinstance(value, int) and kind != "boolean" and not column.endswith("_id"):
            found += [1, 0, 30]
        found += self._words(name, column)
        if (name, column) not in self.reach.not_null:
            found.append(None)
        elif kind in ("text", "character varying"):
            found.append("")
        return found

    def _put(self, name: str, values: dict[str, Any]) -> dict[str, Any]:
        columns = ", ".join(f'"{column}"' for column in values)
        marks = ", ".join(["%s"] * len(values))
        with self.connection.transaction():
            cursor = self.connection.execute(
                f"INSERT INTO {name} ({columns}) VALUES ({marks}) RETURNING *".encode(), list(values.values())
            )
            row = cursor.fetchone()
        assert row is not None
        assert cursor.description is not None
        return dict(zip([one.name for one in cursor.description], row, strict=True))


NOW = datetime.now(UTC).replace(microsecond=0)
_PLAIN: dict[str, Any] = {
    "integer": lambda: 1 + secrets.randbelow(2**30),
    "bigint": lambda: 1 + secrets.randbelow(2**40),
    "smallint": lambda: 1,
    "double precision": lambda: 1.5,
    "real": lambda: 1.5,
    "numeric": lambda: 1,
    "boolean": lambda: True,
    "timestamp with time zone": lambda: NOW - timedelta(minutes=5),
    "date": lambda: date(2026, 1, 1),
    "uuid": uuid4,
    "tstzrange": lambda: psycopg.types.range.Range(NOW - timedelta(hours=1), NOW, "[)"),
    "interval": lambda: timedelta(minutes=1),
    "bigint[]": lambda: [1],
    "uuid[]": lambda: [],
}
Special = dict[str, dict[str, Callable[[Canary], Any]]]
SPECIAL: Special = {
    "fleet_custody": {"holder": lambda one: "person", "site": lambda one: None, "vehicle_id": lambda one: None},
    "fleet_locationexception": {"kind": lambda one: "crash"},
    "maintenance_done": {
        "vehicle_id": lambda one: one.row("fleet_vehicle")["id"],
        "material_id": lambda one: None,
    },
    "maintenance_plan": {
        "kind": lambda one: "check",
        "period": lambda one: "day",
        "vehicle_class": lambda one: "van",
        "category": lambda one: "",
        "vehicle_id": lambda one: None,
        "material_id": lambda one: None,
    },
    "privacy_case_decision": {"kind": lambda one: "refusal", "amount": lambda one: None},
    "live_share": {"ends_at": lambda one: NOW + timedelta(hours=1)},
    "privacy_audit": {"about": lambda one: f"person:{one.person}", "action": lambda one: "test.done"},
    "procrastinate_jobs": {"abort_requested": lambda one: False, "status": lambda one: "doing"},
    "telemetry_keeping": {"days": lambda one: 30},
    "telemetry_segment": {"day": lambda one: NOW.date()},
    "trips_correction": {"kind": lambda one: "correct", "split_at": lambda one: None, "undoes": lambda one: None},
    "trips_rules": {"key": lambda one: ""},
}
"""Values that the schema does not tell: by table and column."""


_TABLES = """
    SELECT c.relname FROM pg_class c WHERE c.relnamespace = 'public'::regnamespace AND c.relkind IN ('r', 'p')
    AND NOT c.relispartition ORDER BY 1"""


def seen(connection: psycopg.Connection[Any], words: list[str]) -> dict[str, set[str]]:
    """In which tables words stand, by word; every row of every table is looked through, binary columns too."""
    found: dict[str, set[str]] = defaultdict(set)
    if not words:
        return found
    any_of = "|".join(map(re.escape, words))
    for (table,) in connection.execute(_TABLES).fetchall():
        binary = [row[0] for row in connection.execute(
            "SELECT attname FROM pg_attribute WHERE attrelid = %s::regclass AND atttypid = 'bytea'::regtype "
            "AND attnum > 0 AND NOT attisdropped", (table,)).fetchall()]  # fmt: skip
        text = " || ".join(
            ["row_to_json(t)::text", *(f"coalesce(encode(t.\"{one}\", 'escape'), '')" for one in binary)]
        )
        # One look at each row for all words together: other tests leave hundreds of thousands of rows.
        query = f"SELECT text FROM (SELECT {text} AS text FROM {table} t) rows WHERE text ~ %s"
        for (line,) in connection.execute(query.encode(), (any_of,)):
            for word in words:
                if word in line:
                    found[word].add(table)
    return found
