"""Files that rooms add to a copy, such as tracks: registered from above, called from here."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import psycopg

from allconnects.privacy.subjects import Subject
from allconnects.privacy.vault import Vault

Source = Callable[[psycopg.Connection[Any], Vault, Subject], Iterator[tuple[str, bytes]]]
_sources: dict[str, Source] = {}


def source(name: str) -> Callable[[Source], Source]:
    """Make a function give files (name, content) of a person; the connection is of the role ``rights``."""

    def add(function: Source) -> Source:
        _sources[name] = function
        return function

    return add


def sources() -> list[tuple[str, Source]]:
    """All of them, by name."""
    return sorted(_sources.items())
