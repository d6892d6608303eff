"""Who was in which vehicle, out of what ranked sources say. Pure: no database, no clock.

Two steps. ``pair`` turns IN and OUT into statements and says which IN has no answer: that is asked, not guessed.
``resolve`` lets statements that contradict each other settle it by rank: a person is in one vehicle at a time, a
vehicle has one driver at a time; where equals contradict, nobody drives until a human says who.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Hashable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from itertools import pairwise

RANK = {"manual": 1, "badge": 2, "dallas": 3, "phone": 4, "qr": 5, "planning": 6}
"""How much a source is believed; 1 most."""
SENSED = frozenset({"badge", "dallas", "phone", "qr"})
"""Sources that know that the person was there, whoever drove."""
FOREVER = datetime.max.replace(tzinfo=UTC)
LONGEST_STAY = timedelta(hours=14)
"""After so long without a sign an IN counts as forgotten: longer than the longest lawful driver's day
(13 h with reduced rest, 15 h when daily rest is split: Regulation (EC) 561/2006 art. 4 and 8)."""


@dataclass(frozen=True, slots=True)
class Seen:
    """Somebody identified at a vehicle. ``role`` may be empty: the reader does not say."""

    id: int
    vehicle: int
    person: Hashable
    source: str
    entering: bool
    at: datetime
    role: str = ""


@dataclass(frozen=True, slots=True)
class Statement:
    """A source says: this person was in this vehicle from start until before end. ``person`` None: nobody drove.

    ``order``: when it was made, and a number. Of two statements of one rank the later one holds.
    """

    vehicle: int
    person: Hashable
    role: str
    source: str
    start: datetime
    end: datetime = FOREVER
    order: tuple[datetime, int] = (datetime.min.replace(tzinfo=UTC), 0)

    @property
    def rank(self) -> int:
        """How much it is believed; 1 most."""
        return RANK[self.source]

    @property
    def preference(self) -> tuple[int, float, int]:
        """Lowest holds: by rank, then the later one."""
        return (self.rank, -self.order[0].timestamp() if self.order[0].year > 1 else 0.0, -self.order[1])


@dataclass(frozen=True, slots=True)
class Unanswered:
    """An IN without OUT: in doubt from the last sign on until before ``end``."""

    event: int
    vehicle: int
    person: Hashable
    start: datetime
    end: datetime


@dataclass(frozen=True, slots=True)
class Stay:
    """The outcome: a person in a vehicle from start until before end, and which source says so."""

    vehicle: int
    person: Hashable
    role: str
    source: str
    start: datetime
    end: datetime


@dataclass(frozen=True, slots=True)
class Contest:
    """Several drivers of equal rank at once."""

    vehicle: int
    persons: tuple[Hashable, ...]
    start: datetime
    end: datetime


def pair(
    events: Iterable[Seen], now: datetime, longest: timedelta = LONGEST_STAY
) -> tuple[list[Statement], list[Unanswered]]:
    """Statements out of IN and OUT events in any order, and the INs that nobody answered.

    Each source is followed by itself: an OUT by phone says nothing about a badge. A further IN in the same vehicle is
    a sign that the person is still there.
    """
    by_person: dict[tuple[Hashable, str], list[Seen]] = defaultdict(list)
    for event in events:
        by_person[event.person, event.source].append(event)
    statements: list[Statement] = []
    doubts: list[Unanswered] = []
    for sequence in by_person.values():
        _follow(sorted(sequence, key=lambda e: (e.at, e.entering, e.id)), now, longest, statements, doubts)
    return statements, doubts


def _follow(
    sequence: Sequence[Seen], now: datetime, longest: timedelta, made: list[Statement], doubts: list[Unanswered]
) -> None:
    opened: Seen | None = None
    last = datetime.min.replace(tzinfo=UTC)

    def close(end: datetime, certain: datetime) -> None:
        assert opened is not None
        if certain > opened.at:
            made.append(_statement(opened, certain))
        if end > certain:
            doubts.append(Unanswered(opened.id, opened.vehicle, opened.person, certain, end))

    for event in sequence:
        here = opened is not None and opened.vehicle == event.vehicle
        fresh = opened is not None and event.at - last <= longest
        if opened is not None and not (here and fresh):
            close(min(event.at, last + longest), last)
            opened = None
        if event.entering:
            opened, last = opened or event, event.at
        elif opened is not None:
            close(event.at, event.at)
            opened = None
    if opened is not None and now - last > longest:
        close(last + longest, last)
    elif opened is not None:
        made.append(_statement(opened, FOREVER))


def _statement(opened: Seen, end: datetime) -> Statement:
    return Statement(
        opened.vehicle, opened.person, opened.role, opened.source, opened.at, end, (opened.at, opened.id)
    )  # fmt: skip


def resolve(statements: Iterable[Statement]) -> tuple[list[Stay], list[Contest]]:
    """Who was where, out of all statements about some vehicles and about everybody who is named for them."""
    given = [one for one in statements if one.end > one.start]
    by_person: dict[Hashable, list[Statement]] = defaultdict(list)
    for one in given:
        by_person[one.person].append(one)
    empty = by_person.pop(None, [])
    held = [piece for person in by_person.values() for piece in _one_place(person)]
    by_vehicle: dict[int, list[Statement]] = defaultdict(list)
    for piece in [*held, *empty]:
        by_vehicle[piece.vehicle].append(piece)
    stays: list[Stay] = []
    contests: list[Contest] = []
    for vehicle, pieces in by_vehicle.items():
        _one_driver(vehicle, pieces, stays, contests)
    return merged(stays), _joined(contests)


def _joined(contests: Iterable[Contest]) -> list[Contest]:
    found: list[Contest] = []
    for one in sorted(contests, key=lambda c: (c.vehicle, c.start)):
        last = found[-1] if found else None
        if last and (last.vehicle, last.persons, last.end) == (one.vehicle, one.persons, one.start):
            found[-1] = replace(last, end=one.end)
        else:
            found.append(one)
    return found


def slices(pieces: Sequence[Statement]) -> Iterator[tuple[datetime, datetime, list[Statement]]]:
    """Between each two neighbouring bounds, what holds there."""
    bounds = sorted({bound for one in pieces for bound in (one.start, one.end)})
    for start, end in pairwise(bounds):
        present = [one for one in pieces if one.start <= start and one.end >= end]
        if present:
            yield start, end, present


def _one_place(statements: Sequence[Statement]) -> Iterator[Statement]:
    """What one person's statements leave: at each time the most believed, with the role that the best one names."""
    for start, end, present in slices(statements):
        best = min(present, key=lambda one: one.preference)
        ranked = sorted((one for one in present if one.vehicle == best.vehicle), key=lambda one: one.preference)
        role = next((one.role for one in ranked if one.role), "")
        yield replace(best, role=role, start=start, end=end)


def _one_driver(vehicle: int, pieces: Sequence[Statement], stays: list[Stay], contests: list[Contest]) -> None:
    for start, end, present in slices(pieces):
        people = [one for one in present if one.person is not None]
        nobody = [one for one in present if one.person is None]
        drivers = _drivers(people, nobody)
        if len({one.person for one in drivers}) > 1:
            contests.append(Contest(vehicle, tuple(sorted({o.person for o in drivers}, key=str)), start, end))
            drivers = []
        for one in people:
            drives = one in drivers
            if drives or one.source in SENSED or one.role == "passenger":
                stays.append(Stay(vehicle, one.person, "driver" if drives else "passenger", one.source, start, end))


def _drivers(people: Sequence[Statement], nobody: Sequence[Statement]) -> list[Statement]:
    """Who may be the driver, most believed: one, none, or several who contradict each other."""
    named = [one for one in people if one.role == "driver"]
    by_hand = [one for one in [*named, *nobody] if one.source == "manual"]
    if by_hand:
        latest = min(by_hand, key=lambda one: one.preference)
        return [latest] if latest.person is not None else []
    sensed = [one for one in named if one.source in SENSED]
    if sensed:
        best = min(one.rank for one in sensed)
        return [one for one in sensed if one.rank == best]
    unsaid = [one for one in people if not one.role and one.source in SENSED]
    if unsaid:
        first_in = min(one.order[0] for one in unsaid)
        return [one for one in unsaid if one.order[0] == first_in]
    planned = sorted([*named, *nobody], key=lambda one: one.preference)
    return planned[:1] if planned and planned[0].person is not None else []


def merged(stays: Iterable[Stay]) -> list[Stay]:
    """Neighbouring pieces that say the same as one, in order."""
    found: list[Stay] = []
    for one in sorted(stays, key=lambda s: (s.vehicle, str(s.person), s.start)):
        last = found[-1] if found else None
        if last and last.end == one.start and replace(last, start=one.start, end=one.end) == one:
            found[-1] = replace(last, end=one.end)
        else:
            found.append(one)
    return found


def clipped(stays: Iterable[Stay], start: datetime) -> list[Stay]:
    """What remains of stays from a moment on."""
    return [replace(one, start=max(one.start, start)) for one in stays if one.end > start]
