"""History and reasons in words."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from datetime import datetime
from itertools import groupby
from typing import Any

from django.apps import apps
from django.utils.formats import date_format
from django.utils.text import capfirst
from django.utils.translation import gettext_lazy as _

from allconnects.fleet.models import Change
from allconnects.fleet.models.record import ChangeKind
from allconnects.kit.clock import BRUSSELS

WHY = {
    "nothing_known": _("No tracker, no tag and no custody say anything."),
    "tracker_latest": _("Its own tracker reported last."),
    "tag_latest": _("Its tag was heard last."),
    "custody_agrees": _("What was scanned agrees."),
    "custody_differs": _("What was scanned says otherwise."),
    "person_since": _("Taken over by scan or by hand, and not given back."),
    "vehicle_since": _("Loaded, and not unloaded."),
    "site_since": _("Left at the site, and not taken away."),
    "transit_since": _("Given out, and not taken over yet."),
    "later_than_observed": _("That is later than the last position."),
    "vehicle_silent": _("The vehicle itself has been silent for a while."),
}
"""Reasons of ``fleet.whereabouts``."""
CERTAINTY = {"certain": _("Certain"), "likely": _("Likely"), "old": _("Long ago"), "unknown": _("Not known")}
HOW = {
    "tracker": _("Own tracker"), "tag": _("Tag heard"), "vehicle": _("In a vehicle"), "site": _("At a site"),
    "person": _("With a person"), "transit": _("On its way"), "unknown": _("Not known"),
}  # fmt: skip


WHAT = {
    "installation": _("Device"), "document": _("Document"), "badge": _("Badge"), "claim": _("Correction or plan"),
    "custody": _("Custody"), "teammember": _("Member"), "tag": _("Bluetooth tag"),
}  # fmt: skip
"""What is entered under a row."""
OWN = frozenset({"vehicle_id", "material_id", "person_id", "team_id", "main", "state", "holder", "made_by_id"})
"""Columns that say nothing when a row of something is made under it."""


def told(changes: Iterable[Change]) -> Iterator[dict[str, Any]]:
    """Changes in words, those of one moment together."""
    for (at, kind, about, by), together in groupby(changes, lambda c: (c.at, c.kind, _about(c), c.account)):
        fields = [one for one in (_told(change) for change in together) if one is not None]
        yield {"at": at, "kind": ChangeKind(kind).label, "what": about, "by": by, "fields": fields}


def previewed(table: str, changes: Iterable[tuple[str, str, str]], new: bool) -> list[tuple[str, str, str]]:
    """What a row of a file would change, in words: field, old and new value."""
    kind = ChangeKind.MADE if new else ChangeKind.CHANGED
    told_ = (_told(Change(table=table, kind=kind, field=name, old=old, new=value)) for name, old, value in changes)
    return [one for one in told_ if one is not None]


def _about(change: Change) -> str:
    """What was changed, when it is not the row itself."""
    name, dot, _field = change.field.partition(".")
    return str(WHAT.get(name, name)) if dot else ""


def _told(change: Change) -> tuple[str, str, str] | None:
    table, field = change.table, change.field
    if "." in field:
        table, _dot, field = field.partition(".")
        if field in OWN and change.kind == ChangeKind.MADE:
            return None
    column = next((f for f in apps.get_model("fleet", table)._meta.concrete_fields if f.attname == field), None)
    if column is None or (change.kind == ChangeKind.MADE and field == "state"):
        return None
    found: Any = column
    return capfirst(str(found.verbose_name)), _shown(found, change.old), _shown(found, change.new)


def _shown(column: Any, value: str) -> str:
    """A value as a person reads it."""
    if value.startswith("[") and column.get_internal_type() != "DateTimeRangeField":
        try:
            return ", ".join(str(one) for one in json.loads(value))
        except ValueError:
            return value
    kind = column.get_internal_type()
    if value and kind == "DateTimeField":
        return _moment(value)
    if value and kind == "DateTimeRangeField":
        return " – ".join(_moment(end) if end != "None" else "…" for end in value[1:-1].split(", "))
    if getattr(column, "choices", None):
        return str(dict(column.flatchoices).get(value, value))
    return value


def _moment(value: str) -> str:
    return date_format(datetime.fromisoformat(value).astimezone(BRUSSELS), "SHORT_DATETIME_FORMAT")
