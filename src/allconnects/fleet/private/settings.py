"""What others see of a person: what the employer sets, and what the person chose within it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any
from uuid import UUID

from django.db import connection
from django.utils.translation import gettext as _

from allconnects.accounts.actor import current
from allconnects.fleet.models import LocationChoice, LocationRule, Person, Pool, Precision
from allconnects.fleet.models.private import NOTICE_DAYS
from allconnects.fleet.private.thresholds import grid_e7, threshold
from allconnects.kit import clock
from allconnects.kit.errors import InvalidInput
from allconnects.privacy.audit import service as audit
from allconnects.telemetry.store.sight import set_sight

NAMES = ("precision", "days", "coarsest", "fewest_days", "pool", "holidays_off")
ORDER = [one.value for one in Precision]
"""From the closest to the coarsest."""
_STORED = "SELECT person, account, grid_e7, days FROM telemetry_sight WHERE organisation_id = %s"


@dataclass(frozen=True, slots=True)
class Seen:
    """What others see: how closely, how many days back."""

    precision: str
    days: int


def rule_of(organisation: int) -> LocationRule:
    """What the employer has set, or the defaults; not saved."""
    return LocationRule.objects.filter(pk=organisation).first() or LocationRule(organisation_id=organisation)


def seen(rule: LocationRule, choice: LocationChoice | None) -> Seen:
    """What follows: the coarser and the shorter of both, the person's within what is left open to him."""
    if choice is None:
        return Seen(rule.precision, rule.days)
    wanted = min(ORDER.index(choice.precision), max(ORDER.index(rule.coarsest), ORDER.index(rule.precision)))
    precision = ORDER[max(wanted, ORDER.index(rule.precision))]
    return Seen(precision, min(rule.days, max(choice.days, rule.fewest_days)))


def choices(rule: LocationRule) -> list[tuple[str, str]]:
    """Precisions that a person may choose, from the closest that the employer sees."""
    first, last = ORDER.index(rule.precision), ORDER.index(rule.coarsest)
    return [(one.value, str(one.label)) for one in list(Precision)[first : max(first, last) + 1]]


def choose(organisation: int, person: Person, precision: str, days: int) -> Seen:
    """A person says what others see of him. Raises InvalidInput for what the employer does not leave open."""
    rule = rule_of(organisation)
    if precision not in dict(choices(rule)):
        raise InvalidInput(_("Your employer does not leave this precision open."))
    if not rule.fewest_days <= days <= rule.days:
        raise InvalidInput(
            _("Your employer leaves %(least)s to %(most)s days open.")
            % {"least": rule.fewest_days, "most": rule.days}
        )  # fmt: skip
    choice, _made = LocationChoice.objects.update_or_create(
        person=person,
        defaults={
            "organisation_id": organisation, "precision": precision, "days": days, "changed_at": clock.now(),
        },
    )  # fmt: skip
    found = seen(rule, choice)
    with connection.cursor() as cursor:
        _store(cursor, organisation, person.pk, person.account_id, found)
        details = {"precision": precision, "days": days}
        audit.record(cursor, organisation, current().name, "location.choice", f"person:{person.pk}", details)
    return found


def set_rule(organisation: int, given: Mapping[str, Any]) -> LocationRule:
    """The employer sets his bounds. Raises InvalidInput, also for widening without people having been informed.

    ``given``: a value for each of ``NAMES``, and informed_on (a date or None).
    """
    before, rule = rule_of(organisation), rule_of(organisation)
    for name in NAMES:
        setattr(rule, name, given[name])
    _check(rule)
    if widened(before, rule):
        rule.informed_on = _informed(given.get("informed_on"))
    rule.changed_at = clock.now()
    rule.save()
    refresh(organisation)
    with connection.cursor() as cursor:
        details = {name: getattr(rule, name) for name in NAMES}
        details["widened"] = widened(before, rule)
        audit.record(cursor, organisation, current().name, "location.rule", "", details)
    return rule


def widened(before: LocationRule, after: LocationRule) -> bool:
    """Whether others would see or record more of people than before, or people could choose less."""
    return (
        ORDER.index(after.precision) < ORDER.index(before.precision)
        or after.days > before.days
        or ORDER.index(after.coarsest) < ORDER.index(before.coarsest)
        or after.fewest_days > before.fewest_days
        or (after.pool == Pool.ALWAYS and before.pool != Pool.ALWAYS)
        or (before.holidays_off and not after.holidays_off)
    )


def _check(rule: LocationRule) -> None:
    if not {rule.precision, rule.coarsest} <= set(ORDER) or rule.pool not in Pool.values:
        raise InvalidInput(_("This precision is not known."))
    if not (1 <= rule.fewest_days <= rule.days <= NOTICE_DAYS):
        raise InvalidInput(
            _("Choose between 1 and %(most)s days: the notice to your people says no more.") % {"most": NOTICE_DAYS}
        )


def _informed(day: date | None) -> date:
    today = clock.today()
    least = timedelta(days=threshold("notice_days", today))
    if day is None or day > today - least:
        raise InvalidInput(
            _("More may be seen only after your people were informed: give the day, at least %(days)s days ago.")
            % {"days": least.days}
        )
    return day


def refresh(organisation: int) -> int:
    """Bring what the store knows up to date for everybody. Returns how many rows changed."""
    rule, now = rule_of(organisation), clock.now()
    chosen = {one.pk: one for one in LocationChoice.objects.filter(organisation_id=organisation)}
    plain = seen(rule, None)
    if not chosen and plain == Seen(Precision.EXACT, NOTICE_DAYS):
        people: list[tuple[UUID, int | None]] = []
    else:
        people = list(Person.objects.filter(organisation_id=organisation).values_list("pk", "account_id"))
    changed = 0
    with connection.cursor() as cursor:
        cursor.execute(_STORED, [organisation])
        stored = {person: (account, grid, days) for person, account, grid, days in cursor.fetchall()}
        for person, account in people:
            found = seen(rule, chosen.get(person))
            wanted = (account, grid_e7(found.precision, now.date()), None if found.days == NOTICE_DAYS else found.days)
            known = stored.pop(person, None)
            if known != wanted and (known is not None or wanted[1:] != (0, None)):
                _store(cursor, organisation, person, account, found)
                changed += 1
        for person in stored:
            set_sight(cursor, organisation, str(person), account=None, grid_e7=0, days=None)
            changed += 1
    return changed


def _store(cursor: Any, organisation: int, person: UUID, account: int | None, found: Seen) -> None:
    today = clock.today()
    set_sight(
        cursor, organisation, str(person), account=account, grid_e7=grid_e7(found.precision, today),
        days=None if found.days == NOTICE_DAYS else found.days,
    )  # fmt: skip
