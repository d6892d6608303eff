"""Months out of trips alone: rows of vehicles, and the days of one. Pure but for names."""

from __future__ import annotations

import calendar as calendars
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import Final

from allconnects.kit import clock
from allconnects.trips.stored import DayUse, StoredTrip

SORTS: Final = ("name", "km", "hours", "idle", "trips", "days")
LEVELS: Final = 4
"""Shades of a day, by quarters of the longest."""
Key = tuple[int | None, int | None]


@dataclass(slots=True)
class Row:
    """The month of a vehicle, or of a device that is in none."""

    vehicle: int | None
    device: int | None
    name: str
    trips: int = 0
    distance_m: float = 0.0
    driving_s: float = 0.0
    idle_s: float = 0.0
    by_day: dict[int, float] = field(default_factory=dict)

    @property
    def days(self) -> int:
        """On how many days it drove."""
        return len(self.by_day)

    def add(self, use: DayUse) -> None:
        """Count one day in."""
        self.trips += use.trips
        self.distance_m += use.distance_m
        self.driving_s += use.driving_s
        self.idle_s += use.idle_s
        if use.trips:
            self.by_day[use.day.day] = self.by_day.get(use.day.day, 0.0) + use.distance_m


def rows_of(uses: Iterable[DayUse], vehicles: Mapping[int, str], devices: Mapping[int, str]) -> list[Row]:
    """One row for each vehicle, or device that is in none; names by id."""
    found: dict[Key, Row] = {}
    for use in uses:
        key = (use.vehicle, use.device)
        row = found.get(key)
        if row is None:
            name = devices.get(use.device or 0, "") if use.vehicle is None else vehicles.get(use.vehicle, "")
            row = found[key] = Row(use.vehicle, use.device, name)
        row.add(use)
    return list(found.values())


def ordered(rows: Sequence[Row], sort: str, words: str) -> list[Row]:
    """Those whose name holds all words, by name or with the largest value first."""
    wanted = words.casefold().split()
    kept = [row for row in rows if all(word in row.name.casefold() for word in wanted)]
    values = {
        "km": lambda row: row.distance_m, "hours": lambda row: row.driving_s, "idle": lambda row: row.idle_s,
        "trips": lambda row: row.trips, "days": lambda row: row.days,
    }  # fmt: skip
    kept.sort(key=lambda row: row.name.casefold())
    if sort in values:
        kept.sort(key=values[sort], reverse=True)
    return kept


def summed(rows: Iterable[Row]) -> Row:
    """All of them as one."""
    whole = Row(None, None, "")
    for row in rows:
        whole.trips += row.trips
        whole.distance_m += row.distance_m
        whole.driving_s += row.driving_s
        whole.idle_s += row.idle_s
        for day, metres in row.by_day.items():
            whole.by_day[day] = whole.by_day.get(day, 0.0) + metres
    return whole


def bars(row: Row) -> str:
    """The days as bars: the path of an SVG, 4 wide for each day and 16 high for the longest."""
    most = max(row.by_day.values(), default=0.0) or 1.0
    highs = ((day, max(1, round(16 * metres / most))) for day, metres in sorted(row.by_day.items()))
    return "".join(f"M{4 * day - 4} 16v-{high}h3v{high}z" for day, high in highs)


@dataclass(frozen=True, slots=True)
class Cell:
    """A day of the calendar; ``level`` 0 (nothing) to LEVELS."""

    day: date
    inside: bool
    trips: int
    km: float
    driving_s: float
    level: int


def month_cells(trips: Iterable[StoredTrip], month: date) -> list[list[Cell]]:
    """The weeks of a month, Monday first; a trip counts for the Brussels day on which it starts."""
    days: dict[date, list[StoredTrip]] = {}
    for trip in trips:
        days.setdefault(clock.day_of(trip.start), []).append(trip)
    inside = {day: found for day, found in days.items() if (day.year, day.month) == (month.year, month.month)}
    most = max((sum(t.distance_m for t in found) for found in inside.values()), default=0.0)
    weeks = calendars.Calendar().monthdatescalendar(month.year, month.month)
    return [[_cell(day, inside.get(day, []), month, most) for day in week] for week in weeks]


def _cell(day: date, found: Sequence[StoredTrip], month: date, most: float) -> Cell:
    metres = sum(one.distance_m for one in found)
    level = min(LEVELS, 1 + int(LEVELS * metres / most)) if found and most else 0
    return Cell(
        day, day.month == month.month, len(found), metres / 1000, sum(one.moving_s for one in found), level
    )  # fmt: skip


def following(month: date) -> date:
    """The first of the next month."""
    return (month.replace(day=1) + timedelta(days=32)).replace(day=1)


def preceding(month: date) -> date:
    """The first of the month before."""
    return (month.replace(day=1) - timedelta(days=1)).replace(day=1)
