"""Rules that most firms want, ready to be taken with one click."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from django.utils.translation import gettext as _


@dataclass(frozen=True, slots=True)
class Suggestion:
    """A rule to take: ``name`` and ``why`` in the language of the moment."""

    key: str
    kind: str
    icon: str
    name: str
    why: str
    params: dict[str, Any] = field(default_factory=dict)
    scope: dict[str, Any] = field(default_factory=dict)
    severity: str = "warning"

    def given(self) -> dict[str, Any]:
        """What ``services.rules.add`` wants."""
        return {
            "name": self.name,
            "kind": self.kind,
            "params": self.params,
            "scope": self.scope,
            "severity": self.severity,
            "channels": ["app", "push"],
        }


def suggestions() -> list[Suggestion]:
    """In the order in which firms ask for them."""
    vehicles, materials = {"kinds": ["vehicle"]}, {"kinds": ["material"]}
    return [
        Suggestion(
            "hours", "use", "clock", _("Used outside working hours"),
            _("Evenings, nights, weekends and public holidays."), {"when": "outside", "minutes": 2}, vehicles,
        ),
        Suggestion(
            "tow", "tow", "truck", _("Moves with the ignition off"), _("Towed or stolen."), {}, vehicles, "critical"
        ),
        Suggestion(
            "moved", "moved", "package", _("Material moved outside working hours"),
            _("Machines, containers and trailers that should stand still."), {"when": "outside"}, materials, "critical",
        ),
        Suggestion(
            "power", "power_cut", "plug-connected", _("Power supply lost"),
            _("The tracker was unplugged or the battery is flat."), {}, {}, "critical",
        ),
        Suggestion(
            "speed", "speeding", "gauge", _("Faster than 120 km/h"), _("For more than a minute."),
            {"number": 120, "minutes": 1}, vehicles,
        ),
        Suggestion(
            "battery", "low_battery", "battery-2", _("Battery low"), _("20 % or less."), {"number": 20}, {}, "info"
        ),
        Suggestion(
            "material_battery", "low_battery", "battery-2", _("Battery of a material low"),
            _("A tracker that is silent tomorrow finds nothing: 15 % or less."), {"number": 15}, materials,
        ),
        Suggestion(
            "missing", "missing", "map-search", _("Material missing for a week"),
            _("No tracker, tag or scan told of it for seven days."), {"number": 7}, materials,
        ),
        Suggestion(
            "idle", "idle", "package", _("Material idle for 30 days"),
            _("Neither moved nor used nor handed over: rented for nothing, perhaps."), {"number": 30}, materials,
            "info",
        ),
        Suggestion(
            "maintenance", "maintenance", "tool", _("Service due soon"),
            _("By kilometres, hours or date, as your plans say."), {}, {}, "info",
        ),
        Suggestion(
            "check", "check", "check", _("Check missing"),
            _("An expected check was not done in time, or found something wrong."), {}, {},
        ),
        Suggestion(
            "silent", "silent", "wifi-off", _("Silent for a day"), _("A tracker that should report and does not."),
            {"number": 24}, {}, "info",
        ),
        Suggestion(
            "documents", "document", "alert-triangle", _("A document expires within 30 days"),
            _("Inspection, insurance, lease, calibration."), {"number": 30}, {}, "info",
        ),
    ]  # fmt: skip
