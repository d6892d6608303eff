"""Depots, sites and customers, at the ends of the roads that the simulated devices drive."""

from __future__ import annotations

import math
from typing import Any

from allconnects.demo.data.setting import Demo
from allconnects.demo.devices import demo_devices
from allconnects.demo.geometry import METRES_PER_DEGREE
from allconnects.demo.movement import Movement
from allconnects.places.models import Place
from allconnects.places.services import Given, add_places

# device, end of its road (0 or 1), kind, name, colour, number
_ENDS = (
    ("Van 01", 0, "depot", "Depot Antwerp South", "purple", "DEP-1"),
    ("Van 01", 1, "site", "Site Voorbeeldlaan", "orange", "DEMO-101"),
    ("Van 03", 0, "depot", "Depot Coast", "purple", "DEP-2"),
    ("Van 03", 1, "site", "Site Demopark", "orange", "DEMO-102"),
    ("Van 06", 1, "customer", "Customer Exempel", "green", "DEMO-201"),
    ("Tipper truck 01", 0, "supplier", "Quarry Specimen", "grey", "DEMO-301"),
    ("Tipper truck 01", 1, "site", "Site Testbrug", "orange", "DEMO-103"),
    ("Tipper truck 02", 1, "site", "Site Fictiefplein", "orange", "DEMO-104"),
    ("Concrete mixer 01", 0, "depot", "Depot Ghent", "purple", "DEP-3"),
    ("Concrete mixer 01", 1, "customer", "Customer Sample Works", "green", "DEMO-202"),
    ("Crane truck 01", 1, "site", "Site Placeholder Tower", "orange", "DEMO-105"),
)
_RADIUS_M = 250.0


def there(_demo: Demo) -> bool:
    """Whether there are places already."""
    return Place.objects.exists()


def make(demo: Demo) -> None:
    """Circles and a square at the ends of roads, a corridor along one."""
    by_name = {one.name: Movement(one) for one in demo_devices()}
    given = [
        Given(
            name=name, kind=kind, colour=colour, number=number, address=f"Fictional address {number}",
            shape=_shape(kind, *by_name[device].ends()[end]),
        )
        for device, end, kind, name, colour, number in _ENDS
    ]  # fmt: skip
    given.append(Given(name="Haul road E17", kind="other", colour="blue", number="DEMO-401", shape=_haul_road(by_name)))
    add_places(demo.organisation, given)


def _shape(kind: str, lat: float, lon: float) -> dict[str, Any]:
    if kind != "customer":
        return {"type": "Circle", "coordinates": [lon, lat], "radius_m": _RADIUS_M}
    north = _RADIUS_M / METRES_PER_DEGREE
    east = north / math.cos(math.radians(lat))
    ring = [[lon + x * east, lat + y * north] for x, y in ((-1, -1), (1, -1), (1, 1), (-1, 1), (-1, -1))]
    return {"type": "Polygon", "coordinates": [ring]}


def _haul_road(by_name: dict[str, Movement]) -> dict[str, Any]:
    path = by_name["Tipper truck 01"].path(60)
    return {"type": "Corridor", "coordinates": [[lon, lat] for lat, lon in path], "width_m": 150.0}
