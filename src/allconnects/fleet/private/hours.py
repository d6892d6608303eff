"""When a person works: his own hours, else those that the room of reports knows of his team or of all.

The employer enters hours once, and reports and the gate follow the same. That room lies above this one, so it says here
how to ask it.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from uuid import UUID

from allconnects.fleet.models import Absence, PersonHours
from allconnects.fleet.private import rules
from allconnects.fleet.private.rules import Clock, Span

Book = Callable[[UUID | None, date], Sequence[Clock]]
"""Hours of a person (None: of the organisation) on a day."""
_sources: list[Callable[[int], Book]] = []


def follow(source: Callable[[int], Book]) -> None:
    """Ask this for the hours of an organisation from now on; the last that was given counts."""
    _sources.append(source)


@dataclass(frozen=True, slots=True)
class Calendar:
    """Who works when in one organisation; read once, asked often."""

    book: Book
    own: dict[UUID, dict[int, tuple[Clock, ...]]]
    absences: dict[UUID, list[tuple[date, date]]]
    country: str | None = "BE"

    def spans(self, person: UUID | None, start: datetime, end: datetime) -> list[Span]:
        """Working time of a person (None: of the organisation) between two instants."""

        def of_day(day: date) -> Sequence[Clock]:
            if person is not None and person in self.own:
                return self.own[person].get(day.weekday(), ())
            return self.book(person, day)

        away = self.absences.get(person, []) if person else []
        return rules.working(of_day, away, start, end, self.country)


def calendar(organisation: int, since: date, *, holidays_off: bool = True) -> Calendar:
    """Of the organisation that the transaction speaks for; absences that end before ``since`` are left out."""
    own = {row.pk: rules.parse_week(row.days) for row in PersonHours.objects.filter(organisation_id=organisation)}
    absences: dict[UUID, list[tuple[date, date]]] = {}
    rows = Absence.objects.filter(organisation_id=organisation, last__gte=since)
    for person, first, last in rows.values_list("person_id", "first", "last"):
        absences.setdefault(person, []).append((first, last))
    book = _sources[-1](organisation) if _sources else _usual
    return Calendar(book, own, absences, "BE" if holidays_off else None)


def _usual(_person: UUID | None, day: date) -> Sequence[Clock]:
    return rules.WEEK.get(day.weekday(), ())
