"""Not at a place by a time of day: once a working day at most. Pure."""

from __future__ import annotations

from datetime import date, timedelta

import numpy as np

from allconnects.alerts.engine import I64, OPEN, Bools, Events, Floats
from allconnects.alerts.hours import Hours, instant_ms, local, within

_EPOCH = date(1970, 1, 1)


def find(device: I64, time_ms: I64, inside: Bools, hours: Hours, by_minute: int, now_ms: int) -> Events:
    """Days at whose deadline a device, by its last news, was not in the place and had not been there that day.

    The event begins at the deadline and ends when the device arrives, or with the day. A day that the working hours
    leave out has no deadline. ``device``, ``time_ms``: sorted by device, then time.
    """
    found: list[tuple[int, int, int, int, int]] = []
    begins = np.flatnonzero(np.diff(device, prepend=-1)) if len(device) else np.empty(0, np.int64)
    for first, last in zip(begins.tolist(), [*begins[1:].tolist(), len(device)], strict=True):
        times, here = time_ms[first:last], inside[first:last]
        first_day, last_day = (int(one) for one in local(np.array([times[0], now_ms], np.int64))[0])
        for number in range(first_day, last_day + 1):
            absent = _absent(times, here, _EPOCH + timedelta(days=number), hours, by_minute, now_ms)
            if absent:
                found.append((int(device[first]), first + absent[0], *absent[1:], absent[1]))
    return _events(found)


def _absent(
    times: I64, here: Bools, day: date, hours: Hours, by_minute: int, now_ms: int
) -> tuple[int, int, int] | None:
    """Row of the last news, deadline and end; None when it was there, or nothing is known."""
    midnight, deadline = instant_ms(day, 0), instant_ms(day, by_minute)
    if deadline > now_ms or not _expected(deadline, hours):
        return None
    known = int(np.searchsorted(times, deadline, side="right")) - 1
    since = int(np.searchsorted(times, midnight))
    if known < 0 or here[known] or here[since : known + 1].any():
        return None
    following = instant_ms(day + timedelta(days=1), 0)
    arrived = np.flatnonzero(here[known + 1 :]) + known + 1
    if len(arrived) and times[arrived[0]] < following:
        return known, deadline, int(times[arrived[0]])
    return known, deadline, following if following <= now_ms else OPEN


def due_ms(by_minute: int, now_ms: int) -> int:
    """The next deadline."""
    today = _EPOCH + timedelta(days=int(local(np.array([now_ms], np.int64))[0][0]))
    deadline = instant_ms(today, by_minute)
    return deadline if deadline > now_ms else instant_ms(today + timedelta(days=1), by_minute)


def _expected(deadline: int, hours: Hours) -> bool:
    """Whether the day of the deadline is a working day; at which hour does not matter."""
    whole = Hours(hours.weekdays, 0, 1439, hours.holidays_off, hours.closed)
    return bool(within(np.array([deadline - deadline % 60_000], np.int64), whole)[0])


def _events(found: list[tuple[int, int, int, int, int]]) -> Events:
    rows = np.array(found, np.int64).reshape(-1, 5)
    peak: Floats = np.full(len(rows), np.nan)
    known = np.ones(len(rows), bool)
    return Events(rows[:, 0], rows[:, 1], rows[:, 2], rows[:, 3], rows[:, 4], peak, rows[:, 1], known)
