"""The devices that the simulated fleet sends for, and one that has fallen silent."""

from __future__ import annotations

from allconnects.demo.data.setting import Demo
from allconnects.demo.devices import demo_devices
from allconnects.telemetry.models import Device

SILENT = ("Compactor 03", "001002002699001")
"""Name and identifier (of test equipment) of a tracker that sends nothing any more."""


def there(_demo: Demo) -> bool:
    """Each is looked for on its own."""
    return False


def make(demo: Demo) -> None:
    """Register those that are missing."""
    known = set(Device.objects.values_list("identifier", flat=True))
    wanted = [(one.identifier, one.name, one.kind, one.protocol) for one in demo_devices()]
    wanted.append((SILENT[1], SILENT[0], "material", "gt06"))
    for identifier, name, kind, protocol in wanted:
        if identifier not in known:
            Device.objects.create(
                organisation=demo.organisation, identifier=identifier, name=name, kind=kind, protocol=protocol
            )
