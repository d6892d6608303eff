"""Badges: given to people, taken back, and seen before they were known."""

from __future__ import annotations

from datetime import datetime

from django.db import IntegrityError, transaction
from django.utils.translation import gettext as _

from allconnects.fleet import badges, history
from allconnects.fleet.models import Badge, DriverEvent, Person, Question
from allconnects.fleet.models.evidence import Decision, QuestionKind
from allconnects.fleet.models.presence import BadgeKind
from allconnects.fleet.models.record import ChangeKind
from allconnects.fleet.services import presence
from allconnects.fleet.who import Who
from allconnects.kit import clock
from allconnects.kit.errors import InvalidInput, NotFound

SHORTEST = 4


def give(who: Who, person: Person, kind: str, number: str, since: datetime | None = None) -> Badge:
    """Give a badge to a person; what it did since then counts for the person. Raises InvalidInput."""
    known = badges.normal(number)
    if kind not in BadgeKind.values:
        raise InvalidInput(_("This kind of badge is not known."))
    if not SHORTEST <= len(known) <= 100 or not known.isprintable():
        raise InvalidInput(_("The number of the badge is missing, too short or too long."))
    badge = Badge(
        organisation=who.organisation, person=person, kind=kind, token_hash=badges.token_hash(number),
        last4=badges.last4(number), valid_from=since or clock.now(),
    )  # fmt: skip
    try:
        with transaction.atomic():
            badge.save(force_insert=True)
    except IntegrityError:
        raise InvalidInput(_("Somebody has this badge already. Take it back first.")) from None
    history.record(who, badge, ChangeKind.MADE, {}, history.values(badge), about=f"person:{person.pk}")
    _adopt(who, badge)
    return badge


def _adopt(who: Who, badge: Badge) -> None:
    """What the badge did while nobody had it, since it is this person's."""
    events = DriverEvent.objects.filter(token_hash=badge.token_hash, person=None, at__gte=badge.valid_from)
    vehicles = set(events.values_list("vehicle_id", flat=True))
    if not vehicles:
        return
    with transaction.atomic():
        presence.lock(who.organisation.pk)
        events.update(person_id=badge.person_id, badge=badge)
        kinds = (QuestionKind.UNKNOWN_BADGE, QuestionKind.BLOCKED_BADGE)
        waiting = Question.objects.filter(kind__in=kinds, key=badge.token_hash, decided_at=None)
        waiting.update(decided_at=clock.now(), decided_by=who.account, decision=Decision.ASSIGNED)
        presence.recompute(who.organisation.pk, vehicles, {badge.person_id}, badge.valid_from)


def take_back(who: Who, badge: int) -> Badge:
    """The badge counts for nobody from now on. Raises NotFound."""
    found = Badge.objects.select_related("person").filter(pk=badge, revoked_at=None).first()
    if found is None:
        raise NotFound(_("There is no such badge."))
    before = history.values(found)
    found.revoked_at = max(clock.now(), found.valid_from)
    found.save(update_fields=["revoked_at"])
    about = f"person:{found.person_id}"
    history.record(who, found, ChangeKind.CHANGED, before, history.values(found), about=about)
    return found
