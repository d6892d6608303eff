"""The rows and columns of a person that belong into a copy, by the labels.

Access (GDPR art. 15): all that is not excluded with a reason. Portability (art. 20): what the person provided or
what was observed, on consent or for a contract; nothing derived.
"""

from __future__ import annotations

import base64
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any, Literal
from uuid import UUID

from psycopg.types.range import Range

from allconnects.kit.labels import Label, later
from allconnects.privacy.erasure.rows import Rows, ordered
from allconnects.privacy.subjects import Found

Scope = Literal["access", "portability"]
Row = dict[str, Any]
PORTABLE = frozenset({"contract", "consent"})
MOST_ROWS = 200_000
"""Of one table: more would be tracks, which have files of their own."""


@dataclass(frozen=True, slots=True)
class Taken:
    """What one table gives. ``left_out``: columns that are not handed over, and why."""

    table: str
    columns: dict[str, Label]
    left_out: dict[str, str]
    rows: list[Row]


def belongs(label: Label, scope: Scope) -> bool:
    """Whether a column is handed over."""
    if not label.personal or label.export == "excluded" or label.erasure.startswith("delete_chunk"):
        return False
    if scope == "access":
        return True
    return label.basis in PORTABLE and label.export in ("provided", "observed")


def gathered(rows: Rows, scope: Scope) -> Iterator[Taken]:
    """Table by table what is the person's; tables without a row of his are left out."""
    for found in ordered(rows.reach):
        columns = {name: label for name, label in found.table.columns.items() if belongs(label, scope)}
        if not columns:
            continue
        values = list(_values(rows, found, list(columns)))
        if values:
            left_out = {
                name: label.excluded_because
                for name, label in found.table.columns.items()
                if label.export == "excluded" and label.personal
            }
            yield Taken(found.table.name, columns, left_out, values)


def held_back(rows: Rows, scope: Scope) -> dict[str, int]:
    """What of the person's is left out because he is told of it later: rows, by what has the ground of it."""
    total: Counter[str] = Counter()
    for found in ordered(rows.reach):
        name, said = found.table.name, later(found.table.name)
        test = _owned(rows, found)
        if said is None or not test or not any(belongs(label, scope) for label in found.table.columns.values()):
            continue
        query = (
            f"SELECT {said.because.format(t='t')}, count(*) FROM {name} t WHERE ({test}) AND {_later(name)} GROUP BY 1"
        )
        total.update(dict(rows.connection.execute(query.encode(), rows.params).fetchall()))
    return dict(total)


def _later(name: str) -> str:
    """SQL that is true for rows of which the person is told later."""
    said = later(name)
    return f"coalesce({said.when.format(t='t')}, false)" if said else "false"


def _owned(rows: Rows, found: Found) -> str:
    """SQL that is true for the rows that a copy is made of; empty where there can be none."""
    name = found.table.name
    if any(way.kind == "any" for way in found.ways) and not any(way.kind == "account" for way in found.ways):
        return ""  # rows that cannot be told apart may be somebody else's
    tests = [rows.reach.owned(name, skip=("any",))] if found.owning or found.within else []
    if not tests:
        tests = [rows.reach.mentioned(name, way) for way in found.mentions]
    return " OR ".join(tests)


def _values(rows: Rows, found: Found, columns: list[str]) -> Iterator[Row]:
    name, test = found.table.name, _owned(rows, found)
    if not test:
        return
    listed = ", ".join(f't."{column}"' for column in columns)
    query = f"SELECT {listed} FROM {name} t WHERE ({test}) AND NOT {_later(name)} LIMIT {MOST_ROWS}"
    for row in rows.connection.execute(query.encode(), rows.params):
        yield {column: told(value) for column, value in zip(columns, row, strict=True)}


def told(value: Any) -> Any:
    """A value as JSON has it: moments in ISO 8601, spans as pairs, bytes as text where they are, else base64."""
    if isinstance(value, datetime | date):
        return value.isoformat()
    if isinstance(value, UUID | Decimal):
        return str(value)
    if isinstance(value, timedelta):
        return value.total_seconds()
    if isinstance(value, Range):
        return [told(value.lower), told(value.upper)]
    if isinstance(value, bytes | memoryview):
        content = bytes(value)
        try:
            return content.decode()
        except UnicodeDecodeError:
            return base64.b64encode(content).decode()
    if isinstance(value, list):
        return [told(one) for one in value]
    if isinstance(value, dict):
        return {key: told(one) for key, one in value.items()}
    return value
