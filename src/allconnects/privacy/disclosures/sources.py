"""Kinds of data that can be given, from the least to the most; rooms register what they hold about a person."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.utils.functional import Promise

Row = Sequence[object]
Read = Callable[[int, UUID, datetime, datetime], list[Row]]


@dataclass(frozen=True, slots=True)
class Source:
    """``read``: rows of ``columns`` about a person of an organisation between two instants."""

    key: str
    label: str | Promise
    columns: tuple[str, ...]
    read: Read


_sources: dict[str, Source] = {}


def register(source: Source) -> None:
    """Make a kind of data one that can be given; rooms call it when they are loaded."""
    _sources[source.key] = source


def sources() -> dict[str, Source]:
    """Every kind of data that can be given."""
    return dict(_sources)
