"""Working hours: when a person works, and whether a movement lies within them. Pure, no database.

A movement is shown when it lies within the hours, or crosses their edge by no more than the margin: who leaves home
at 5:40 for a day that begins at 6 is at work, who drives at 22:00 is not. Hours are Brussels wall clock, so a day of
23 or 25 hours needs no care; hours that end before they begin end the next day.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from functools import lru_cache
from uuid import UUID

from allconnects.kit import clock
from allconnects.kit.clock import BRUSSELS

Span = tuple[time, time]
Interval = tuple[float, float]
"""Seconds since 1970 UTC, from and until."""


@dataclass(frozen=True, eq=False)
class Schedule:
    """Spans by weekday (Monday is 0), and how far a movement may cross their edge."""

    spans: Mapping[int, tuple[Span, ...]]
    margin: timedelta = timedelta(minutes=60)

    def allows(self, begin: datetime, end: datetime, day: date | None = None) -> bool:
        """Whether a movement between two instants is within working hours. ``day``: on which it begins, if known."""
        first, last = begin.timestamp(), end.timestamp()
        margin = self.margin.total_seconds()
        day = day or clock.day_of(begin)
        for start, stop in self.near(day):
            if start - margin <= first and last <= stop + margin and first < stop and last > start:
                return True
        return False

    def of_day(self, day: date) -> tuple[Interval, ...]:
        """The spans that begin on a day, without margin."""
        return tuple(_of_day(self, day))

    def near(self, day: date) -> tuple[Interval, ...]:
        """The spans that begin on a day, the one before or the one after, without margin."""
        return _near(self, day)


@lru_cache(maxsize=20_000)
def _near(schedule: Schedule, day: date) -> tuple[Interval, ...]:
    """Spans that begin on a day, the one before or the one after."""
    return tuple(span for shift in (-1, 0, 1) for span in _of_day(schedule, day + timedelta(days=shift)))


def _of_day(schedule: Schedule, day: date) -> Iterator[Interval]:
    for start, stop in schedule.spans.get(day.weekday(), ()):
        behind = day + timedelta(days=1) if stop <= start else day
        yield _instant(day, start), _instant(behind, stop)


def _instant(day: date, clock: time) -> float:
    return datetime.combine(day, clock, BRUSSELS).timestamp()


DEFAULT = Schedule({weekday: ((time(6), time(19)),) for weekday in range(5)})
"""Where an organisation has said nothing: Monday to Friday, 6 to 19."""


@dataclass(frozen=True)
class HoursBook:
    """Schedules of an organisation: the one for all, and those of teams.

    ``members``: the teams of each person with the days from and until which (both included; None: still).
    """

    whole: Schedule = DEFAULT
    teams: Mapping[int, Schedule] = field(default_factory=dict)
    members: Mapping[UUID, tuple[tuple[int, date, date | None], ...]] = field(default_factory=dict)

    def allows(self, person: UUID | None, begin: datetime, end: datetime, day: date | None = None) -> bool:
        """Whether a movement is within the hours of that person; of nobody known: within those for all.

        ``day``: the Brussels day on which it begins, where the caller knows it.
        """
        if person is None or person not in self.members:
            return self.whole.allows(begin, end, day)
        return any(schedule.allows(begin, end, day) for schedule in self.schedules(person, begin))

    def spans_of(self, person: UUID | None, day: date) -> list[Span]:
        """The hours of a person (None: of all) on a day, without margin."""
        noon = datetime.combine(day, time(12), BRUSSELS)
        return [span for one in self.schedules(person, noon) for span in one.spans.get(day.weekday(), ())]

    def schedules(self, person: UUID | None, moment: datetime) -> Iterable[Schedule]:
        """What a person goes by at a moment: the hours of his teams, else those for all."""
        if person is None or person not in self.members:
            return (self.whole,)
        day = clock.day_of(moment)
        found = [
            self.teams[team]
            for team, first, until in self.members[person]
            if team in self.teams and first <= day and (until is None or day <= until)
        ]
        return found or (self.whole,)


def parse_schedule(days: Mapping[str, Iterable[Iterable[str]]], margin_minutes: int) -> Schedule:
    """A schedule out of stored JSON: ``{"0": [["06:00", "19:00"]]}``. Raises ValueError."""
    spans = {
        int(day): tuple((time.fromisoformat(begin), time.fromisoformat(end)) for begin, end in pairs)
        for day, pairs in days.items()
    }
    if not all(0 <= day <= 6 for day in spans):
        raise ValueError("weekdays are 0 to 6")
    return Schedule(spans, timedelta(minutes=margin_minutes))
