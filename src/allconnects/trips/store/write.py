"""Brings stored trips and stops of a stretch up to what was computed: only rows that differ are written."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import UTC, date, datetime, timedelta
from typing import Any, Final, NamedTuple, Protocol
from uuid import UUID

import msgspec

from allconnects.kit import clock
from allconnects.telemetry.store.segments import Cursor
from allconnects.trips.effect import Row
from allconnects.trips.found import Holder, Rest
from allconnects.trips.idling import Spans
from allconnects.trips.store.rows import STOP_COLUMNS, TRIP_COLUMNS, loaded
from allconnects.trips.stored import decision_to_json, why_to_json

_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
Values = tuple[Any, ...]


class Target(NamedTuple):
    """A stretch of a device to bring up to date; None: from the beginning, to the end."""

    organisation: int
    device: int
    lo: datetime | None
    hi: datetime | None


class Written(NamedTuple):
    """Rows of trips and stops that were written, and that went. ``done`` False: left as it was, being too old."""

    written: int = 0
    removed: int = 0
    done: bool = True


class Many(Cursor, Protocol):
    """A cursor that also runs one statement for many rows."""

    def executemany(self, query: Any, params: Any) -> Any: ...


class Kind(NamedTuple):
    """A table: its name, its columns in order with ``id`` first, and where those stand that tell rows apart."""

    table: str
    columns: Sequence[str]
    shown: int
    why: int


TRIPS: Final = Kind("trips_trip", TRIP_COLUMNS, TRIP_COLUMNS.index("shown"), TRIP_COLUMNS.index("why"))
_STOPS_WRITTEN: Final = (*STOP_COLUMNS, "shown")
STOPS: Final = Kind("trips_stop", _STOPS_WRITTEN, len(STOP_COLUMNS), STOP_COLUMNS.index("why"))
ERASED: Final = "erased"
"""In place of the version of rules: of this trip the vehicle keeps its kilometres, and nothing else is known."""
_START: Final = TRIP_COLUMNS.index("start_at")
_END: Final = TRIP_COLUMNS.index("end_at")


def moment(ms: int) -> datetime:
    """The instant of a time in ms, exactly."""
    return _EPOCH + timedelta(milliseconds=ms)


def trip_values(device: int, row: Row) -> Values:
    """A row as its columns after ``id``."""
    leg = row.leg
    return (
        device, *_holder(leg.holder), moment(leg.start_ms), moment(leg.end_ms), *leg.start, *leg.end,
        row.start_place, row.end_place, leg.distance_m, leg.distance_why, leg.distance_gps_m,
        leg.distance_odometer_m, leg.moving_s, leg.idle_s, leg.max_speed_kmh, leg.max_speed_source,
        leg.start_estimated, leg.end_estimated, leg.still_open, row.purpose, row.purpose_by, row.shown, row.computed,
        row.changed, list(row.corrections), leg.rules_version, why_to_json(leg.why),
    )  # fmt: skip


def stop_values(device: int, rest: Rest, end: datetime, still_open: bool, idle: Spans, shown: bool) -> Values:
    """A stop as its columns after ``id``."""
    return (
        device, *_holder(rest.holder), moment(rest.start_ms), end, *rest.place, still_open, moments(idle),
        rest.rules_version, decision_to_json(rest.why), shown,
    )  # fmt: skip


def moments(spans: Spans) -> list[datetime]:
    """Begins and ends of spans, one after the other."""
    return [moment(ms) for span in spans for ms in span]


def _holder(holder: Holder) -> Values:
    return (None if holder.person is None else UUID(holder.person), holder.vehicle, holder.material)


def stored(cursor: Cursor, kind: Kind, target: Target) -> list[Values]:
    """The rows that begin in the stretch, whole; what an erasure left of a trip is not computed again."""
    where, params = _within(target)
    cursor.execute(
        f"SELECT {', '.join(kind.columns)} FROM {kind.table} WHERE {where} AND rules_version <> %s ORDER BY start_at",
        [*params, ERASED],
    )
    return [(*row[: kind.why], loaded(row[kind.why]), *row[kind.why + 1 :]) for row in cursor.fetchall()]


def _within(target: Target) -> tuple[str, list[Any]]:
    where = ["organisation_id = %s", "device_id = %s"]
    params: list[Any] = [target.organisation, target.device]
    for bound, test in ((target.lo, "start_at >= %s"), (target.hi, "start_at < %s")):
        if bound is not None:
            where.append(test)
            params.append(bound)
    return " AND ".join(where), params


def replace_rows(cursor: Many, kind: Kind, target: Target, wanted: Sequence[Values]) -> Written:
    """Make the rows of a stretch these. Rows that are the same stay; what changed keeps its id where it is the same
    trip by its start, else by the longest common time."""
    old = stored(cursor, kind, target)
    same = {_key(row) for row in old} & {_key((0, *values)) for values in wanted}
    old = [row for row in old if _key(row) not in same]
    new = [values for values in wanted if _key((0, *values)) not in same]
    ids = _matched(kind, old, new)
    if old:
        cursor.execute(
            f"DELETE FROM {kind.table} WHERE organisation_id = %s AND device_id = %s AND id = ANY(%s) "
            "AND start_at >= %s AND start_at <= %s",
            (target.organisation, target.device, [row[0] for row in old], old[0][_START], old[-1][_START]),
        )
    _insert(cursor, kind, target.organisation, [(ids.get(number), *values) for number, values in enumerate(new)])
    return Written(len(new), len(old) - len(ids))


def _key(row: Values) -> bytes:
    """What a row says, without its id."""
    return msgspec.msgpack.encode(row[1:], order="sorted")


def _matched(kind: Kind, old: Sequence[Values], new: Sequence[Values]) -> dict[int, int]:
    """Ids for new rows (by their number)."""
    pairs = []
    for number, values in enumerate(new):
        row = (0, *values)
        for other in old:
            common = (min(row[_END], other[_END]) - max(row[_START], other[_START])).total_seconds()
            if row[_START] == other[_START] or common > 0:
                # What a correction hides keeps its number too where nothing shown needs it, for when it is undone.
                rank = row[kind.shown] != other[kind.shown], row[_START] != other[_START], -common
                pairs.append((*rank, number, other[0]))
    ids: dict[int, int] = {}
    taken: set[int] = set()
    for *_, number, one in sorted(pairs):
        if number not in ids and one not in taken:
            ids[number] = one
            taken.add(one)
    return ids


def _insert(cursor: Many, kind: Kind, organisation: int, rows: Sequence[Values]) -> None:
    if not rows:
        return
    make_leaves(cursor, {row[_START].date() for row in rows})
    names = ", ".join(("organisation_id", "computed_at", *kind.columns))
    marks = ["%s", "%s", "coalesce(%s, nextval('trips_number'))", *["%s"] * (len(kind.columns) - 1)]
    marks[2 + kind.why] = "%s::jsonb"
    now = clock.now()
    query = f"INSERT INTO {kind.table} ({names}) VALUES ({', '.join(marks)})"
    whys = [msgspec.json.encode(row[kind.why]).decode() for row in rows]
    cursor.executemany(query, [
        (organisation, now, *row[: kind.why], why, *row[kind.why + 1 :]) for row, why in zip(rows, whys, strict=True)
    ])  # fmt: skip


_made: set[date] = set()


def make_leaves(cursor: Cursor, days: Iterable[date]) -> None:
    """Leaves for the weeks of these days, once a process; a leaf is dropped only when none of its days is written."""
    for day in days:
        monday = day - timedelta(days=day.weekday())
        if monday not in _made:
            cursor.execute("SELECT trips_make_partition(%s)", (monday,))
            _made.add(monday)
