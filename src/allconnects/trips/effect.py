"""What people corrected, laid over what was computed. Pure.

A correction names times, not trips: it finds again what it is about after late data changed the trips. Where it does
not, it is a conflict, which is told and never dropped.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from itertools import pairwise
from typing import Final

from allconnects.trips.found import Leg, Rest
from allconnects.trips.stored import CorrectionState, Decision, Purpose, Voice, Why

MERGED, MIXED, SAID = "merged", "mixed", "corrected"
_SAME_S: Final = 60.0
_SAME_M: Final = 100.0
_SAME_PART: Final = 0.05
"""What was corrected is what the person saw when its ends lie so near and its distance is so close."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Said:
    """A correction in force. Times in ms: those of the trip as the person saw it. None: not said."""

    id: int
    kind: str
    start_ms: int
    end_ms: int
    split_ms: int | None = None
    start_place: str | None = None
    end_place: str | None = None
    distance_m: float | None = None
    person: str | None = None
    nobody: bool = False
    seen_distance_m: float | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """A trip as it is to be stored. ``purpose``, ``purpose_by``: what it was for and who says so, by ``uses.laid``."""

    leg: Leg
    shown: bool
    computed: bool
    start_place: str = ""
    end_place: str = ""
    purpose: Purpose = ""
    purpose_by: Voice = ""
    changed: bool = False
    corrections: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True)
class Effect:
    """Rows to store, the rests that merged trips swallow, and what became of each correction."""

    rows: tuple[Row, ...]
    swallowed: frozenset[int]
    states: dict[int, CorrectionState]


@dataclass(slots=True)
class _Group:
    """Parts that are one trip, in order. ``whole``: the computed leg that it is, unless people said otherwise."""

    parts: list[Leg]
    whole: Leg | None
    corrections: list[int] = field(default_factory=list)
    values: dict[str, object] = field(default_factory=dict)
    changed: bool = False

    @property
    def start_ms(self) -> int:
        return self.parts[0].start_ms

    @property
    def end_ms(self) -> int:
        return self.parts[-1].end_ms

    def leg(self) -> Leg:
        """The parts as one."""
        return self.whole or joined(self.parts)


def applied(legs: Sequence[Leg], atoms: Sequence[Leg], rests: Sequence[Rest], said: Sequence[Said]) -> Effect:
    """Corrections over computed legs. ``atoms``: the same legs, split at every moment that a correction names."""
    groups = [_Group([leg], leg) for leg in legs]
    states: dict[int, CorrectionState] = {}
    for one in sorted(said, key=lambda one: (one.kind == "correct", one.id)):
        states[one.id] = _APPLY[one.kind](groups, atoms, one)
    rows = [_shown(group) for group in groups]
    replaced = [group for group in groups if not _untouched(group)]
    hidden = [leg for leg in legs if any(g.start_ms < leg.end_ms and g.end_ms > leg.start_ms for g in replaced)]
    rows += [Row(leg=leg, shown=False, computed=True) for leg in hidden]
    swallowed = {
        rest.start_ms for rest in rests if any(g.start_ms <= rest.start_ms < g.end_ms for g in groups)
    }  # fmt: skip
    return Effect(tuple(rows), frozenset(swallowed), states)


def _untouched(group: _Group) -> bool:
    return group.whole is not None and not group.corrections


def _shown(group: _Group) -> Row:
    if _untouched(group):
        return Row(leg=group.leg(), shown=True, computed=True)
    leg, values = group.leg(), group.values
    if "distance_m" in values:
        leg = replace(leg, distance_m=values["distance_m"], distance_why=SAID)  # type: ignore[arg-type]
    if "person" in values:
        leg = replace(leg, holder=leg.holder._replace(person=values["person"]))  # type: ignore[arg-type]
    texts = {name: values.get(name, "") for name in ("start_place", "end_place")}
    return Row(
        leg=leg, shown=True, computed=False, changed=group.changed, corrections=tuple(sorted(group.corrections)),
        **texts,  # type: ignore[arg-type]
    )  # fmt: skip


def _split(groups: list[_Group], atoms: Sequence[Leg], one: Said) -> CorrectionState:
    at = one.split_ms or 0
    group = next((g for g in groups if g.start_ms < at < g.end_ms), None)
    if group is None:
        near = [g for g in groups if _overlap_ms(g, one)]
        both = any(g.end_ms <= at for g in near) and any(g.start_ms >= at for g in near)
        return "applied" if both else "conflict"
    parts = _refined(group.parts, atoms)
    left, right = ([p for p in parts if (p.start_ms < at) is before] for before in (True, False))
    if not left or not right:
        return "conflict"
    where = groups.index(group)
    ids = [*group.corrections, one.id]
    groups[where : where + 1] = [_Group(left, None, ids), _Group(right, None, list(ids))]
    return "applied"


def _refined(parts: Sequence[Leg], atoms: Sequence[Leg]) -> list[Leg]:
    """Each part in the atoms that it consists of."""
    found: list[Leg] = []
    for part in parts:
        inside = [a for a in atoms if a.start_ms >= part.start_ms and a.end_ms <= part.end_ms]
        found += inside or [part]
    return found


def _merge(groups: list[_Group], _atoms: Sequence[Leg], one: Said) -> CorrectionState:
    inside = [g for g in groups if 2 * _overlap_ms(g, one) > g.end_ms - g.start_ms]
    if not inside:
        return "conflict"
    if len(inside) == 1:
        return "applied"
    if len({g.leg().holder for g in inside}) > 1:
        return "conflict"
    first = groups.index(inside[0])
    ids = sorted({*(n for g in inside for n in g.corrections), one.id})
    groups[first : first + len(inside)] = [_Group([part for g in inside for part in g.parts], None, ids)]
    return "applied"


def _correct(groups: list[_Group], _atoms: Sequence[Leg], one: Said) -> CorrectionState:
    group = max(groups, key=lambda g: _likeness(g, one), default=None)
    if group is None or _likeness(group, one) < 0.5:
        return "conflict"
    leg = group.leg()
    for name in ("start_place", "end_place", "distance_m"):
        if getattr(one, name) is not None:
            group.values[name] = getattr(one, name)
    if one.nobody or one.person is not None:
        group.values["person"] = None if one.nobody else one.person
    group.corrections.append(one.id)
    if _as_seen(leg, one):
        return "applied"
    group.changed = True
    return "changed"


_APPLY: Final = {"split": _split, "merge": _merge, "correct": _correct}


def _overlap_ms(group: _Group, one: Said) -> int:
    return max(0, min(group.end_ms, one.end_ms) - max(group.start_ms, one.start_ms))


def _likeness(group: _Group, one: Said) -> float:
    """1 for the same times, 0 for times apart."""
    whole = max(group.end_ms, one.end_ms) - min(group.start_ms, one.start_ms)
    return _overlap_ms(group, one) / whole if whole else 1.0


def _as_seen(leg: Leg, one: Said) -> bool:
    moved = max(abs(leg.start_ms - one.start_ms), abs(leg.end_ms - one.end_ms)) / 1000
    if moved > _SAME_S:
        return False
    if one.seen_distance_m is None:
        return True
    return abs(leg.distance_m - one.seen_distance_m) <= max(_SAME_M, _SAME_PART * one.seen_distance_m)


def joined(parts: Sequence[Leg]) -> Leg:
    """Neighbours as one trip: distances add up, what stood between them is time without movement."""
    if len(parts) == 1:
        return parts[0]
    first, last = parts[0], parts[-1]
    odometers = [part.distance_odometer_m for part in parts]
    fastest = max(parts, key=lambda part: -1.0 if part.max_speed_kmh is None else part.max_speed_kmh)
    whys = {part.distance_why for part in parts}
    return replace(
        first,
        end_ms=last.end_ms, end=last.end, end_estimated=last.end_estimated, still_open=last.still_open,
        distance_m=_sum([part.distance_m for part in parts]), distance_why=whys.pop() if len(whys) == 1 else MIXED,
        distance_gps_m=_sum([part.distance_gps_m for part in parts]),
        distance_odometer_m=None if None in odometers else _sum([o for o in odometers if o is not None]),
        moving_s=round(sum(part.moving_s for part in parts), 3),
        max_speed_kmh=fastest.max_speed_kmh, max_speed_source=fastest.max_speed_source,
        why=Why(first.why.start, last.why.end, _within(parts)),
    )  # fmt: skip


def _sum(metres: Sequence[float]) -> float:
    return round(sum(metres), 1)


def _within(parts: Sequence[Leg]) -> tuple[Decision, ...]:
    found = list(parts[0].why.within)
    for one, other in pairwise(parts):
        found += [Decision(MERGED, (one.end_ms, other.start_ms)), *other.why.within]
    return tuple(found)
