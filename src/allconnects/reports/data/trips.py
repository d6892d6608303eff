"""Rows about trips and stops."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime
from itertools import islice
from typing import Any, Final
from uuid import UUID

from allconnects.reports.columns import Row
from allconnects.reports.data.others import Others
from allconnects.reports.data.sql import PERSON, VEHICLE, Where, all_rows, day_of, ordered, stream, team_at
from allconnects.reports.definition import Ask
from allconnects.reports.uses import use_rule
from allconnects.trips.ends import End, names_of
from allconnects.trips.models import Use

_NAMED_AT_ONCE: Final = 2000

_FROM: Final = """
    FROM trips_trip t
    JOIN telemetry_device d ON d.organisation_id = t.organisation_id AND d.id = t.device_id
    LEFT JOIN fleet_vehicle v ON v.organisation_id = t.organisation_id AND v.id = t.vehicle
    LEFT JOIN fleet_person p ON p.organisation_id = t.organisation_id AND p.id = t.person
    WHERE t.organisation_id = %(organisation)s AND t.start_at >= %(begin)s AND t.start_at < %(end)s
      AND t.shown AND t.material IS NULL AND d.kind <> 'material'"""
_COLUMNS: Final = f"""
    {VEHICLE} AS vehicle, {PERSON} AS person, {team_at("t.start_at")} AS team, {day_of("t.start_at")} AS day,
    t.start_at, t.end_at, t.start_place, t.end_place, t.distance_m, t.moving_s, t.idle_s, t.max_speed_kmh,
    nullif(t.purpose, '') AS use, nullif(t.purpose_by, '') AS voice,
    p.id AS person_id, v.id AS vehicle_id, v.vehicle_class, v.fuel, v.co2_g_km, t.device_id, t.id,
    t.start_lat_e7, t.start_lon_e7, t.end_lat_e7, t.end_lon_e7"""


@dataclass(slots=True)
class Trip:
    """A trip with what reports need of it. ``use`` and ``voice``: what it was for and who says so."""

    vehicle: str
    person: str | None
    team: str | None
    day: date
    began: datetime
    ended: datetime
    start_place: str
    end_place: str
    distance_m: float
    moving_s: float
    idle_s: float
    top_kmh: float | None
    use: str
    voice: str
    person_id: UUID | None
    vehicle_id: int | None
    vehicle_class: str | None
    fuel: str | None
    co2_g_km: int | None
    device: int
    number: int
    start_lat_e7: int
    start_lon_e7: int
    end_lat_e7: int
    end_lon_e7: int
    hidden: bool = False

    @property
    def private(self) -> bool:
        """Whether where and when stay with the person."""
        return self.hidden or self.use == Use.PRIVATE


def trips(ask: Ask, *order: str) -> Iterator[Trip]:
    """Trips that begin in the period, by group and then ``order``; those outside working hours only if asked for."""
    where = Where.of(ask, vehicles="v.id", people="p.id").team(ask, "t.start_at")
    order = order or ("vehicle", "start_at", "id")
    allows, others = use_rule(ask.organisation).hours.allows, Others(ask)
    sql = ordered(f"SELECT {_COLUMNS} {_FROM} {where.sql}", ask.group, *order)
    for row in stream(sql, where.values):
        within = True
        if ask.hours is not None or row[12] is None:
            # The rule and the filter go by the same hours: asked once.
            within = allows(row[14], row[4], row[5], row[3])
        if within or ask.hours is None:
            yield others.seen(_trip(row, within))
    others.note()


def count_without_driver(ask: Ask) -> int:
    """How many trips of vehicles in the period have no driver; working hours are left aside."""
    values = {"organisation": ask.organisation, "begin": ask.begin, "end": ask.end}
    ((count,),) = all_rows(f"SELECT count(*) {_FROM} AND p.id IS NULL AND v.id IS NOT NULL", values)
    return int(count)


def named_trips(ask: Ask, *order: str, viewer: int | None = None) -> Iterator[Trip]:
    """The same, with names where they begin and end that nobody said."""
    return _with_names(ask.organisation, trips(ask, *order), viewer, None)


def _with_names(organisation: int, found: Iterator[Trip], viewer: int | None, most: int | None) -> Iterator[Trip]:
    """Trips with names, some thousands at a time; from the ``most``-th on without."""
    while part := list(islice(found, _NAMED_AT_ONCE if most is None else min(most, _NAMED_AT_ONCE))):
        yield from _named(organisation, part, viewer)
        most = None if most is None else most - len(part)
    yield from found


def _named(organisation: int, part: list[Trip], viewer: int | None) -> Iterator[Trip]:
    ends = [End(one.start_lat_e7 / 1e7, one.start_lon_e7 / 1e7, one.began, one.start_place) for one in part]
    ends += [End(one.end_lat_e7 / 1e7, one.end_lon_e7 / 1e7, one.ended, one.end_place) for one in part]
    names = names_of(organisation, ends, viewer)
    for one, start, end in zip(part, names[: len(part)], names[len(part) :], strict=True):
        one.start_place, one.end_place = start, end
        yield one


def _trip(row: tuple[Any, ...], within: bool) -> Trip:
    if row[12] is not None:
        return Trip(*row)
    values: list[Any] = [*row[:12], Use.BUSINESS.value if within else Use.PRIVATE.value, "rule", *row[14:]]
    return Trip(*values)


def trip_rows(ask: Ask) -> Iterator[Row]:
    """One row a trip. Of a private trip only day and kilometres are told."""
    words = {value: str(label) for value, label in Use.choices}
    for trip in _with_names(ask.organisation, trips(ask), None, ask.named):
        where = (None,) * 4 if trip.private else (trip.began, trip.ended, trip.start_place, trip.end_place)
        yield (
            trip.vehicle, trip.person, trip.team, trip.day, *where, trip.distance_m, trip.moving_s, trip.idle_s,
            None if trip.private else trip.top_kmh, words[trip.use], f"{trip.device}-{trip.number}",
        )  # fmt: skip


def speed_rows(ask: Ask) -> Iterator[Row]:
    """Trips whose top speed is above the limit that was asked for."""
    limit = ask.numbers["limit_kmh"]
    fast = (one for one in trips(ask) if one.top_kmh is not None and one.top_kmh > limit and not one.private)
    for trip in _with_names(ask.organisation, fast, None, ask.named):
        top = trip.top_kmh or 0.0
        yield (
            trip.vehicle, trip.person, trip.team, trip.day, trip.began, trip.ended, trip.start_place,
            trip.end_place, top, top - limit, trip.distance_m, 1, f"{trip.device}-{trip.number}",
        )  # fmt: skip
