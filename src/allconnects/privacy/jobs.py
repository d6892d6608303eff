"""What the worker does for this room; every task speaks for one organisation."""

from __future__ import annotations

from uuid import UUID

from allconnects.accounts.leaving import Leaver, end
from allconnects.accounts.models import Membership
from allconnects.kit import jobs
from allconnects.privacy.ways import SWEEPER

_NOBODY = UUID(int=0)


@jobs.task("privacy.sweep")
def sweep(organisation: int, account: int, person: UUID = _NOBODY) -> None:
    """End what a leaver's last requests may have made after the leaving; not for who was taken in again since."""
    if Membership.objects.filter(organisation_id=organisation, account_id=account).exists():
        return
    end(Leaver(organisation, account or None, None if person == _NOBODY else person), SWEEPER)
