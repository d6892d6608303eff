"""Many rows of the register stored at once, each change with its history: what a file says, in a few statements."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final

from django.db import IntegrityError, connection, transaction
from django.utils.translation import gettext as _

from allconnects.fleet import history
from allconnects.fleet.models.record import ChangeKind
from allconnects.fleet.services.register import TAKEN, ChangedMeanwhile, Refused
from allconnects.fleet.who import Who
from allconnects.kit import clock

_AT_ONCE: Final = 1000
_STAYS: Final = frozenset({"id", "organisation", "created_at", "archived_at", "version"})


def store(who: Who, made: Sequence[Any], changed: Sequence[tuple[Mapping[str, Any], Any]]) -> None:
    """Store new rows and changed ones (what history told of each before, the row), all or none.

    Raises ChangedMeanwhile when a row is no longer as it was read, Refused when the database
    holds something against it.
    """
    try:
        with transaction.atomic():
            for one in (made, [row for _before, row in changed]):
                if one:
                    (_insert if one is made else _update)(one)
    except IntegrityError as error:
        why = next((words for name, (_field, words) in TAKEN.items() if name in str(error)), "")
        raise Refused({"": [_(why) if why else _("This cannot be entered like this.")]}) from None
    drafts = [one for row in made for one in history.drafts(who, row, ChangeKind.MADE, {}, history.values(row))]
    for before, row in changed:
        drafts += history.drafts(who, row, ChangeKind.CHANGED, before, history.values(row))
    history.store(drafts)


def _insert(rows: Sequence[Any]) -> None:
    type(rows[0])._default_manager.bulk_create(rows, batch_size=_AT_ONCE)


def _update(rows: Sequence[Any]) -> None:
    """All columns of rows that are still as they were read, sent together."""
    model, now = type(rows[0]), clock.now()
    columns = [field for field in model._meta.concrete_fields if field.name not in _STAYS]
    name = connection.ops.quote_name
    sets = ", ".join(f"{name(field.column)} = %s" for field in columns)
    sql = (
        f"UPDATE {name(model._meta.db_table)} SET {sets}, version = version + 1 "
        "WHERE organisation_id = %s AND id = %s AND version = %s"
    )
    given = []
    for row in rows:
        row.changed_at = now
        values = [field.get_db_prep_save(getattr(row, field.attname), connection) for field in columns]
        given.append([*values, row.organisation_id, row.pk, row.version])
    with connection.cursor() as cursor:
        cursor.executemany(sql, given)
        if cursor.rowcount != len(rows):
            raise ChangedMeanwhile(_("Somebody else has changed this meanwhile. Look at it again."))
    for row in rows:
        row.version += 1
