"""What a driver sees of himself: his state at this moment, his day, his private time."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from typing import Literal

from django.db import connection

from allconnects.accounts.models import Account
from allconnects.fleet.models import ExceptionKind, LocationException, Person, PrivateTime, Vehicle
from allconnects.fleet.private import button, feeding, hours, settings
from allconnects.kit import clock
from allconnects.privacy.requests import rectifying
from allconnects.privacy.requests.models import Correction
from allconnects.reports.models import Contest, Outcome
from allconnects.telemetry.store.gate import read_gate
from allconnects.telemetry.store.segments import bounds
from allconnects.trips import services as trips
from allconnects.trips.stored import StoredStop, StoredTrip

ANSWER_DAYS = 14
"""So long an answer is shown on the first page; afterwards where it was asked."""
State = Literal["private", "duty", "none", "outside", "recorded"]


@dataclass(frozen=True, slots=True)
class Now:
    """What is recorded of a driver now. ``vehicle``: its name, or empty; ``since``: of private time or a transport;
    ``waits``: private time begins when the transport ends; ``until``: when what holds now changes by the hours."""

    state: State
    vehicle: str = ""
    since: datetime | None = None
    waits: bool = False
    until: datetime | None = None


def now_of(organisation: int, person: Person) -> Now:
    """The state at this moment."""
    devices = button.mine(organisation, person.pk)
    vehicle = Vehicle.objects.filter(pk__in=[one for _device, one in devices if one]).first()
    name = str(vehicle.name) if vehicle else ""
    if open_ones := button.open_times(person.pk):
        return Now("private", name, min(one.start for one in open_ones))
    if not devices:
        return Now("none")
    duty = LocationException.objects.filter(
        device_id__in=[device for device, _vehicle in devices], kind=ExceptionKind.DUTY, end=None
    ).first()
    if duty is not None:
        return Now("duty", name, duty.start, waits=duty.wants_private)
    moment = clock.now()
    with connection.cursor() as cursor:
        open_gate = any(
            read_gate(cursor, device).passes_at(round(moment.timestamp() * 1000)) for device, _vehicle in devices
        )
    return Now("recorded" if open_gate else "outside", name, until=_changes(organisation, person, moment))


def _changes(organisation: int, person: Person, moment: datetime) -> datetime | None:
    """When working time ends or begins next, within a week."""
    rule = settings.rule_of(organisation)
    book = hours.calendar(organisation, moment.date() - timedelta(days=2), holidays_off=rule.holidays_off)
    spans = book.spans(person.pk, moment - timedelta(days=1), moment + timedelta(days=7))
    edges = [at for span in spans for at in span if moment < at < moment + timedelta(days=7)]
    return min(edges, default=None)


@dataclass(frozen=True, slots=True)
class Moment:
    """A line of the day: a trip or a stop. ``earlier``: it began before the day; ``later``: it went on after it."""

    start: datetime
    end: datetime
    going: bool
    text: str
    metres: float = 0.0
    still: bool = False
    earlier: bool = False
    later: bool = False


def day_of(organisation: int, person: Person, account: Account, day: date) -> list[Moment]:
    """A Brussels day of a driver in order: all that was recorded, as he alone may see it."""
    start, end = bounds(day)
    drives = trips.named(organisation, trips.trips_between(organisation, start, end, person=person.pk), account.pk)
    halts = trips.named_stops(organisation, trips.stops_between(organisation, start, end, person=person.pk), account.pk)
    found = [
        replace(one, earlier=one.start < start, later=one.end > end)
        for one in (*map(_drive, drives), *map(_halt, halts))
    ]
    return sorted(found, key=lambda one: (one.start, one.end))


def _drive(one: StoredTrip) -> Moment:
    ends = f"{one.start_name or '?'} → {one.end_name or '?'}"
    return Moment(one.start, one.end, True, ends, one.distance_m, one.still_open)


def _halt(one: StoredStop) -> Moment:
    return Moment(one.start, one.end, False, one.name or "?", still=one.still_open)


def private_times(person: Person, days: int = 31) -> list[PrivateTime]:
    """Private time of the last weeks, newest first."""
    since = clock.now() - timedelta(days=days)
    found = PrivateTime.objects.filter(person=person).exclude(end__lt=since).select_related("vehicle")
    return list(found.order_by("-start")[:50])


def has_vehicle(organisation: int, person: Person) -> bool:
    """Whether the person has something that is recorded, or had it last."""
    return any(one.person == person.pk for one in feeding.held(organisation, clock.now()))


@dataclass(frozen=True, slots=True)
class Answer:
    """What somebody of the office answered. ``contest``: of contested hours, which have a month; else of a request."""

    at: datetime
    about: str
    accepted: bool
    reason: str
    contest: Contest | None = None
    correction: Correction | None = None


def answers_of(person: Person, account: Account) -> list[Answer]:
    """What was answered lately to what he said was wrong, the latest first."""
    since = clock.now() - timedelta(days=ANSWER_DAYS)
    outcomes = (Outcome.CORRECTED, Outcome.KEPT)
    hours = Contest.objects.filter(person=person, outcome__in=outcomes, answered_at__gte=since)
    facts = Correction.objects.filter(case__account_id=account.pk, decided_at__gte=since)
    told = [
        Answer(one.answered_at, "", one.outcome == Outcome.CORRECTED, one.told, contest=one)
        for one in hours.order_by("-answered_at")[:10]
        if one.answered_at
    ] + [
        Answer(one.decided_at, rectifying.label(one.fact), bool(one.accepted), one.told, correction=one)
        for one in facts.order_by("-decided_at")[:10]
        if one.decided_at
    ]
    return sorted(told, key=lambda one: one.at, reverse=True)
