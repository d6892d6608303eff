"""Every way in that somebody has into an organisation, and one action that ends them all.

A room that lets people in by something new (a link, a device, a subscription) registers that way here; what is not
registered is found by ``tests/privacy/test_at_24.py``, which looks for columns that hold credentials.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any
from uuid import UUID


@dataclass(frozen=True, slots=True)
class Leaver:
    """Who goes, in one organisation: a sign-in, a person of the register, or both."""

    organisation: int
    account: int | None = None
    person: UUID | None = None

    @property
    def about(self) -> str:
        """How logs name the leaver: by number, never by name."""
        return f"person:{self.person}" if self.person else f"account:{self.account}"


@dataclass(frozen=True, slots=True)
class Way:
    """One kind of way in. ``open`` lists those there are, each as a short text for the page that asks first;
    ``end`` ends them and says how many. Both run in a transaction that speaks for the organisation.

    ``tables``: where the credentials stand that it ends.
    """

    key: str
    title: Any
    tables: tuple[str, ...]
    open: Callable[[Leaver], list[str]]
    end: Callable[[Leaver], int]


Told = Callable[[Leaver, str, Mapping[str, int]], None]
_ways: dict[str, Way] = {}
_told: list[Told] = []


def register(way: Way) -> None:
    """Add a way in. Raises ValueError when another has its key."""
    if way.key in _ways and _ways[way.key] != way:
        raise ValueError(f"two ways in are called {way.key}")
    _ways[way.key] = way


def ways() -> list[Way]:
    """Every way in, in the order of registration. Complete once Django has loaded all rooms."""
    return list(_ways.values())


def tell(told: Told) -> None:
    """Have ``told(leaver, by, ended)`` called in the transaction of each ending."""
    if told not in _told:
        _told.append(told)


def found(leaver: Leaver) -> list[tuple[Way, list[str]]]:
    """The ways in that are open now, with what there is of each."""
    there = [(way, way.open(leaver)) for way in ways()]
    return [(way, texts) for way, texts in there if texts]


def end(leaver: Leaver, by: str) -> dict[str, int]:
    """End every way in, in the current transaction. Returns how many of each there were; safe to repeat.

    ``by``: ``account:7``, ``token:3`` or ``process:worker``.
    """
    ended = {way.key: count for way in ways() if (count := way.end(leaver))}
    for told in _told:
        told(leaver, by, ended)
    return ended
