"""What the demo is alert to; the events come from what the fleet sends."""

from __future__ import annotations

from typing import Any

from allconnects.alerts.delivery import webhooks
from allconnects.alerts.models import Rule
from allconnects.alerts.services import rules
from allconnects.demo.data import days
from allconnects.demo.data.setting import Demo, vehicle
from allconnects.places.models import Place


def there(_demo: Demo) -> bool:
    """Whether there are rules already."""
    return Rule.objects.exists()


def make(demo: Demo) -> None:
    """Live rules, a draft to be tried, and a webhook that is switched off: it leads nowhere."""
    for given in _rules():
        rules.add(demo.organisation, {"roles": ["manager", "planner"], "channels": ["app"], "state": "live", **given})
    hook, _secret = webhooks.add(demo.organisation, "Planning software", "https://hooks.demo.example/allconnects")
    webhooks.change(hook.pk, enabled=False)


def _rules() -> list[dict[str, Any]]:
    """Each finds what is rare: a rule that finds every drive is read by nobody."""
    sites = list(Place.objects.filter(kind="site").values_list("pk", flat=True))
    tower = Place.objects.get(name="Site Placeholder Tower").pk
    all_day = {"weekdays": list(range(5)), "start": 0, "until": 0}
    return [
        {"name": "Faster than 115 km/h", "kind": "speeding", "params": {"number": 115, "minutes": 1},
         "scope": {"kinds": ["vehicle"]}},
        {"name": "Used at the weekend", "kind": "use", "params": {"hours": all_day}, "severity": "critical",
         "scope": {"vehicles": [vehicle(days.WEEKEND).pk]}, "escalate_minutes": 60, "escalate_role": "owner"},
        {"name": "Crane arrives at the tower", "kind": "entered", "params": {"places": [tower]}, "severity": "info",
         "scope": {"vehicles": [vehicle(days.LATE).pk]}},
        {"name": "Leaves a site", "kind": "left", "params": {"places": sites}, "severity": "info",
         "scope": {"kinds": ["vehicle", "material"]}, "state": "draft"},
        {"name": "Silent for a day", "kind": "silent", "params": {"number": 24}},
        {"name": "Paper runs out within 30 days", "kind": "document", "params": {"number": 30}},
        {"name": "Service is due", "kind": "maintenance"},
        {"name": "Stands still for three hours", "kind": "standing", "params": {"minutes": 180}, "state": "draft"},
    ]  # fmt: skip
