"""Trips and stops as they are stored and shown: plain values."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any, Final, Literal, NamedTuple
from uuid import UUID

Purpose = Literal["", "business", "private", "commute"]
PURPOSES: Final[tuple[Purpose, ...]] = ("", "business", "private", "commute")
Voice = Literal["", "driver", "manager"]
"""Who said what a trip was for; empty: nobody yet."""
CorrectionKind = Literal["merge", "split", "correct", "undo"]
CorrectionState = Literal["applied", "changed", "conflict", "undone"]


class Decision(NamedTuple):
    """Why: a rule of docs/trips.md, and the times (ms since 1970 UTC) of the fixes that decided."""

    rule: str
    times_ms: tuple[int, ...]


class Why(NamedTuple):
    """Why a trip starts and ends where it does, and what it went through (silences, splits, merges)."""

    start: Decision
    end: Decision
    within: tuple[Decision, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class StoredTrip:
    """A trip. Places are degrees, times UTC instants; ``person``, ``vehicle``, ``material``: at that time, or None.

    ``shown``: what people see; not shown: the original that a correction stands in the place of. ``computed``: as
    the detector found it. ``changed``: what was corrected changed since by late data. ``corrections``: ids of those
    that made it so. ``start_place``, ``end_place``: what a person said; ``start_name``, ``end_name``: what to show, as
    ``ends.named`` finds it. A coordinate is None where it is not shown to who looks. ``hidden``: it was private, and
    somebody else's.
    """

    id: int
    device: int
    person: UUID | None
    vehicle: int | None
    material: int | None
    start: datetime
    end: datetime
    start_lat: float | None
    start_lon: float | None
    end_lat: float | None
    end_lon: float | None
    start_place: str
    end_place: str
    distance_m: float
    distance_why: str
    distance_gps_m: float
    distance_odometer_m: float | None
    moving_s: float
    idle_s: float
    max_speed_kmh: float | None
    max_speed_source: str
    start_estimated: bool
    end_estimated: bool
    still_open: bool
    purpose: Purpose
    purpose_by: Voice
    shown: bool
    computed: bool
    changed: bool
    corrections: tuple[int, ...]
    rules_version: str
    why: Why
    start_name: str = ""
    end_name: str = ""
    hidden: bool = False

    @property
    def duration_s(self) -> float:
        """From start to end."""
        return (self.end - self.start).total_seconds()


@dataclass(frozen=True, slots=True, kw_only=True)
class StoredStop:
    """A stop: from the end of a trip to the start of the next, or until now when ``still_open``.

    ``name``: what to show, as ``ends.named_stops`` finds it; coordinates are None where they are not shown to who
    looks. ``idle``: when the engine ran, in order. ``hidden``: a private trip of somebody else led there.
    """

    id: int
    device: int
    person: UUID | None
    vehicle: int | None
    material: int | None
    start: datetime
    end: datetime
    lat: float | None
    lon: float | None
    still_open: bool
    idle: tuple[tuple[datetime, datetime], ...]
    rules_version: str
    why: Decision
    name: str = ""
    hidden: bool = False

    @property
    def duration_s(self) -> float:
        """From start to end."""
        return (self.end - self.start).total_seconds()

    @property
    def idle_s(self) -> float:
        """How long the engine ran."""
        return sum((end - begin).total_seconds() for begin, end in self.idle)

    def idle_between(self, start: datetime, end: datetime) -> float:
        """How long the engine ran between two moments, such as those of a day."""
        return sum(max(0.0, (min(b, end) - max(a, start)).total_seconds()) for a, b in self.idle)


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """What a person corrects of a trip; None: leave as it is. ``nobody``: no person drove; goes before ``person``."""

    start_place: str | None = None
    end_place: str | None = None
    distance_m: float | None = None
    person: UUID | None = None
    nobody: bool = False
    purpose: Purpose | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Correction:
    """What a person said about the trips of a device between two times, and what became of it.

    ``state``: ``applied``; ``changed``: applied, but what was corrected is not any more what the person saw;
    ``conflict``: nothing in the data is what was corrected; ``undone``.
    """

    id: int
    device: int
    kind: CorrectionKind
    start: datetime
    end: datetime
    split_at: datetime | None
    change: Change
    seen_distance_m: float | None
    reason: str
    made_by: str
    made_at: datetime
    undoes: int | None
    state: CorrectionState = "applied"


class Totals(NamedTuple):
    """Sums over trips. ``idle_s``: also in stops. ``first_start``, ``last_end``: None without trips."""

    trips: int
    distance_m: float
    driving_s: float
    idle_s: float
    first_start: datetime | None
    last_end: datetime | None


class DayUse(NamedTuple):
    """One Brussels day of a vehicle, or of a device that is in none. A trip counts for the day on which it starts.

    ``idle_s``: in trips, and in stops on that day. ``first_start``, ``last_end``: None where it did not drive.
    """

    vehicle: int | None
    device: int | None
    day: date
    trips: int
    distance_m: float
    driving_s: float
    idle_s: float
    first_start: datetime | None
    last_end: datetime | None


@dataclass(frozen=True, slots=True)
class Day:
    """A Brussels day of a device: trips and stops that touch it, in order; sums of the trips that start on it.

    ``originals``: by id of a corrected trip, what it stands in the place of. ``corrections``: those of this day with
    what became of them, newest first. ``pending``: whether newer data wait to be looked at.
    """

    device: int
    day: date
    start: datetime
    end: datetime
    trips: Sequence[StoredTrip]
    stops: Sequence[StoredStop]
    totals: Totals
    originals: dict[int, Sequence[StoredTrip]] = field(default_factory=dict)
    corrections: Sequence[Correction] = ()
    pending: bool = False


def why_to_json(why: Why) -> dict[str, Any]:
    """As the column ``why`` of a trip holds it."""
    return {
        "start": decision_to_json(why.start),
        "end": decision_to_json(why.end),
        "within": [decision_to_json(one) for one in why.within],
    }


def decision_to_json(one: Decision) -> list[Any]:
    """A decision as JSON."""
    return [one.rule, list(one.times_ms)]


def why_from_json(found: dict[str, Any]) -> Why:
    """The reverse."""
    return Why(
        decision(found["start"]), decision(found["end"]), tuple(decision(one) for one in found.get("within", ()))
    )


def decision(found: Sequence[Any]) -> Decision:
    """A decision out of JSON."""
    return Decision(found[0], tuple(found[1]))
