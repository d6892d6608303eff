"""What a human has to decide because no rule may guess it."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from typing import cast
from uuid import UUID

from django.db import transaction
from django.utils.translation import gettext as _
from psycopg.types.range import TimestamptzRange

from allconnects.fleet import noted
from allconnects.fleet.models import Badge, DriverEvent, Person, Question
from allconnects.fleet.models.evidence import Decision, QuestionKind
from allconnects.fleet.models.presence import BadgeKind
from allconnects.fleet.rules import FOREVER, Contest, Unanswered
from allconnects.fleet.who import Who
from allconnects.kit import clock
from allconnects.kit.errors import AllconnectsError, InvalidInput, NotFound


class DecidedAlready(AllconnectsError):
    """Somebody else was quicker."""

    code = "decided"
    status = 409


def ask_about_badges(organisation: int, events: Iterable[DriverEvent]) -> None:
    """Badges that nobody has, and those of people who left: one question for each."""
    strange = {event.token_hash: event for event in events if event.person_id is None and event.token_hash}
    stored = DriverEvent.objects.filter(token_hash__in=strange, person=None).order_by("-at")
    ids = {event.token_hash: event for event in stored}
    left = left_with(strange)
    ask(
        Question(
            organisation_id=organisation, vehicle_id=event.vehicle_id, person_id=left.get(key), key=key,
            kind=QuestionKind.BLOCKED_BADGE if key in left else QuestionKind.UNKNOWN_BADGE,
            event=ids.get(key), during=_span(event.at, None), asked_at=clock.now(),
        )
        for key, event in strange.items()
    )  # fmt: skip


def left_with(hashes: Iterable[str]) -> dict[str, UUID]:
    """Badges that are blocked, by hash: their last holder has left the firm and nobody was given them since."""
    last: dict[str, Badge] = {}
    for badge in Badge.objects.filter(token_hash__in=list(hashes)).select_related("person").order_by("valid_from"):
        last[badge.token_hash] = badge
    day = clock.today()
    return {
        key: badge.person_id
        for key, badge in last.items()
        if badge.revoked_at and badge.person.active_until and badge.person.active_until <= day
    }


def ask_about_doubts(organisation: int, events: Sequence[DriverEvent], doubts: Iterable[Unanswered]) -> None:
    """INs without OUT; those that late data answered are closed."""
    open_ones = {one.event: one for one in doubts}
    ask(
        Question(
            organisation_id=organisation, kind=QuestionKind.NO_OUT, key=str(one.event), vehicle_id=one.vehicle,
            person_id=cast(UUID, one.person), event_id=one.event, during=_span(one.start, one.end),
            asked_at=clock.now(),
        )
        for one in open_ones.values()
    )  # fmt: skip
    answered = [str(event.pk) for event in events if event.pk not in open_ones]
    moot(QuestionKind.NO_OUT, answered)


def ask_about_drivers(organisation: int, vehicles: set[int], contests: Iterable[Contest], since: datetime) -> None:
    """Two drivers at once; those that are settled are closed."""
    found = {f"{one.vehicle}:{one.start.isoformat()}": one for one in contests}
    ask(
        Question(
            organisation_id=organisation, kind=QuestionKind.TWO_DRIVERS, key=key, vehicle_id=one.vehicle,
            during=_span(one.start, one.end), asked_at=clock.now(),
        )
        for key, one in found.items()
    )  # fmt: skip
    waiting = Question.objects.filter(
        kind=QuestionKind.TWO_DRIVERS, decided_at=None, vehicle_id__in=vehicles, during__startswith__gte=since
    )
    moot(QuestionKind.TWO_DRIVERS, [q.key for q in waiting if q.key not in found])


def ask(questions: Iterable[Question]) -> None:
    """Each is asked once; one that waits follows what is known by now, one that was moot is open again."""
    drafts = {(q.kind, q.key): q for q in questions}
    if not drafts:
        return
    for old in Question.objects.filter(key__in=[key for __, key in drafts]):
        draft = drafts.pop((old.kind, old.key), None)
        undecided = old.decided_at is None or old.decision == Decision.MOOT
        if draft and undecided and (old.during != draft.during or old.decision):
            Question.objects.filter(pk=old.pk).update(during=draft.during, decided_at=None, decision="")
    Question.objects.bulk_create(drafts.values())


def moot(kind: str, keys: list[str]) -> None:
    """Later data settled these: they wait no more."""
    if keys:
        waiting = Question.objects.filter(kind=kind, key__in=keys, decided_at=None)
        waiting.update(decided_at=clock.now(), decision=Decision.MOOT)


def _span(start: datetime, end: datetime | None) -> TimestamptzRange:
    """A time of at least a microsecond: a range of none says nothing."""
    end = None if end is None or end == FOREVER else max(end, start + timedelta(microseconds=1))
    return TimestamptzRange(start, end)


def waiting() -> list[Question]:
    """Everything that waits for a decision, newest first."""
    rows = Question.objects.filter(decided_at=None).select_related("vehicle", "person", "event")
    found = list(rows.order_by("-asked_at", "-id")[:500])
    if named := {one.person_id for one in found if one.person_id is not None}:
        noted.holders_read(found[0].organisation_id, named)
    return found


def waiting_count() -> int:
    """How much waits."""
    return Question.objects.filter(decided_at=None).count()


def open_question(question: int) -> Question:
    """A question that waits, locked until the transaction ends. Raises NotFound, DecidedAlready."""
    found = Question.objects.select_for_update(of=("self",)).filter(pk=question).first()
    if found is None:
        raise NotFound(_("There is no such question."))
    if found.decided_at is not None:
        raise DecidedAlready(_("Somebody has decided this already."))
    return found


def _close(who: Who, question: Question, decision: str) -> None:
    question.decided_at, question.decided_by, question.decision = clock.now(), who.account, decision
    question.save(update_fields=["decided_at", "decided_by", "decision"])


def end_stay(who: Who, question: int, end: datetime) -> None:
    """A forgotten OUT was then. Raises NotFound, DecidedAlready, InvalidInput (before the last sign, or not yet)."""
    from allconnects.fleet.services import presence

    with transaction.atomic():
        presence.lock(who.organisation.pk)
        found = open_question(question)
        event = found.event
        if found.kind != QuestionKind.NO_OUT or event is None:
            raise InvalidInput(_("This question is not about a forgotten OUT."))
        if not event.at < end <= clock.now():
            raise InvalidInput(_("Choose a time after the IN and not in the future."))
        _close(who, found, Decision.ENDED)
        role = event.role or _role_then(event)
        presence.claim(who, event.vehicle_id, event.person_id, event.at, end, role, reason=_("OUT was forgotten"))


def _role_then(event: DriverEvent) -> str:
    """Driver, unless somebody else is known as the driver at that moment."""
    from allconnects.fleet.models import Occupancy

    assert event.person_id is not None
    others = Occupancy.objects.filter(vehicle_id=event.vehicle_id, role="driver", during__contains=event.at)
    return "passenger" if others.exclude(person_id=event.person_id).exists() else "driver"


def name_driver(who: Who, question: int, person: UUID) -> None:
    """Of several drivers it was this one. Raises NotFound, DecidedAlready, InvalidInput."""
    from allconnects.fleet.services import presence

    with transaction.atomic():
        presence.lock(who.organisation.pk)
        found = open_question(question)
        if found.kind != QuestionKind.TWO_DRIVERS:
            raise InvalidInput(_("This question is not about two drivers."))
        _close(who, found, Decision.DRIVER)
        presence.claim(who, found.vehicle_id, person, found.during.lower, found.during.upper, reason=_("Two drivers"))


def assign_badge(who: Who, question: int, person: UUID, kind: str = BadgeKind.RFID) -> Badge:
    """A badge belongs to this person, ever since it was seen first. Raises NotFound, DecidedAlready, InvalidInput."""
    from allconnects.fleet.services import presence

    with transaction.atomic():
        presence.lock(who.organisation.pk)
        found = open_question(question)
        if found.kind != QuestionKind.UNKNOWN_BADGE:
            raise InvalidInput(_("This question is not about a badge."))
        if not Person.objects.filter(pk=person).exists():
            raise NotFound(_("There is no such person."))
        events = DriverEvent.objects.filter(token_hash=found.key, person=None)
        first = events.order_by("at").first()
        begin = first.at if first else found.during.lower
        _close(who, found, Decision.ASSIGNED)
        badge = Badge.objects.create(
            organisation=who.organisation, person_id=person, kind=kind, token_hash=found.key,
            last4=first.last4 if first else "", valid_from=begin,
        )  # fmt: skip
        vehicles = set(events.values_list("vehicle_id", flat=True))
        events.update(person_id=person, badge=badge)
        presence.recompute(who.organisation.pk, vehicles, {person}, begin)
    return badge


def ignore(who: Who, question: int) -> None:
    """What raised the question does not count. Raises NotFound, DecidedAlready, InvalidInput (a stay at a site)."""
    from allconnects.fleet.services import presence

    with transaction.atomic():
        presence.lock(who.organisation.pk)
        found = open_question(question)
        if found.kind == QuestionKind.OPEN_STAY:
            raise InvalidInput(_("Say until when, or that the person was not there."))
        _close(who, found, Decision.IGNORED)
        if found.kind == QuestionKind.NO_OUT and found.event is not None:
            DriverEvent.objects.filter(pk=found.event.pk).update(ignored=True)
            people = {found.person_id} if found.person_id else set()
            presence.recompute(who.organisation.pk, {found.vehicle_id}, people, found.event.at)
