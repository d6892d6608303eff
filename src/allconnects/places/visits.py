"""Visits of devices to places, worked out from tracks; the same positions give the same visits in any order and batch.

What is new goes on from the visits that are running; what is late, or a changed place, is worked out again from the
visit that it falls into. Everything of one device happens under one lock, in the transaction of the caller.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Any, NamedTuple

import numpy as np
from django.db import connection

from allconnects.kit import clock, config
from allconnects.places.active import fences_of
from allconnects.places.attribution import attribute
from allconnects.places.fences import Fences
from allconnects.places.models import Place
from allconnects.places.stays import REJOIN_MS, Stays, joined, stays
from allconnects.telemetry.store.reader import track

WHO = "process:worker"
PURPOSE = "fleet.dispatch"
_FOREVER = 2**62
_AHEAD = timedelta(days=1)
"""Clocks of devices may be ahead a little; what is further ahead has no plausible time."""
_LOCK = "SELECT pg_advisory_xact_lock(hashtextextended(%s, 0))"
_DUE = "SELECT device_id FROM places_due WHERE organisation_id = %s ORDER BY since DESC LIMIT %s"
_TAKE = "DELETE FROM places_due WHERE organisation_id = %s AND device_id = %s RETURNING since"
_STRADDLING = """
    SELECT min(enter) FROM places_visit
    WHERE organisation_id = %s AND device_id = %s AND enter < %s AND leave >= %s"""
_COLUMNS = "place_id, enter, leave, before, after, fixes, vehicle, material, person"
_CARRIED = f"""
    SELECT {_COLUMNS} FROM places_visit
    WHERE organisation_id = %(organisation)s AND device_id = %(device)s AND enter < %(start)s
      AND (leave >= %(start)s OR after IS NULL OR after >= %(start)s OR leave > %(start)s - %(rejoin)s)"""
_STORED = f"""
    SELECT {_COLUMNS} FROM places_visit
    WHERE organisation_id = %(organisation)s AND device_id = %(device)s AND enter >= %(start)s"""
_DROP = """
    DELETE FROM places_visit WHERE organisation_id = %s AND device_id = %s AND enter = %s AND place_id = %s"""
_PUT = f"""
    INSERT INTO places_visit (organisation_id, device_id, {_COLUMNS})
    VALUES (%s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s)"""


class Row(NamedTuple):
    """A visit as it is stored."""

    place: int
    enter: datetime
    leave: datetime
    before: datetime | None
    after: datetime | None
    fixes: int
    vehicle: int | None = None
    material: int | None = None
    person: Any = None


@dataclass(frozen=True, slots=True)
class Outcome:
    """Visits written and removed; neither counts what stayed as it was."""

    written: int = 0
    removed: int = 0


def due_devices(organisation: int, most: int) -> list[int]:
    """Devices whose visits must be worked out again, those with the newest news first."""
    with connection.cursor() as cursor:
        cursor.execute(_DUE, [organisation, most])
        return [row[0] for row in cursor.fetchall()]


def ready(organisation: int) -> tuple[Fences, list[Place]]:
    """The fences of all places, made once for many devices."""
    places = list(Place.objects.filter(organisation_id=organisation).order_by("id"))
    return fences_of(places), places


def work_out(organisation: int, device: int, fences: Fences) -> Outcome:
    """Bring the visits of a device up to date from where it is due. Nothing is due: nothing happens.

    Raises what ``telemetry.store.reader.track`` raises; then nothing has changed.
    """
    with connection.cursor() as cursor:
        cursor.execute(_LOCK, [f"visits {organisation} {device}"])
        cursor.execute(_TAKE, [organisation, device])
        row = cursor.fetchone()
        if row is None:
            return Outcome()
        start = _start(cursor, organisation, device, row[0])
        about: dict[str, Any] = {"organisation": organisation, "device": device, "start": start}
        cursor.execute(_CARRIED, about | {"rejoin": timedelta(milliseconds=REJOIN_MS)})
        carried = [Row(*one) for one in cursor.fetchall()]
        cursor.execute(_STORED, about)
        stored = [*carried, *(Row(*one) for one in cursor.fetchall())]
        now = clock.now()
        found = track(cursor, organisation, device, start, now + _AHEAD, purpose=PURPOSE, who=WHO)
        before = _fix_before(cursor, organisation, device, start) if len(found) and len(fences) else -1
        wanted = visits(fences, found.time_ms, found.lat_e7 / 1e7, found.lon_e7 / 1e7, carried, before)
        return _write(cursor, organisation, device, stored, attribute(cursor, organisation, device, wanted))


def _start(cursor: Any, organisation: int, device: int, since: datetime) -> datetime:
    """From when on to look: never within a visit, and not before what is still kept."""
    oldest = clock.now() - timedelta(days=config.current().position_days)
    start = max(since, oldest)
    while True:
        cursor.execute(_STRADDLING, [organisation, device, start, start])
        (enter,) = cursor.fetchone()
        if enter is None or enter < oldest:
            return start
        start = enter


def _fix_before(cursor: Any, organisation: int, device: int, start: datetime) -> int:
    """Time of the last fix within a day before, in ms; -1: none."""
    lead = track(cursor, organisation, device, start - timedelta(days=1), start, purpose=PURPOSE, who=WHO)
    return int(lead.time_ms[-1]) if len(lead) else -1


def visits(
    fences: Fences, time_ms: Any, lat: Any, lon: Any, carried: Sequence[Row] = (), fix_before_ms: int = -1
) -> list[Row]:
    """Visits from positions (n,) in order of time, and those that go on from before them. Pure.

    ``fix_before_ms``: time of the fix before the first one, -1 where there is none.
    """
    if not len(time_ms):
        return list(carried)
    found = stays(fences, time_ms, lat, lon, edges=True)
    if fix_before_ms >= 0:
        first = found.enter_ms == time_ms[0]
        found = found._replace(before_ms=np.where(first, fix_before_ms, found.before_ms))
    known = {one.id: at for at, one in enumerate(fences.fences)}
    going_on = [one for one in carried if one.place in known]
    return _rows(fences, joined(_after(known, going_on, found, int(time_ms[0]))))


def _after(known: dict[int, int], carried: Sequence[Row], found: Stays, first_ms: int) -> Stays:
    """Stays with those from before the first position, in order of fence, then time."""
    parts = []
    kept = found.fixes > 0
    for one in carried:
        fence = known[one.place]
        runs = one.after is None or _ms(one.after) >= first_ms
        same: list[int] = np.flatnonzero(runs & (found.fence == fence) & found.from_start).tolist()
        parts.append(_one(fence, one, found, same[0] if len(same) else None, first_ms if runs else None))
        kept[same] = False
    columns = [
        np.concatenate([getattr(found, name)[kept], *([getattr(part, name)] for part in parts)])
        for name in Stays._fields
    ]
    order = np.lexsort((columns[1], columns[0]))
    return Stays(*(column[order] for column in columns))


class _Stay(NamedTuple):
    """One row of ``Stays``."""

    fence: int
    enter_ms: int
    leave_ms: int
    before_ms: int
    after_ms: int
    fixes: int
    from_start: bool


def _one(fence: int, row: Row, found: Stays, same: int | None, first_ms: int | None) -> _Stay:
    """A visit from before, with the stay ``same`` in which it goes on; ``first_ms``: the first position after it."""
    enter, leave, fixes = _ms(row.enter), _ms(row.leave), row.fixes
    after = -1 if row.after is None else _ms(row.after)
    if same is not None:
        after, fixes = int(found.after_ms[same]), fixes + int(found.fixes[same])
        leave = max(leave, int(found.leave_ms[same]))
    elif first_ms is not None:
        after = first_ms
    return _Stay(fence, enter, leave, -1 if row.before is None else _ms(row.before), after, fixes, True)


def _rows(fences: Fences, found: Stays) -> list[Row]:
    columns = (fences.ids[found.fence], found.enter_ms, found.leave_ms, found.before_ms, found.after_ms, found.fixes)
    return [
        Row(place, _at(enter), _at(leave), _known(before), _known(after), fixes)
        for place, enter, leave, before, after, fixes in zip(*(c.tolist() for c in columns), strict=True)
    ]


_made: set[date] = set()
"""Weeks that this process has seen a leaf of, or for which there is none."""


def _write(cursor: Any, organisation: int, device: int, stored: Sequence[Row], wanted: Sequence[Row]) -> Outcome:
    old, new = set(stored), set(wanted)
    for monday in {one.enter.date() - timedelta(days=one.enter.date().weekday()) for one in new - old} - _made:
        cursor.execute("SELECT places_make_partition(%s)", [monday])
        _made.add(monday)
    cursor.executemany(_DROP, [(organisation, device, one.enter, one.place) for one in old - new])
    cursor.executemany(_PUT, [(organisation, device, *one) for one in sorted(new - old, key=lambda one: one[:2])])
    return Outcome(len(new - old), len(old - new))


def _ms(at: datetime) -> int:
    return round(at.timestamp() * 1000)


def _at(ms: int) -> datetime:
    return datetime.fromtimestamp(ms // 1000, UTC) + timedelta(milliseconds=ms % 1000)


def _known(ms: int) -> datetime | None:
    return _at(ms) if ms >= 0 else None
