"""Fuel and carbon dioxide of a distance: by the register's g/km, else by the class of the vehicle; and which it was."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib import resources
from typing import Any, Literal

Basis = Literal["register", "class", "unknown"]
LIQUID = ("diesel", "petrol", "hybrid", "plugin_hybrid", "lpg")


@dataclass(frozen=True, slots=True)
class Burnt:
    """What a distance used: litres (of liquid fuels), kWh (of electric ones), kg of CO2; None where unknown."""

    litres: float | None
    kwh: float | None
    co2_kg: float | None
    basis: Basis


@cache
def factors() -> Mapping[str, Any]:
    """``factors.toml`` as it stands."""
    found: dict[str, Any] = tomllib.loads(resources.files(__package__).joinpath("factors.toml").read_text("utf-8"))
    return found


def burnt(distance_m: float, fuel: str, vehicle_class: str, co2_g_km: int | None) -> Burnt:
    """Fuel and CO2 of a distance. The register's CO2 goes before the class; consumption follows from it."""
    known = factors()["fuels"].get(fuel)
    km = distance_m / 1000
    if known is None:
        return Burnt(None, None, None if co2_g_km is None else km * co2_g_km / 1000,
                     "unknown" if co2_g_km is None else "register")  # fmt: skip
    if co2_g_km is not None and known["co2_kg"] > 0:
        co2_kg = km * co2_g_km / 1000
        return _burnt(fuel, co2_kg / known["co2_kg"], co2_kg, "register")
    per_100km = factors()["classes"].get(vehicle_class, {}).get("per_100km", {}).get(fuel)
    if per_100km is None:
        return Burnt(None, None, None, "unknown")
    units = km / 100 * per_100km
    return _burnt(fuel, units, units * known["co2_kg"], "class")


def _burnt(fuel: str, units: float, co2_kg: float, basis: Basis) -> Burnt:
    return Burnt(units if fuel in LIQUID else None, units if fuel == "electric" else None, co2_kg, basis)


def idle_litres(idle_s: float, fuel: str, vehicle_class: str) -> float | None:
    """Litres of an engine that ran while the vehicle stood; None for what burns no liquid or is not known."""
    per_h = factors()["classes"].get(vehicle_class, {}).get("idle_per_h")
    return idle_s / 3600 * per_h if per_h is not None and fuel in LIQUID else None
