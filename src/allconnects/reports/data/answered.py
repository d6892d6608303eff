"""What humans answered of stays that nobody closed, for all rows of a question at once."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final
from uuid import UUID

from allconnects.reports.data.sql import all_rows

_ANSWERS: Final = """
    SELECT vehicle_id, person_id, place, lower(during), upper(during), ended_at FROM fleet_question
    WHERE organisation_id = %(organisation)s AND kind = 'open_stay' AND decision IN ('ended', 'absent')
      AND during && tstzrange(%(begin)s::timestamptz - interval '31 days', %(end)s)
    ORDER BY decided_at DESC"""

Of = tuple[int, UUID, int]
"""Vehicle, person and place."""


@dataclass(frozen=True, slots=True)
class Answer:
    """Of a stay from ``enter`` to ``leave``, as it was known then: until when he was there; None: not at all."""

    enter: datetime
    leave: datetime
    until: datetime | None


class Answers:
    """Few beside the stays themselves: looked up in memory."""

    def __init__(self, found: Mapping[Of, Sequence[Answer]]) -> None:
        self._found = found

    @classmethod
    def read(cls, values: Mapping[str, Any]) -> Answers:
        """Those of an organisation that concern stays from ``begin`` to ``end``."""
        found: dict[Of, list[Answer]] = defaultdict(list)
        for vehicle, person, place, *rest in all_rows(_ANSWERS, dict(values)):
            found[vehicle, person, place].append(Answer(*rest))
        return cls(found)

    def of(self, vehicle: int, person: UUID, place: int, enter: datetime, leave: datetime) -> Answer | None:
        """The latest answer about a stay; data that came later may have moved its edges."""
        known = self._found.get((vehicle, person, place), ())
        return next((one for one in known if one.enter <= leave and enter <= one.leave), None)
