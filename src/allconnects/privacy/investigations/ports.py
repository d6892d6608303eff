"""What investigations ask of other rooms: which kinds of data there are, and who had a vehicle."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from uuid import UUID

from django.utils.functional import Promise

WhoHad = Callable[[int, int, datetime, datetime], set[UUID]]
"""``who_had(organisation, vehicle, start, end)``: everybody who was in it or is said to have driven it."""
_kinds: dict[str, str | Promise] = {}
_who_had: list[WhoHad] = []


def offer(key: str, title: str | Promise) -> None:
    """Make a kind of data one that can be asked for."""
    _kinds[key] = title


def kinds() -> dict[str, str | Promise]:
    """Every kind of data that can be asked for, with its name."""
    return dict(_kinds)


def knows_who_had(function: WhoHad) -> None:
    """Say who had vehicles; several may."""
    if function not in _who_had:
        _who_had.append(function)


def who_had(organisation: int, vehicle: int, start: datetime, end: datetime) -> set[UUID]:
    """Everybody who had the vehicle between two instants."""
    return {person for one in _who_had for person in one(organisation, vehicle, start, end)}
