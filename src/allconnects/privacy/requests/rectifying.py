"""Corrections: what was measured or written stays beside what the person says is right; two values, never one.

Facts that the register holds are put right there; what a device measured is annotated (GDPR art. 16, second sentence).
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.db.models import Prefetch
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from allconnects.accounts.languages import language_of
from allconnects.accounts.models import Account
from allconnects.kit import clock
from allconnects.kit.errors import InvalidInput
from allconnects.privacy.requests.history import note
from allconnects.privacy.requests.models import OPEN, Case, Correction, Happened, Right
from allconnects.privacy.requests.ready import REASONS

MOST = 50
"""More corrections than that in one request are told in words."""


class DecidedAlready(InvalidInput):
    """Somebody else was quicker, or there is nothing to decide any more."""

    code = "decided"
    status = 409


@dataclass(frozen=True, slots=True)
class Fact:
    """Something that can be wrong. ``read`` and ``write``: in the register; without, the correction is a note."""

    key: str
    label: str | Promise
    read: Callable[[UUID], str] | None = None
    write: Callable[[UUID, str, Account], None] | None = None


_facts: dict[str, Fact] = {}


def register(fact: Fact) -> Fact:
    """Make a fact one that can be corrected; rooms call it when they are loaded."""
    _facts[fact.key] = fact
    return fact


register(Fact("trip", gettext_lazy("A trip: its place, time or kilometres")))
register(Fact("presence", gettext_lazy("When I was at a site")))
register(Fact("occupancy", gettext_lazy("Who drove a vehicle")))
register(Fact("other", gettext_lazy("Something else")))


def facts() -> list[Fact]:
    """What can be corrected; what the register holds first."""
    return sorted(_facts.values(), key=lambda fact: (fact.write is None, fact.key == "other"))


def ask(case: Case, fact: str, about: str, measured: str, corrected: str) -> Correction:
    """Add a correction to a request. Where the register holds the fact, its present value is what was written.

    Raises InvalidInput for an unknown fact, nothing to correct, or a value that stands there already.
    """
    found = _facts.get(fact)
    if found is None or case.right != Right.RECTIFICATION or case.state not in OPEN:
        raise InvalidInput(_("This cannot be corrected here."))
    if found.read is not None and case.person is not None:
        measured = found.read(case.person)
    if not corrected.strip() or corrected.strip() == measured.strip():
        raise InvalidInput(_("Write what it should be."))
    if case.corrections.count() >= MOST:
        raise InvalidInput(_("Those are too many at once: describe them in words."))
    return Correction.objects.create(
        organisation_id=case.organisation_id, case=case, person=case.person, fact=fact, about=about.strip()[:100],
        measured=measured.strip()[:400], corrected=corrected.strip()[:400],
    )  # fmt: skip


def decide(correction: Correction, accept: bool, reason: str, by: Account, ready: str = "") -> None:
    """Accept or not, with a reason where not. What the register holds is changed there; both values stay here.

    ``ready``: code of a reason that stands ready, instead of own words. Raises InvalidInput, DecidedAlready.
    """
    held = Correction.objects.select_for_update(of=("self",)).get(pk=correction.pk)
    if held.decided_at is not None:
        raise DecidedAlready(_("Somebody else decided this first."))
    if not held.case.is_open:
        raise DecidedAlready(_("This case is closed."))
    if not held.case.identity:
        raise InvalidInput(_("First check who asks."))
    if ready and not accept:
        reason = _in_his_language(held.case, ready)
    if not accept and not 10 <= len(reason.strip()) <= 1000:
        raise InvalidInput(_("Say why, in words that the person understands."))
    person, fact = held.case.person, _facts.get(held.fact)
    if accept and fact is not None and fact.write is not None and person is not None:
        fact.write(person, held.corrected, by)
    held.accepted, held.reason, held.decided_by, held.decided_at = accept, reason.strip()[:1000], by, clock.now()
    held.person, held.ready = person, "" if accept else ready
    held.save()
    note(held.case, Happened.CORRECTED, fact=held.fact, accepted=accept)


def _in_his_language(case: Case, ready: str) -> str:
    """What stands ready, as the copy that he may ask for will have it."""
    found = REASONS.get(ready)
    if found is None:
        raise InvalidInput(_("This reason does not stand ready."))
    account = Account.objects.filter(pk=case.account_id).first() if case.account_id else None
    with language_of(account):
        return str(found)


def waiting(organisation: int, limit: int = 100) -> list[tuple[Case, list[Correction]]]:
    """Open requests to correct something, the most pressing first, each with what is not decided yet."""
    found = Case.objects.filter(organisation_id=organisation, right=Right.RECTIFICATION, state__in=OPEN)
    undecided = Prefetch("corrections", Correction.objects.filter(decided_at=None).order_by("pk"), "undecided")
    cases: Any = found.order_by("due_on", "pk").prefetch_related(undecided)[:limit]
    return [(case, case.undecided) for case in cases]


def label(key: str) -> str:
    """What a fact is called."""
    found = _facts.get(key)
    return str(found.label) if found else key
