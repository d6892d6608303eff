"""The rules that labels and the real schema must satisfy together; each answers with what breaks it.

A problem is one line that names table, column and rule. An empty answer means that the inventory is the truth.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, get_args

import psycopg

from allconnects.kit import labels
from allconnects.kit.db import BILLING, VAULT, Role, role_name
from allconnects.kit.labels import Label, Table
from allconnects.privacy import catalog
from allconnects.privacy.catalog import Column, Relation
from allconnects.privacy.retention import LONGER, MOST_DAYS, RULES, term
from allconnects.privacy.vault.labels import TABLES as VAULT_TABLES

Tables = Mapping[str, Table]
OPAQUE = ("json", "jsonb", "bytea", "xml", "hstore")
GUARDED: tuple[Role, ...] = ("web", "ingest", "worker", "rights", "vault", "billing")


def problems(connection: psycopg.Connection[Any], tables: Tables | None = None) -> list[str]:
    """Everything that is wrong, for a connection that may read the catalogue. ``tables``: all by default."""
    known = labels.tables() if tables is None else tables
    columns = catalog.columns(connection)
    relations = catalog.relations(connection)
    found = [
        *unlabelled(columns, known),
        *tainted(catalog.foreign_keys(connection), known),
        *opaque(columns, known),
        *unfitting(columns, known),
        *incomplete(known),
        *unlawful(known),
        *unkept(),
        *ageless(known),
        *unguarded(columns, relations, known),
        *unowned(connection, relations),
        *overpowered(relations, known),
    ]
    return sorted(found)


def vault_problems(connection: psycopg.Connection[Any], tables: Tables = VAULT_TABLES) -> list[str]:
    """The same for the database of the vault, which has one role and no rows for tenants to see."""
    return _side_problems(connection, tables, VAULT.owner)


def billing_problems(connection: psycopg.Connection[Any], tables: Tables) -> list[str]:
    """The same for the database of billing, whose labels the caller brings: that room stands above this one."""
    return _side_problems(connection, tables, BILLING.owner)


def _side_problems(connection: psycopg.Connection[Any], tables: Tables, owner: str) -> list[str]:
    columns = catalog.columns(connection)
    relations = catalog.relations(connection)
    found = [
        *unlabelled(columns, tables),
        *tainted(catalog.foreign_keys(connection), tables),
        *opaque(columns, tables),
        *unfitting(columns, tables),
        *incomplete(tables),
        *unlawful(tables),
        *unowned(connection, relations, owner),
        *overpowered(relations, tables),
    ]
    return sorted(found)


def _each(tables: Tables) -> Iterator[tuple[str, Label]]:
    for table in tables.values():
        for name, label in table.columns.items():
            yield f"{table.name}.{name}", label


def unlabelled(columns: list[Column], tables: Tables) -> Iterator[str]:
    """Rule 1: every column has a label, and every label a column."""
    real = {f"{column.table}.{column.name}" for column in columns}
    said = {where for where, _ in _each(tables)}
    yield from (f"{where}: no label" for where in real - said)
    yield from (f"{where}: labelled, but there is no such column" for where in said - real)


def tainted(keys: set[tuple[str, str]], tables: Tables) -> Iterator[str]:
    """Rule 2: what reaches a subject by foreign keys is about that subject, every column of it.

    A table is a subject's when one of its columns identifies somebody directly or indirectly.
    """
    reached = {
        table.name
        for table in tables.values()
        if any(label.identifiability in ("direct", "indirect") for label in table.columns.values())
    }
    while new := {source for source, target in keys if target in reached} - reached:
        reached |= new
    for name in reached & set(tables):
        for column, label in tables[name].columns.items():
            if not label.personal:
                yield f"{name}.{column}: labelled not personal, but its table reaches a person"


def opaque(columns: list[Column], tables: Tables) -> Iterator[str]:
    """Rule 4: what can hold anything says what it holds."""
    for column in columns:
        label = _label(column, tables)
        if label and not label.schema and (column.type in OPAQUE or column.type.endswith("[]")):
            yield f"{column.table}.{column.name}: {column.type} needs a schema in its label"


def unfitting(columns: list[Column], tables: Tables) -> Iterator[str]:
    """Rule 5: the way of erasing can be done on that type of column."""
    for column in columns:
        label = _label(column, tables)
        where = f"{column.table}.{column.name}"
        if label is None:
            continue
        if label.erasure == "nullify" and column.not_null:
            yield f"{where}: cannot be nullified, it is NOT NULL"
        if label.erasure == "replace_token" and column.alone_unique:
            yield f"{where}: cannot take a fixed token, it is unique"
        if label.erasure.startswith("delete_chunk+shred") and column.type != "bytea":
            yield f"{where}: only ciphertext can be shredded, not {column.type}"


def _label(column: Column, tables: Tables) -> Label | None:
    table = tables.get(column.table)
    return table.columns.get(column.name) if table else None


def incomplete(tables: Tables) -> Iterator[str]:
    """A personal column says why, on what basis, how long and how it goes; others say none of it."""
    for where, label in _each(tables):
        said = (label.subject, label.purpose, label.basis, label.retention, label.group, label.erasure)
        if label.personal and "none" in said:
            yield f"{where}: a personal column needs group, subject, purpose, basis, retention and erasure"
        if not label.personal and label.identifiability == "none" and set(said) != {"none"}:
            yield f"{where}: not personal, but labelled as if it were"
        if label.export == "excluded" and not label.excluded_because:
            yield f"{where}: left out of the export without a reason"


def unlawful(tables: Tables) -> Iterator[str]:
    """Rule 6: where a worker goes is never tracked on his consent, which he is not free to refuse."""
    for where, label in _each(tables):
        if label.category.startswith("user.location") and label.basis == "consent":
            yield f"{where}: location is not processed on consent"


def unkept() -> Iterator[str]:
    """Rule 7: every retention class has a rule, within its cap and six years, with its ground."""
    words = set(get_args(labels.Retention)) - {"none"}
    yield from (f"retention {word}: no rule" for word in words - set(RULES))
    yield from (f"retention {word}: no such class" for word in set(RULES) - words)
    for word, rule in RULES.items():
        if not rule.ground:
            yield f"retention {word}: no ground"
        most = float("inf") if word in LONGER else MOST_DAYS
        if rule.cap_days is not None and not (rule.default_days or 0) <= rule.cap_days <= most:
            yield f"retention {word}: beyond its cap"


def ageless(tables: Tables) -> Iterator[str]:
    """Rule 8: where rows have a term, it is said since when it runs; what lets them go goes by that."""
    aging = labels.aging()
    for table in tables.values():
        has = term(table) is not None
        if has and table.name not in aging:
            yield f"{table.name}: has a term, but nothing says since when it runs (kit.labels.ages)"
        if not has and table.name in aging:
            yield f"{table.name}: grows old, but has no term"
        if has and not aging.get(table.name, labels.Age("", "x")).by:
            yield from _unswept(table, aging[table.name])
    yield from (f"{name}: grows old, but is not labelled" for name in aging.keys() - labels.tables().keys())


def _unswept(table: Table, age: labels.Age) -> Iterator[str]:
    needs = "UPDATE" if age.becomes else "DELETE"
    if not {"SELECT", needs} <= {word.strip() for word in table.worker.split(",")}:
        yield f"{table.name}: the worker cannot let its old rows go"


def unguarded(columns: list[Column], relations: list[Relation], tables: Tables) -> Iterator[str]:
    """A table with an organisation's rows shows them to that organisation only."""
    with_tenant = {column.table for column in columns if column.name == "organisation_id"}
    web = role_name("web")
    for relation in relations:
        table = tables.get(relation.name)
        if relation.partition or table is None:
            continue
        if table.tenant is None:
            if relation.name in with_tenant:
                yield f"{relation.name}: has an organisation, but is not under row-level security"
            continue
        using, check = relation.policies.get(web, ("", ""))
        wanted = f"({table.tenant} = (current_setting('app.organisation'::text))::integer)"
        if not relation.row_security:
            yield f"{relation.name}: row-level security is off"
        if (using, check) != (wanted, wanted):
            yield f"{relation.name}: the policy of {web} does not hold it to its organisation"


def unowned(
    connection: psycopg.Connection[Any], relations: list[Relation], owner: str = role_name("owner")
) -> Iterator[str]:
    """Only the owner owns, nobody is above row-level security, and borrowed rights are borrowed safely."""
    for relation in relations:
        if relation.owner != owner:
            yield f"{relation.name}: owned by somebody else than {owner}"
    for role in catalog.mighty_roles(connection):
        yield f"role {role}: row-level security does not hold it"
    for function in catalog.functions(connection):
        if function.owner != owner:
            yield f"function {function.name}: owned by somebody else than {owner}"
        if not function.pinned:
            yield f"function {function.name}: its search path is not pinned"
        if function.public:
            yield f"function {function.name}: everybody may call it"


def overpowered(relations: list[Relation], tables: Tables) -> Iterator[str]:
    """Each role has the privileges that the labels name, no more and no fewer; on partitions none but INSERT."""
    for relation in relations:
        table = tables.get(relation.name)
        for role in GUARDED:
            has = relation.privileges.get(role_name(role), ())
            if relation.partition:
                extra = set(has) - ({"INSERT"} if role == "ingest" else set())
                if extra:
                    yield f"{relation.name}: {role_name(role)} reaches a partition beside its policies"
            elif table is not None:
                wanted = tuple(sorted(filter(None, (word.strip() for word in getattr(table, role).split(",")))))
                if has != wanted:
                    yield f"{relation.name}: {role_name(role)} has {has or 'nothing'}, labels say {wanted or 'nothing'}"
            elif has:
                yield f"{relation.name}: {role_name(role)} has {has} on a table without labels"
