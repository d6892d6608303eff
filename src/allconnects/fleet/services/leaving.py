"""Somebody leaves the firm: the register says until when, and every way in ends."""

from __future__ import annotations

from uuid import UUID

from django.db import transaction
from django.utils.translation import gettext as _

from allconnects.accounts import leaving, services
from allconnects.accounts.leaving import Leaver
from allconnects.accounts.models import Membership, Role
from allconnects.fleet import history
from allconnects.fleet.models import Person
from allconnects.fleet.models.record import ChangeKind
from allconnects.fleet.who import Who
from allconnects.kit import clock
from allconnects.kit.errors import Forbidden, NotFound


def of_person(who: Who, person: UUID) -> Leaver:
    """A person of the register, with the account if there is one. Raises NotFound."""
    found = Person.objects.filter(pk=person).first()
    if found is None:
        raise NotFound(_("There is no such person."))
    return Leaver(who.organisation.pk, found.account_id, found.pk)


def of_account(who: Who, account: int) -> Leaver:
    """A member, with the person of the register if it is known."""
    person = Person.objects.filter(account_id=account).values_list("pk", flat=True).first()
    return Leaver(who.organisation.pk, account, person)


def leave(who: Who, leaver: Leaver, by: services.Actor | str) -> dict[str, int]:
    """End every way in of a leaver; all or nothing. Returns how many of each ended.

    ``by``: a member, whose role must reach that of the leaver, or a program (``token:3``). Raises NotFound, Forbidden,
    LastOwner.
    """
    with transaction.atomic():
        member = Membership.objects.filter(account_id=leaver.account or 0, organisation=who.organisation).first()
        if member is not None and isinstance(by, services.Actor):
            services.removable(by, member.pk)
        elif member is not None and member.role == Role.OWNER:
            raise Forbidden(_("An owner is let go by another owner, not by a program."))
        if leaver.person is not None:
            _last_day(who, leaver.person)
        return leaving.end(leaver, by if isinstance(by, str) else f"account:{by.account.pk}")


def _last_day(who: Who, person: UUID) -> None:
    """Today was the last day, unless an earlier one is known."""
    found = Person.objects.select_for_update().get(pk=person)
    if found.active_until is not None and found.active_until <= clock.today():
        return
    before = history.values(found)
    found.active_until = max(clock.today(), found.active_from) if found.active_from else clock.today()
    found.version += 1
    found.save(update_fields=["active_until", "version", "changed_at"])
    history.record(who, found, ChangeKind.CHANGED, before, history.values(found))
