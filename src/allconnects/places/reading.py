"""Visits as people ask for them: of a place, a device or a person, and who is in a place now."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

import numpy as np
from django.db import connection
from django.utils.translation import gettext as _

from allconnects.kit import clock
from allconnects.kit.errors import InvalidInput
from allconnects.places.active import fence_of
from allconnects.places.fences import Fences
from allconnects.places.models import Place
from allconnects.places.sighted import told, visits_seen
from allconnects.telemetry import services as telemetry
from allconnects.telemetry.live.state import State

MOST = 1_000
LONGEST_DAYS = 366
SURE = timedelta(minutes=10)
"""Enter and leave count as seen when the fixes beside them are no further away than this."""
_VISITS = """
    SELECT v.device_id, d.name, v.place_id, p.name, v.enter, v.leave, v.before, v.after, v.fixes, v.vehicle, v.material,
           v.person, (SELECT name FROM fleet_vehicle x WHERE x.id = v.vehicle),
           (SELECT name FROM fleet_material x WHERE x.id = v.material),
           (SELECT concat_ws(' ', first_name, last_name) FROM fleet_person x WHERE x.id = v.person)
    FROM places_visit v
    JOIN places_place p ON p.organisation_id = v.organisation_id AND p.id = v.place_id
    JOIN telemetry_device d ON d.organisation_id = v.organisation_id AND d.id = v.device_id
    WHERE v.organisation_id = %(organisation)s AND v.enter < %(end)s AND v.leave >= %(start)s
      AND (v.leave - v.enter >= make_interval(secs => p.dwell_s) OR v.after IS NULL AND %(open)s)
      AND (%(place)s::integer IS NULL OR v.place_id = %(place)s)
      AND (%(device)s::integer IS NULL OR v.device_id = %(device)s)
      AND (%(vehicle)s::integer IS NULL OR v.vehicle = %(vehicle)s)
      AND (%(person)s::uuid IS NULL OR v.person = %(person)s)
    ORDER BY v.enter DESC, v.device_id, v.place_id LIMIT %(most)s"""


@dataclass(frozen=True, slots=True)
class Visit:
    """A visit with the names of what takes part. ``enter``, ``leave``: the first and last fix inside.

    ``open``: not seen leaving yet. ``enter_seen``, ``leave_seen``: a fix outside is less than ten minutes away, so
    that the moment is known that well.
    """

    device: int
    device_name: str
    place: int
    place_name: str
    enter: datetime
    leave: datetime
    before: datetime | None
    after: datetime | None
    fixes: int
    vehicle: int | None
    material: int | None
    person: UUID | None
    vehicle_name: str | None
    material_name: str | None
    person_name: str | None

    @property
    def open(self) -> bool:
        """Whether it has not been seen leaving."""
        return self.after is None

    @property
    def duration(self) -> timedelta:
        """From the first to the last fix inside."""
        return self.leave - self.enter

    @property
    def enter_seen(self) -> bool:
        """Whether the moment of arrival is known to ten minutes."""
        return self.before is not None and self.enter - self.before <= SURE

    @property
    def leave_seen(self) -> bool:
        """Whether the moment of departure is known to ten minutes."""
        return self.after is not None and self.after - self.leave <= SURE

    @property
    def what(self) -> str:
        """Who or what was there: the vehicle or material, else the person, else the device."""
        return self.vehicle_name or self.material_name or self.person_name or self.device_name


@dataclass(frozen=True, slots=True)
class Here:
    """A device whose latest position lies in a place. ``since``: the beginning of its visit, once that is known."""

    device: int
    name: str
    kind: str
    state: State
    at: datetime
    since: datetime | None


@dataclass(frozen=True, slots=True)
class Hours:
    """What a place saw on one of its days: how many came, and how long they were there together."""

    day: date
    visitors: int
    duration: timedelta
    first: datetime
    last: datetime


def visits_between(
    organisation: int,
    start: datetime,
    end: datetime,
    *,
    place: int | None = None,
    device: int | None = None,
    vehicle: int | None = None,
    person: UUID | None = None,
    with_open: bool = True,
    most: int = MOST,
    beside: bool = False,
) -> list[Visit]:
    """Visits that touch ``start <= time < end``, newest first, long enough for their place to count.

    As who acts may see them, which is written down; ``beside``: as ``sighted.visits_seen`` says.
    ``with_open``: also those that have only begun. Raises InvalidInput for a range longer than a year.
    """  # fmt: skip
    about: dict[str, Any] = {"organisation": organisation, "start": start, "end": end, "open": with_open}
    about |= {"place": place, "device": device, "vehicle": vehicle, "person": person, "most": most}
    return visits_seen(organisation, _visits(about), beside=beside)


def _visits(about: dict[str, Any]) -> list[Visit]:
    start, end = about["start"], about["end"]
    if not start < end <= start + timedelta(days=LONGEST_DAYS, hours=1):
        raise InvalidInput(_("The range ends before it begins, or is longer than a year."))
    with connection.cursor() as cursor:
        cursor.execute(_VISITS, about)
        return [Visit(*row) for row in cursor.fetchall()]


def here_now(place: Place) -> list[Here]:
    """Devices whose latest position lies in the place, by name."""
    latest = telemetry.latest_positions(place.organisation_id)
    lat, lon = np.array([one.lat_e7 for one in latest]) / 1e7, np.array([one.lon_e7 for one in latest]) / 1e7
    inside = [latest[at] for at in Fences([fence_of(place)]).inside(lat, lon).position.tolist()]
    now = clock.now()
    about = {"organisation": place.organisation_id, "start": now - timedelta(days=90), "end": now + timedelta(days=1)}
    about |= {"open": True, "place": place.pk, "device": None, "vehicle": None, "person": None, "most": MOST}
    begun = told(place.organisation_id, _visits(about))
    since = {one.device: one.enter for one in reversed(begun) if one.open}
    found = [
        Here(one.device, one.name, one.kind, one.state(clock.now_ms()), one.fix_time, since.get(one.device))
        for one in inside
    ]
    return sorted(found, key=lambda one: (one.name.casefold(), one.device))


def bounds(place: Place, first: date, last: date) -> tuple[datetime, datetime]:
    """Beginning of the first and end of the last day, in the time zone of a place."""
    zone = ZoneInfo(place.timezone)
    return datetime.combine(first, time(), zone), datetime.combine(last + timedelta(days=1), time(), zone)


def hours_by_day(place: Place, found: Sequence[Visit], first: date, last: date) -> list[Hours]:
    """Visits cut at the midnights of the place, summed by day, newest first. A day of 23 or 25 hours is one day."""
    days: list[Hours] = []
    day = last
    while day >= first:
        start, end = bounds(place, day, day)
        cut = [(max(v.enter, start), min(v.leave, end), v) for v in found if v.enter < end and v.leave >= start]
        if cut:
            total = sum((leave - enter for enter, leave, _v in cut), timedelta())
            seen = {v.vehicle or v.material or v.person or v.device_name for _e, _l, v in cut}
            days.append(Hours(day, len(seen), total, min(e for e, _l, _v in cut), max(e for _e, e, _v in cut)))
        day -= timedelta(days=1)
    return days
