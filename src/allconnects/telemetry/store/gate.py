"""The gate: what may not be recorded is dropped before it is written, also when it comes late.

A device without schedule is recorded but for its private times; one with a schedule only in its recorded times, but
for its private ones. The gateway holds the gate of each device in memory. So that no change is missed, every change
raises the gate's version in the same transaction, and a batch is written only if the versions that it was sifted by are
still those of the database: both take one lock, so a change waits for batches under way and takes out what they wrote.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from allconnects.telemetry.store.rows import I64

Reason = Literal["driver", "leave", "input", "schedule", "erased"]
FOREVER_MS = 2**62
_BUCKETS = 64
_LOCK_CLASS = 0x67617465
LOCK_SHARED = f"SELECT pg_advisory_xact_lock_shared({_LOCK_CLASS}, b) FROM unnest(%s::integer[]) AS b"
_LOCK = f"SELECT pg_advisory_xact_lock({_LOCK_CLASS}, %s)"
VERSIONS = "SELECT id, gate_version FROM telemetry_device WHERE id = ANY(%s)"
_SPANS = """
    SELECT coalesce(array_agg(ARRAY[(extract(epoch FROM lower(during)) * 1000)::bigint,
        CASE WHEN upper_inf(during) OR upper(during) = 'infinity' THEN {forever}
             ELSE ceil(extract(epoch FROM upper(during)) * 1000)::bigint END]), '{{}}')
    FROM {table} s WHERE s.organisation_id = d.organisation_id AND s.device_id = d.id{more}"""
_PARTS = (("telemetry_private", ""), ("telemetry_recorded", ""), ("telemetry_private", " AND s.reason = 'input'"))
GATE_COLUMNS = ", ".join(
    [
        "d.gate_version",
        "d.scheduled",
        *(f"({_SPANS.format(table=t, more=more, forever=FOREVER_MS)})" for t, more in _PARTS),
        "d.private_input",
    ]
)
"""What ``Gate.of`` takes, in a query over ``telemetry_device d``."""
_READ = f"SELECT d.id, {GATE_COLUMNS} FROM telemetry_device d WHERE d.id = ANY(%s)"
_TURN = "UPDATE telemetry_device SET gate_version = gate_version + 1 WHERE id = %s"
_OVERLAPPING = """
    DELETE FROM telemetry_private WHERE organisation_id = %s AND device_id = %s
      AND (during && tstzrange(%s, %s) OR during -|- tstzrange(%s, %s))
    RETURNING lower(during), upper(during)"""
_ADD = (
    "INSERT INTO telemetry_private (organisation_id, device_id, during, reason) VALUES (%s, %s, tstzrange(%s, %s), %s)"
)
_ADD_ALL = """
    WITH span AS (SELECT tstzrange(a, b) AS during FROM unnest(%(starts)s::timestamptz[], %(ends)s::timestamptz[])
                  AS span(a, b)),
    gone AS (
        DELETE FROM telemetry_private p WHERE organisation_id = %(organisation)s AND device_id = %(device)s
          AND EXISTS (SELECT FROM span s WHERE p.during && s.during OR p.during -|- s.during)
        RETURNING p.during)
    INSERT INTO telemetry_private (organisation_id, device_id, during, reason)
    SELECT %(organisation)s, %(device)s, whole, %(reason)s
    FROM (SELECT range_agg(during) AS joined FROM (SELECT during FROM span UNION ALL SELECT during FROM gone) e) j
    CROSS JOIN LATERAL unnest(joined) whole"""
_OPEN = """
    UPDATE telemetry_private SET during = tstzrange(lower(during), %(end)s)
    WHERE organisation_id = %(organisation)s AND device_id = %(device)s AND during @> %(end)s::timestamptz
      AND lower(during) < %(end)s"""
_RECORDED = "INSERT INTO telemetry_recorded (organisation_id, device_id, during) VALUES (%s, %s, tstzrange(%s, %s))"
_ALL_RECORDED = """
    INSERT INTO telemetry_recorded (organisation_id, device_id, during)
    SELECT %s, %s, tstzrange(a, b) FROM unnest(%s::timestamptz[], %s::timestamptz[]) AS span(a, b)"""
_JOIN = """
    UPDATE telemetry_recorded SET during = during + tstzrange(%s, %s)
    WHERE organisation_id = %s AND device_id = %s AND upper(during) = %s"""
_BEGINNING = "2000-01-01"
_FORGET = "SELECT telemetry_forget_time(%s, tstzrange(%s, %s))"


def bucket(organisation: int) -> int:
    """Which of the locks an organisation's devices share."""
    return organisation % _BUCKETS


@dataclass(frozen=True, slots=True)
class Gate:
    """What may be recorded of one device. ``private``, ``recorded``: int64 (k, 2), ms, from (with) to (without).

    ``input``: the attribute by which a switch in the vehicle says that time is private, or empty; ``switched``: what
    of ``private`` is private by that switch alone.
    """

    version: int = 0
    scheduled: bool = False
    private: I64 = field(default_factory=lambda: np.empty((0, 2), np.int64))
    recorded: I64 = field(default_factory=lambda: np.empty((0, 2), np.int64))
    switched: I64 = field(default_factory=lambda: np.empty((0, 2), np.int64))
    input: str = ""

    @classmethod
    def of(
        cls, version: int, scheduled: bool, private: Sequence[Any], recorded: Sequence[Any],
        switched: Sequence[Any] = (), switch: str = "",
    ) -> Gate:  # fmt: skip
        """From a row of ``GATE_COLUMNS``; the same object for all that are open and never were anything else."""
        if not version and not scheduled:
            return OPEN
        return cls(version, scheduled, _spans(private), _spans(recorded), _spans(switched), switch)

    @property
    def is_open(self) -> bool:
        """Whether everything may be recorded at all times."""
        return not self.scheduled and not len(self.private) and not self.input

    def passes(self, time_ms: I64) -> NDArray[np.bool_]:
        """For each time whether what happened then may be recorded; bool (n,)."""
        kept = ~_within(time_ms, self.private)
        return kept & _within(time_ms, self.recorded) if self.scheduled else kept

    def is_private(self, time_ms: int) -> bool:
        """Whether a moment lies in private time, whatever the schedule says."""
        return bool(_within(np.array([time_ms], np.int64), self.private)[0])

    def is_switched(self, time_ms: int) -> bool:
        """Whether a moment is private by the switch in the vehicle alone."""
        return bool(_within(np.array([time_ms], np.int64), self.switched)[0])

    def passes_at(self, time_ms: int) -> bool:
        """The same of one moment."""
        return bool(self.passes(np.array([time_ms], np.int64))[0])


OPEN = Gate()


def _spans(rows: Sequence[Any]) -> I64:
    return np.array(sorted(map(tuple, rows)), np.int64).reshape(-1, 2)


def _within(time_ms: I64, spans: I64) -> NDArray[np.bool_]:
    """Whether each time lies in one of the spans, which are in order and do not overlap."""
    if not len(spans):
        return np.zeros(len(time_ms), bool)
    place = np.searchsorted(spans[:, 0], time_ms, side="right") - 1
    within: NDArray[np.bool_] = (place >= 0) & (time_ms < spans[np.maximum(place, 0), 1])
    return within


class GateMoved(Exception):
    """Nothing was written: ``gates`` (by device id) are not those any more that the batch was sifted by."""

    def __init__(self, gates: dict[int, Gate]) -> None:
        super().__init__(f"the gates of {len(gates)} devices moved")
        self.gates = gates


def read_gates(cursor: Any, devices: Iterable[int]) -> dict[int, Gate]:
    """The gates of devices as the database has them now."""
    rows = cursor.execute(_READ, (sorted(devices),)).fetchall()
    return {row[0]: Gate.of(*row[1:]) for row in rows}


def read_gate(cursor: Any, device: int) -> Gate:
    """The gate of one device; open when there is no such device."""
    cursor.execute(_READ, ([device],))
    row = cursor.fetchone()
    return OPEN if row is None else Gate.of(*row[1:])


def make_private(
    cursor: Any, organisation: int, device: int, start: datetime, end: datetime | None, reason: Reason
) -> int:
    """Record nothing of a device in ``start <= time < end`` (None: until further notice), and take out what was.

    Times that touch or overlap become one. Returns how many hot positions went. The cursor's transaction must speak for
    the organisation.
    """
    cursor.execute(_LOCK, (bucket(organisation),))
    cursor.execute(_OVERLAPPING, (organisation, device, start, end, start, end))
    for lower, upper in cursor.fetchall():
        start = min(start, lower)
        end = None if end is None or upper is None else max(end, upper)
    cursor.execute(_ADD, (organisation, device, start, end, reason))
    cursor.execute(_TURN, (device,))
    cursor.execute(_FORGET, (device, start, end))
    row = cursor.fetchone()
    return int(row[0])


def close(
    cursor: Any, organisation: int, device: int, spans: Sequence[tuple[datetime, datetime]], reason: Reason
) -> None:
    """Record nothing of a device in many times at once, from now on and when it comes late.

    What was recorded stays until somebody takes it out; no batch that was sifted before commits after this does. One
    statement, however many times: batches of the organisation wait for as long as the transaction lasts.
    """
    cursor.execute(_LOCK, (bucket(organisation),))
    starts, ends = [start for start, _ in spans], [end for _, end in spans]
    cursor.execute(
        _ADD_ALL,
        {"organisation": organisation, "device": device, "reason": reason, "starts": starts, "ends": ends},
    )
    cursor.execute(_TURN, (device,))


def end_private(cursor: Any, organisation: int, device: int, end: datetime) -> bool:
    """Record again from ``end`` on, if the device is private then. Returns whether it was."""
    cursor.execute(_LOCK, (bucket(organisation),))
    cursor.execute(_OPEN, {"organisation": organisation, "device": device, "end": end})
    ended = bool(cursor.rowcount)
    cursor.execute(_TURN, (device,))
    return ended


def set_input(cursor: Any, organisation: int, device: int, attribute: str) -> None:
    """From now on a switch that the device reports as this attribute asks for private time; empty: none does."""
    cursor.execute(_LOCK, (bucket(organisation),))
    cursor.execute(
        "UPDATE telemetry_device SET private_input = %s, gate_version = gate_version + 1 WHERE id = %s",
        (attribute, device),
    )


def set_schedule(
    cursor: Any, organisation: int, device: int, since: datetime, spans: Sequence[tuple[datetime, datetime]] | None
) -> None:
    """From ``since`` on record a device in these times only; ``spans`` None: at all times.

    What was recorded before ``since`` stays. Spans must not overlap. A schedule that covers no future time means
    that nothing is recorded then. A recorded time that goes on over ``since`` stays one.
    """
    cursor.execute(_LOCK, (bucket(organisation),))
    cursor.execute("SELECT scheduled FROM telemetry_device WHERE id = %s", (device,))
    was = cursor.fetchone()
    where = (organisation, device)
    cursor.execute(
        "DELETE FROM telemetry_recorded WHERE organisation_id = %s AND device_id = %s AND lower(during) >= %s",
        (*where, since),
    )
    cursor.execute(
        "UPDATE telemetry_recorded SET during = tstzrange(lower(during), %s) "
        "WHERE organisation_id = %s AND device_id = %s AND during @> %s::timestamptz",
        (since, *where, since),
    )
    if spans is not None and was is not None and not was[0]:
        cursor.execute(_RECORDED, (*where, _BEGINNING, since))
    wanted = list(spans) if spans is not None else [(since, None)] if was is not None and was[0] else []
    if wanted:
        cursor.execute(_JOIN, (*wanted[0], *where, wanted[0][0]))
        rest = wanted[1:] if cursor.rowcount else wanted
        cursor.execute(_ALL_RECORDED, (*where, [start for start, _ in rest], [end for _, end in rest]))
    cursor.execute(
        "UPDATE telemetry_device SET scheduled = scheduled OR %s, gate_version = gate_version + 1 WHERE id = %s",
        (spans is not None, device),
    )
