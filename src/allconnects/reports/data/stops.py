"""Rows about stops, and what lies between the trips of a person's day."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import groupby, islice, pairwise
from typing import Any, Final

from allconnects.reports.columns import Row
from allconnects.reports.data.others import Others
from allconnects.reports.data.sql import PERSON, VEHICLE, Where, day_of, ordered, stream, team_at
from allconnects.reports.data.trips import Trip, named_trips
from allconnects.reports.definition import Ask
from allconnects.reports.uses import UseRule, use_rule
from allconnects.trips.ends import End, names_of
from allconnects.trips.models import Use

_AT_ONCE: Final = 2000
_STOPS: Final = f"""
    SELECT {VEHICLE} AS vehicle, {PERSON} AS person, {team_at("s.start_at")} AS team, {day_of("s.start_at")} AS day,
        s.start_at, s.end_at, coalesce(here.name, nullif(before.end_place, '')) AS place,
        extract(epoch FROM s.end_at - s.start_at)::float8 AS standing_s,
        p.id AS person_id, s.device_id, nullif(before.purpose, '') AS before_use,
        before.start_at AS before_began, before.end_at AS before_ended, s.lat_e7, s.lon_e7
    FROM trips_stop s
    JOIN telemetry_device d ON d.organisation_id = s.organisation_id AND d.id = s.device_id
    LEFT JOIN fleet_vehicle v ON v.organisation_id = s.organisation_id AND v.id = s.vehicle
    LEFT JOIN fleet_person p ON p.organisation_id = s.organisation_id AND p.id = s.person
    LEFT JOIN LATERAL (
        SELECT pl.name FROM places_visit pv
        JOIN places_place pl ON pl.organisation_id = pv.organisation_id AND pl.id = pv.place_id
        WHERE pv.organisation_id = s.organisation_id AND pv.device_id = s.device_id
          AND pv.enter <= s.end_at AND pv.leave >= s.start_at ORDER BY pv.enter LIMIT 1) here ON true
    LEFT JOIN LATERAL (
        SELECT t.end_place, t.purpose, t.start_at, t.end_at
        FROM trips_trip t
        WHERE t.organisation_id = s.organisation_id AND t.device_id = s.device_id AND t.shown
          AND t.start_at <= s.start_at AND t.start_at > s.start_at - interval '2 days'
        ORDER BY t.start_at DESC LIMIT 1) before ON true
    WHERE s.organisation_id = %(organisation)s AND s.start_at >= %(begin)s AND s.start_at < %(end)s
      AND s.shown AND s.material IS NULL AND d.kind <> 'material'"""


def stop_rows(ask: Ask) -> Iterator[Row]:
    """One row a stop of at least so many minutes.

    Where a private trip led stays with the person. A stop counts as the moment at which it begins: that a van stands
    through the night is no reason to hide where it was parked at six in the evening.
    """
    where = Where.of(ask, vehicles="v.id", people="p.id").team(ask, "s.start_at")
    least, rule, others = ask.numbers["least_minutes"] * 60, use_rule(ask.organisation), Others(ask)
    rows = stream(ordered(f"{_STOPS} {where.sql}", ask.group, "vehicle", "start_at"), where.values)
    kept = (row for row in rows if row[7] >= least and _within(ask, row))
    while part := list(islice(kept, _AT_ONCE)):
        for row, place in zip(part, _places(ask.organisation, part, rule), strict=True):
            if row[8] is not None and others.hides_time(str(row[8]), row[4]):
                continue
            hidden = row[8] is not None and others.hides_place(str(row[8]))
            yield (*row[:6], None if hidden else place, row[7], 1, f"{row[9]}-{row[4].timestamp():.0f}")
    others.note()


def _within(ask: Ask, row: tuple[Any, ...]) -> bool:
    return ask.hours is None or ask.hours.allows(row[8], row[4], row[4], row[3])


def _places(organisation: int, rows: list[tuple[Any, ...]], rule: UseRule) -> list[str | None]:
    """Where each stop was: the place visited, what a person said, else the town; nothing after a private trip."""
    ends = [End(row[13] / 1e7, row[14] / 1e7, row[4], row[6] or "") for row in rows]
    names = names_of(organisation, ends)
    return [None if _after_private(row, rule) else name or None for row, name in zip(rows, names, strict=True)]


def _after_private(row: tuple[Any, ...], rule: UseRule) -> bool:
    use, began, ended = row[10:13]
    if use is None and began is not None:
        use = rule.use(row[8], began, ended)
    return bool(use == Use.PRIVATE)


def driver_day_rows(ask: Ask) -> Iterator[Row]:
    """One row a person and day: first start, last end, driving, breaks between. Private trips are left out."""
    first = {"person": ("person", "day"), "day": ("day", "person"), "team": ("person", "day")}.get(ask.group, ())
    order = (*first, "person_id", "start_at", "id")
    known = (trip for trip in named_trips(ask, *order) if trip.person_id is not None and not trip.private)
    for _key, group in groupby(known, key=lambda trip: (trip.person_id, trip.day)):
        yield _driver_day(list(group))


def _driver_day(day: list[Trip]) -> Row:
    first, last = day[0], max(day, key=lambda trip: trip.ended)
    breaks = [(b.began - a.ended).total_seconds() for a, b in pairwise(day)]
    places = list(dict.fromkeys(trip.end_place for trip in day if trip.end_place))
    return (
        first.person, first.team, first.day, first.began, last.ended, (last.ended - first.began).total_seconds(),
        sum(trip.moving_s + trip.idle_s for trip in day), sum(max(0.0, one) for one in breaks),
        max((one for one in breaks), default=None), len(day), sum(trip.distance_m for trip in day),
        first.start_place, ", ".join(places), ", ".join(dict.fromkeys(trip.vehicle for trip in day)), 1,
        str(first.person_id),
    )  # fmt: skip
