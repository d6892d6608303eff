"""The history of every change: who changed which field of what, from what to what."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from datetime import date, datetime
from decimal import Decimal
from itertools import islice
from typing import Any, Final

from django.db import connection, models

from allconnects.fleet.models import Change
from allconnects.fleet.models.record import ChangeKind
from allconnects.fleet.who import Who
from allconnects.kit import clock

UNTOLD = frozenset({"id", "organisation_id", "created_at", "changed_at", "version", "token", "token_hash"})
"""Columns whose changes say nothing to anybody, or must not be told."""
_AT_ONCE: Final = 10_000
_COLUMNS: Final = ("organisation_id", "at", "account_id", "token_id", "table", "row", "kind", "field", "old", "new")
_STORE: Final = """
    INSERT INTO fleet_change (organisation_id, at, account_id, token_id, "table", "row", kind, field, old, new)
    SELECT * FROM unnest(%s::integer[], %s::timestamptz[], %s::integer[], %s::integer[], %s::text[], %s::text[],
        %s::text[], %s::text[], %s::text[], %s::text[])"""


def values(row: models.Model) -> dict[str, Any]:
    """The columns of a row that history tells of."""
    names = (field.attname for field in row._meta.concrete_fields)
    return {name: getattr(row, name) for name in names if name not in UNTOLD}


def told(value: Any) -> str:
    """A value as history keeps it; empty for none."""
    if value is None:
        return ""
    if isinstance(value, list):
        return json.dumps(value, ensure_ascii=False) if value else ""
    if isinstance(value, datetime | date):
        return value.isoformat()
    if isinstance(value, Decimal):
        return format(value.normalize(), "f")
    return str(value)


def differences(before: Mapping[str, Any], after: Mapping[str, Any]) -> list[tuple[str, str, str]]:
    """(field, old, new) of what changed."""
    pairs = ((name, told(before.get(name)), told(new)) for name, new in after.items())
    return [(name, old, new) for name, old, new in pairs if old != new]


def drafts(
    who: Who, row: models.Model, kind: str, before: Mapping[str, Any], after: Mapping[str, Any], about: str = ""
) -> list[Change]:
    """Entries of one change, to be stored. ``about``: ``table:row`` it is shown under, when not its own."""
    table, _, key = (about or f"{row._meta.model_name}:{row.pk}").partition(":")
    prefix = f"{row._meta.model_name}." if about else ""
    now = clock.now()
    found = differences(before, after)
    if not found and kind != ChangeKind.CHANGED:
        found = [("", "", "")]
    return [
        Change(
            organisation=who.organisation, at=now, account=who.account, table=table, row=key, kind=kind,
            field=prefix + field, old=old, new=new,
        )
        for field, old, new in found
    ]  # fmt: skip


def record(
    who: Who, row: models.Model, kind: str, before: Mapping[str, Any], after: Mapping[str, Any], about: str = ""
) -> None:
    """Store the entries of one change."""
    store(drafts(who, row, kind, before, after, about))


def store(changes: Iterable[Change]) -> None:
    """Store entries of many changes at once: one array a column, since an import makes tens of thousands."""
    waiting = iter(changes)
    while part := list(islice(waiting, _AT_ONCE)):
        columns = [[getattr(one, name) for one in part] for name in _COLUMNS]
        with connection.cursor() as cursor:
            cursor.execute(_STORE, columns)


def of_row(table: str, row: object, limit: int = 200) -> list[Change]:
    """What happened to a row, newest first."""
    found = Change.objects.filter(table=table, row=str(row)).select_related("account")
    return list(found.order_by("-at", "-id")[:limit])
