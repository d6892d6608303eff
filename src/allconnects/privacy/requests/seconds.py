"""Who else can decide where nobody decides alone: said before somebody begins, so that nothing waits for nobody."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from uuid import UUID

from allconnects.accounts.access import RANK, at_least
from allconnects.accounts.models import Account, Membership, Role
from allconnects.privacy.requests import ports, upkeep


@dataclass(frozen=True, slots=True)
class Seconds:
    """``needed``: how many others have to decide; ``can``: who can; ``least``: from which role on, empty where it takes
    somebody who answers requests."""

    needed: int
    can: tuple[Account, ...]
    least: str = ""

    @property
    def lacks(self) -> bool:
        """Whether too few can: then somebody has to be invited or named first."""
        return len(self.can) < self.needed

    @property
    def names(self) -> str:
        """Some of those who can."""
        shown = [one.name or one.email for one in self.can[:5]]
        return ", ".join([*shown, "…"] if len(self.can) > len(shown) else shown)

    @property
    def role(self) -> str:
        """What the lowest role is called."""
        return str(Role(self.least).label) if self.least else ""


def who_answer(organisation: int, by: Account, needed: int = 1, about: Collection[UUID] = ()) -> Seconds:
    """Others who answer requests. ``about``: people of whom none may decide."""
    return Seconds(needed, _but(upkeep.officers(organisation), by, about))


def members(organisation: int, by: Account, least: Role) -> Seconds:
    """Others with at least this role, one of whom has to decide."""
    roles = [role for role in RANK if at_least(role, least)]
    found = Membership.objects.filter(organisation_id=organisation, role__in=roles, account__is_active=True)
    rows = found.exclude(account=by).select_related("account").order_by("account_id")[:10]
    return Seconds(1, _but((one.account for one in rows), by, ()), least)


def _but(found: Iterable[Account], by: Account, about: Collection[UUID]) -> tuple[Account, ...]:
    others = (one for one in found if one.pk != by.pk)
    return tuple(one for one in others if not about or ports.people().of_account(one.pk) not in about)
