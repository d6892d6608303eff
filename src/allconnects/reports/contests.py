"""A worker contests hours or kilometres that were computed of him; a named human, who is not he, answers.

GDPR art. 22(3): human intervention, to express one's point of view, to contest. While it is not answered, the month is
not approved. What was measured changes only where it was measured (trips, stays, visits): a contest corrects nothing.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from uuid import UUID

from django.db import IntegrityError, connection, transaction
from django.utils.translation import gettext as _

from allconnects.accounts.languages import language_of
from allconnects.accounts.models import Account
from allconnects.fleet.models import Person
from allconnects.kit import clock
from allconnects.kit.errors import AllconnectsError, Forbidden, InvalidInput, NotFound
from allconnects.privacy.audit import service as audit
from allconnects.reports.classifying import person_of
from allconnects.reports.models import Contest, Outcome
from allconnects.reports.payroll import PersonMonth, month_of
from allconnects.reports.period import next_month
from allconnects.reports.ready import CORRECTED, KEPT

MONTHS = 13
"""How far back somebody looks and contests: as far as positions and trips are kept."""


class AnsweredAlready(AllconnectsError):
    """Somebody else was quicker, or the person took it back."""

    code = "decided"
    status = 409


def months() -> list[date]:
    """Months that can be looked at and contested, the present one first."""
    found = [clock.today().replace(day=1)]
    while len(found) < MONTHS:
        before = found[-1]
        found.append(date(before.year - (before.month == 1), (before.month - 2) % 12 + 1, 1))
    return found


def my_month(organisation: int, account: Account, month: date) -> PersonMonth:
    """What was computed of whoever asks. Raises NotFound for an account of nobody, InvalidInput."""
    person = person_of(organisation, account)
    _within(month)
    (found,) = month_of(organisation, month, person.pk)
    return found


def _within(month: date) -> None:
    if month not in months():
        raise InvalidInput(_("This month cannot be looked at here."))


def contest(organisation: int, account: Account, month: date, day: date | None, reason: str) -> Contest:
    """Say that a month, or a day of it, is wrong. Raises NotFound, InvalidInput."""
    person, reason = person_of(organisation, account), _words(reason)
    _within(month)
    if day is not None and not month <= day < next_month(month):
        raise InvalidInput(_("The day is not in this month."))
    (seen,) = month_of(organisation, month, person.pk)
    try:
        with transaction.atomic():
            made = Contest.objects.create(
                organisation_id=organisation, person=person, month=month, day=day, reason=reason, figures=seen.figures,
                digest=seen.digest, said_at=clock.now(),
            )  # fmt: skip
    except IntegrityError:
        raise InvalidInput(_("You said so already; it waits for an answer.")) from None
    _record(organisation, account, "hours.contested", made)
    return made


def withdraw(organisation: int, account: Account, number: int) -> None:
    """Take back what was said while nobody has answered. Raises NotFound."""
    person = person_of(organisation, account)
    found = _open(number, person)
    found.outcome, found.answered_at, found.answered_by = Outcome.WITHDRAWN, clock.now(), account
    found.save(update_fields=["outcome", "answered_at", "answered_by"])
    _record(organisation, account, "hours.withdrawn", found)


def answer(
    organisation: int, account: Account, person: UUID, number: int, outcome: str, text: str, ready: str = ""
) -> Contest:
    """Answer, in words that the person reads beside a name. ``ready``: code of an answer that stands ready, instead.

    Corrected is what was corrected: the figures must be others than those that he contested. Raises NotFound,
    Forbidden, InvalidInput, AnsweredAlready.
    """
    of = Person.objects.select_related("account").filter(pk=person).first()
    if of is None:
        raise NotFound(_("There is no such person."))
    if of.account_id == account.pk:
        raise Forbidden(_("Somebody else has to answer what you say of your own hours."))
    if outcome not in (Outcome.CORRECTED, Outcome.KEPT):
        raise InvalidInput(_("Choose what becomes of it."))
    text, found = _words(_in_his_language(of, outcome, ready) if ready else text), _open(number, of)
    (seen,) = month_of(organisation, found.month, person)
    if outcome == Outcome.CORRECTED and seen.digest == found.digest:
        raise InvalidInput(_("The figures are what they were. Correct the trips, stays or drivers first."))
    found.outcome, found.answer, found.ready, found.answered_figures = outcome, text, ready, seen.figures
    found.answered_by, found.answered_at = account, clock.now()
    found.save(update_fields=["outcome", "answer", "ready", "answered_figures", "answered_by", "answered_at"])
    _record(organisation, account, "hours.answered", found)
    return found


def _open(number: int, person: Person) -> Contest:
    found = Contest.objects.select_for_update().filter(pk=number, person=person).first()
    if found is None:
        raise NotFound(_("There is no such thing here."))
    if found.outcome == Outcome.WITHDRAWN:
        raise AnsweredAlready(_("It was taken back meanwhile: there is nothing to answer."))
    if found.outcome != Outcome.OPEN:
        raise AnsweredAlready(_("Somebody else answered this first."))
    return found


def _in_his_language(person: Person, outcome: str, ready: str) -> str:
    """What stands ready, as the copy that he may ask for will have it."""
    found = (CORRECTED if outcome == Outcome.CORRECTED else KEPT).get(ready)
    if found is None:
        raise InvalidInput(_("This answer does not stand ready."))
    with language_of(person.account):
        return str(found)


def _words(text: str) -> str:
    text = " ".join(text.split())
    if not 3 <= len(text) <= 500:
        raise InvalidInput(_("Say why, in 3 to 500 characters."))
    return text


def of_person(person: UUID, month: date | None = None) -> Sequence[Contest]:
    """What somebody said and what was answered, newest first."""
    found = Contest.objects.filter(person_id=person).select_related("answered_by")
    return list((found if month is None else found.filter(month=month)).order_by("-said_at", "-pk")[:100])


def waiting(month: date) -> set[UUID]:
    """Whose words about a month nobody has answered."""
    return set(Contest.objects.filter(month=month, outcome=Outcome.OPEN).values_list("person_id", flat=True))


def unanswered(account: Account, limit: int = 100) -> Sequence[Contest]:
    """What waits for an answer in all months, the oldest first; not what whoever asks said himself."""
    found = Contest.objects.filter(outcome=Outcome.OPEN).exclude(person__account=account).select_related("person")
    return list(found.order_by("said_at", "pk")[:limit])


def _record(organisation: int, account: Account, action: str, about: Contest) -> None:
    with connection.cursor() as cursor:
        audit.record(
            cursor, organisation, f"account:{account.pk}", action, f"contest:{about.pk}",
            {"month": f"{about.month:%Y-%m}", "outcome": about.outcome},
        )  # fmt: skip
