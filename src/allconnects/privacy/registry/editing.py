"""Editing the registry of an organisation: every edit is a row, the newest is the draft, nothing is overwritten."""

from __future__ import annotations

from typing import Any

from django.db import connection, transaction
from django.utils.translation import gettext as _

from allconnects.accounts.actor import current
from allconnects.kit.errors import InvalidInput, NotFound
from allconnects.privacy.audit import service as audit
from allconnects.privacy.registry import rules
from allconnects.privacy.registry.models import Entry, Kind
from allconnects.privacy.registry.values import All, Values, as_shipped

MOST_OWN = 100
_LOCK = "SELECT pg_advisory_xact_lock(hashtextextended(%s, 0))"


def draft(organisation: int) -> All:
    """The registry with the newest edits. In a transaction that speaks for that organisation."""
    found = as_shipped()
    rows = Entry.objects.filter(organisation_id=organisation).order_by("kind", "key", "-id").distinct("kind", "key")
    for row in rows:
        if row.values:
            found[row.kind][row.key] = {**found[row.kind].get(row.key, {}), **row.values}
        elif row.key.startswith("own-"):
            found[row.kind].pop(row.key, None)
    return found


def entry(organisation: int, kind: str, key: str) -> Values:
    """One of the draft. Raises NotFound."""
    try:
        return draft(organisation)[kind][key]
    except KeyError:
        raise NotFound(_("There is no such entry.")) from None


def save(organisation: int, kind: str, key: str, values: dict[str, Any]) -> Entry:
    """Add an edit. Raises NotFound for a purpose that the program does not have, InvalidInput for what cannot be."""
    lock(organisation)
    held = draft(organisation)[Kind(kind)]
    if key not in held and (kind == Kind.PURPOSE or not rules.KEY.fullmatch(key)):
        raise NotFound(_("There is no such entry."))
    if key not in held and sum(one.startswith("own-") for one in held) >= MOST_OWN:
        raise InvalidInput(_("There are too many entries."))
    kept = rules.clean(values)
    if problem := rules.fault(kind, key, {**held.get(key, {}), **kept}):
        raise InvalidInput(problem)
    return _add(organisation, kind, key, kept)


def put_back(organisation: int, kind: str, key: str) -> Entry:
    """As shipped again; an entry of the organisation's own goes. Raises NotFound."""
    lock(organisation)
    entry(organisation, kind, key)
    return _add(organisation, kind, key, {})


def _add(organisation: int, kind: str, key: str, values: Values) -> Entry:
    with transaction.atomic(), connection.cursor() as cursor:
        made = Entry.objects.create(
            organisation_id=organisation, kind=kind, key=key, values=values, actor=current().name
        )
        audit.record(cursor, organisation, current().name, "registry.edited", f"registry_entry:{made.pk}")
        return made


def lock(organisation: int) -> None:
    """Two who edit or publish at once wait for each other."""
    with connection.cursor() as cursor:
        cursor.execute(_LOCK, (f"registry {organisation}",))


def history(organisation: int, kind: str = "", key: str = "", limit: int = 100) -> list[Entry]:
    """Edits, newest first."""
    rows = Entry.objects.filter(organisation_id=organisation)
    if kind:
        rows = rows.filter(kind=kind, key=key)
    return list(rows.order_by("-id")[:limit])
