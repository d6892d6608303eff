"""What a trip was for, where nobody has said it: a rule proposes, the driver decides.

Within working hours a trip is business, outside of them private. The rule never says "home to work": that needs to
know where somebody lives, which only the person himself may see; he says it himself with one touch.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from allconnects.reports.hours import HoursBook
from allconnects.trips.models import Use

VERSION = "2026-11-27"


@dataclass(frozen=True, slots=True)
class UseRule:
    """The rule with the working hours of an organisation."""

    hours: HoursBook

    def use(self, person: UUID | None, began: datetime, ended: datetime) -> str:
        """``business`` within working hours, else ``private``."""
        return Use.BUSINESS.value if self.hours.allows(person, began, ended) else Use.PRIVATE.value


def use_rule(organisation: int) -> UseRule:
    """The rule of an organisation."""
    from allconnects.reports.firm import hours_book

    return UseRule(hours_book(organisation))
