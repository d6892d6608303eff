"""The kinds of rows of the register: how each is found, ordered, entered and told apart in a file."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from django.db import models
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from allconnects.fleet import forms
from allconnects.fleet.models import Employer, Material, Person, Team, Vehicle


@dataclass(frozen=True)
class Kind:
    """``searched``: columns that a search looks into. ``sorts``: name in the address to columns; the first is the
    default. ``keys``: columns that tell in a file which row is meant, tried in order."""

    name: str
    title: Promise | str
    plural: Promise | str
    model: type[models.Model]
    form: type[forms.RegisterForm]
    searched: tuple[str, ...]
    sorts: dict[str, tuple[str, ...]]
    keys: tuple[tuple[str, ...], ...]
    icon: str
    filters: tuple[str, ...] = ()
    related: tuple[str, ...] = ()

    @property
    def objects(self) -> Any:
        """Rows of the organisation."""
        return self.model._default_manager.select_related(*self.related)


VEHICLE = Kind(
    "vehicle", _("Vehicle"), _("Vehicles"), Vehicle, forms.VehicleForm,
    ("name", "plate", "vin", "brand", "model", "groups"),
    {"name": ("lower_name",), "plate": ("plate",), "class": ("vehicle_class", "lower_name"),
     "changed": ("-changed_at",)},
    (("plate",), ("vin",), ("name",)), "truck", ("vehicle_class", "fuel", "state"),
)  # fmt: skip
MATERIAL = Kind(
    "material", _("Material"), _("Materials"), Material, forms.MaterialForm,
    ("name", "serial", "brand", "model", "groups"),
    {"name": ("lower_name",), "category": ("category", "lower_name"), "serial": ("serial",),
     "changed": ("-changed_at",)},
    (("serial",), ("name",)), "tool", ("category",),
)  # fmt: skip
PERSON = Kind(
    "person", _("Person"), _("People"), Person, forms.PersonForm,
    ("last_name", "first_name", "number", "groups"),
    {"name": ("lower_name", "first_name"), "number": ("number",), "employer": ("employer__name", "lower_name"),
     "changed": ("-changed_at",)},
    (("number",), ("first_name", "last_name")), "user", ("employer", "joint_committee"), ("employer",),
)  # fmt: skip
TEAM = Kind(
    "team", _("Team"), _("Teams"), Team, forms.TeamForm,
    ("name",), {"name": ("lower_name",), "changed": ("-changed_at",)}, (("name",),), "users",
)  # fmt: skip
EMPLOYER = Kind(
    "employer", _("Employer"), _("Employers"), Employer, forms.EmployerForm,
    ("name", "number"), {"name": ("lower_name",), "changed": ("-changed_at",)}, (("number",), ("name",)), "building",
)  # fmt: skip
KINDS = {kind.name: kind for kind in (VEHICLE, MATERIAL, PERSON, TEAM, EMPLOYER)}
