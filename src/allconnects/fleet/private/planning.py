"""Own hours and absences of people, as the office enters them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date, time, timedelta
from uuid import UUID

from django.utils.translation import gettext as _

from allconnects.fleet.models import Absence, Installation, Occupancy, Person, PersonHours
from allconnects.fleet.private import feeding
from allconnects.fleet.private.rules import Clock
from allconnects.kit import clock
from allconnects.kit.errors import InvalidInput, NotFound

LONGEST_ABSENCE = timedelta(days=5 * 366)
MOST_SPANS = 3


def set_hours(organisation: int, person: Person, week: Mapping[int, Sequence[Clock]] | None) -> None:
    """A person's own hours from now on; None: as his team or all. Raises InvalidInput."""
    if week is None:
        PersonHours.objects.filter(person=person).delete()
    else:
        for spans in week.values():
            _check(spans)
        days = {str(day): [[f"{a:%H:%M}", f"{b:%H:%M}"] for a, b in spans] for day, spans in week.items() if spans}
        PersonHours.objects.update_or_create(
            person=person, defaults={"organisation_id": organisation, "days": days}
        )  # fmt: skip
    follow(organisation, person.pk)


def _check(spans: Sequence[Clock]) -> None:
    if len(spans) > MOST_SPANS:
        raise InvalidInput(_("A day has at most %(most)s times.") % {"most": MOST_SPANS})
    before = time.min
    for place, (start, end) in enumerate(sorted(spans)):
        if start == end or (place and start < before):
            raise InvalidInput(_("The times of a day overlap or are empty."))
        before = end if end > start else time.max


def add_absence(organisation: int, person: Person, first: date, last: date) -> Absence:
    """Days without work: nothing is recorded of them. Raises InvalidInput."""
    if last < first or last - first > LONGEST_ABSENCE:
        raise InvalidInput(_("The absence ends before it begins, or is too long."))
    made = Absence.objects.create(organisation_id=organisation, person=person, first=first, last=last)
    follow(organisation, person.pk)
    return made


def drop_absence(organisation: int, person: Person, number: int) -> None:
    """It was entered by mistake, or is over sooner. Raises NotFound."""
    gone, _kinds = Absence.objects.filter(pk=number, person=person).delete()
    if not gone:
        raise NotFound(_("There is no such absence."))
    follow(organisation, person.pk)


def absences(person: UUID) -> list[Absence]:
    """What lies ahead or was lately, in order."""
    since = clock.now().date() - timedelta(days=31)
    return list(Absence.objects.filter(person_id=person, last__gte=since).order_by("first"))


def follow(organisation: int, person: UUID) -> int:
    """Bring the gates up to date of what a person has, or had last. Returns how many changed."""
    now = clock.now()
    vehicles = Occupancy.objects.filter(
        person_id=person, role="driver", during__overlap=(now - timedelta(days=31), None)
    ).values_list("vehicle_id", flat=True)
    devices = Installation.objects.filter(during__contains=now)
    found = set(devices.filter(vehicle_id__in=list(vehicles)).values_list("device_id", flat=True))
    found |= set(devices.filter(person_id=person).values_list("device_id", flat=True))
    return feeding.refresh(organisation, found) if found else 0
