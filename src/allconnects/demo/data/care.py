"""Services and checks that come back: one overdue, some soon, the others in time."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from allconnects.demo.data.setting import Demo, material, vehicle
from allconnects.maintenance.models import Plan
from allconnects.maintenance.services import plans, things

_OIL_KM = 30_000
_SINCE_KM = {"Van 02": 30_400, "Van 05": 29_300}
"""Driven since the last change of oil; the other vans a good deal less."""
_OTHERS_KM = 9_000


def there(_demo: Demo) -> bool:
    """Whether there are plans already."""
    return Plan.objects.exists()


def make(demo: Demo) -> None:
    """Oil by kilometres, lifting gear by months, a machine by hours, and a check before departure."""
    who = demo.who
    oil = plans.add(who, {"name": "Oil and filters", "vehicle_class": "van", "every_km": _OIL_KM})
    for number in range(1, 9):
        van = vehicle(f"Van {number:02}")
        km = (van.odometer_m or 0) // 1000 - _SINCE_KM.get(van.name, _OTHERS_KM)
        plans.enter(who, oil.pk, _thing(van), demo.founded - timedelta(days=290), odometer_km=km)
    crane, excavator = vehicle("Crane truck 01"), material("Excavator 14t")
    lifting = plans.add(who, {"name": "Lifting gear inspected", "vehicle": crane.pk, "every_months": 3})
    plans.enter(who, lifting.pk, _thing(crane), demo.founded - timedelta(days=82))
    hours = plans.add(who, {"name": "Hydraulics", "material": excavator.pk, "every_hours": 250})
    plans.enter(who, hours.pk, _thing(excavator), demo.founded - timedelta(days=60))
    plans.add(who, {
        "name": "Walk round before departure", "kind": "check", "vehicle": crane.pk, "period": "day", "only_used": True,
    })  # fmt: skip


def _thing(row: Any) -> things.Thing:
    return things.of_row(row)
