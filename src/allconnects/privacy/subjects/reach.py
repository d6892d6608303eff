"""How rows of a person are found in every labelled table: from labels and the foreign keys of the real schema.

A table with personal labels that nothing leads to says in its labels why nobody can be found there, or it is a fault.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from allconnects.kit import labels
from allconnects.kit.labels import Label, Table, Way
from allconnects.privacy import catalog

Tables = Mapping[str, Table]
OWNING = ("person", "account", "during", "row", "email", "word", "any")
OF_ACCOUNT = ("account", "mention", "email")
_KEYS = """
    SELECT c.conrelid::regclass::text, c.confrelid::regclass::text,
        ARRAY(SELECT a.attname::text FROM unnest(c.conkey) WITH ORDINALITY k(n, o)
              JOIN pg_attribute a ON a.attrelid = c.conrelid AND a.attnum = k.n ORDER BY o),
        ARRAY(SELECT a.attname::text FROM unnest(c.confkey) WITH ORDINALITY k(n, o)
              JOIN pg_attribute a ON a.attrelid = c.confrelid AND a.attnum = k.n ORDER BY o)
    FROM pg_constraint c JOIN pg_class t ON t.oid = c.conrelid
    WHERE c.contype = 'f' AND t.relnamespace = 'public'::regnamespace AND NOT t.relispartition AND c.conparentid = 0
    ORDER BY c.conname"""


class Key(NamedTuple):
    """A foreign key."""

    table: str
    target: str
    columns: tuple[str, ...]
    to: tuple[str, ...]

    @property
    def column(self) -> str:
        """The column that refers, beside that of the organisation."""
        return next((one for one in self.columns if one != "organisation_id"), self.columns[0])


@dataclass(frozen=True, slots=True)
class Found:
    """How rows are found in one table. ``within``: keys to tables whose rows bring theirs along."""

    table: Table
    ways: tuple[Way, ...]
    within: tuple[Key, ...] = ()

    @property
    def owning(self) -> tuple[Way, ...]:
        """Ways to rows that are the person's, not only touched by him."""
        return tuple(way for way in self.ways if way.kind in OWNING)

    @property
    def mentions(self) -> tuple[Way, ...]:
        """Ways to rows about somebody else that he made or changed."""
        return tuple(way for way in self.ways if way.kind == "mention")


@dataclass(frozen=True, slots=True)
class Reach:
    """Every way to a person. ``nowhere``: tables that nothing leads to and that do not say why."""

    found: dict[str, Found]
    nowhere: tuple[str, ...]
    types: dict[tuple[str, str], str]
    not_null: frozenset[tuple[str, str]]
    keys: tuple[Key, ...]
    had: str
    people: str
    accounts: str
    _memo: dict[str, str] = field(default_factory=dict)

    def owned(self, name: str, alias: str = "t", *, deep: bool = True, skip: Sequence[str] = ()) -> str:
        """SQL that is true for the person's rows of a table; ``false`` where there can be none.

        Parameters: organisation, person, account, email, here (whether the account's rows elsewhere are let alone).
        ``skip``: kinds of ways that are left out.
        """
        found = self.found.get(name)
        if found is None:
            return "false"
        parts = [self._way(found.table, way, alias) for way in found.owning if way.kind not in skip]
        if deep:
            parts += [self._within(key, alias, skip) for key in found.within]
        return "(" + " OR ".join(parts) + ")" if parts else "false"

    def mentioned(self, name: str, way: Way, alias: str = "t") -> str:
        """SQL that is true for rows in which the account stands as who did something."""
        return self._way(self.found[name].table, way, alias)

    def _way(self, table: Table, way: Way, alias: str) -> str:
        test = self._test(table, way, alias)
        if not table.tenant:
            # A table of all tenants: an account that belongs elsewhere too keeps what it needs to sign in there.
            return f"({test} AND NOT %(elsewhere)s)" if way.kind in OF_ACCOUNT or way.kind == "any" else test
        here = f"{alias}.{table.tenant} = %(organisation)s"
        if way.kind in OF_ACCOUNT:
            here = f"({here} OR NOT %(elsewhere)s)"
        return f"({here} AND {test})"

    def _test(self, table: Table, way: Way, alias: str) -> str:
        column = f'{alias}."{way.column}"'
        kind = self.types.get((table.name, way.column), "text")
        if way.kind == "person":
            return f"{column} = %(person)s::{'uuid' if kind == 'uuid' else 'text'}"
        if way.kind in ("account", "mention"):
            return f"{column} = {_account(way, kind)}"
        if way.kind == "row":
            return f"({way.where.format(t=alias)} AND {column} = %(person)s::text)"
        if way.kind == "email":
            return f"lower({column}) = lower(%(email)s::text)"
        if way.kind == "word":
            return f"{column}::text LIKE '%%' || %(person)s::text || '%%'"
        if way.kind == "any":
            return "true"
        return self._during(way, alias, self.types.get((table.name, way.start), ""))

    def _during(self, way: Way, alias: str, kind: str) -> str:
        end = f"coalesce({alias}.{way.end}, {alias}.{way.start})" if way.end else f"{alias}.{way.start}"
        span = f"{alias}.{way.start}" if kind == "tstzrange" else f"tstzrange({alias}.{way.start}, {end}, '[]')"
        return (
            f"EXISTS (SELECT 1 FROM {self.had} h WHERE h.organisation_id = {alias}.organisation_id "
            f"AND h.device_id = {alias}.{way.column} AND h.person = %(person)s::uuid AND h.during && {span})"
        )

    def _within(self, key: Key, alias: str, skip: Sequence[str]) -> str:
        inner = f"{alias}p"
        joined = " AND ".join(f'{inner}."{to}" = {alias}."{own}"' for own, to in zip(key.columns, key.to, strict=True))
        return (
            f"EXISTS (SELECT 1 FROM {key.target} {inner} WHERE {joined} AND {self.owned(key.target, inner, skip=skip)})"
        )


def _account(way: Way, kind: str) -> str:
    if way.prefix:
        return f"'{way.prefix}' || %(account)s::text"
    return "%(account)s::text" if kind in ("text", "character varying") else "%(account)s::bigint"


def reach(connection: Any, inventory: Tables | None = None) -> Reach:
    """How rows of a person are found; ``inventory``: all labelled tables by default. Reads the catalogue only."""
    known = labels.tables() if inventory is None else inventory
    keys = tuple(
        Key(row[0], row[1], tuple(row[2]), tuple(row[3]))
        for row in catalog.rows(connection, _KEYS)
        if row[0] in known and row[1] in known
    )
    columns = catalog.columns(connection)
    roots: dict[str, str] = {table.root: table.name for table in known.values() if table.root}
    found = _with_children({name: _own(table, keys, roots) for name, table in known.items() if table.personal}, keys)
    nowhere = tuple(
        sorted(name for name, one in found.items() if not one.ways and not one.within and not one.table.nobody)
    )
    return Reach(
        {name: one for name, one in found.items() if one.ways or one.within},
        nowhere,
        {(one.table, one.name): one.type for one in columns},
        frozenset((one.table, one.name) for one in columns if one.not_null),
        keys,
        roots.get("had", ""),
        roots.get("person", ""),
        roots.get("account", ""),
    )


def _own(table: Table, keys: Sequence[Key], roots: dict[str, str]) -> Found:
    """What a table says itself: its declared ways, then its foreign keys to the registers."""
    if table.nobody:
        return Found(table, ())
    declared = {way.column for way in table.ways}
    ways = list(table.ways)
    if table.root in ("person", "account"):
        ways.append(Way("person" if table.root == "person" else "account", "id"))
    for key in keys:
        if key.table == table.name and key.column not in declared:
            if key.target == roots.get("person"):
                ways.append(Way("person", key.column))
            elif key.target == roots.get("account") and table.root != "person":
                ways.append(Way("mention" if key.column.endswith("_by_id") else "account", key.column))
            else:
                continue
            declared.add(key.column)
    for column, kind in (("person", "person"), ("account", "account"), ("account_id", "account")):
        label = table.columns.get(column)
        if label is not None and label.personal and column not in declared and table.root != "person":
            ways.append(Way("person" if kind == "person" else "account", column))
    return Found(table, tuple(ways))


def _with_children(found: dict[str, Found], keys: Sequence[Key]) -> dict[str, Found]:
    """Rows that belong to a person's row are that person's too: found by the key that ties them."""
    result = dict(found)
    while True:
        new: dict[str, list[Key]] = defaultdict(list)
        for key in keys:
            parent, child = result.get(key.target), result.get(key.table)
            if parent is None or child is None or key.table == key.target or child.table.nobody:
                continue
            if parent.table.root or not (parent.owning or parent.within) or key in child.within:
                continue
            new[key.table].append(key)
        if not new:
            return result
        for name, more in new.items():
            one = result[name]
            result[name] = Found(one.table, one.ways, (*one.within, *more))


def strategies(table: Table, but: Sequence[str] = ()) -> set[str]:
    """The ways of erasing of a table's personal columns, but of the columns named."""
    return {label.erasure for name, label in table.columns.items() if label.personal and name not in but}


def retained(label: Label) -> bool:
    """Whether a column stays because a duty says so."""
    return label.erasure.startswith("retain:")


def goes_whole(found: Found) -> bool:
    """Whether a person's row is deleted, rather than stripped of what links and tells."""
    links = [way.column for way in found.ways]
    return any(one == "delete_row" or one.startswith("delete_chunk") for one in strategies(found.table, links))
