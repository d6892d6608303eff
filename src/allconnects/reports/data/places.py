"""Rows about visits: who and what was at which place how long."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from itertools import groupby
from typing import Any, Final

from django.utils.translation import gettext as _

from allconnects.kit import clock
from allconnects.kit.clock import BRUSSELS
from allconnects.reports.columns import Row
from allconnects.reports.data.answered import Answers
from allconnects.reports.data.others import Others
from allconnects.reports.data.sql import PERSON, VEHICLE, Where, day_of, ordered, stream, team_at
from allconnects.reports.definition import Ask
from allconnects.reports.firm import hours_book
from allconnects.reports.hours import HoursBook
from allconnects.reports.presence import Presence, answered, presence

Span = tuple[datetime, datetime]
_LASTED: Final = "w.leave - w.enter >= make_interval(secs => pl.dwell_s)"
"""Who drives past is no visitor: a place says from how long a stay on it counts, here as on its own page."""
_VISITS: Final = f"""
    SELECT pl.name AS site, {VEHICLE} AS vehicle, {PERSON} AS person, {team_at("w.enter")} AS team,
        {day_of("w.enter")} AS day, w.enter, w.leave, extract(epoch FROM w.leave - w.enter)::float8 AS stay_s,
        pl.number, pl.kind, p.id AS person_id, w.device_id
    FROM places_visit w
    JOIN places_place pl ON pl.organisation_id = w.organisation_id AND pl.id = w.place_id
    JOIN telemetry_device d ON d.organisation_id = w.organisation_id AND d.id = w.device_id
    LEFT JOIN fleet_installation i ON i.organisation_id = w.organisation_id AND i.device_id = w.device_id
        AND i.during @> w.enter
    LEFT JOIN fleet_vehicle v ON v.organisation_id = w.organisation_id AND v.id = i.vehicle_id
    LEFT JOIN fleet_occupancy o ON o.organisation_id = w.organisation_id AND o.vehicle_id = v.id
        AND o.role = 'driver' AND o.during @> w.enter
    LEFT JOIN fleet_person p ON p.organisation_id = w.organisation_id AND p.id = coalesce(o.person_id, i.person_id)
    WHERE w.organisation_id = %(organisation)s AND w.enter >= %(begin)s AND w.enter < %(end)s
      AND {_LASTED} AND i.material_id IS NULL AND d.kind <> 'material'"""


def visit_rows(ask: Ask) -> Iterator[Row]:
    """One row a visit of a vehicle or of a person's own device."""
    where = Where.of(ask, vehicles="v.id", people="p.id", sites="w.place_id").team(ask, "w.enter")
    sql = ordered(f"{_VISITS} {where.sql}", ask.group, "site", "enter", "device_id")
    others = Others(ask)
    for row in stream(sql, where.values):
        if ask.hours is None or ask.hours.allows(row[10], row[5], row[5]):
            if row[10] is not None and others.hides_visit(str(row[10]), row[5]):
                continue
            yield (*row[:9], 1, f"{row[11]}-{row[5].timestamp():.0f}")
    others.note()


# Who is at a site: a vehicle while it is there; a person while his own device is, or while the vehicle is in which he
# arrived, as driver or passenger; he may badge out on arrival, so a quarter of an hour before counts. A later end of
# his in that vehicle is a sign of when he was there (``reports.presence``). What a human answered of a stay that nobody
# closed goes before all of that.
PRESENCE: Final = f"""
    SELECT pl.name AS site, pl.number, CASE WHEN p.id IS NULL THEN 'vehicle' ELSE 'person' END,
        CASE WHEN p.id IS NULL THEN {VEHICLE} ELSE {PERSON} END AS who, {team_at("w.enter")} AS team,
        w.enter, w.leave, p.id, coalesce(p.id::text, 'v' || v.id::text, 'd' || d.id::text) AS key, pl.id,
        CASE WHEN p.id IS NOT NULL AND i.person_id IS NULL THEN 1 ELSE 0 END, sign.at, sign.by_hand, v.id
    FROM places_visit w
    JOIN places_place pl ON pl.organisation_id = w.organisation_id AND pl.id = w.place_id
    JOIN telemetry_device d ON d.organisation_id = w.organisation_id AND d.id = w.device_id
    LEFT JOIN fleet_installation i ON i.organisation_id = w.organisation_id AND i.device_id = w.device_id
        AND i.during @> w.enter
    LEFT JOIN fleet_vehicle v ON v.organisation_id = w.organisation_id AND v.id = i.vehicle_id
    LEFT JOIN LATERAL (
        SELECT i.person_id AS id WHERE i.person_id IS NOT NULL
        UNION SELECT o.person_id FROM fleet_occupancy o
        WHERE o.organisation_id = w.organisation_id AND o.vehicle_id = v.id
          AND o.during && tstzrange(w.enter - interval '15 minutes', w.enter, '[]')
        UNION SELECT NULL::uuid WHERE v.id IS NOT NULL) who ON true
    LEFT JOIN fleet_person p ON p.organisation_id = w.organisation_id AND p.id = who.id
    LEFT JOIN LATERAL (
        SELECT upper(o.during) AS at, o.source = 'manual' AS by_hand FROM fleet_occupancy o
        WHERE o.organisation_id = w.organisation_id AND o.vehicle_id = v.id AND o.person_id = p.id
          AND o.during && tstzrange(w.enter, w.leave) AND upper(o.during) <= w.leave
          AND upper(o.during) > w.enter + interval '15 minutes'
        ORDER BY 1 DESC LIMIT 1) sign ON i.person_id IS NULL
    WHERE w.organisation_id = %(organisation)s AND w.enter < %(end)s AND w.leave > %(begin)s
      AND w.enter > %(begin)s::timestamptz - interval '31 days'
      AND {_LASTED} AND i.material_id IS NULL AND d.kind <> 'material' AND (p.id IS NOT NULL OR v.id IS NOT NULL)"""


def site_hours_rows(ask: Ask) -> Iterator[Row]:
    """One row a site, person or vehicle, and day: first arrival, last departure, time there.

    Time is the union of what several devices say, cut at midnight in Brussels. Of who came in a vehicle that stays
    beyond his working day, only what ``reports.presence`` says.
    """
    where = Where.of(ask, people="p.id", sites="w.place_id", vehicles="v.id").team(ask, "w.enter")
    if ask.people or ask.teams:
        where.parts.append("p.id IS NOT NULL")
    sql = f"{PRESENCE} {where.sql} ORDER BY lower(pl.name), pl.id, lower(coalesce({PERSON}, {VEHICLE})), key, w.enter"
    rows = _told(ask, stream(sql, where.values))
    return rows if ask.group in ("", "site") else iter(_regrouped(ask, rows))


def site_hours_notes(ask: Ask) -> list[str]:
    """How the hours of those who came in a vehicle are counted."""
    del ask
    return [
        _("Who came in a vehicle that stays longer than his working day counts until the last sign of him, else until "
          "the end of his working hours; this is marked as not closed. Say in the inbox when he left.")
    ]  # fmt: skip


def _told(ask: Ask, rows: Iterator[tuple[Any, ...]]) -> Iterator[Row]:
    others = Others(ask)
    yield from _days(ask, (row for row in rows if row[7] is None or not others.hides_visit(str(row[7]), row[5])))
    others.note()


@dataclass(slots=True)
class _Stay:
    """Somebody or something at a site: from when until when, inferred from a vehicle, and whether an end is known."""

    begin: datetime
    end: datetime
    inferred: int
    closed: bool = True


def _days(ask: Ask, rows: Iterator[tuple[Any, ...]]) -> Iterator[Row]:
    book, answers = hours_book(ask.organisation), Answers.read(Where.of(ask).values)
    for _key, group in groupby(rows, key=lambda row: (row[9], row[8])):
        found = list(group)
        head = found[0]
        allowed = [row for row in found if ask.hours is None or ask.hours.allows(row[7], row[5], row[5])]
        stays = [_stay(book, answers, row) for row in allowed]
        for day, parts in _by_day(ask, stays):
            seconds = sum((end - begin).total_seconds() for begin, end in parts)
            person = head[3] if head[2] == "person" else None
            vehicle = head[3] if head[2] == "vehicle" else None
            first, last = parts[0][0], parts[-1][1]
            inferred = sum(one.inferred for one in stays if one.begin < last and one.end > first)
            unclosed = sum(not one.closed and clock.day_of(one.begin) == day for one in stays) if person else None
            yield (
                head[0], head[1], person, vehicle, head[4], day, first, last, seconds if person else None,
                seconds if vehicle else None, inferred, unclosed, f"{head[9]}-{head[8]}",
            )  # fmt: skip


def _stay(book: HoursBook, answers: Answers, row: tuple[Any, ...]) -> _Stay:
    if not row[10]:
        return _Stay(row[5], row[6], 0)
    found = inferred(book, answers, row)
    return _Stay(found.begin, found.end, 1, found.closed)


def inferred(book: HoursBook, answers: Answers, row: tuple[Any, ...]) -> Presence:
    """How long somebody was there who came in a vehicle; ``row``: one of ``PRESENCE``."""
    _site, _number, _what, _who, _team, enter, leave, person, _key, place, _by, sign, by_hand, vehicle = row
    said = answers.of(vehicle, person, place, enter, leave)
    if said is not None:
        return answered(enter, leave, said.until)
    return presence(enter, leave, book.schedules(person, enter), sign, bool(by_hand))


def _by_day(ask: Ask, stays: list[_Stay]) -> Iterator[tuple[date, list[Span]]]:
    """Time by day; a stay of no time that nobody closed is told, too."""
    days: dict[date, list[Span]] = {}
    for piece in (piece for span in merged((one.begin, one.end) for one in stays) for piece in by_midnight(span)):
        days.setdefault(clock.day_of(piece[0]), []).append(piece)
    for one in stays:
        if not one.closed:
            days.setdefault(clock.day_of(one.begin), [(one.begin, one.begin)])
    yield from sorted((day, parts) for day, parts in days.items() if ask.first <= day <= ask.last)


def _regrouped(ask: Ask, rows: Iterator[Row]) -> list[Row]:
    """Rows by another column than the site: one a site, person and day, so they fit into memory."""
    place = {"person": 2, "vehicle": 3, "team": 4, "day": 5}[ask.group]
    kept = (row for row in rows if row[place] is not None)
    return sorted(kept, key=lambda row: (str(row[place]).lower(), str(row[place]), row[5], row[6]))


def merged(spans: Iterable[Span]) -> list[Span]:
    """Their union, in order."""
    found: list[Span] = []
    for begin, end in sorted(spans):
        if found and begin <= found[-1][1]:
            found[-1] = (found[-1][0], max(found[-1][1], end))
        elif end > begin:
            found.append((begin, end))
    return found


def by_midnight(span: Span) -> Iterator[Span]:
    """The span cut at midnights of Brussels."""
    begin, end = span
    while True:
        day = clock.day_of(begin)
        # In UTC: differences of two Brussels times count the clock, not the hours of a night when it changes.
        midnight = datetime.combine(day + timedelta(days=1), time(), BRUSSELS).astimezone(UTC)
        if end <= midnight:
            yield begin, end
            return
        yield begin, midnight
        begin = midnight


_MATERIALS: Final = f"""
    SELECT m.name || CASE WHEN m.serial = '' THEN '' ELSE ' · ' || m.serial END AS material, m.category,
        pl.name AS site, pl.number, {day_of("w.enter")} AS day, w.enter, w.leave, m.id AS material_id,
        pl.id AS site_id
    FROM places_visit w
    JOIN places_place pl ON pl.organisation_id = w.organisation_id AND pl.id = w.place_id
    JOIN fleet_installation i ON i.organisation_id = w.organisation_id AND i.device_id = w.device_id
        AND i.during @> w.enter
    JOIN fleet_material m ON m.organisation_id = w.organisation_id AND m.id = i.material_id
    WHERE w.organisation_id = %(organisation)s AND w.enter < %(end)s AND w.leave > %(begin)s AND {_LASTED}"""


def material_rows(ask: Ask) -> Iterator[Row]:
    """One row a material and site: first and last day there, days, time, and whether it is still there."""
    where = Where.of(ask, sites="w.place_id", materials="m.id")
    order = ("material", "material_id", "site", "site_id", "enter")
    sql = ordered(f"{_MATERIALS} {where.sql}", ask.group, *order)
    from allconnects.fleet.models.things import Category

    words = {value: str(label) for value, label in Category.choices}
    for _key, group in groupby(stream(sql, where.values), key=lambda r: (r[7], r[8])):
        stays = list(group)
        begin, end = ask.begin, ask.end
        spans = merged((max(row[5], begin), min(row[6], end)) for row in stays)
        if not spans:
            continue
        head = stays[0]
        days = {clock.day_of(piece[0]) for span in spans for piece in by_midnight(span)}
        yield (
            head[0], words.get(head[1], head[1]), head[2], head[3], spans[0][0], spans[-1][1], len(days),
            sum((end - begin).total_seconds() for begin, end in spans), f"{head[7]}-{head[8]}",
        )  # fmt: skip
