"""What stands beside the rows of a list or on a page: asked for all rows at once, never row by row."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, timedelta
from typing import Any

from django.db.models import Count, Q

from allconnects.fleet import noted
from allconnects.fleet.kinds import Kind
from allconnects.fleet.models import Document, Installation, Occupancy, Person, TeamMember
from allconnects.fleet.services import materials
from allconnects.kit import clock


def beside(kind: Kind, rows: Sequence[Any]) -> dict[Any, dict[str, Any]]:
    """Further columns of a page of a list, by key of the row; a fixed number of questions for each kind."""
    keys = [row.pk for row in rows]
    return {
        "vehicle": _vehicles, "material": _materials, "person": _people, "team": _teams, "employer": _employers,
    }[kind.name](keys)  # fmt: skip


def _vehicles(keys: list[int]) -> dict[Any, dict[str, Any]]:
    found: dict[Any, dict[str, Any]] = {key: {"devices": [], "driver": None, "passengers": 0} for key in keys}
    now, stays = clock.now(), []
    for one in Installation.objects.filter(vehicle_id__in=keys, during__contains=now).select_related("device"):
        found[one.vehicle_id]["devices"].append(one.device)
    for stay in Occupancy.objects.filter(vehicle_id__in=keys, during__contains=now).select_related("person"):
        stays.append(stay)
        if stay.role == "driver":
            found[stay.vehicle_id]["driver"] = stay
        else:
            found[stay.vehicle_id]["passengers"] += 1
    noted.stays_read(stays, now, now)
    return found


def _materials(keys: list[int]) -> dict[Any, dict[str, Any]]:
    places = materials.whereabouts(keys)
    names = materials.names_of(places.values())
    return {key: {"where": place, "holder": names.get(place.holder or ("", ""), "")} for key, place in places.items()}


def _people(keys: list[Any]) -> dict[Any, dict[str, Any]]:
    found: dict[Any, dict[str, Any]] = {key: {"stay": None} for key in keys}
    now, stays = clock.now(), []
    for stay in Occupancy.objects.filter(person_id__in=keys, during__contains=now).select_related("vehicle"):
        stays.append(stay)
        found[stay.person_id]["stay"] = stay
    noted.stays_read(stays, now, now)
    return found


def _teams(keys: list[int]) -> dict[Any, dict[str, Any]]:
    counts = (
        TeamMember.objects.filter(_present(clock.today()), team_id__in=keys).values("team_id").annotate(n=Count("id"))
    )
    members = {one["team_id"]: one["n"] for one in counts}
    return {key: {"members": members.get(key, 0)} for key in keys}


def _employers(keys: list[int]) -> dict[Any, dict[str, Any]]:
    rows = Person.objects.filter(employer_id__in=keys, archived_at=None).values("employer_id").annotate(n=Count("id"))
    members = {one["employer_id"]: one["n"] for one in rows}
    return {key: {"members": members.get(key, 0)} for key in keys}


def _present(day: date) -> Q:
    return Q(since__lte=day) & (Q(until=None) | Q(until__gte=day))


def expiring(days: int, people: bool) -> list[Document]:
    """Documents whose last day lies at most so many days ahead, or behind; the most urgent first, 500 at most."""
    found = Document.objects.filter(archived_at=None, valid_until__lte=clock.today() + timedelta(days=days))
    found = found.filter(vehicle__archived_at=None, material__archived_at=None, person__archived_at=None)
    if not people:
        found = found.filter(person=None)
    return list(found.select_related("vehicle", "material", "person").order_by("valid_until", "id")[:500])
