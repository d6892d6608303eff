"""Who was in which vehicle: badges at readers, a plan, and what only a human can decide."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta

from allconnects.demo.data import register
from allconnects.demo.data.setting import Demo, device, person, vehicle
from allconnects.fleet.models import DriverEvent, LocationRule, Person, PersonHours
from allconnects.fleet.models.presence import Source
from allconnects.fleet.services import presence
from allconnects.fleet.services.presence import Sighting

DRIVERS = {"Van 01": "D01", "Van 03": "D02", "Van 06": "D03", "Tipper truck 01": "D07", "Tipper truck 02": "D05",
           "Concrete mixer 01": "D08", "Crane truck 01": "D10"}  # fmt: skip
"""Vehicle to the person whose badge its reader sees."""
FORGOTTEN = "Tipper truck 02"
"""Its driver forgets to badge out on the last but one working day."""
PLANNED = {"Van 01": "D01", "Van 06": "D03"}


def there(_demo: Demo) -> bool:
    """Whether readers saw somebody already."""
    return DriverEvent.objects.exists()


def make(demo: Demo) -> None:
    """Badges of the past two weeks, and today's plan."""
    _work_at_all_hours(demo)
    presence.observe(demo.who, list(_sightings(demo)))
    # Whoever looks at night finds them under way as well.
    start = min(demo.at(0, 6), demo.founded - timedelta(hours=1))
    for name, number in PLANNED.items():
        presence.claim(demo.who, vehicle(name).pk, person(number).pk, start, None, source=Source.PLANNING)
    presence.claim(
        demo.who, vehicle("Van 08").pk, person("D06").pk, demo.at(-2, 7), demo.at(-2, 16, 30),
        reason="Drove for a sick colleague",
    )  # fmt: skip


def _work_at_all_hours(demo: Demo) -> None:
    """The demo moves whenever somebody looks at it: its drivers work in shifts, on Sundays and holidays too."""
    LocationRule.objects.create(organisation=demo.organisation, holidays_off=False, changed_at=demo.founded)
    week = {str(day): [["00:00", "00:00"]] for day in range(7)}
    PersonHours.objects.bulk_create(
        PersonHours(organisation=demo.organisation, person=person, days=week) for person in Person.objects.all()
    )


def _sightings(demo: Demo) -> Iterator[Sighting]:
    days = demo.working_days()
    for name, number in DRIVERS.items():
        at, reader, badge = vehicle(name).pk, device(name).pk, register.BADGES[number]
        for day in days:
            yield Sighting(at, Source.BADGE, True, demo.at(day, 6, 50), badge, device=reader)
            if (name, day) != (FORGOTTEN, days[-2]):
                yield Sighting(at, Source.BADGE, False, demo.at(day, 17, 10), badge, device=reader)
    van = vehicle("Van 01").pk
    for day in days[-3:]:
        yield Sighting(van, Source.PHONE, True, demo.at(day, 6, 55), person=person("D09").pk, role="passenger")
        yield Sighting(van, Source.PHONE, False, demo.at(day, 17, 0), person=person("D09").pk, role="passenger")
    yield Sighting(vehicle("Van 08").pk, Source.BADGE, True, demo.at(days[-1], 7), register.UNKNOWN_BADGE,
                   device=device("Van 08").pk)  # fmt: skip
