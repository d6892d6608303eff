"""What rooms add to the leaving of an organisation: registered from above, called from here."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import psycopg

from allconnects.kit.named import Named
from allconnects.privacy.vault import Vault

Raw = psycopg.Connection[Any]


@dataclass(frozen=True, slots=True)
class Stays:
    """What is kept after the organisation has gone: ``what`` and ``why`` in English, ``until`` a day (ISO) or words."""

    what: str
    why: str
    until: str


End = Callable[[int], list[Stays]]
Files = Callable[[Raw, Vault, int], Iterator[tuple[str, Iterator[bytes]]]]
at_end: Named[End] = Named()
"""Makes a function end what runs for it elsewhere; it says what stays. It must bear being done twice."""
files: Named[Files] = Named()
"""Makes a function give files (name, pieces) of what tables cannot show, such as sealed positions.

The connection is of the role ``rights`` and speaks for the organisation.
"""
_own: set[str] = set()


def of_people_only(table: str) -> None:
    """A table that its people alone may see, not their organisation: it goes, but is not handed over."""
    _own.add(table)


def own() -> frozenset[str]:
    """Those tables."""
    return frozenset(_own)
