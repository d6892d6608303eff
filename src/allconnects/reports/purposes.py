"""Purposes that a report may be run for: the closed list of ``purposes.toml`` with its words for people."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib import resources

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

TITLES: Mapping[str, str | Promise] = {
    "dispatch": _("Planning and dispatch"),
    "customer_invoicing": _("Invoicing customers"),
    "maintenance": _("Maintenance"),
    "cost_control": _("Cost of the fleet"),
    "environment": _("Emissions and environment"),
    "road_safety": _("Road safety"),
    "payroll": _("Payroll"),
    "mobility_allowance": _("Mobility allowance"),
    "tax_logbook": _("Tax logbook"),
    "security_incident": _("Theft, damage or accident"),
    "data_quality": _("Quality of the data"),
}


@dataclass(frozen=True, slots=True)
class Purpose:
    """What a report is made for. ``outside_hours``: movement outside working hours may be shown for it;
    ``case``: reports about people are made for it only under an investigation that somebody else has granted."""

    key: str
    role: str
    basis: str
    outside_hours: bool
    source: str
    status: str
    on: bool = True
    case: bool = False

    @property
    def title(self) -> str:
        """Its name in the language of the reader."""
        return str(TITLES[self.key])


@cache
def purposes() -> Mapping[str, Purpose]:
    """Every purpose by key, as listed in ``purposes.toml``."""
    found = tomllib.loads(resources.files(__package__).joinpath("purposes.toml").read_text("utf-8"))
    found.pop("version")
    return {key: Purpose(key, **values) for key, values in found.items()}
