"""Reports that are sent by themselves: when the next one is due, and of which days it tells. Pure, no database.

Hours are Brussels wall clock. On the night on which 2:00 does not exist, what is due at 2:00 is sent at 3:00; on the
night on which it comes twice, the first time.
"""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from typing import Protocol

from allconnects.kit import clock
from allconnects.kit.clock import BRUSSELS as BRUSSELS
from allconnects.reports.period import named

_PERIODS = {"daily": "yesterday", "weekly": "last_week", "monthly": "last_month"}


class Rhythm(Protocol):
    """How often something is due; a ``Schedule`` is one."""

    frequency: str
    weekday: int
    month_day: int
    hour: int


def next_due(rhythm: Rhythm, after: datetime) -> datetime:
    """The first instant after ``after`` at which it is due, in UTC."""
    day = clock.day_of(after) - timedelta(days=1)
    for _ in range(75):
        if _is_day(rhythm, day):
            due = datetime.combine(day, time(rhythm.hour), BRUSSELS).astimezone(UTC)
            if due > after:
                return due
        day += timedelta(days=1)
    raise AssertionError("every rhythm is due within two months")


def _is_day(rhythm: Rhythm, day: date) -> bool:
    if rhythm.frequency == "weekly":
        return day.weekday() == rhythm.weekday
    return rhythm.frequency == "daily" or day.day == rhythm.month_day


def period_of(rhythm: Rhythm, due: datetime) -> tuple[date, date]:
    """First and last day that the report of an instant tells of: the day, week or month before."""
    return named(_PERIODS[rhythm.frequency], clock.day_of(due))
