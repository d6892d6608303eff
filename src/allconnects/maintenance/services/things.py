"""What a plan is for, as one kind of value for vehicles and materials."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, Literal

from django.utils.translation import gettext as _

from allconnects.fleet.models import Material, Vehicle
from allconnects.kit.errors import NotFound
from allconnects.maintenance.models import Plan

Kind = Literal["vehicle", "material"]
MODELS: dict[str, Any] = {"vehicle": Vehicle, "material": Material}


@dataclass(frozen=True, slots=True)
class Thing:
    """A vehicle or material that plans may be for."""

    kind: Kind
    id: int
    name: str
    group: str
    groups: tuple[str, ...]

    @property
    def subject(self) -> str:
        """``vehicle:ID`` or ``material:ID``."""
        return f"{self.kind}:{self.id}"

    @property
    def where(self) -> dict[str, Any]:
        """Columns that name it: the one of its kind, and the other one empty."""
        return {
            "vehicle_id": self.id if self.kind == "vehicle" else None,
            "material_id": self.id if self.kind == "material" else None,
        }


def of(kind: str, key: int) -> Thing:
    """One that is registered and not put away. Raises NotFound."""
    model = MODELS.get(kind)
    row = model.objects.filter(pk=key, archived_at=None).first() if model else None
    if row is None:
        raise NotFound(_("There is no such thing here."))
    return of_row(row)


def every() -> list[Thing]:
    """All vehicles and materials that are not put away: two questions to the database."""
    rows: Iterable[Any] = [
        *Vehicle.objects.filter(archived_at=None).exclude(state="sold").only("id", "name", "vehicle_class", "groups"),
        *Material.objects.filter(archived_at=None).only("id", "name", "category", "groups"),
    ]
    return [of_row(row) for row in rows]


def of_row(row: Any) -> Thing:
    """A row of the register as such a value."""
    if isinstance(row, Vehicle):
        return Thing("vehicle", row.pk, row.name, row.vehicle_class, tuple(row.groups))
    return Thing("material", row.pk, row.name, row.category, tuple(row.groups))


def concerns(plan: Plan, thing: Thing) -> bool:
    """Whether a plan is for a thing."""
    if thing.kind == "vehicle":
        return plan.vehicle_id == thing.id or (bool(plan.vehicle_class) and plan.vehicle_class == thing.group)
    return plan.material_id == thing.id or (bool(plan.category) and plan.category == thing.group)
