"""What the demo is alert to; the events come from what the fleet sends."""

from __future__ import annotations

from typing import Any

from allconnects.alerts.delivery import webhooks
from allconnects.alerts.models import Rule
from allconnects.alerts.services import rules
from allconnects.demo.data.setting import Demo
from allconnects.places.models import Place


def there(_demo: Demo) -> bool:
    """Whether there are rules already."""
    return Rule.objects.exists()


def make(demo: Demo) -> None:
    """Live rules, a draft to be tried, and a webhook that is switched off: it leads nowhere."""
    for given in _rules(list(Place.objects.filter(kind="site").values_list("pk", flat=True))):
        rules.add(demo.organisation, {"roles": ["manager", "planner"], "channels": ["app"], "state": "live", **given})
    hook, _secret = webhooks.add(demo.organisation, "Planning software", "https://hooks.demo.example/allconnects")
    webhooks.change(hook.pk, enabled=False)


def _rules(sites: list[int]) -> list[dict[str, Any]]:
    return [
        {"name": "Faster than 105 km/h", "kind": "speeding", "params": {"number": 105, "minutes": 1},
         "scope": {"kinds": ["vehicle"]}},
        {"name": "Used outside working hours", "kind": "use", "severity": "critical", "scope": {"kinds": ["vehicle"]},
         "escalate_minutes": 60, "escalate_role": "owner"},
        {"name": "Arrives at a site", "kind": "entered", "params": {"places": sites}, "severity": "info",
         "scope": {"kinds": ["vehicle", "material"]}},
        {"name": "Leaves a site", "kind": "left", "params": {"places": sites}, "severity": "info",
         "scope": {"kinds": ["vehicle", "material"]}},
        {"name": "Silent for an hour", "kind": "silent", "params": {"number": 1}},
        {"name": "Paper runs out within 30 days", "kind": "document", "params": {"number": 30}},
        {"name": "Stands still for three hours", "kind": "standing", "params": {"minutes": 180}, "state": "draft"},
    ]  # fmt: skip
