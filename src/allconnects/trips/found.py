"""What is found in a stretch: trips and stops with their reasons as times, who drove, and what carried the device."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import pairwise
from typing import Any, NamedTuple

import numpy as np

from allconnects.trips.detector import detect
from allconnects.trips.result import Detection, Place, Reason, Stop, Track, Trip
from allconnects.trips.rules import Rules
from allconnects.trips.stored import Decision, Why
from allconnects.trips.stretch import Cut, Period, Stretch

DAY_LIMIT, SPLIT = "day_limit", "split"


class Holder(NamedTuple):
    """Who had the device (the text of a UUID) and what it was in (numbers); None: nobody, nothing."""

    person: str | None = None
    vehicle: int | None = None
    material: int | None = None


class Change(NamedTuple):
    """From this moment (ms) on somebody else or something else has the device. ``rule``: what a trip says of it."""

    at_ms: int
    holder: Holder
    rule: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Leg:
    """A trip as computed: times in ms, places in 1e-7 degrees."""

    start_ms: int
    end_ms: int
    start: tuple[int, int]
    end: tuple[int, int]
    distance_m: float
    distance_why: str
    distance_gps_m: float
    distance_odometer_m: float | None
    moving_s: float
    max_speed_kmh: float | None
    max_speed_source: str
    start_estimated: bool
    end_estimated: bool
    still_open: bool
    holder: Holder
    rules_version: str
    why: Why

    @property
    def idle_s(self) -> float:
        """Standing on the way."""
        return max(0.0, round((self.end_ms - self.start_ms) / 1000 - self.moving_s, 3))


@dataclass(frozen=True, slots=True, kw_only=True)
class Rest:
    """A stop as computed; ``end_ms`` None: until the next trip after the stretch, or until now."""

    start_ms: int
    end_ms: int | None
    place: tuple[int, int]
    holder: Holder
    rules_version: str
    why: Decision


@dataclass(frozen=True, slots=True)
class Found:
    """Legs and rests of a stretch, in order. ``last_fix_ms``: None where the stretch is empty."""

    legs: tuple[Leg, ...]
    rests: tuple[Rest, ...]
    last_fix_ms: int | None


def holder_at(changes: Sequence[Change], at_ms: int) -> Holder:
    """Who and what had the device at a moment; ``changes`` in order of time."""
    place = bisect_right(changes, at_ms, key=lambda one: one.at_ms) - 1
    return changes[place].holder if place >= 0 else Holder()


def look(stretch: Stretch, periods: Sequence[Period], changes: Sequence[Change], splits: Sequence[int] = ()) -> Found:
    """Trips and stops of a stretch, cut where ``changes`` say so, and at ``splits`` (ms)."""
    legs: list[Leg] = []
    rests: list[Rest] = []
    for begin, end in stretch.pieces():
        piece = _Piece.of(stretch, begin, end, periods, changes, splits)
        if piece is not None:
            piece.add(legs, rests, first=stretch.lo is None and not legs and not rests)
    time = stretch.track.time_ms
    return Found(tuple(legs), tuple(_ended(legs, rests)), int(time[-1]) if len(time) else None)


@dataclass(frozen=True, slots=True)
class _Piece:
    """The fixes between two cuts and what the detector says of them."""

    time_ms: list[int]
    found: Detection
    begin: Cut | None
    end: Cut | None
    rules: Rules
    changes: Sequence[Change]
    cuts: Sequence[tuple[int, str]]
    """Moments at which trips are split, in order, each with what a trip says of it."""

    @classmethod
    def of(
        cls, stretch: Stretch, begin: Cut | None, end: Cut | None, periods: Sequence[Period],
        changes: Sequence[Change], splits: Sequence[int],
    ) -> _Piece | None:  # fmt: skip
        """None where there are no fixes."""
        track = _between(stretch.track, begin, end)
        if not len(track.time_ms):
            return None
        rules = _rules_at(periods, int(track.time_ms[-1]) if begin is None else begin.at_ms, begin, end)
        first, last = int(track.time_ms[0]), int(track.time_ms[-1])
        labels = [*((one.at_ms, one.rule) for one in changes), *((at, SPLIT) for at in splits)]
        cuts = sorted(label for label in labels if first < label[0] <= last)
        found = detect(track, rules, [at for at, _ in cuts])
        return cls(track.time_ms.tolist(), found, begin, end, rules, changes, cuts)

    def add(self, legs: list[Leg], rests: list[Rest], *, first: bool) -> None:
        """Append what this piece holds; ``first``: nothing was before it."""
        trips = [trip for trip in self.found.trips if not _empty(trip)]
        stops = list(self.found.stops)
        if first and stops and (not trips or stops[0].start_ms < trips[0].start_ms):
            rests.append(self._rest(stops[0], stops[0].start_ms, self._decision(Reason("first_fix", (0,)))))
        for number, trip in enumerate(trips):
            leg = self._leg(trip, last=number == len(trips) - 1)
            legs.append(leg)
            following = trips[number + 1].start_ms if number + 1 < len(trips) else None
            self._rest_after(leg, following, stops, rests)

    def _rest_after(self, leg: Leg, following: int | None, stops: Sequence[Stop], rests: list[Rest]) -> None:
        if leg.still_open or following == leg.end_ms or leg.why.end.rule == DAY_LIMIT:
            return
        stop = next(
            (s for s in stops if s.start_ms >= leg.end_ms and (following is None or s.start_ms < following)), None
        )
        if stop is None:
            place = Place(leg.end[0] / 1e7, leg.end[1] / 1e7)
            stop = Stop(leg.end_ms, leg.end_ms, place, 0.0, Reason("", ()), False)
        rests.append(replace(self._rest(stop, leg.end_ms, leg.why.end), holder=leg.holder))

    def _rest(self, stop: Stop, start_ms: int, why: Decision) -> Rest:
        return Rest(
            start_ms=start_ms, end_ms=None, place=_e7(stop.place), holder=holder_at(self.changes, start_ms),
            rules_version=self.rules.version, why=why,
        )  # fmt: skip

    def _decision(self, reason: Reason) -> Decision:
        return Decision(reason.rule, tuple(self.time_ms[index] for index in reason.fixes))

    def _leg(self, trip: Trip, *, last: bool) -> Leg:
        start, end = self._edge(trip.start_why, trip.start_ms), self._edge(trip.end_why, trip.end_ms)
        still_open = trip.still_open
        if self.begin and not self.begin.certain and start.rule == "first_fix":
            start = Decision(DAY_LIMIT, (trip.start_ms,))
        if last and still_open and self.end and not self.end.certain:
            end, still_open = Decision(DAY_LIMIT, (trip.end_ms,)), False
        return Leg(
            start_ms=trip.start_ms, end_ms=trip.end_ms, start=_e7(trip.start), end=_e7(trip.end),
            distance_m=trip.distance_m, distance_why=trip.distance_why, distance_gps_m=trip.distance_gps_m,
            distance_odometer_m=trip.distance_odometer_m, moving_s=trip.moving_s, max_speed_kmh=trip.max_speed_kmh,
            max_speed_source=trip.max_speed_source, start_estimated=trip.start_estimated,
            end_estimated=trip.end_estimated, still_open=still_open, holder=holder_at(self.changes, trip.start_ms),
            rules_version=self.rules.version,
            why=Why(start, end, tuple(self._decision(one) for one in trip.bridged)),
        )  # fmt: skip

    def _edge(self, reason: Reason, at_ms: int) -> Decision:
        """A split is told by the last moment until then that asked for one."""
        if reason.rule != SPLIT:
            return self._decision(reason)
        _, rule = self.cuts[bisect_right(self.cuts, at_ms, key=lambda one: one[0]) - 1]
        return Decision(rule, (at_ms,))


def _empty(trip: Trip) -> bool:
    """A part without movement that a split left: the driver changed before the start, or after the end."""
    return SPLIT in (trip.start_why.rule, trip.end_why.rule) and trip.moving_s <= 0


def _between(track: Track, begin: Cut | None, end: Cut | None) -> Track:
    """Fixes of a piece, with the one on each other side of its ends; by force it begins with the first one after."""
    time = track.time_ms
    first, last = 0, len(time)
    if begin is not None:
        behind = int(np.searchsorted(time, begin.at_ms, side="right"))
        first = int(np.searchsorted(time, begin.at_ms, side="left"))
        if begin.certain and behind:
            first = int(np.searchsorted(time, time[behind - 1], side="left"))
    if end is not None:
        ahead = int(np.searchsorted(time, end.at_ms, side="left"))
        last = int(np.searchsorted(time, time[ahead], side="right")) if ahead < len(time) else len(time)
    columns: dict[str, Any] = {
        name: None if (column := getattr(track, name)) is None else column[first:last] for name in Track.__slots__
    }
    return Track(**columns)


def _rules_at(periods: Sequence[Period], last_ms: int, begin: Cut | None, end: Cut | None) -> Rules:
    """Every change of rules is a cut, so any moment within the piece tells which hold."""
    at = begin.at_ms if begin is not None else (end.at_ms - 1 if end is not None else last_ms)
    return next(period.rules for period in reversed(periods) if period.from_ms <= at or period is periods[0])


def _e7(place: Place) -> tuple[int, int]:
    return round(place.lat * 1e7), round(place.lon * 1e7)


def _ended(legs: Sequence[Leg], rests: Sequence[Rest]) -> list[Rest]:
    """Each rest lasts until the next leg; where a leg ended and the next one began later, there was a rest."""
    have = {rest.start_ms for rest in rests}
    lost = [
        Rest(start_ms=one.end_ms, end_ms=None, place=one.end, holder=one.holder, rules_version=one.rules_version,
             why=one.why.end)
        for one, other in pairwise(legs)
        if other.start_ms > one.end_ms and one.end_ms not in have
    ]  # fmt: skip
    starts = [leg.start_ms for leg in legs]
    found = []
    for rest in sorted([*rests, *lost], key=lambda one: one.start_ms):
        place = bisect_right(starts, rest.start_ms - 1)
        end = starts[place] if place < len(starts) else None
        if end != rest.start_ms:
            found.append(replace(rest, end_ms=end))
    return found
