"""Materials that lie idle, and those that nobody has seen for long."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import Any, NamedTuple

from django.db import connection

from allconnects.alerts.models import Rule
from allconnects.alerts.params import Params
from allconnects.alerts.services import scheduled, scope
from allconnects.fleet.models import Material
from allconnects.fleet.services import materials
from allconnects.fleet.whereabouts import Where
from allconnects.kit import clock
from allconnects.kit.clock import BRUSSELS

_TRIPS = """
    SELECT material, max(end_at) FROM trips_trip
    WHERE organisation_id = %(organisation)s AND shown AND material IS NOT NULL AND start_at >= %(since)s
    GROUP BY 1"""
_CUSTODIES = """
    SELECT material_id, max(lower(during)) FROM fleet_custody WHERE organisation_id = %(organisation)s GROUP BY 1"""
_USAGE = """
    SELECT material_id, max(day) FROM maintenance_usage
    WHERE organisation_id = %(organisation)s AND seconds > 0 GROUP BY 1"""
_OLD = """
    SELECT id, created_at <= %(edge)s FROM fleet_material
    WHERE archived_at IS NULL AND (%(group)s = '' OR %(group)s = ANY(groups))"""
FURTHEST = timedelta(days=365)
"""Trips are kept for a year."""


class Thing(NamedTuple):
    """A material, with no more of it than lists need: there may be thousands."""

    pk: int
    organisation: int
    name: str
    groups: list[str]
    created_at: datetime


@dataclass(frozen=True, slots=True)
class State:
    """A material with where it was seen last and when it was last moved, used or handed over."""

    material: Thing
    where: Where
    active_at: datetime


def states(*, shown: bool = False) -> list[State]:
    """Every material that is not put away, by name; a fixed number of queries. ``shown``: somebody reads where."""
    rows = Material.objects.filter(archived_at=None).order_by("name", "id")
    things = [Thing(*one) for one in rows.values_list("pk", "organisation_id", "name", "groups", "created_at")]
    if not things:
        return []
    places = materials.whereabouts([one.pk for one in things], shown=shown)
    active = _active(things[0].organisation)
    return [State(one, places[one.pk], max(one.created_at, active.get(one.pk, one.created_at))) for one in things]


def _active(organisation: int) -> dict[int, datetime]:
    """When each material last moved (trips), changed hands, or ran."""
    asked: dict[str, Any] = {"organisation": organisation, "since": clock.now() - FURTHEST}
    found: dict[int, datetime] = {}
    with connection.cursor() as cursor:
        for query in (_TRIPS, _CUSTODIES, _USAGE):
            cursor.execute(query, asked)
            for material, last in cursor.fetchall():
                moment = last if isinstance(last, datetime) else _midnight(last)
                found[material] = max(moment, found.get(material, moment))
    return found


def _midnight(day: date) -> datetime:
    return datetime.combine(day, time(), BRUSSELS).astimezone(UTC)


def missing(found: Iterable[State], days: float) -> list[State]:
    """Those that no tracker, tag or person told of for so many days, the longest first."""
    edge = clock.now() - timedelta(days=days)
    return sorted((one for one in found if seen_at(one) <= edge), key=seen_at)


def count_missing(group: str, days: float) -> int:
    """How many of all or of a group ``missing`` would find; nobody sees which, so it makes no row of each."""
    edge = clock.now() - timedelta(days=days)
    last = materials.last_signs()
    with connection.cursor() as cursor:
        cursor.execute(_OLD, {"edge": edge, "group": group})
        return sum(last[material] <= edge if material in last else old for material, old in cursor.fetchall())


def idle(found: Iterable[State], days: float) -> list[State]:
    """Those that were neither moved nor used nor handed over for so many days, the longest first."""
    edge = clock.now() - timedelta(days=days)
    return sorted((one for one in found if one.active_at <= edge), key=lambda one: one.active_at)


def seen_at(one: State) -> datetime:
    """When a material was seen last; one that never was counts from when it was entered."""
    return one.where.at or one.material.created_at


def _missing(rule: Rule, params: Params) -> list[scheduled.Due]:
    after = timedelta(days=params.number)
    return [_due(one, seen_at(one) + after) for one in missing(_watched(rule), params.number)]


def _idle(rule: Rule, params: Params) -> list[scheduled.Due]:
    after = timedelta(days=params.number)
    return [_due(one, one.active_at + after) for one in idle(_watched(rule), params.number)]


def _due(one: State, since: datetime) -> scheduled.Due:
    return scheduled.Due(f"material:{one.material.pk}", one.material.name[:120], since)


def _watched(rule: Rule) -> list[State]:
    devices = {one.subject: one.device for one in scope.things()} if rule.scope.get("devices") else {}
    return [one for one in states() if scope.watches(rule.scope, _thing(one.material, devices))]


def _thing(row: Thing, devices: dict[str, int]) -> scope.Thing:
    subject = f"material:{row.pk}"
    device = devices.get(subject, 0)
    return scope.Thing(device, "material", subject, row.name, None, row.pk, frozenset(row.groups))


def register_with_alerts() -> None:
    """Alerts learn which materials are missing or idle."""
    scheduled.register("missing", _missing)
    scheduled.register("idle", _idle)
