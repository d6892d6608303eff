"""Who is in which vehicle: events and statements come in, ranked stays come out, open questions go to the inbox."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, cast
from uuid import UUID

from django.db import connection, models, transaction
from django.db.models import Q
from django.utils.translation import gettext as _
from psycopg.types.range import TimestamptzRange

from allconnects.fleet import badges, history, rules
from allconnects.fleet.models import Badge, Claim, DriverEvent, Occupancy, Person, Vehicle
from allconnects.fleet.models.presence import Role, Source
from allconnects.fleet.models.record import ChangeKind
from allconnects.fleet.rules import FOREVER, LONGEST_STAY, Seen, Statement
from allconnects.fleet.services import inbox, tracks
from allconnects.fleet.who import Who
from allconnects.kit import clock, paging
from allconnects.kit.errors import InvalidInput, NotFound
from allconnects.privacy.erasure.withheld import storing

_LOCK = "SELECT pg_advisory_xact_lock(hashtextextended('presence ' || %s::text, 0))"


@dataclass(frozen=True, slots=True)
class Sighting:
    """Somebody identified at a vehicle: by the number of a badge, or as a person that is known."""

    vehicle: int
    source: str
    entering: bool
    at: datetime
    number: str = ""
    person: UUID | None = None
    device: int | None = None
    role: str = ""
    hashed: tuple[str, str] | None = None
    """Keyed hash and last signs, where the number is known by them only."""


def observe(who: Who, sightings: Sequence[Sighting]) -> int:
    """Take in what readers and phones saw, in any order, each once. Returns how many were new.

    A badge that nobody has is kept, counts for nobody, and is asked about.
    """
    drafts = [_event(who, one) for one in sightings]
    with transaction.atomic(), connection.cursor() as cursor, storing(cursor):
        _name_holders(drafts)
        lock(who.organisation.pk)
        new = _unseen(drafts)
        if new:
            DriverEvent.objects.bulk_create(new)
            inbox.ask_about_badges(who.organisation.pk, new)
            since = min(event.at for event in new) - LONGEST_STAY
            people = {event.person_id for event in new if event.person_id}
            recompute(who.organisation.pk, {event.vehicle_id for event in new}, people, since)
    return len(new)


def _unseen(drafts: Sequence[DriverEvent]) -> list[DriverEvent]:
    """Events that are not stored yet, each once; the lock is held."""
    names = ("vehicle_id", "at", "source", "direction", "token_hash", "person_id")
    stored = DriverEvent.objects.filter(
        vehicle_id__in={event.vehicle_id for event in drafts}, at__in={event.at for event in drafts}
    )
    known = set(stored.values_list(*names))
    found = {tuple(getattr(event, name) for name in names): event for event in reversed(drafts)}
    return [event for key, event in found.items() if key not in known]


def _event(who: Who, one: Sighting) -> DriverEvent:
    badge = one.hashed or ("", "")
    if one.number:
        badge = (badges.token_hash(one.number), badges.last4(one.number))
    return DriverEvent(
        organisation=who.organisation, vehicle_id=one.vehicle, device_id=one.device, person_id=one.person,
        source=one.source, direction="in" if one.entering else "out", role=one.role, at=one.at,
        received_at=clock.now(), token_hash=badge[0], last4=badge[1],
    )  # fmt: skip


def _name_holders(drafts: Sequence[DriverEvent]) -> None:
    """Whose badge it was at that time."""
    hashes = {event.token_hash for event in drafts if event.token_hash}
    found = list(Badge.objects.filter(token_hash__in=hashes)) if hashes else []
    for event in drafts:
        for badge in found:
            valid = badge.valid_from <= event.at and (badge.revoked_at is None or event.at < badge.revoked_at)
            if badge.token_hash == event.token_hash and valid:
                event.badge_id, event.person_id = badge.pk, badge.person_id


def claim(
    who: Who, vehicle: int, person: UUID | None, start: datetime, end: datetime | None,
    role: str = Role.DRIVER, source: str = Source.MANUAL, reason: str = "",
) -> Claim:  # fmt: skip
    """Correct or plan who is in a vehicle. ``person`` None: nobody of ours. Raises NotFound, InvalidInput."""
    _check(vehicle, person, start, end, role)
    made = Claim(
        organisation=who.organisation, vehicle_id=vehicle, person_id=person, role=role, source=source,
        during=TimestamptzRange(start, end), reason=reason.strip()[:200], made_by=who.account, made_at=clock.now(),
    )  # fmt: skip
    with transaction.atomic():
        lock(who.organisation.pk)
        made.save(force_insert=True)
        history.record(who, made, ChangeKind.MADE, {}, history.values(made), about=f"vehicle:{vehicle}")
        recompute(who.organisation.pk, {vehicle}, {person} if person else set(), start)
    return made


def _check(vehicle: int, person: UUID | None, start: datetime, end: datetime | None, role: str) -> None:
    if not Vehicle.objects.filter(pk=vehicle).exists():
        raise NotFound(_("There is no such vehicle."))
    if person is not None and not Person.objects.filter(pk=person).exists():
        raise NotFound(_("There is no such person."))
    if end is not None and end <= start:
        raise InvalidInput(_("The time ends before it begins."))
    if role not in Role.values or (person is None and role != Role.DRIVER):
        raise InvalidInput(_("Say as what the person was in the vehicle: driver or passenger."))


def withdraw(who: Who, claim: int) -> None:
    """Take a correction or a plan back. Raises NotFound."""
    with transaction.atomic():
        lock(who.organisation.pk)
        found = Claim.objects.filter(pk=claim, withdrawn_at=None).first()
        if found is None:
            raise NotFound(_("There is no such correction."))
        before = history.values(found)
        found.withdrawn_at = clock.now()
        found.save(update_fields=["withdrawn_at"])
        about = f"vehicle:{found.vehicle_id}"
        history.record(who, found, ChangeKind.CHANGED, before, history.values(found), about=about)
        people = {found.person_id} if found.person_id else set()
        recompute(who.organisation.pk, {found.vehicle_id}, people, found.during.lower)


def lock(organisation: int) -> None:
    """One at a time within an organisation: what is computed depends on what others just said."""
    with connection.cursor() as cursor:
        cursor.execute(_LOCK, [organisation])


def recompute(organisation: int, vehicles: set[int], persons: set[UUID], since: datetime) -> None:
    """Bring stays, tracks and questions up to date from a moment on, for all whom a change can concern.

    Also for those whose data are withheld: their stays are stored like others', and nobody sees them.
    """
    with connection.cursor() as cursor, storing(cursor):
        _recompute(organisation, vehicles, persons, since)


def _recompute(organisation: int, vehicles: set[int], persons: set[UUID], since: datetime) -> None:
    vehicles, persons = _concerned(vehicles, persons, since)
    events = list(_events(persons, since))
    made, doubts = rules.pair(map(_seen, events), clock.now())
    stays, contests = rules.resolve([*made, *_claims(persons, vehicles, since)])
    wanted = [one for one in rules.clipped(stays, since) if one.vehicle in vehicles]
    changed = _write(organisation, vehicles, wanted, since)
    inbox.ask_about_doubts(organisation, events, doubts)
    inbox.ask_about_drivers(organisation, vehicles, [one for one in contests if one.vehicle in vehicles], since)
    if changed:
        with connection.cursor() as cursor:
            tracks.follow_vehicles(cursor, organisation, changed, since)


def _concerned(vehicles: set[int], persons: set[UUID], since: datetime) -> tuple[set[int], set[UUID]]:
    """Vehicles these people were in, and everybody who was in those."""
    after = models.Q(at__gte=since - LONGEST_STAY)
    later = models.Q(during__overlap=TimestamptzRange(since, None))
    sources: list[models.QuerySet[models.Model]] = [
        DriverEvent.objects.filter(after), Claim.objects.filter(later), Occupancy.objects.filter(later),
    ]  # fmt: skip
    reached = set(vehicles)
    for source in sources:
        reached |= set(source.filter(person_id__in=persons).values_list("vehicle_id", flat=True))
    people = set(persons)
    for source in sources:
        people |= set(source.filter(vehicle_id__in=reached).values_list("person_id", flat=True))
    return reached, people - {None}


def _events(persons: set[UUID], since: datetime) -> Iterable[DriverEvent]:
    return DriverEvent.objects.filter(person_id__in=persons, at__gte=since - 3 * LONGEST_STAY, ignored=False)


def _seen(event: DriverEvent) -> Seen:
    entering = event.direction == "in"
    return Seen(event.pk, event.vehicle_id, event.person_id, event.source, entering, event.at, event.role)


def _claims(persons: set[UUID], vehicles: set[int], since: datetime) -> Iterable[Statement]:
    concerned = models.Q(person_id__in=persons) | models.Q(person=None, vehicle_id__in=vehicles)
    found = Claim.objects.filter(concerned, withdrawn_at=None, during__overlap=TimestamptzRange(since, None))
    for one in found:
        end = one.during.upper or FOREVER
        order = (one.made_at, one.pk)
        yield Statement(one.vehicle_id, one.person_id, one.role, one.source, one.during.lower, end, order)


def _write(organisation: int, vehicles: set[int], wanted: list[rules.Stay], since: datetime) -> set[int]:
    """Replace the stored stays from a moment on by others; rows that stay the same are not touched.

    Returns the vehicles of which something changed.
    """
    touching = TimestamptzRange(since - timedelta(microseconds=1), None)
    rows = Occupancy.objects.filter(vehicle_id__in=vehicles, during__overlap=touching)
    present = {_stay(row): row.pk for row in rows}
    before = [rules.Stay(s.vehicle, s.person, s.role, s.source, s.start, since) for s in present if s.start < since]
    target = set(rules.merged([*before, *wanted]))
    gone = set(present) - target
    Occupancy.objects.filter(pk__in=[present[one] for one in gone]).delete()
    new = sorted(target - set(present), key=lambda s: (s.vehicle, s.start, str(s.person)))
    Occupancy.objects.bulk_create(_row(organisation, one) for one in new)
    return {one.vehicle for one in gone} | {one.vehicle for one in new}


def _stay(row: Occupancy) -> rules.Stay:
    end = row.during.upper or FOREVER
    return rules.Stay(row.vehicle_id, row.person_id, row.role, row.source, row.during.lower, end)


def _row(organisation: int, stay: rules.Stay) -> Occupancy:
    end = None if stay.end == FOREVER else stay.end
    return Occupancy(
        organisation_id=organisation, vehicle_id=stay.vehicle, person_id=cast(UUID, stay.person), role=stay.role,
        during=TimestamptzRange(stay.start, end), source=stay.source, rank=rules.RANK[stay.source],
    )  # fmt: skip


def stays(
    start: datetime, end: datetime, vehicle: int | None = None, person: UUID | None = None, role: str = ""
) -> list[Occupancy]:
    """Who was in a vehicle, or in which vehicles a person was, at some time in ``start <= time < end``, in order."""
    found = Occupancy.objects.select_related("person", "vehicle").filter(during__overlap=TimestamptzRange(start, end))
    for name, value in (("vehicle_id", vehicle), ("person_id", person), ("role", role)):
        found = found.filter(**{name: value}) if value else found
    return list(found.order_by("during", "id"))


def stay_rows(
    start: datetime, end: datetime, vehicle: int | None = None, person: UUID | None = None,
    after: int | None = None, limit: int | None = None,
) -> list[tuple[Any, ...]]:  # fmt: skip
    """The same as rows (id, vehicle, person, role, source, rank, during) after the stay of that id; of a page one more
    than it holds. Raises InvalidInput where that stay is gone."""
    found = Occupancy.objects.filter(during__overlap=TimestamptzRange(start, end))
    for name, value in (("vehicle_id", vehicle), ("person_id", person)):
        found = found.filter(**{name: value}) if value else found
    if after is not None:
        last = Occupancy.objects.filter(pk=after).values_list("during", flat=True).first()
        if last is None:
            raise paging.gone()
        found = found.filter(Q(during__gt=last) | Q(during=last, pk__gt=after))
    rows = found.order_by("during", "id").values_list("id", "vehicle", "person", "role", "source", "rank", "during")
    return list(rows if limit is None else rows[: limit + 1])
