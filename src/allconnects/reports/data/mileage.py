"""Kilometres by what they were for, added up in the database: a year of a large fleet is millions of trips.

What nobody said is decided by working hours (``reports.uses``). The database gets them as the instants of every day:
``near`` holds for each book of hours (those for all, those of teams that somebody is in together) and day the spans
that ``Schedule.allows`` would look at.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from datetime import date, timedelta
from itertools import pairwise
from typing import Any, Final
from uuid import UUID

from allconnects.reports.columns import Row
from allconnects.reports.data.others import Others
from allconnects.reports.data.sql import PERSON, VEHICLE, Where, day_of, ordered, stream, team_at
from allconnects.reports.definition import Ask
from allconnects.reports.hours import HoursBook, Schedule
from allconnects.reports.uses import use_rule

_ALL: Final = 0
"""The book of those who are in no team with hours of its own."""
_NEVER: Final = date(2199, 12, 31)
_NOON: Final = "((w.day + time '12:00') AT TIME ZONE 'Europe/Brussels')"
_WITHIN: Final = """(n.early[{0}] <= o.start_at AND o.end_at <= n.late[{0}]
    AND n.opens[{0}] < o.end_at AND n.closes[{0}] > o.start_at)"""
"""Whether a trip is within one of the spans near its day; written out for each, since to unnest them costs more."""
_ADDED: Final = f"""
    WITH near AS MATERIALIZED (
        SELECT book, day, array_agg(early) AS early, array_agg(opens) AS opens, array_agg(closes) AS closes,
            array_agg(late) AS late
        FROM unnest(%(books)s::int[], %(days)s::date[], %(early)s::float8[], %(opens)s::float8[], %(closes)s::float8[],
            %(late)s::float8[]) u(book, day, e, o, c, l),
            LATERAL (SELECT to_timestamp(e) AS early, to_timestamp(o) AS opens, to_timestamp(c) AS closes,
                to_timestamp(l) AS late) at
        GROUP BY book, day),
    members AS MATERIALIZED (
        SELECT * FROM unnest(%(persons)s::uuid[], %(firsts)s::date[], %(lasts)s::date[], %(of)s::int[])
            u(person, first, last, book)),
    trip AS (
        SELECT t.device_id, t.vehicle, t.person, {day_of("t.start_at")} AS day, t.start_at, t.end_at, t.distance_m,
            nullif(t.purpose, '') AS use, nullif(t.purpose_by, '') AS voice
        FROM trips_trip t
        WHERE t.organisation_id = %(organisation)s AND t.start_at >= %(begin)s AND t.start_at < %(end)s
          AND t.shown AND t.material IS NULL {{narrowed}}),
    said AS (
        SELECT o.device_id, o.vehicle, o.person, {{day}} AS day, o.distance_m,
            coalesce(o.use, CASE WHEN {{within}} THEN 'business' ELSE 'private' END) AS use,
            CASE WHEN o.use IS NULL THEN 'rule' ELSE o.voice END AS voice
        FROM trip o
        LEFT JOIN members m ON m.person = o.person AND o.day BETWEEN m.first AND m.last
        LEFT JOIN near n ON n.day = o.day AND n.book = coalesce(m.book, {_ALL})
        OFFSET 0),
    added AS (
        SELECT device_id, vehicle, person, day, sum(distance_m) AS distance_m,
            sum(distance_m) FILTER (WHERE use = 'business') AS business_m,
            sum(distance_m) FILTER (WHERE use = 'commute') AS commute_m,
            sum(distance_m) FILTER (WHERE use = 'private') AS private_m, count(*)::int AS trips,
            (count(*) FILTER (WHERE voice = 'driver'))::int AS by_driver,
            (count(*) FILTER (WHERE voice = 'manager'))::int AS by_manager,
            (count(*) FILTER (WHERE voice = 'rule'))::int AS by_rule
        FROM said GROUP BY 1, 2, 3, 4)
    SELECT {VEHICLE} AS vehicle, {PERSON} AS person, {{team}} AS team, w.day, w.distance_m, w.business_m, w.commute_m,
        w.private_m, w.trips, w.by_driver, w.by_manager, w.by_rule, w.device_id, w.vehicle AS vehicle_id,
        w.person AS person_id
    FROM added w
    JOIN telemetry_device d ON d.organisation_id = %(organisation)s AND d.id = w.device_id
    LEFT JOIN fleet_vehicle v ON v.organisation_id = %(organisation)s AND v.id = w.vehicle
    LEFT JOIN fleet_person p ON p.organisation_id = %(organisation)s AND p.id = w.person
    WHERE d.kind <> 'material'"""


def mileage_rows(ask: Ask) -> Iterator[Row]:
    """One row a vehicle, driver and day: metres under what they were for, and how many trips a person said it of.

    Sums of vehicles or drivers over a whole period have no days. Made only for purposes of all hours.
    """
    whole = ask.summary and ask.group in ("vehicle", "person") and not ask.teams
    where = Where.of(ask, vehicles="t.vehicle", people="t.person")
    narrowed, where.parts = where.sql, []
    where.team(ask, _NOON)
    first = {"person": ("person", "day", "vehicle"), "day": ("day", "vehicle")}.get(ask.group, ("vehicle", "day"))
    others, hours = Others(ask), _hours(use_rule(ask.organisation).hours, ask)
    most = max(Counter(zip(hours["books"], hours["days"], strict=True)).values(), default=1)
    sql = _ADDED.format(
        narrowed=narrowed, day="NULL::date" if whole else "o.day", team="NULL" if whole else team_at(_NOON),
        within=" OR ".join(_WITHIN.format(number) for number in range(1, most + 1)),
    )  # fmt: skip
    values = {**where.values, **hours}
    for row in stream(ordered(f"{sql} {where.sql}", ask.group, *first, "device_id", "vehicle_id", "person_id"), values):
        device, vehicle, person = row[12:]
        if person is not None:
            others.counted(str(person))
        yield (*row[:12], f"{device}-{vehicle}-{person}")
    others.note()


def _hours(book: HoursBook, ask: Ask) -> dict[str, list[Any]]:
    """Working hours as arrays: what each book says of each day, and whose book is which when."""
    days = [ask.first + timedelta(days=number) for number in range(ask.days)]
    segments = list(_segments(book))
    books = {(): _ALL} | {teams: number for number, teams in enumerate(sorted({one[3] for one in segments}), 1)}
    near = [
        (number, day, start - margin, start, stop, stop + margin)
        for teams, number in books.items()
        for schedule in _schedules(book, teams)
        for margin in (schedule.margin.total_seconds(),)
        for day in days
        for start, stop in schedule.near(day)
    ]
    persons = [(person, first, last, books[teams]) for person, first, last, teams in segments]
    return dict(zip(("books", "days", "early", "opens", "closes", "late"), _columns(near, 6), strict=True)) | dict(
        zip(("persons", "firsts", "lasts", "of"), _columns(persons, 4), strict=True)
    )


def _columns(rows: list[tuple[Any, ...]], width: int) -> list[list[Any]]:
    return [[row[place] for row in rows] for place in range(width)]


def _schedules(book: HoursBook, teams: tuple[int, ...]) -> list[Schedule]:
    return [book.teams[team] for team in teams] or [book.whole]


def _segments(book: HoursBook) -> Iterator[tuple[UUID, date, date, tuple[int, ...]]]:
    """(person, first day, last day, teams): when somebody goes by the hours of which teams; the rest of the time by
    those for all."""
    for person, spans in book.members.items():
        known = [(team, first, until or _NEVER) for team, first, until in spans if team in book.teams]
        edges = sorted({first for _team, first, _last in known} | {last + timedelta(days=1) for _t, _f, last in known})
        for begin, behind in pairwise(edges):
            teams = tuple(sorted({team for team, first, last in known if first <= begin <= last}))
            if teams:
                yield person, begin, behind - timedelta(days=1), teams
