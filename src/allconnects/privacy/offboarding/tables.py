"""Which tables are an organisation's, and in which order its rows go: from labels and foreign keys."""

from __future__ import annotations

from typing import Any

import psycopg

from allconnects.kit import labels
from allconnects.kit.labels import Table
from allconnects.privacy.subjects import reach

Raw = psycopg.Connection[Any]
STAYS = frozenset({"privacy_offboarding"})
"""That it left, without names: so that a restored backup does not bring it back unnoticed."""
ORGANISATIONS = "accounts_organisation"
BATCH = 5_000
_PARTED = "SELECT relkind = 'p' FROM pg_class WHERE oid = %s::regclass"


def of_tenants() -> list[Table]:
    """Every table with rows of organisations, but the register of them."""
    return [one for one in labels.tables().values() if one.tenant and one.name not in {*STAYS, ORGANISATIONS}]


def ordered(connection: Raw) -> list[Table]:
    """The same, so that what refers goes before what it refers to."""
    known = {table.name: table for table in of_tenants()}
    targets = {
        name: {key.target for key in reach(connection).keys if key.table == name and key.target != name}
        for name in known
    }
    left, result = sorted(known), []
    while left:
        free = [name for name in left if not any(name in targets[other] for other in left if other != name)]
        result += free or left[:1]
        left = [name for name in left if name not in (free or left[:1])]
    return [known[name] for name in result]


def delete(connection: Raw, table: Table, organisation: int) -> int:
    """Take the organisation's rows out of a table, some thousands at a time, each lot durable by itself."""
    where = f"t.{table.tenant} = {organisation:d}"
    row = connection.execute(_PARTED, (table.name,)).fetchone()
    if row and row[0]:
        return connection.execute(f"DELETE FROM {table.name} t WHERE {where}".encode()).rowcount
    piece = f"SELECT t.ctid FROM {table.name} t WHERE {where} LIMIT {BATCH}"
    total = 0
    while count := connection.execute(
        f"DELETE FROM {table.name} t WHERE t.ctid = ANY (ARRAY({piece})) AND {where}".encode()
    ).rowcount:
        total += count
    return total


def left(connection: Raw, organisation: int) -> dict[str, int]:
    """How many rows of the organisation there still are, by table."""
    found = {}
    for table in of_tenants():
        query = f"SELECT count(*) FROM {table.name} t WHERE t.{table.tenant} = %s"
        row = connection.execute(query.encode(), (organisation,)).fetchone()
        if row and row[0]:
            found[table.name] = int(row[0])
    return found
