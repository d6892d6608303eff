"""When somebody works, as instants: hours of weekdays, less public holidays and absences. Pure.

Hours are Brussels wall clock, so what begins at 6:00 begins at 6:00 on both nights on which clocks change; hours that
end before they begin end the next day, and belong to the day on which they began.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import UTC, date, datetime, time, timedelta

from allconnects.kit import clock
from allconnects.kit.clock import BRUSSELS
from allconnects.kit.holidays import holidays

Clock = tuple[time, time]
Span = tuple[datetime, datetime]
DayHours = Callable[[date], Sequence[Clock]]
"""Hours of a day, before holidays and absences are looked at."""
WEEK: Mapping[int, tuple[Clock, ...]] = {weekday: ((time(6), time(19)),) for weekday in range(5)}
"""Where nobody said anything: Monday to Friday, 6 to 19."""


def working(
    hours: DayHours, absences: Sequence[tuple[date, date]], start: datetime, end: datetime, country: str | None = "BE"
) -> list[Span]:
    """Working time between two instants, in order and without overlap, in UTC. ``absences``: both days included.

    ``country`` None: public holidays are worked.
    """
    first = clock.day_of(start) - timedelta(days=1)
    found: list[Span] = []
    for shift in range((clock.day_of(end) - first).days + 1):
        day = first + timedelta(days=shift)
        if (country and day in holidays(day.year, country)) or any(a <= day <= b for a, b in absences):
            continue
        found += [_span(day, begin, until) for begin, until in hours(day)]
    return clipped(joined(found), start, end)


def _span(day: date, begin: time, until: time) -> Span:
    behind = day + timedelta(days=1) if until <= begin else day
    return datetime.combine(day, begin, BRUSSELS).astimezone(UTC), datetime.combine(behind, until, BRUSSELS).astimezone(
        UTC
    )


def joined(spans: Iterable[Span]) -> list[Span]:
    """In order; those that touch or overlap as one, empty ones gone."""
    found: list[Span] = []
    for start, end in sorted(spans):
        if end <= start:
            continue
        if found and start <= found[-1][1]:
            found[-1] = (found[-1][0], max(found[-1][1], end))
        else:
            found.append((start, end))
    return found


def clipped(spans: Iterable[Span], start: datetime, end: datetime) -> list[Span]:
    """What of them lies between two instants."""
    cut = [(max(a, start), min(b, end)) for a, b in spans]
    return [(a, b) for a, b in cut if a < b]


def parse_week(days: Mapping[str, Iterable[Iterable[str]]]) -> dict[int, tuple[Clock, ...]]:
    """Hours by weekday out of stored JSON: ``{"0": [["06:00", "14:00"]]}``. Raises ValueError."""
    found = {
        int(day): tuple((time.fromisoformat(begin), time.fromisoformat(end)) for begin, end in pairs)
        for day, pairs in days.items()
    }
    if not all(0 <= day <= 6 for day in found):
        raise ValueError("weekdays are 0 to 6")
    return found
