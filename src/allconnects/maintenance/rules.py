"""When a service or a check is due. Pure: no database, no clock."""

from __future__ import annotations

from calendar import monthrange
from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Literal

State = Literal["unknown", "ok", "soon", "overdue"]
_ORDER: tuple[State, ...] = ("ok", "unknown", "soon", "overdue")


@dataclass(frozen=True, slots=True)
class Interval:
    """How often, and how long before it is said. None: that does not count."""

    km: int | None = None
    hours: int | None = None
    months: int | None = None
    soon_km: int = 1000
    soon_hours: int = 20
    soon_days: int = 14


@dataclass(frozen=True, slots=True)
class Verdict:
    """``next_on``: by date, None where dates do not count or the last one is unknown."""

    state: State
    next_on: date | None


def verdict(
    interval: Interval, last: date | None, used_km: float | None, used_hours: float | None, today: date
) -> Verdict:
    """How near a service is: whichever of kilometres, hours and months comes first.

    ``last``: the Brussels day of the last one; without it nothing is known. ``used_*``: since then, None if unknown.
    """
    if last is None:
        return Verdict("unknown", None)
    next_on = None if interval.months is None else months_later(last, interval.months)
    states: list[State] = []
    if next_on is not None:
        states.append(_of(float((next_on - today).days), interval.soon_days))
    for every, used, soon in (
        (interval.km, used_km, interval.soon_km),
        (interval.hours, used_hours, interval.soon_hours),
    ):
        if every is not None:
            states.append("unknown" if used is None else _of(every - used, soon))
    return Verdict(max(states, key=_ORDER.index), next_on)


def _of(left: float, soon: float) -> State:
    return "overdue" if left <= 0 else "soon" if left <= soon else "ok"


def months_later(day: date, months: int) -> date:
    """The same day so many months later; of a month that is too short its last."""
    years, month = divmod(day.month - 1 + months, 12)
    year, month = day.year + years, month + 1
    return date(year, month, min(day.day, monthrange(year, month)[1]))


def first_day(day: date, weekly: bool) -> date:
    """The first day of the period that a day is in: itself, or its Monday."""
    return day - timedelta(days=day.weekday()) if weekly else day


def deadline_day(day: date, weekly: bool, weekdays: Collection[int]) -> date | None:
    """The day by which a check of the period of ``day`` is expected; None when none is.

    A weekly check is expected by the last of its weekdays, a daily one on each of them.
    """
    expected = sorted(set(weekdays) & set(range(7))) or list(range(7))
    if weekly:
        return first_day(day, True) + timedelta(days=expected[-1])
    return day if day.weekday() in expected else None


def check_missing(done: Iterable[datetime], start: datetime, deadline: datetime, now: datetime) -> bool:
    """Whether a check whose period began at ``start`` was not done although its deadline is over."""
    return now >= deadline and not any(start <= one <= now for one in done)
