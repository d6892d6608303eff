"""History and reasons in words."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

from django.apps import apps
from django.core.exceptions import FieldDoesNotExist
from django.utils.translation import gettext_lazy as _

from allconnects.fleet.models import Change

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


def told(changes: Iterable[Change]) -> Iterator[dict[str, Any]]:
    """Changes with the names of their fields in words."""
    for one in changes:
        yield {
            "at": one.at, "kind": one.get_kind_display(), "by": one.account, "field": label(one.table, one.field),
            "old": one.old, "new": one.new,
        }  # fmt: skip


def label(table: str, field: str) -> str:
    """What a column is called: ``vehicle``, ``plate`` → “Number plate”."""
    name = field
    if "." in field:
        table, _dot, name = field.partition(".")
    try:
        model = apps.get_model("fleet", table)
        found: Any = next((f for f in model._meta.concrete_fields if f.attname == name), None)
    except (LookupError, FieldDoesNotExist):
        return name
    return str(found.verbose_name).capitalize() if found is not None else name
