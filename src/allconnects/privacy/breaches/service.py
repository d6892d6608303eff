"""Writing breaches down, closing them, and the draft of the notification."""

from __future__ import annotations

from typing import Any

from django.db import connection
from django.template.loader import render_to_string
from django.utils import translation
from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop as noop

from allconnects.accounts.models import Organisation
from allconnects.accounts.services import Actor
from allconnects.kit import clock
from allconnects.kit.errors import AllconnectsError, InvalidInput, NotFound
from allconnects.privacy.audit import service as audit
from allconnects.privacy.breaches import reach, rules
from allconnects.privacy.breaches.models import Breach
from allconnects.privacy.registry.words import CATEGORIES

MISSING = {
    "reason": noop("a reason why it was late, or why nobody was told"),
    "notification": noop("when the authority was told"),
    "persons": noop("when the people were told, or why not"),
}


class NotReady(AllconnectsError):
    """Something is missing before a breach can be closed."""

    code = "not_ready"
    status = 409


def listed(organisation: Organisation) -> list[Breach]:
    """The register, newest first."""
    return list(Breach.objects.filter(organisation=organisation).order_by("-noticed_at", "-pk")[:200])


def get(organisation: Organisation, number: int) -> Breach:
    """One breach, locked. Raises NotFound."""
    found = Breach.objects.select_for_update(of=("self",)).filter(pk=number, organisation=organisation).first()
    if found is None:
        raise NotFound(_("There is no such breach."))
    return found


def save(actor: Actor, row: Breach) -> Breach:
    """Write a new or changed one. Raises InvalidInput for times in the future or out of order, or a closed one."""
    now = clock.now()
    if row.closed_at is not None:
        raise InvalidInput(_("A closed breach stays as it is. Open another one that refers to it."))
    moments = (row.noticed_at, row.began_at, row.ended_at, row.notified_at, row.persons_told_at)
    if any(moment is not None and moment > now for moment in moments):
        raise InvalidInput(_("A time lies in the future."))
    if row.began_at and row.ended_at and row.ended_at < row.began_at:
        raise InvalidInput(_("The time ends before it begins."))
    new, row.changed_at = row.pk is None, now
    row.save()
    _note(actor, row, "breach.opened" if new else "breach.changed")
    return row


def close(actor: Actor, row: Breach) -> None:
    """End it. Raises NotReady with what is missing."""
    lacking = rules.missing(row.noticed_at, row.risk, row.reason, row.notified_at, row.persons_told_at)
    if lacking:
        raise NotReady(_("Still missing: %(what)s.") % {"what": ", ".join(str(_(MISSING[word])) for word in lacking)})
    row.closed_at = clock.now()
    row.save(update_fields=["closed_at"])
    _note(actor, row, "breach.closed")


def take_over(actor: Actor, row: Breach) -> list[reach.Reached]:
    """Put into the breach whose data its source reached while it lasted.

    Raises InvalidInput without source and begin.
    """
    if not row.source or row.began_at is None:
        raise InvalidInput(_("Say first through which account or token it came, and when it began."))
    found = reach.reached(row.source, row.began_at, row.ended_at or clock.now(), row.organisation_id)
    row.persons, row.categories = reach.subjects(found), sorted({*row.categories, *reach.categories(found)})
    save(actor, row)
    return found


def draft(row: Breach, language: str) -> str:
    """The notification of art. 33(3) as a text in a language, for the form of the authority (GBA/APD)."""
    with translation.override(language):
        words: dict[str, Any] = {
            "one": row, "categories": [_(CATEGORIES[c]) for c in row.categories if c in CATEGORIES],
            "late": row.notified_at is None and clock.now() > row.deadline,
        }  # fmt: skip
        return render_to_string("breaches/draft.txt", words).strip() + "\n"


def _note(actor: Actor, row: Breach, action: str) -> None:
    with connection.cursor() as cursor:
        audit.record(
            cursor, row.organisation_id, f"account:{actor.account.pk}", action, f"breach:{row.pk}", {"risk": row.risk}
        )
