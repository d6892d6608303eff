"""What is withheld is hidden by the database itself: policies made from the ways that lead to a person.

So every page, API, report, export, job and stream of an organisation (all read as the role ``web``) shows no row of a
person whose data are restricted or held, and none can forget to ask. Storing goes on: other roles see everything.
Sources: GDPR art. 18(2), art. 17(3)(e).
"""

from __future__ import annotations

from typing import Any

from allconnects.kit.db import role_name
from allconnects.kit.labels import Table, Way
from allconnects.privacy.subjects import Found, Reach, reach

NAME = "withheld"
_PEOPLE = "(SELECT privacy_withheld_people())"
_NOBODY = "(SELECT cardinality(privacy_withheld_people()) = 0)"
OWN_PURPOSES = ("rights.handle",)
"""What is kept to answer a person is not withheld from those who answer."""


CHAINS = ("audit",)
"""Entries without names and places that are numbered and chained: one that is hidden would break the next."""


def statements(found: Reach) -> list[str]:
    """SQL that gives every table with rows of people its policy, and takes it from the others."""
    result = []
    for name, one in sorted(found.found.items()):
        result.append(f"DROP POLICY IF EXISTS {NAME} ON {name}")
        test = visible(found, one)
        if test:
            result.append(
                f"CREATE POLICY {NAME} ON {name} AS RESTRICTIVE FOR SELECT TO {role_name('web')} USING ({test})"
            )
    return result


def visible(found: Reach, one: Found) -> str:
    """SQL that is true for the rows that may be shown; empty where nothing of a person can be withheld."""
    table = one.table
    if not table.tenant or "SELECT" not in table.web:
        return ""
    tests = [test for way in one.owning if (test := _visible(found, table, way))]
    for key in one.within:
        parent = found.found[key.target]
        if visible(found, parent):
            ties = " AND ".join(f'p."{to}" = {table.name}."{own}"' for own, to in zip(key.columns, key.to, strict=True))
            empty = f'{table.name}."{key.column}" IS NULL'
            tests.append(f"({_NOBODY} OR {empty} OR EXISTS (SELECT FROM {key.target} p WHERE {ties}))")
    return " AND ".join(tests)


def _visible(found: Reach, table: Table, way: Way) -> str:
    label = table.columns.get(way.column)
    if label is not None and (label.purpose in OWN_PURPOSES or label.retention in CHAINS):
        return ""
    column = f'{table.name}."{way.column}"'
    kind = found.types.get((table.name, way.column), "")
    if way.kind == "person":
        people = f"{_PEOPLE}::uuid[]" if kind == "uuid" else f"{_PEOPLE}::text[]"
        return f"({column} = ANY ({people})) IS NOT TRUE"
    if way.kind == "row":
        return f"({way.where.format(t=table.name)} AND {column} = ANY ({_PEOPLE}::text[])) IS NOT TRUE"
    if way.kind == "word":
        return (
            f"({_NOBODY} OR NOT EXISTS (SELECT FROM unnest({_PEOPLE}) who WHERE {column}::text LIKE '%' || who || '%'))"
        )
    if way.kind == "during":
        return f"({_NOBODY} OR NOT privacy_withheld_device({column}, {_span(found, table, way)}))"
    return ""


def _span(found: Reach, table: Table, way: Way) -> str:
    start = f"{table.name}.{way.start}"
    if found.types.get((table.name, way.start)) == "tstzrange":
        return start
    end = f"coalesce({table.name}.{way.end}, {start})" if way.end else start
    return f"tstzrange({start}, {end}, '[]')"


def guard(cursor: Any) -> None:
    """Apply the policies to the schema, after every migration."""
    for statement in statements(reach(cursor)):
        cursor.execute(statement)


def unguarded(connection: Any) -> list[str]:
    """Tables with a way to a person that show the withheld."""
    found = reach(connection)
    rows = connection.execute("SELECT polrelid::regclass::text FROM pg_policy WHERE polname = %s", (NAME,)).fetchall()
    have = {row[0] for row in rows}
    wanted = {name for name, one in found.found.items() if visible(found, one)}
    return sorted(f"{name}: shows rows of people whose data are withheld" for name in wanted - have)
