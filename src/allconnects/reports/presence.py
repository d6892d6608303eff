"""How long somebody was at a site, where only the vehicle in which he came tells of it. Pure: no database, no clock.

A vehicle that stays overnight or over a weekend says nothing of its driver. He counts from arriving until the vehicle
leaves, when that is within the working day on which he came. Else until the last sign of him; without one until the end
of his working hours that day; and who came outside of them counts for nothing. All but a departure, a statement by hand
and a sign around the end of his day are marked as not closed: somebody who knows has to say when he left. What he
says goes before everything else.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from allconnects.fleet.rules import LONGEST_STAY
from allconnects.kit import clock
from allconnects.reports.hours import Schedule


@dataclass(frozen=True, slots=True)
class Presence:
    """From when until when somebody was there. ``closed``: somebody or something says that he left then."""

    begin: datetime
    end: datetime
    closed: bool


@dataclass(frozen=True, slots=True)
class _Day:
    """The end of somebody's working hours, and how far work may go beyond."""

    end: datetime
    margin: timedelta


def presence(
    enter: datetime, leave: datetime, schedules: Iterable[Schedule], sign: datetime | None = None, by_hand: bool = False
) -> Presence:
    """Of who came in a vehicle that was there from ``enter`` to ``leave``, all in UTC.

    ``schedules``: his hours, those of several teams. ``sign``: when he was last known to be in the vehicle while it
    stood there; ``by_hand``: somebody entered that.
    """
    day = _working_day(enter, schedules)
    latest = None if day is None else day.end + day.margin
    same_day = clock.day_of(leave) == clock.day_of(enter) if latest is None else leave <= latest
    if leave - enter <= LONGEST_STAY and same_day:
        return Presence(enter, leave, closed=True)
    if sign is not None and enter < sign <= leave and sign - enter <= LONGEST_STAY:
        return Presence(enter, sign, closed=by_hand or (day is not None and sign >= day.end - day.margin))
    end = enter if day is None else min(day.end, leave, enter + LONGEST_STAY)
    return Presence(enter, end, closed=False)


def answered(enter: datetime, leave: datetime, until: datetime | None) -> Presence:
    """What a human answered of a stay: until when; None: not at all. Never beyond what the vehicle was there."""
    return Presence(enter, enter if until is None else max(enter, min(until, leave)), closed=True)


def _working_day(enter: datetime, schedules: Iterable[Schedule]) -> _Day | None:
    """The working day in which somebody came; None when he came outside of all."""
    found = []
    for schedule in schedules:
        for shift in (-1, 0):
            spans = schedule.of_day(clock.day_of(enter) + timedelta(days=shift))
            if spans:
                begin, end = min(span[0] for span in spans), max(span[1] for span in spans)
                if begin - schedule.margin.total_seconds() <= enter.timestamp() < end:
                    found.append(_Day(datetime.fromtimestamp(end, UTC), schedule.margin))
    return max(found, key=lambda one: one.end + one.margin, default=None)
