"""Decide how long positions are kept, and tell beforehand what a decision will erase."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta

from django.db import connection
from django.db.models import QuerySet
from django.utils.translation import gettext as _

from allconnects.accounts.models import Account, Organisation
from allconnects.kit import clock, config
from allconnects.kit.errors import InvalidInput
from allconnects.privacy.retention import MOST_DAYS
from allconnects.telemetry.keeping.models import FREE_DAYS, Certificate, Keeping

_GOING = """
    SELECT count(*), count(DISTINCT device_id), min(day), max(day) FROM telemetry_segment
    WHERE organisation_id = %s AND day < %s"""


@dataclass(frozen=True, slots=True)
class Going:
    """What goes in the next round if positions are kept for ``days``: days of devices, of so many devices, from–to."""

    days: int
    count: int
    devices: int
    first: date | None
    last: date | None


def decision() -> Keeping | None:
    """The decision that holds for the organisation that the transaction speaks for; None: what the operator has set."""
    return Keeping.objects.order_by("-pk").first()


def days_kept() -> int:
    """Days that positions of that organisation are kept."""
    found = decision()
    return found.days if found else config.current().position_days


def going(organisation: Organisation, days: int) -> Going:
    """What the next round of the worker would erase."""
    before = clock.today() - timedelta(days=max(days, 2))
    with connection.cursor() as cursor:
        cursor.execute(_GOING, (organisation.pk, before))
        count, devices, first, last = cursor.fetchone() or (0, 0, None, None)
    return Going(days, count, devices, first, last)


def check(days: int, obligation: str, citation: str, decided_by: str) -> None:
    """Raises InvalidInput for what nobody may decide; the database holds the same."""
    if not 1 <= days <= MOST_DAYS:
        raise InvalidInput(_("Positions are kept for at least a day and at most six years (%d days).") % MOST_DAYS)
    if days > FREE_DAYS and not (obligation and citation and decided_by):
        raise InvalidInput(
            _("More than %d days only where a law obliges: say to what, which law and article, and who decided.")
            % FREE_DAYS
        )
    if len(obligation) > 300 or len(citation) > 200 or len(decided_by) > 150:
        raise InvalidInput(_("One of the texts is too long."))


def decide(
    organisation: Organisation, account: Account | None, days: int, obligation: str = "", citation: str = "",
    decided_by: str = "",
) -> Keeping:  # fmt: skip
    """Keep positions for so many days from now on. Raises InvalidInput."""
    obligation, citation, decided_by = obligation.strip(), citation.strip(), decided_by.strip()
    check(days, obligation, citation, decided_by)
    if days <= FREE_DAYS:
        obligation = citation = decided_by = ""
    return Keeping.objects.create(
        organisation=organisation, account=account, days=days, obligation=obligation, citation=citation,
        decided_by=decided_by,
    )  # fmt: skip


def certificates(organisation: Organisation) -> QuerySet[Certificate]:
    """Proof of what went for its age, newest first."""
    return Certificate.objects.filter(organisation_id=organisation.pk, reason="retention").order_by("-pk")
