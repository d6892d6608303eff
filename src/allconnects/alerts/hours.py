"""Working hours, weekends and holidays, for whole columns of instants. Pure.

A week's hours are local hours in Brussels: on the nights on which clocks change they stay what the wall says.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from functools import cache

import numpy as np
from numpy.typing import NDArray

from allconnects.kit.clock import BRUSSELS as BRUSSELS
from allconnects.kit.holidays import holidays

HOUR_MS, DAY_MIN = 3_600_000, 1440
I64 = NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class Hours:
    """When work is expected: weekdays (0 Monday), from and until in minutes after local midnight, except on holidays.

    ``until`` not after ``start`` reaches over midnight, and belongs to the weekday on which it began.
    """

    weekdays: frozenset[int] = frozenset(range(5))
    start: int = 6 * 60
    until: int = 19 * 60
    holidays_off: bool = True
    closed: frozenset[date] = frozenset()


def local(time_ms: I64) -> tuple[I64, I64]:
    """Days since 1970 and minutes after midnight on Brussels clocks. Zones change on whole hours of UTC."""
    hours, which = np.unique(time_ms // HOUR_MS, return_inverse=True)
    shifts = [_shift_ms(int(hour)) for hour in hours.tolist()]
    wall = time_ms + np.array(shifts, np.int64)[which] if len(time_ms) else time_ms
    minutes = wall // 60_000
    return minutes // DAY_MIN, minutes % DAY_MIN


@cache
def _shift_ms(hour: int) -> int:
    offset = datetime.fromtimestamp(hour * 3600, UTC).astimezone(BRUSSELS).utcoffset()
    assert offset is not None
    return int(offset.total_seconds() * 1000)


def within(time_ms: I64, hours: Hours) -> NDArray[np.bool_]:
    """Whether each instant lies in working hours; bool (n,)."""
    day, minute = local(time_ms)
    if hours.start < hours.until:
        found: NDArray[np.bool_] = _worked(day, hours) & (minute >= hours.start) & (minute < hours.until)
        return found
    early = minute < hours.until
    found = (_worked(day, hours) & (minute >= hours.start)) | (_worked(day - 1, hours) & early)
    return found


def _worked(day: I64, hours: Hours) -> NDArray[np.bool_]:
    """Whether work is expected on each day (since 1970)."""
    days, which = np.unique(day, return_inverse=True)
    answers = [_is_worked(date(1970, 1, 1) + timedelta(days=int(one)), hours) for one in days.tolist()]
    return np.array(answers, bool)[which] if len(day) else np.empty(0, bool)


def _is_worked(day: date, hours: Hours) -> bool:
    if day.weekday() not in hours.weekdays or day in hours.closed:
        return False
    return not (hours.holidays_off and day in holidays(day.year))


def instant_ms(day: date, minute: int) -> int:
    """The instant of a local time of day; of two in an autumn night the first."""
    moment = datetime.combine(day, time(minute // 60, minute % 60), BRUSSELS)
    return round(moment.timestamp() * 1000)


def after_quiet(instant: datetime, start: int, until: int) -> datetime:
    """The instant itself, or the end of the quiet hours that it lies in (minutes after local midnight)."""
    there = instant.astimezone(BRUSSELS)
    minute = there.hour * 60 + there.minute
    quiet = start <= minute < until if start < until else (minute >= start or minute < until)
    if start == until or not quiet:
        return instant
    day = there.date() + timedelta(days=1 if start > until and minute >= start else 0)
    return datetime.fromtimestamp(instant_ms(day, until) / 1000, UTC)
