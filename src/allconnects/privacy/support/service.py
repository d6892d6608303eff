"""Asking for access to help, granting it, ending it, and telling what was done with it."""

from __future__ import annotations

import re
from datetime import timedelta
from typing import Any

from django.db import connection
from django.utils.translation import gettext as _

from allconnects.accounts.models import Account, SupportGrant
from allconnects.accounts.services import Actor
from allconnects.accounts.support_models import LONGEST_H
from allconnects.accounts.tenancy import speaking_for
from allconnects.kit import clock
from allconnects.kit.errors import Forbidden, InvalidInput, NotFound
from allconnects.privacy.audit import service as audit

_TICKET = re.compile(r"[A-Za-z0-9#._/-]{1,40}")
_READ = """
    SELECT scope, count(DISTINCT person), coalesce(bool_or(person IS NULL), false), count(*) FROM privacy_access
    WHERE organisation_id = %s AND actor = %s AND role = 'support' AND at BETWEEN %s AND %s GROUP BY scope ORDER BY 1"""
BULK = "access.bulk"


def is_supporter(account: Account) -> bool:
    """Whether the operator lets this account ask."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT accounts_is_supporter(%s)", [account.pk])
        return bool(cursor.fetchone()[0])


def ask(account: Account, slug: str, ticket: str) -> None:
    """Ask an organisation for access. Raises Forbidden for others than staff, InvalidInput, NotFound."""
    if not is_supporter(account):
        raise Forbidden(_("Only staff of the operator ask for access."))
    if not _TICKET.fullmatch(ticket.strip()):
        raise InvalidInput(_("Give the number of the ticket: letters, digits and # . _ / - only."))
    with speaking_for(None, account.pk), connection.cursor() as cursor:
        cursor.execute(
            "SELECT accounts_support_ask(%s, %s, %s, %s)", [account.pk, slug.strip(), ticket.strip(), clock.now()]
        )
        organisation = cursor.fetchone()[0]
    if organisation is None:
        raise NotFound(_("There is no such organisation, or you have asked it already."))
    with speaking_for(organisation, account.pk), connection.cursor() as cursor:
        audit.record(cursor, organisation, f"account:{account.pk}", "support.asked")


def asked_by(account: Account) -> list[tuple[Any, ...]]:
    """What one has asked for: organisation, name, ticket, asked, begin, end, ended."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT * FROM accounts_support_asked(%s)", [account.pk])
        return list(cursor.fetchall())


def grant(actor: Actor, number: int, hours: int) -> SupportGrant:
    """Let staff look for 1 to 4 hours from now. Raises NotFound, InvalidInput, Forbidden for one's own asking."""
    if not 1 <= hours <= LONGEST_H:
        raise InvalidInput(_("Access lasts between 1 and 4 hours."))
    found = _open(actor, number)
    if found.begins_at is not None:
        raise InvalidInput(_("This was granted already."))
    if found.account_id == actor.account.pk:
        raise Forbidden(_("Somebody else has to grant this."))
    found.decided_by, found.begins_at = actor.account, clock.now()
    found.ends_at = found.begins_at + timedelta(hours=hours)
    found.save(update_fields=["decided_by", "begins_at", "ends_at"])
    _note(actor, found, "support.granted", {"hours": hours})
    return found


def end(actor: Actor, number: int) -> None:
    """Refuse what is asked, or end what lasts, from the next request on. Raises NotFound."""
    found = _open(actor, number)
    found.ended_at = clock.now()
    found.save(update_fields=["ended_at"])
    _note(actor, found, "support.ended", {})


def _open(actor: Actor, number: int) -> SupportGrant:
    found = SupportGrant.objects.select_for_update().filter(pk=number, organisation=actor.organisation).first()
    if found is None or found.ended_at is not None or (found.ends_at is not None and found.ends_at <= clock.now()):
        raise NotFound(_("There is no such access, or it has ended."))
    return found


def _note(actor: Actor, found: SupportGrant, action: str, details: dict[str, Any]) -> None:
    with connection.cursor() as cursor:
        audit.record(
            cursor, actor.organisation.pk, f"account:{actor.account.pk}", action, f"account:{found.account_id}", details
        )


def told(organisation: int, limit: int = 50) -> list[dict[str, Any]]:
    """Every access, newest first: its pages, whose data were read, and whether that were unusually many."""
    grants = SupportGrant.objects.filter(organisation_id=organisation).select_related("account", "decided_by")
    found = []
    for one in grants.order_by("-pk").prefetch_related("visits")[:limit]:
        until = min(filter(None, (one.ended_at, one.ends_at)), default=None)
        lasts = one.begins_at is not None and until is not None and until > clock.now()
        visits = sorted(one.visits.all(), key=lambda visit: visit.at)
        found.append(
            {"grant": one, "until": until, "lasts": lasts, "visits": visits, **_read(organisation, one, until)}
        )
    return found


def _read(organisation: int, one: SupportGrant, until: Any) -> dict[str, Any]:
    if one.begins_at is None:
        return {"read": [], "bulk": False}
    actor = f"account:{one.account_id}"
    with connection.cursor() as cursor:
        cursor.execute(_READ, [organisation, actor, one.begins_at, until or clock.now()])
        read = cursor.fetchall()
        entries = audit.entries_about(cursor, organisation, actor)
    alarms = [e for e in entries if e.action == BULK and e.at >= one.begins_at]
    return {"read": read, "bulk": bool(alarms)}
