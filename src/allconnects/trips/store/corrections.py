"""Rows of ``trips_correction``: written once, and what became of them."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any, Final

from allconnects.kit import clock
from allconnects.telemetry.store.segments import Cursor
from allconnects.trips.effect import Said
from allconnects.trips.stored import Change, Correction, CorrectionState

_SAID: Final = """id, kind, (extract(epoch FROM start_at) * 1000)::bigint, (extract(epoch FROM end_at) * 1000)::bigint,
    (extract(epoch FROM split_at) * 1000)::bigint, start_place, end_place, distance_m, person::text, nobody,
    seen_distance_m"""
_IN_FORCE: Final = f"""
    SELECT {_SAID} FROM trips_correction c WHERE organisation_id = %s AND device_id = %s AND kind <> 'undo'
      AND NOT EXISTS (SELECT FROM trips_correction u
                      WHERE u.organisation_id = c.organisation_id AND u.undoes = c.id)
    ORDER BY id"""
_FIELDS: Final = (
    "id", "kind", "start_ms", "end_ms", "split_ms", "start_place", "end_place", "distance_m", "person", "nobody",
    "seen_distance_m",
)  # fmt: skip
_REMEMBER: Final = """
    INSERT INTO trips_outcome AS o (organisation_id, correction, state, since) VALUES (%s, %s, %s, %s)
    ON CONFLICT (organisation_id, correction) DO UPDATE SET state = excluded.state, since = excluded.since
    WHERE o.state <> excluded.state"""
_ADD: Final = """
    INSERT INTO trips_correction (organisation_id, device_id, kind, start_at, end_at, split_at, start_place, end_place,
        distance_m, person, nobody, seen_distance_m, reason, made_by, made_at, undoes)
    VALUES (%s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s) RETURNING id"""
LISTED: Final = """
    SELECT c.id, c.device_id, c.kind, c.start_at, c.end_at, c.split_at, c.start_place, c.end_place, c.distance_m,
        c.person, c.nobody, c.purpose, c.seen_distance_m, c.reason, c.made_by, c.made_at, c.undoes,
        CASE WHEN u.id IS NOT NULL THEN 'undone' ELSE coalesce(o.state, 'applied') END
    FROM trips_correction c
    LEFT JOIN trips_correction u ON u.organisation_id = c.organisation_id AND u.undoes = c.id
    LEFT JOIN trips_outcome o ON o.organisation_id = c.organisation_id AND o.correction = c.id"""


def in_force(cursor: Cursor, organisation: int, device: int) -> list[Said]:
    """What was said of a device and not taken back, in the order in which it was said."""
    cursor.execute(_IN_FORCE, (organisation, device))
    return [Said(**dict(zip(_FIELDS, row, strict=True))) for row in cursor.fetchall()]


def remember(cursor: Cursor, organisation: int, states: Mapping[int, CorrectionState]) -> None:
    """Store what became of corrections, where that is new."""
    for one, state in states.items():
        cursor.execute(_REMEMBER, (organisation, one, state, clock.now()))


def add(
    cursor: Cursor, organisation: int, device: int, kind: str, start: datetime, end: datetime, *, reason: str,
    who: str, split_at: datetime | None = None, change: Change | None = None, seen_distance_m: float | None = None,
    undoes: int | None = None,
) -> int:  # fmt: skip
    """Write one correction. Returns its id."""
    said = change or Change()
    cursor.execute(_ADD, (
        organisation, device, kind, start, end, split_at, said.start_place, said.end_place, said.distance_m,
        None if said.nobody else said.person, said.nobody, seen_distance_m, reason, who, clock.now(),
        undoes,
    ))  # fmt: skip
    number: int = cursor.fetchall()[0][0]
    return number


def correction_of(row: tuple[Any, ...]) -> Correction:
    """A correction out of a row of LISTED."""
    number, device, kind, start, end, split_at, *said, seen, reason, who, at, undoes, state = row
    start_place, end_place, distance, person, nobody, purpose = said
    change = Change(
        start_place=start_place, end_place=end_place, distance_m=distance, person=person, nobody=nobody,
        purpose=purpose,
    )  # fmt: skip
    return Correction(
        id=number, device=device, kind=kind, start=start, end=end, split_at=split_at, change=change,
        seen_distance_m=seen, reason=reason, made_by=who, made_at=at, undoes=undoes, state=state,
    )  # fmt: skip
