"""Writes batches of positions durably: binary COPY into today's leaf, live state beside it, one commit.

Positions newer than all that their device sent before go straight into the leaf. Late ones and re-uploads, and
a batch whose COPY met a duplicate, go by a staging table that lets only what is new pass. Both ways end in the
same rows; the second costs a look-up per row.
"""

from __future__ import annotations

import contextlib
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

import numpy as np
import psycopg
from numpy.typing import NDArray

from allconnects.telemetry.store.gate import LOCK_SHARED, VERSIONS, GateMoved, bucket, read_gates
from allconnects.telemetry.store.news import NOTE
from allconnects.telemetry.store.rows import (
    COPY_HEADER,
    COPY_TRAILER,
    HAS_PLACE,
    HOT_COLUMNS,
    I64,
    IMPLAUSIBLE_TIME,
    LIVE_TOLERANCE_MS,
    NO_PLACE,
    VALID,
    Columns,
    copy_rows,
    fix_ms,
    flags_of,
    pg_time,
    take,
    with_blobs,
)

_COLUMNS = ", ".join(HOT_COLUMNS)
_STAGING = (
    "CREATE TEMP TABLE IF NOT EXISTS staged (LIKE telemetry_position) ON COMMIT DELETE ROWS",
    """CREATE TEMP TABLE IF NOT EXISTS reported (
        organisation_id integer, device_id integer, report_at timestamptz, has_fix boolean, fix_time timestamptz,
        lat_e7 integer, lon_e7 integer, altitude_m real, speed_kmh real, course_deg real, satellites smallint,
        flags smallint, has_attributes boolean, attributes_time timestamptz, attributes bytea)
        ON COMMIT DELETE ROWS""",
)
_SMALL_JOINS = ("SET enable_hashjoin = off", "SET enable_mergejoin = off")
"""A batch looks a few rows up by index. It also visits live rows in the order of ``reported``, which is sorted,
so that two writers never wait for each other in a circle."""
_ADD_NEW = f"""
    INSERT INTO {{leaf}} ({{columns}})
    SELECT {{columns}} FROM staged s
    WHERE NOT EXISTS (
        SELECT FROM telemetry_position p
        WHERE p.organisation_id = s.organisation_id AND p.device_id = s.device_id
          AND p.fix_time = s.fix_time AND p.content = s.content
          AND p.received_at >= CASE
              WHEN s.flags & {IMPLAUSIBLE_TIME} = 0 THEN s.fix_time - interval '2 days'
              ELSE timestamptz '-infinity' END)
    ON CONFLICT DO NOTHING"""
"""A time that cannot be says nothing of when its first copy came, so all partitions are asked."""
_NEWEST = """
    SELECT s.device_id, (extract(epoch FROM p.fix_time) * 1000)::bigint
    FROM (SELECT DISTINCT organisation_id, device_id FROM staged) s CROSS JOIN LATERAL (
        SELECT h.fix_time FROM telemetry_position h
        WHERE h.organisation_id = s.organisation_id AND h.device_id = s.device_id
          AND h.fix_time <= %(now)s::timestamptz AND h.received_at >= %(now)s::timestamptz - interval '3 days'
        ORDER BY h.fix_time DESC LIMIT 1) p"""
"""What is there of a device, by whichever gateway it came."""
_FIX_COLUMNS = ("fix_time", "lat_e7", "lon_e7", "altitude_m", "speed_kmh", "course_deg", "satellites", "flags")
_NEWER = f"""(s.has_fix AND (l.fix_time IS NULL
    OR (s.fix_time >= l.fix_time AND s.flags & {VALID} >= l.flags & {VALID})))"""
_NEWER_ATTRIBUTES = "(s.has_attributes AND (l.attributes_time IS NULL OR s.attributes_time >= l.attributes_time))"
MOVING_KMH = 5.0
"""As on the map (``live.state``): slower is what a receiver reports while it stands still."""
_MOVED = f"""({_NEWER} AND s.flags & {VALID} <> 0 AND s.speed_kmh >= {MOVING_KMH} AND s.speed_kmh <> 'NaN')"""
_UPDATE_LIVE = f"""
    UPDATE telemetry_live l SET
        moved_at = CASE WHEN {_MOVED} THEN s.fix_time ELSE l.moved_at END,
        report_at = greatest(l.report_at, s.report_at),
        {", ".join(f"{n} = CASE WHEN {_NEWER} THEN s.{n} ELSE l.{n} END" for n in _FIX_COLUMNS)},
        attributes = CASE WHEN {_NEWER_ATTRIBUTES} THEN s.attributes ELSE l.attributes END,
        attributes_time = CASE WHEN {_NEWER_ATTRIBUTES} THEN s.attributes_time ELSE l.attributes_time END
    FROM reported s
    WHERE l.organisation_id = s.organisation_id AND l.device_id = s.device_id"""
_FIRST_LIVE = """
    INSERT INTO telemetry_live (organisation_id, device_id, report_at)
    SELECT d.organisation_id, d.id, s.report_at
    FROM reported s JOIN telemetry_device d ON d.organisation_id = s.organisation_id AND d.id = s.device_id
    ON CONFLICT (organisation_id, device_id) DO NOTHING"""
_CATCH_UP = f"""
    INSERT INTO reported
    SELECT d.organisation_id, d.id, least(p.received_at, p.fix_time + interval '1 minute'), true,
        {", ".join(f"p.{name}" for name in _FIX_COLUMNS)}, true, p.fix_time, p.attributes
    FROM telemetry_device d CROSS JOIN LATERAL (
        SELECT * FROM telemetry_position h
        WHERE h.organisation_id = d.organisation_id AND h.device_id = d.id
          AND h.received_at >= date_trunc('day', now() AT TIME ZONE 'UTC') AT TIME ZONE 'UTC' - interval '1 day'
          AND h.flags & {VALID | HAS_PLACE | IMPLAUSIBLE_TIME} = {VALID | HAS_PLACE}
          AND h.fix_time <= h.received_at + interval '10 minutes'
        ORDER BY h.fix_time DESC LIMIT 1) p
    WHERE d.id = ANY(coalesce(%(devices)s::integer[], ARRAY[d.id]))
    ORDER BY d.organisation_id, d.id"""
"""What came out of a file was received just now too and says nothing of when the device called: its fix does, which a
tracker that is on line sends within a minute."""
_NO_TIME = pg_time(0)

_REPORT = np.dtype(
    [("count", ">i2")]
    + [
        piece
        for name, kind in (
            ("organisation_id", ">i4"), ("device_id", ">i4"), ("report_at", ">i8"), ("has_fix", "u1"),
            ("fix_time", ">i8"), ("lat_e7", ">i4"), ("lon_e7", ">i4"), ("altitude_m", ">f4"),
            ("speed_kmh", ">f4"), ("course_deg", ">f4"), ("satellites", ">i2"), ("flags", ">i2"),
            ("has_attributes", "u1"), ("attributes_time", ">i8"),
        )
        for piece in ((f"{name}_length", ">i4"), (name, kind))
    ]
    + [("attributes_length", ">i4")]
)  # fmt: skip
_REPORT_FIELDS = [name for name in _REPORT.names or () if f"{name}_length" in (_REPORT.names or ())]


@dataclass(slots=True)
class Part:
    """Positions with whose they are: ``organisation`` and ``device`` int64 (n,), ``fresh`` bool (n,).

    ``fresh``: newer than all that this device sent before, so that it cannot be there already.
    """

    columns: Columns
    organisation: I64
    device: I64
    fresh: NDArray[np.bool_]


@dataclass(slots=True)
class Reports:
    """What a batch says of each device's latest state; arrays of one length, sorted by device.

    ``fix``: flat index over all parts of the newest fix, a good one if there is any, -1 where there is none;
    ``any``: index of the newest report whose attributes count, -1 where there is none.
    """

    organisation: I64
    device: I64
    fix: I64
    any: I64

    def only(self, chosen: NDArray[np.bool_]) -> Reports:
        """Those of the chosen devices."""
        return Reports(self.organisation[chosen], self.device[chosen], self.fix[chosen], self.any[chosen])


@dataclass(slots=True)
class Batch:
    """What is written in one commit.

    ``heard``: (organisation, device) of everybody who sent anything that may be known; ``due``: those devices whose
    live state is written now, the others' is caught up with later. ``gates``: by (organisation, device) of everybody
    who sent anything, the version of the gate that it was sifted by.
    """

    parts: list[Part]
    heard: Sequence[tuple[int, int]]
    due: set[int]
    received_ms: int
    gates: dict[tuple[int, int], int] = field(default_factory=dict)


@dataclass(slots=True)
class Latest:
    """The newest good fix of each device in a batch, as arrays: what the live stream tells.

    ``heard``, ``heard_ms``: every device with a plausible report, good fix or not, and the newest time of these.
    ``newest``: of the devices whose positions took the careful way, the newest time in the whole store.
    """

    organisation: I64
    device: I64
    time_ms: I64
    lat_e7: NDArray[np.int32]
    lon_e7: NDArray[np.int32]
    speed_kmh: NDArray[np.float32]
    course_deg: NDArray[np.float32]
    heard: I64
    heard_ms: I64
    newest: list[tuple[int, int]]


class DeviceGone(Exception):
    """Nothing was written, because ``devices`` (ids) are not registered any more."""

    def __init__(self, devices: set[int]) -> None:
        super().__init__(f"{len(devices)} devices are gone")
        self.devices = devices


class HotWriter:
    """One database connection that writes batches. Not for several threads at once."""

    def __init__(self, conninfo: str) -> None:
        self._conninfo = conninfo
        self._connection: psycopg.Connection | None = None
        self._leaves: set[str] = set()
        self._unsure = False

    def write(self, batch: Batch) -> Latest:
        """Write a batch and commit it. Raises psycopg.Error when it is not (or not known to be) durable.

        After an error the same batch may be written again: nothing gets in twice. Raises DeviceGone when one of
        its devices was removed, for what that sent goes with it, and GateMoved when what may be recorded of one is
        something else by now.
        """
        connection = self._connected()
        leaf = self._leaf(connection, batch.received_ms)
        careful, self._unsure = self._unsure, True
        try:
            try:
                latest = self._transaction(connection, leaf, batch, careful=careful)
            except psycopg.errors.UniqueViolation:
                latest = self._transaction(connection, leaf, batch, careful=True)
        except psycopg.OperationalError:
            self.close()
            raise
        self._unsure = False
        return latest

    def close(self) -> None:
        """Give the connection back; the next write opens another."""
        if self._connection is not None:
            with contextlib.suppress(psycopg.Error):
                self._connection.close()
            self._connection = None

    def connection(self) -> psycopg.Connection:
        """The connection, for the small statements of the gateway."""
        return self._connected()

    def _connected(self) -> psycopg.Connection:
        if self._connection is None or self._connection.closed:
            connection = psycopg.connect(self._conninfo, autocommit=True)
            for statement in (*_STAGING, *_SMALL_JOINS):
                connection.execute(statement)
            self._connection = connection
            self._leaves.clear()
        return self._connection

    def _leaf(self, connection: psycopg.Connection, received_ms: int) -> str:
        day = datetime.fromtimestamp(received_ms / 1000, UTC).date()
        leaf = f"telemetry_position_{day:%Y%m%d}"
        if leaf not in self._leaves:
            for wanted in (day, day + timedelta(days=1)):
                connection.execute("SELECT telemetry_make_partition(%s)", (wanted,))
            self._leaves = {leaf}
        return leaf

    def _transaction(self, connection: psycopg.Connection, leaf: str, batch: Batch, *, careful: bool) -> Latest:
        with connection.transaction():
            newest = self._add_positions(connection, leaf, batch, careful=careful)
            _note(connection, batch)
            _refuse_changed(connection, batch)
            reports = _reports(batch)
            due = np.isin(reports.device, np.fromiter(batch.due, np.int64, len(batch.due)))
            if due.any():
                _copy(connection, "reported", "", [_report_rows(batch, reports.only(due))])
                _update_live(connection, int(due.sum()))
        return _latest(batch, reports, newest)

    def catch_up(self, devices: Sequence[int] | None = None) -> None:
        """Bring the live state of devices (all when None) up to their newest fix received today or yesterday.

        For what a batch left out because it was written a moment ago, and for what a crash left undone.
        """
        connection = self._connected()
        with connection.transaction():
            wanted = None if devices is None else sorted(devices)
            count = connection.execute(_CATCH_UP, {"devices": wanted}).rowcount
            _update_live(connection, count)

    def _add_positions(
        self, connection: psycopg.Connection, leaf: str, batch: Batch, *, careful: bool
    ) -> list[tuple[int, int]]:
        direct, staged = [], []
        for part in map(_history, batch.parts):
            fresh = part.fresh & (not careful)
            if fresh.all():
                direct.append(_rows(part, batch.received_ms))
            elif not fresh.any():
                staged.append(_rows(part, batch.received_ms))
            else:
                direct.append(_rows(_only(part, np.flatnonzero(fresh)), batch.received_ms))
                staged.append(_rows(_only(part, np.flatnonzero(~fresh)), batch.received_ms))
        if direct:
            _copy(connection, leaf, f"({_COLUMNS})", direct)
        if not staged:
            return []
        _copy(connection, "staged", f"({_COLUMNS})", staged)
        connection.execute(_ADD_NEW.format(leaf=leaf, columns=_COLUMNS))
        now = datetime.fromtimestamp((batch.received_ms + LIVE_TOLERANCE_MS) / 1000, UTC)
        return connection.execute(_NEWEST, {"now": now}).fetchall()


def _note(connection: psycopg.Connection, batch: Batch) -> None:
    """Say to whom this commit brings something, for those who look for news."""
    owners = sorted({int(one) for part in batch.parts for one in np.unique(part.organisation)})
    if owners:
        connection.execute(NOTE, (datetime.fromtimestamp(batch.received_ms / 1000, UTC), owners))


def _refuse_changed(connection: psycopg.Connection, batch: Batch) -> None:
    """Whoever removes a device or moves its gate waits for batches under way and holds up later ones.

    The lock is a statement of its own: what is read behind it is then no older than the lock.
    """
    wanted = {device: 0 for _, device in batch.heard} | {device: v for (_, device), v in batch.gates.items()}
    owners = {bucket(organisation) for organisation, _ in (*batch.heard, *batch.gates)}
    connection.execute(LOCK_SHARED, (sorted(owners),))
    present: dict[int, int] = dict(connection.execute(VERSIONS, (sorted(wanted),)).fetchall())
    if gone := wanted.keys() - present.keys():
        raise DeviceGone(gone)
    if moved := {device for device, version in wanted.items() if present[device] != version}:
        raise GateMoved(read_gates(connection, moved))


def _update_live(connection: psycopg.Connection, count: int) -> None:
    """Newest state of the ``count`` devices in ``reported``; a device's first report makes its row."""
    if connection.execute(_UPDATE_LIVE).rowcount < count:
        connection.execute(_FIRST_LIVE)
        connection.execute(_UPDATE_LIVE)


def _history(part: Part) -> Part:
    """What is kept as history: a report with neither time nor place of its own (a heartbeat) only updates live state.

    It has no identity: sent again, it would be another row.
    """
    kept = part.columns.has_time | (part.columns.lat_e7 != NO_PLACE)
    return part if kept.all() else _only(part, np.flatnonzero(kept))


def _only(part: Part, index: I64) -> Part:
    return Part(take(part.columns, index), part.organisation[index], part.device[index], part.fresh[index])


def _rows(part: Part, received_ms: int) -> bytes:
    return copy_rows(part.columns, part.organisation, part.device, received_ms)


def _copy(connection: psycopg.Connection, table: str, columns: str, pieces: Sequence[bytes]) -> None:
    statement = f"COPY {table} {columns} FROM STDIN (FORMAT BINARY)"
    with connection.cursor() as cursor, cursor.copy(statement) as copy:
        copy.write(b"".join((COPY_HEADER, *pieces, COPY_TRAILER)))


def _concatenated(batch: Batch, name: str) -> np.ndarray:
    return np.concatenate([getattr(part.columns, name) for part in batch.parts] or [np.empty(0, np.int64)])


def _reports(batch: Batch) -> Reports:
    """One row for each device that was heard, with its newest usable fix and its newest attributes.

    A fix that the device itself doubts counts only where there is no better one: it may be the last known place.
    0,0 is what a receiver without a fix says, never a place.
    """
    heard = np.array(sorted(set(batch.heard)), np.int64).reshape(-1, 2)
    organisation, device = heard[:, 0], heard[:, 1]
    nothing = np.full(len(heard), -1, np.int64)
    if not batch.parts:
        return Reports(organisation, device, nothing, nothing)
    flags = np.concatenate([flags_of(p.columns, batch.received_ms) for p in batch.parts])
    times = np.concatenate([fix_ms(p.columns, batch.received_ms) for p in batch.parts])
    devices = np.concatenate([p.device for p in batch.parts])
    plausible = (flags & IMPLAUSIBLE_TIME) == 0
    plausible &= times <= batch.received_ms + LIVE_TOLERANCE_MS
    placed = plausible & ((flags & HAS_PLACE) != 0)
    placed &= (_concatenated(batch, "lat_e7") != 0) | (_concatenated(batch, "lon_e7") != 0)
    good = _newest(devices, times, placed & ((flags & VALID) != 0), device)
    fix = np.where(good >= 0, good, _newest(devices, times, placed, device))
    return Reports(organisation, device, fix, _newest(devices, times, plausible, device))


def _newest(devices: I64, times: I64, mask: NDArray[np.bool_], wanted: I64) -> I64:
    """Flat index of the newest masked row of each wanted device, -1 where there is none."""
    index = np.flatnonzero(mask)
    order = index[np.lexsort((times[index], devices[index]))]
    ends = np.searchsorted(devices[order], wanted, side="right") - 1
    found = (ends >= 0) & (devices[order[ends]] == wanted) if len(order) else np.zeros(len(wanted), bool)
    return np.where(found, order[ends] if len(order) else -1, -1)


def _report_rows(batch: Batch, reports: Reports) -> bytes:
    rows = np.zeros(len(reports.device), _REPORT)
    rows["count"] = len(_REPORT_FIELDS) + 1
    for name in _REPORT_FIELDS:
        rows[f"{name}_length"] = _REPORT[name].itemsize
    rows["organisation_id"], rows["device_id"] = reports.organisation, reports.device
    rows["report_at"] = pg_time(batch.received_ms)
    rows["fix_time"] = rows["attributes_time"] = _NO_TIME
    if batch.parts:
        _fill_fixes(rows, batch, reports)
    blobs = _blobs(batch, reports.any)
    return with_blobs(rows, "attributes_length", blobs)


def _fill_fixes(rows: np.ndarray, batch: Batch, reports: Reports) -> None:
    has, fix = reports.fix >= 0, reports.fix
    rows["has_fix"] = has
    times = np.concatenate([fix_ms(p.columns, batch.received_ms) for p in batch.parts])
    rows["fix_time"] = np.where(has, pg_time(times[fix]), _NO_TIME)
    rows["has_attributes"] = reports.any >= 0
    rows["attributes_time"] = np.where(reports.any >= 0, pg_time(times[reports.any]), _NO_TIME)
    rows["flags"] = np.concatenate([flags_of(p.columns, batch.received_ms) for p in batch.parts])[fix]
    for name in ("lat_e7", "lon_e7", "altitude_m", "speed_kmh", "course_deg", "satellites"):
        rows[name] = _concatenated(batch, name)[fix]


def _blobs(batch: Batch, index: I64) -> list[bytes]:
    """Attribute blobs at flat indices over all parts; empty where the index is -1."""
    ends = np.cumsum([len(part.columns) for part in batch.parts])
    result = []
    for flat in index.tolist():
        if flat < 0:
            result.append(b"")
            continue
        part = int(np.searchsorted(ends, flat, side="right"))
        columns = batch.parts[part].columns
        result.append(columns.blob(flat - int(ends[part]) + len(columns)))
    return result


def _latest(batch: Batch, reports: Reports, newest: list[tuple[int, int]]) -> Latest:
    valid = _concatenated(batch, "valid")
    has = (reports.fix >= 0) & valid[reports.fix] if len(valid) else np.zeros(len(reports.device), bool)
    fix = reports.fix[has]
    times = np.concatenate([fix_ms(p.columns, batch.received_ms) for p in batch.parts] or [np.empty(0, np.int64)])
    fields = {name: _concatenated(batch, name)[fix] for name in ("lat_e7", "lon_e7", "speed_kmh", "course_deg")}
    some = reports.any >= 0
    heard = {"heard": reports.device[some], "heard_ms": times[reports.any[some]]}
    return Latest(reports.organisation[has], reports.device[has], times[fix], **fields, **heard, newest=newest)
