"""When a request of a data subject must be answered.

GDPR art. 12(3): within one month of receipt, extendable once by two further months, of which the person is told, with
the reason, inside the first. How a month is counted: Regulation (EEC, Euratom) 1182/71 art. 3: the period ends with
the day of the same date in the last month, or with that month's last day; if that is a holiday, Saturday or Sunday,
with the next working day.
"""

from __future__ import annotations

import calendar
from datetime import date, timedelta
from functools import cache
from typing import Literal

import holidays

MONTHS = 1
MONTHS_EXTENDED = 3
"""The one month and the two further ones, all counted from receipt."""
ALARM_DAYS = (10, 20, 25)
"""Days after receipt on which whoever answers is reminded."""
INTERNAL_DAYS = 5
"""The answer is wanted so many days before the month is over."""


def due(received: date, *, extended: bool = False) -> date:
    """The last day for the answer to a request that arrived on a Brussels day."""
    return _working(_months_later(received, MONTHS_EXTENDED if extended else MONTHS))


def wanted(received: date) -> date:
    """Our own target: some days before the month is over, weekends or not."""
    return _months_later(received, MONTHS) - timedelta(days=INTERNAL_DAYS)


def may_extend(received: date, today: date) -> bool:
    """Whether the person can still be told of an extension in time."""
    return received <= today <= due(received)


def alarms(received: date) -> list[date]:
    """Days on which to remind whoever answers."""
    return [received + timedelta(days=days) for days in ALARM_DAYS]


def next_working_day(day: date) -> date:
    """The working day after a day: until when a request is passed on to whoever must answer it."""
    return _working(day + timedelta(days=1))


def colour(due_on: date, wanted_on: date, today: date) -> Literal["late", "soon", "calm"]:
    """How pressing an answer is: late once the month is over, soon once our own target is."""
    if today > due_on:
        return "late"
    return "soon" if today >= wanted_on else "calm"


def _months_later(start: date, months: int) -> date:
    year, month = divmod(start.year * 12 + start.month - 1 + months, 12)
    last = calendar.monthrange(year, month + 1)[1]
    return date(year, month + 1, min(start.day, last))


def _working(day: date) -> date:
    while day.weekday() >= 5 or day in _holidays(day.year):
        day += timedelta(days=1)
    return day


@cache
def _holidays(year: int) -> frozenset[date]:
    """Belgian public holidays (law of 4 January 1974 and royal decree of 18 April 1974)."""
    return frozenset(holidays.country_holidays("BE", years=year))
