"""What goes in and out of the REST operations of trips: what is stored, as ``trips.stored`` says it, told as JSON."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict
from datetime import date, datetime
from typing import Any, Literal, get_type_hints
from uuid import UUID

from ninja import Schema
from pydantic import Field, create_model

from allconnects.trips.stored import (
    Change,
    Correction,
    DayUse,
    Decision,
    Purpose,
    StoredStop,
    StoredTrip,
    Why,
)

MOST = 1000


def _told(name: str, kind: type, text: str, *, without: Sequence[str] = (), **others: Any) -> Any:
    """A schema with every field of a stored value, required; ``others``: those told otherwise, and further ones."""
    hints = {field: hint for field, hint in get_type_hints(kind).items() if field not in without} | others
    fields: dict[str, Any] = {field: (hint, ...) for field, hint in hints.items()}
    return create_model(name, __base__=Schema, __module__=__name__, __doc__=text, **fields)


DecisionOut = _told(
    "DecisionOut", Decision, "A rule of the documentation, and the times (ms) of the fixes that decided.",
    times_ms=list[int],
)  # fmt: skip
WhyOut = _told(
    "WhyOut", Why, "Why a trip starts and ends where it does, and what it went through.", start=DecisionOut,
    end=DecisionOut, within=list[DecisionOut],  # type: ignore[valid-type]
)  # fmt: skip
TripOut = _told(
    "TripOut",
    StoredTrip,
    """A trip. ``start_place``: what a person said; ``start_name``: what to show, in lists and details.

``hidden``: a private trip of somebody else, told without places. Ends at somebody's home have no coordinates.""",
    duration_s=float,
    corrections=list[int],
    why=WhyOut,
)
StopOut = _told(
    "StopOut", StoredStop,
    "A stop. ``idle``: when the engine ran. ``hidden``: a private trip of somebody else led there.", duration_s=float,
    idle=list[tuple[datetime, datetime]], idle_s=float, why=DecisionOut,
)  # fmt: skip
DayTotal = _told("DayTotal", DayUse, "Use of a vehicle, or of a device in none, on a day in Brussels.")
ChangeOut = _told("ChangeOut", Change, "What was said of a trip; null: nothing.")
CorrectionOut = _told(
    "CorrectionOut", Correction, "A correction and what became of it.", without=("seen_distance_m",), change=ChangeOut
)


class TripPage(Schema):
    """Trips by start; ``next``: what to send as ``cursor`` for more."""

    items: list[TripOut]  # type: ignore[valid-type]
    next: str | None


class StopPage(Schema):
    """Stops by start."""

    items: list[StopOut]  # type: ignore[valid-type]
    next: str | None


class TripDetail(Schema):
    """A trip with what it was before it was corrected."""

    trip: TripOut  # type: ignore[valid-type]
    originals: list[TripOut]  # type: ignore[valid-type]


class MonthTotal(Schema):
    """The same over a month."""

    vehicle: int | None
    device: int | None
    days: int
    trips: int
    distance_m: float
    driving_s: float
    idle_s: float


class Filter(Schema):
    """Which trips or stops: those that touch the time; a date means all of that day, in Brussels."""

    begin: str = Field(default="", alias="from")
    to: str = ""
    device: int | None = Field(default=None, ge=0, lt=2**31)
    vehicle: int | None = Field(default=None, ge=0, lt=2**31)
    person: UUID | None = None


class Paged(Filter):
    """A page of them."""

    cursor: str = ""
    limit: int = Field(default=100, ge=1, le=MOST)


class Reasoned(Schema):
    """Every correction says why."""

    reason: str = Field(min_length=3, max_length=500)


class MergeIn(Reasoned):
    """Trips to make one of."""

    trips: list[int] = Field(min_length=2, max_length=100)


class SplitIn(Reasoned):
    """A moment within the trip, with its offset from UTC."""

    at: datetime


class CorrectIn(Reasoned):
    """What the trip really was; what is left out stays."""

    start_place: str | None = Field(default=None, max_length=200)
    end_place: str | None = Field(default=None, max_length=200)
    distance_m: float | None = Field(default=None, ge=0, lt=1e7)
    person: UUID | None = None
    nobody: bool = False
    purpose: Purpose | None = None


class RulesIn(Schema):
    """Rules from a day on. ``key``: the class or the number of the device; empty for the organisation."""

    scope: Literal["organisation", "class", "device"]
    key: str = Field(default="", max_length=20)
    from_day: date
    rules: dict[str, float]


class RulesOut(RulesIn):
    """Rules as they were set."""

    id: int
    made_by: str
    made_at: datetime


def trip_json(one: StoredTrip) -> dict[str, Any]:
    """A trip as the API tells it."""
    return {**asdict(one), "duration_s": one.duration_s, "why": _why(one)}


def _why(one: StoredTrip) -> dict[str, Any]:
    why = one.why
    return {
        "start": why.start._asdict(), "end": why.end._asdict(), "within": [part._asdict() for part in why.within],
    }  # fmt: skip


def stop_json(one: StoredStop) -> dict[str, Any]:
    """A stop as the API tells it."""
    return {**asdict(one), "duration_s": one.duration_s, "idle_s": one.idle_s, "why": one.why._asdict()}
