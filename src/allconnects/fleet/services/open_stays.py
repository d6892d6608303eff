"""Stays at a site that nobody closed: a human says until when somebody was there, or that he was not.

Which stays those are is found by ``reports``, where working hours are known. The answer stands with the question, and
hours at sites follow it; who was in the vehicle stays as it is.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from django.db import transaction
from django.db.models import QuerySet
from django.utils.translation import gettext as _
from psycopg.types.range import TimestamptzRange

from allconnects.fleet import history
from allconnects.fleet.models import Question
from allconnects.fleet.models.evidence import Decision, QuestionKind
from allconnects.fleet.models.record import ChangeKind
from allconnects.fleet.rules import LONGEST_STAY
from allconnects.fleet.services import inbox, presence
from allconnects.fleet.who import Who
from allconnects.kit import clock
from allconnects.kit.errors import InvalidInput, NotFound

TAKEN_BACK_FOR = timedelta(days=31)
"""So long an answer can be taken back on the page of the inbox."""
ANSWERS = (Decision.ENDED, Decision.ABSENT)


@dataclass(frozen=True, slots=True)
class OpenStay:
    """Somebody who came to a place in a vehicle that stayed there, in UTC, and whose leaving nothing tells."""

    vehicle: int
    person: UUID
    place: int
    enter: datetime
    leave: datetime

    @property
    def key(self) -> str:
        """Names the stay, so that it is asked about once."""
        return f"{self.vehicle}:{self.person}:{self.place}:{self.enter.isoformat()}"


def ask(organisation: int, found: Iterable[OpenStay], since: datetime) -> None:
    """One question for each stay that began at ``since`` or later; those that are closed by now wait no more."""
    stays = {one.key: one for one in found}
    presence.lock(organisation)
    waiting = Question.objects.filter(kind=QuestionKind.OPEN_STAY, decided_at=None, during__startswith__gte=since)
    inbox.moot(QuestionKind.OPEN_STAY, [key for key in waiting.values_list("key", flat=True) if key not in stays])
    inbox.ask(
        Question(
            organisation_id=organisation, kind=QuestionKind.OPEN_STAY, key=key, vehicle_id=one.vehicle,
            person_id=one.person, place=one.place, during=TimestamptzRange(one.enter, one.leave),
            asked_at=clock.now(),
        )
        for key, one in stays.items()
    )  # fmt: skip


def end(who: Who, question: int, at: datetime) -> None:
    """He was there until then. Raises NotFound, DecidedAlready, InvalidInput (before he came, after the vehicle left,
    or longer than anybody works)."""
    with transaction.atomic():
        found = _open(who, question)
        came, gone = found.during.lower, found.during.upper
        if not came < at <= gone:
            raise InvalidInput(_("Choose a time between the arrival and when the vehicle left."))
        if at - came > LONGEST_STAY:
            raise InvalidInput(_("Nobody works that long: choose a time within 14 hours of the arrival."))
        _answer(who, found, Decision.ENDED, at)


def absent(who: Who, question: int) -> None:
    """He was not there: the stay counts for nothing. Raises NotFound, DecidedAlready, InvalidInput."""
    with transaction.atomic():
        _answer(who, _open(who, question), Decision.ABSENT, None)


def take_back(who: Who, question: int) -> None:
    """The question waits again, and hours are what they were. Raises NotFound."""
    with transaction.atomic():
        presence.lock(who.organisation.pk)
        found = _answered().select_for_update(of=("self",)).filter(pk=question).first()
        if found is None:
            raise NotFound(_("There is no such question."))
        before = history.values(found)
        found.decided_at = found.decided_by = found.ended_at = None
        found.decision = ""
        _save(who, found, before)


def answered() -> list[Question]:
    """What was answered lately, the latest first."""
    return list(_answered().select_related("vehicle", "person", "decided_by").order_by("-decided_at", "-id")[:50])


def _answered() -> QuerySet[Question]:
    since = clock.now() - TAKEN_BACK_FOR
    return Question.objects.filter(kind=QuestionKind.OPEN_STAY, decision__in=ANSWERS, decided_at__gte=since)


def _open(who: Who, question: int) -> Question:
    presence.lock(who.organisation.pk)
    found = inbox.open_question(question)
    if found.kind != QuestionKind.OPEN_STAY:
        raise InvalidInput(_("This question is not about a stay at a site."))
    return found


def _answer(who: Who, found: Question, decision: str, at: datetime | None) -> None:
    before = history.values(found)
    found.decided_at, found.decided_by, found.decision, found.ended_at = clock.now(), who.account, decision, at
    _save(who, found, before)


def _save(who: Who, found: Question, before: dict[str, object]) -> None:
    found.save(update_fields=["decided_at", "decided_by", "decision", "ended_at"])
    after = history.values(found)
    history.record(who, found, ChangeKind.CHANGED, before, after, about=f"vehicle:{found.vehicle_id}")
