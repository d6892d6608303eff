"""Statistics about people: counts over enough of them, with nothing that gives a hidden cell away.

What stays after somebody is gone, and maps or tables of people's movements, are made of these only. A cell shows when
at least the threshold of different people stand behind it; a lone hidden cell of a group takes the smallest shown one
with it, because a total would give it away; counts are rounded, so that two releases that differ by one person say
little about him. Sources: WP216 (singling out, linkability, inference); de Montjoye 2013 on four points.
"""

from __future__ import annotations

import tomllib
from collections import defaultdict
from collections.abc import Hashable, Iterable, Mapping, Set
from dataclasses import dataclass
from functools import cache
from importlib import resources
from typing import Generic, TypeVar

K = TypeVar("K", bound=Hashable)


@dataclass(frozen=True, slots=True)
class Rules:
    """``people``: least number behind a cell; ``rounding``: counts are multiples of it."""

    people: int
    rounding: int


@dataclass(frozen=True, slots=True)
class Release(Generic[K]):
    """``cells``: what may be shown, rounded; ``hidden``: how many cells may not."""

    cells: dict[K, int]
    hidden: int


@cache
def rules() -> Rules:
    """What ``statistics.toml`` says."""
    found = tomllib.loads(resources.files(__package__).joinpath("statistics.toml").read_text("utf-8"))
    return Rules(int(found["threshold"]["people"]), int(found["rounding"]["to"]))


def release(rows: Iterable[tuple[K, str]], group_of: Mapping[K, Hashable] | None = None) -> Release[K]:
    """Count different people by cell. ``rows``: cell and person, repeated at will; persons are forgotten on return.

    ``group_of``: which total a cell is part of, where totals are shown too; by default all are parts of one.
    """
    people: dict[K, set[str]] = defaultdict(set)
    for cell, person in rows:
        people[cell].add(person)
    counts = {cell: len(found) for cell, found in people.items()}
    hidden = {cell for cell, count in counts.items() if count < rules().people}
    hidden |= _secondary(counts, hidden, group_of or {})
    shown = {cell: _rounded(count) for cell, count in counts.items() if cell not in hidden}
    return Release(shown, len(hidden))


def _secondary(counts: Mapping[K, int], hidden: set[K], group_of: Mapping[K, Hashable]) -> set[K]:
    groups: dict[Hashable, list[K]] = defaultdict(list)
    for cell in counts:
        groups[group_of.get(cell)].append(cell)
    more = set()
    for cells in groups.values():
        shown = [cell for cell in cells if cell not in hidden]
        if len(cells) - len(shown) == 1 and shown:
            more.add(min(shown, key=lambda cell: (counts[cell], repr(cell))))
    return more


def _rounded(count: int) -> int:
    """To the nearest multiple, never below the threshold."""
    step = rules().rounding
    return max(rules().people, step * round(count / step))


def publishable(groups: Mapping[K, Set[str]], whole: Set[str]) -> set[K]:
    """Of which groups of people sums may be shown beside the sum of all, so that no two of them give a few away.

    A group is shown when enough people stand behind it, and as many, or none, behind its difference from the whole and
    from every group that is shown already, either way, and behind what both share. The largest come first.
    """
    shown: dict[K, Set[str]] = {}
    for key in sorted(groups, key=lambda key: (-len(groups[key]), repr(key))):
        group = groups[key]
        apart = [part for other in (whole, *shown.values()) for part in (group - other, other - group, group & other)]
        if enough(len(group)) and all(not part or enough(len(part)) for part in apart):
            shown[key] = group
    return set(shown)


def enough(people: int) -> bool:
    """Whether a statistic about so many people may be shown at all."""
    return people >= rules().people
