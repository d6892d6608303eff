"""Naming who answers requests; in the audit chain, since it lets somebody read what people ask."""

from __future__ import annotations

from django.db import connection
from django.utils.translation import gettext as _

from allconnects.accounts import actor
from allconnects.accounts.models import Account, Membership
from allconnects.kit.errors import InvalidInput
from allconnects.privacy.audit import service as audit
from allconnects.privacy.requests.models import Officer


def name_officer(organisation: int, account: int, by: Account) -> None:
    """Let a member answer requests. Raises InvalidInput when it is no member here."""
    if not Membership.objects.filter(organisation_id=organisation, account_id=account).exists():
        raise InvalidInput(_("There is no such member here."))
    _row, made = Officer.objects.get_or_create(
        organisation_id=organisation, account_id=account, defaults={"named_by": by}
    )
    if made:
        _record(organisation, "request.officer_named", account)


def remove_officer(organisation: int, account: int, by: Account) -> None:  # noqa: ARG001
    """Take that away again."""
    gone, _each = Officer.objects.filter(organisation_id=organisation, account_id=account).delete()
    if gone:
        _record(organisation, "request.officer_removed", account)


def _record(organisation: int, action: str, account: int) -> None:
    with connection.cursor() as cursor:
        audit.record(cursor, organisation, actor.current().name, action, f"account:{account}")
