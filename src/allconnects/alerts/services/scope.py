"""Which devices a rule watches, and what they are called: the vehicle or material that they sit in, else themselves."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from django.db import connection
from django.utils.translation import gettext as _

from allconnects.kit import clock
from allconnects.kit.errors import InvalidInput
from allconnects.telemetry.models import Kind

_THINGS = """
    SELECT d.id, d.kind, d.name, v.id, v.name, m.id, m.name, coalesce(v.groups, m.groups, '{}')
    FROM telemetry_device d
    LEFT JOIN LATERAL (
        SELECT vehicle_id, material_id FROM fleet_installation
        WHERE device_id = d.id AND during @> %s::timestamptz AND person_id IS NULL
        ORDER BY main DESC, id LIMIT 1) i ON true
    LEFT JOIN fleet_vehicle v ON v.id = i.vehicle_id
    LEFT JOIN fleet_material m ON m.id = i.material_id
    WHERE %s::integer[] IS NULL OR d.id = ANY(%s::integer[])
    ORDER BY d.id"""
_GROUPS = """
    SELECT DISTINCT unnest(groups) FROM fleet_vehicle WHERE archived_at IS NULL
    UNION SELECT unnest(groups) FROM fleet_material WHERE archived_at IS NULL ORDER BY 1"""
KEYS = ("kinds", "devices", "vehicles", "materials", "groups")


@dataclass(frozen=True, slots=True)
class Thing:
    """A device and what it is in. ``subject``: ``vehicle:ID``, ``material:ID`` or ``device:ID``."""

    device: int
    kind: str
    subject: str
    name: str
    vehicle: int | None
    material: int | None
    groups: frozenset[str]


def things(devices: list[int] | None = None) -> list[Thing]:
    """Every device of the organisation (or these), one query."""
    with connection.cursor() as cursor:
        cursor.execute(_THINGS, [clock.now(), devices, devices])
        return [_thing(*row) for row in cursor.fetchall()]


def groups() -> list[str]:
    """Every group that a vehicle or material is in."""
    with connection.cursor() as cursor:
        cursor.execute(_GROUPS)
        return [name for (name,) in cursor.fetchall()]


def _thing(
    device: int, kind: str, name: str, vehicle: int | None, vehicle_name: str | None, material: int | None,
    material_name: str | None, groups: list[str],
) -> Thing:  # fmt: skip
    if vehicle is not None:
        kind, subject, name = Kind.VEHICLE, f"vehicle:{vehicle}", vehicle_name or name
    elif material is not None:
        kind, subject, name = Kind.MATERIAL, f"material:{material}", material_name or name
    else:
        subject = f"device:{device}"
    return Thing(device, str(kind), subject, name, vehicle, material, frozenset(groups))


def watches(scope: Mapping[str, Any], thing: Thing) -> bool:
    """Whether a rule with that scope looks at it. An empty scope is everything; lists of several kinds add up."""
    chosen: dict[str, list[Any]] = {key: scope[key] for key in KEYS if scope.get(key)}
    if not chosen:
        return True
    kinds = chosen.pop("kinds", None)
    if kinds and thing.kind not in kinds:
        return False
    if not chosen:
        return True
    return (
        thing.device in chosen.get("devices", ())
        or thing.vehicle in chosen.get("vehicles", ())
        or thing.material in chosen.get("materials", ())
        or bool(thing.groups & set(chosen.get("groups", ())))
    )


def read(raw: Any) -> dict[str, list[Any]]:
    """A scope as stored or sent. Raises InvalidInput."""
    if not isinstance(raw, Mapping) or set(raw) - set(KEYS):
        raise InvalidInput(_("A rule watches kinds, devices, vehicles, materials or groups."))
    found: dict[str, list[Any]] = {}
    for key, value in raw.items():
        if not isinstance(value, (list, tuple)) or len(value) > 5000:
            raise InvalidInput(_("What a rule watches is given as lists."))
        whole = all(isinstance(one, str if key in ("kinds", "groups") else int) for one in value)
        if not whole or (key == "kinds" and set(value) - set(Kind.values)):
            raise InvalidInput(_("What a rule watches is given as lists."))
        if value:
            found[key] = list(dict.fromkeys(value))
    return found
