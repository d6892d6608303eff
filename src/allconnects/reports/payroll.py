"""A month of people for payroll: days, hours at sites, kilometres as driver and passenger, what is missing; approved by
a named human. No allowance is worked out here."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Any, Final
from uuid import UUID

from django.db import IntegrityError, connection, transaction
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from allconnects.accounts.models import Account
from allconnects.kit import clock
from allconnects.kit.errors import AllconnectsError, InvalidInput, NotFound
from allconnects.privacy.access import service as access
from allconnects.reports.classifying import last_day
from allconnects.reports.columns import Row
from allconnects.reports.data.places import site_hours_rows
from allconnects.reports.data.sql import all_rows
from allconnects.reports.data.trips import count_without_driver, trips
from allconnects.reports.definition import Ask
from allconnects.reports.models import Contest, Outcome, PayrollMonth
from allconnects.reports.purposes import purposes

PEOPLE: Final = """
    SELECT p.id, btrim(p.first_name || ' ' || p.last_name), p.number, coalesce(e.name, '')
    FROM fleet_person p LEFT JOIN fleet_employer e ON e.organisation_id = p.organisation_id AND e.id = p.employer_id
    WHERE p.organisation_id = %(organisation)s
      AND (p.active_from IS NULL OR p.active_from <= %(last)s)
      AND (p.active_until IS NULL OR p.active_until >= %(first)s)
      AND (p.archived_at IS NULL OR p.archived_at >= %(begin)s)
      AND (%(person)s::uuid IS NULL OR p.id = %(person)s)"""
ORDER: Final = " ORDER BY lower(p.last_name), lower(p.first_name), p.id"
_PASSENGERS: Final = """
    SELECT o.person_id, (t.start_at AT TIME ZONE 'Europe/Brussels')::date, sum(t.distance_m)
    FROM trips_trip t
    JOIN fleet_occupancy o ON o.organisation_id = t.organisation_id AND o.vehicle_id = t.vehicle
        AND o.role = 'passenger' AND o.during @> (t.start_at + (t.end_at - t.start_at) / 2)
    WHERE t.organisation_id = %(organisation)s AND t.start_at >= %(begin)s AND t.start_at < %(end)s AND t.shown
      AND (cardinality(%(people)s::uuid[]) = 0 OR o.person_id = ANY(%(people)s))
    GROUP BY 1, 2"""
# Stays that nobody closed are counted where hours are, whether they are asked about or not.
_QUESTIONS: Final = """
    SELECT person_id, count(*) FROM fleet_question
    WHERE organisation_id = %(organisation)s AND decided_at IS NULL AND person_id IS NOT NULL
      AND kind <> 'open_stay' AND lower(during) >= %(begin)s AND lower(during) < %(end)s
    GROUP BY 1"""


class Approved(AllconnectsError):
    """The month of this person is approved already."""

    code = "approved"
    status = 409


class Contested(AllconnectsError):
    """The person says that the figures are wrong, and nobody has answered."""

    code = "contested"
    status = 409


class Changed(AllconnectsError):
    """The figures are no longer those that were looked at."""

    code = "changed"
    status = 409


@dataclass(slots=True)
class Day:
    """One day of a person: seconds by site, metres by role."""

    sites: dict[str, float] = field(default_factory=dict)
    driver_m: float = 0.0
    passenger_m: float = 0.0

    @property
    def site_s(self) -> float:
        """Seconds at all sites."""
        return sum(self.sites.values())


@dataclass(slots=True)
class PersonMonth:
    """One month of a person, and whether and by whom it is approved."""

    person: UUID
    name: str
    number: str
    employer: str
    days: dict[date, Day] = field(default_factory=dict)
    questions: int = 0
    unclosed: int = 0
    approval: PayrollMonth | None = None

    @property
    def site_s(self) -> float:
        """Seconds at sites."""
        return sum(day.site_s for day in self.days.values())

    @property
    def driver_m(self) -> float:
        """Metres as driver, private ones not among them."""
        return sum(day.driver_m for day in self.days.values())

    @property
    def passenger_m(self) -> float:
        """Metres as passenger."""
        return sum(day.passenger_m for day in self.days.values())

    @property
    def days_without_site(self) -> list[date]:
        """Days on which he drove or rode and was at no site that is known."""
        return sorted(day for day, one in self.days.items() if not one.sites)

    @property
    def missing(self) -> int:
        """How much a clerk has to look into."""
        return len(self.days_without_site) + self.questions + self.unclosed

    @property
    def sites(self) -> dict[str, tuple[int, float]]:
        """Days and seconds by site, longest first."""
        found: dict[str, tuple[int, float]] = {}
        for day in self.days.values():
            for site, seconds in day.sites.items():
                count, total = found.get(site, (0, 0.0))
                found[site] = (count + 1, total + seconds)
        return dict(sorted(found.items(), key=lambda item: -item[1][1]))

    @property
    def figures(self) -> dict[str, Any]:
        """What is approved: whole seconds and metres."""
        return {
            "days": len(self.days),
            "sites": {site: [count, round(seconds)] for site, (count, seconds) in sorted(self.sites.items())},
            "driver_m": round(self.driver_m),
            "passenger_m": round(self.passenger_m),
        }

    @property
    def digest(self) -> str:
        """Names these figures: other figures have another."""
        return hashlib.sha256(json.dumps(self.figures, sort_keys=True).encode()).hexdigest()

    @property
    def state(self) -> str:
        """``open``, ``approved``, or ``changed`` where later data say otherwise than what was approved."""
        if self.approval is None:
            return "open"
        return "approved" if self.approval.digest == self.digest else "changed"


def month_of(organisation: int, month: date, person: UUID | None = None) -> list[PersonMonth]:
    """Everybody's month, by name; or that of one person. Raises NotFound for an unknown one."""
    ask = Ask(organisation=organisation, first=month, last=last_day(month), purpose=purposes()["payroll"],
              people=() if person is None else (person,), noted=False)  # fmt: skip
    rows = all_rows(PEOPLE + ORDER, values_of(ask) | {"person": person})
    if person is not None and not rows:
        raise NotFound(_("There is no such person."))
    return filled(ask, rows)


def values_of(ask: Ask) -> dict[str, Any]:
    """What its queries ask with."""
    return {"organisation": ask.organisation, "begin": ask.begin, "end": ask.end, "first": ask.first, "last": ask.last}


def filled(ask: Ask, rows: Sequence[Any]) -> list[PersonMonth]:
    """The months of these people: sites, driving, questions, approvals."""
    found = {row[0]: PersonMonth(*row) for row in rows}
    values, organisation, month = values_of(ask) | {"people": list(ask.people)}, ask.organisation, ask.first
    _add_sites(ask, found)
    _add_driving(ask, found, values)
    for who, count in all_rows(_QUESTIONS, values):
        if who in found:
            found[who].questions = count
    _note(ask, found.values())
    for approval in _approvals(organisation, month):
        if approval.person_id in found:
            found[approval.person_id].approval = approval
    return list(found.values())


def _note(ask: Ask, found: Iterable[PersonMonth]) -> None:
    """Somebody reads hours and kilometres of these people, pay before anything else."""
    people = [str(one.person) for one in found if one.days or one.questions]
    with connection.cursor() as cursor:
        access.note_beside(
            cursor, ask.organisation, people, purpose=ask.purpose.key, scope="hours", days=(ask.first, ask.last),
            size=len(people),
        )  # fmt: skip


def _approvals(organisation: int, month: date) -> Iterator[PayrollMonth]:
    rows = PayrollMonth.objects.filter(organisation_id=organisation, month=month, reopened_at=None)
    return rows.select_related("approved_by").iterator()


def _add_sites(ask: Ask, found: dict[UUID, PersonMonth]) -> None:
    for site, _number, person, _vehicle, _team, day, *_times, seconds, _own, _by, unclosed, key in site_hours_rows(ask):
        who = UUID(key.partition("-")[2]) if person else None
        if who in found:
            sites = found[who].days.setdefault(day, Day()).sites
            sites[site] = sites.get(site, 0.0) + seconds
            found[who].unclosed += unclosed


def _add_driving(ask: Ask, found: dict[UUID, PersonMonth], values: dict[str, Any]) -> None:
    for trip in trips(ask):
        if trip.person_id in found and not trip.private:
            found[trip.person_id].days.setdefault(trip.day, Day()).driver_m += trip.distance_m
    for who, day, metres in all_rows(_PASSENGERS, values):
        if who in found:
            found[who].days.setdefault(day, Day()).passenger_m += metres


def without_driver(organisation: int, month: date) -> int:
    """How many trips of vehicles in a month have no driver, so that nobody is paid for them."""
    ask = Ask(organisation=organisation, first=month, last=last_day(month), purpose=purposes()["payroll"])
    return count_without_driver(ask)


def approve(organisation: int, account: Account, person: UUID, month: date, digest: str) -> PayrollMonth:
    """A named human approves what he saw. Raises NotFound, InvalidInput (not over), Contested, Changed, Approved."""
    if clock.today() <= last_day(month):
        raise InvalidInput(_("A month can be approved when it is over."))
    (seen,) = month_of(organisation, month, person)
    if seen.approval is not None:
        raise Approved(_("This month is approved already."))
    if Contest.objects.filter(person_id=person, month=month, outcome=Outcome.OPEN).exists():
        raise Contested(_("The person contests this month. Answer that first."))
    if seen.digest != digest:
        raise Changed(_("The figures have changed since you opened the page. Look at them again."))
    try:
        with transaction.atomic():
            return PayrollMonth.objects.create(
                organisation_id=organisation, person_id=person, month=month, figures=seen.figures, digest=digest,
                approved_by=account, approved_at=clock.now(),
            )  # fmt: skip
    except IntegrityError:
        raise Approved(_("This month is approved already.")) from None


def reopen(organisation: int, account: Account, person: UUID, month: date) -> None:
    """Take an approval back; it stays visible who gave it. Raises NotFound."""
    rows = PayrollMonth.objects.filter(organisation_id=organisation, person_id=person, month=month, reopened_at=None)
    if not rows.update(reopened_by=account, reopened_at=clock.now()):
        raise NotFound(_("This month is not approved."))


def payroll_rows(ask: Ask) -> Iterator[Row]:
    """One row a person and site, and one with his kilometres, for each month of the period."""
    month = ask.first.replace(day=1)
    for one in month_of(ask.organisation, month):
        if ask.people and one.person not in ask.people:
            continue
        by = one.approval.approved_by if one.approval else None
        head, tail = (one.name, one.number, one.employer), (str(STATES[one.state]), by.name or by.email if by else None)
        for site, (days, seconds) in one.sites.items():
            yield (*head, site, days, seconds, None, None, None, *tail, f"{one.person}-{site}")
        yield (*head, None, None, None, one.driver_m, one.passenger_m, one.missing, *tail, str(one.person))


STATES = {
    "open": gettext_lazy("Open"),
    "approved": gettext_lazy("Approved"),
    "changed": gettext_lazy("Changed since approval"),
}
