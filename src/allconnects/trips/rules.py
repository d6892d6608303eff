"""The rules of the detector: numbers per profile, read from ``rules.toml``, and what may be set over them."""

from __future__ import annotations

import hashlib
import math
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, fields
from functools import cache
from importlib import resources
from typing import Any, Final

from allconnects.kit.errors import InvalidInput

PROFILES: Final = ("vehicle", "phone", "material")


class RuleError(InvalidInput):
    """A rule that does not exist, or a number outside of what it may be."""

    code = "trip_rule"


@dataclass(frozen=True, slots=True, kw_only=True)
class Rules:
    """One set of rules; the unit is in the name, the meaning of each stands in ``rules.toml``.

    ``version`` names the set: the date of the data, and a digest of what was set over it.
    """

    version: str
    profile: str
    min_satellites: float
    max_speed_kmh: float
    jump_m: float
    jump_s: float
    spike_kmh: float
    knot_s: float
    window_s: float
    move_kmh: float
    confirm_kmh: float
    still_veto_m: float
    displace_m: float
    tow_m: float
    bridge_s: float
    run_up_kmh: float
    run_out_kmh: float
    edge_s: float
    stop_s: float
    idle_s: float
    ignition_off_s: float
    ignition_lead_s: float
    gap_s: float
    gap_still_m: float
    unseen_kmh: float
    unseen_min_kmh: float
    trip_m: float


NAMES: Final = tuple(field.name for field in fields(Rules))[2:]


@cache
def catalogue() -> Mapping[str, Any]:
    """``rules.toml`` as it stands: ``version`` and, by name, each rule with its text, source, status and bounds."""
    found: dict[str, Any] = tomllib.loads(resources.files(__package__).joinpath("rules.toml").read_text("utf-8"))
    return found


def rules_for(profile: str, *changes: Mapping[str, float]) -> Rules:
    """The rules of a profile with ``changes`` set over them, later over earlier: organisation, class, device.

    Raises RuleError for an unknown profile or rule and for a number outside of the bounds of its rule.
    """
    if profile not in PROFILES:
        raise RuleError(f"there is no profile of that name; there are {', '.join(PROFILES)}")
    known = catalogue()["rules"]
    values = {name: float(known[name][profile]) for name in NAMES}
    changed = {name: _checked(name, value) for change in changes for name, value in change.items()}
    values.update(changed)
    return Rules(version=_version(changed), profile=profile, **values)


def _checked(name: str, value: object) -> float:
    if name not in NAMES:
        raise RuleError("there is no rule of that name")
    if isinstance(value, bool) or not isinstance(value, int | float) or not math.isfinite(value):
        raise RuleError(f"rule {name} takes a number")
    rule = catalogue()["rules"][name]
    if not rule["least"] <= value <= rule["most"]:
        raise RuleError(f"rule {name} takes {rule['least']} to {rule['most']} {rule['unit']}")
    return float(value)


def _version(changed: Mapping[str, float]) -> str:
    version: str = catalogue()["version"]
    if not changed:
        return version
    text = ";".join(f"{name}={value!r}" for name, value in sorted(changed.items()))
    return f"{version}+{hashlib.sha256(text.encode()).hexdigest()[:8]}"
