"""What trackers say about drivers and tags, out of the attributes of their positions. Pure.

The session of a driver, as trackers mean it: it begins when a key or card is read, and ends when another one is read or
the ignition goes off. A tracker that says nothing of its ignition ends nothing: then a human is asked.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime
from typing import Any, NamedTuple

from allconnects.fleet.badges import normal

KEYS = (("driverUniqueId", "dallas"), ("rfid", "badge"), ("card", "badge"))
"""Attribute that holds the number of a key or card, and as which source it counts; the first that occurs is read."""


class Reading(NamedTuple):
    """What a position says: the number that was read, by which source, and the ignition (None: not said)."""

    at: datetime
    number: str
    source: str
    ignition: bool | None


class Session(NamedTuple):
    """Who is in by this reader."""

    number: str
    source: str


class Passage(NamedTuple):
    """In or out at a reader."""

    at: datetime
    number: str
    source: str
    entering: bool


def reading(at: datetime, attributes: Mapping[str, Any]) -> Reading | None:
    """What a position says about its driver; None when nothing."""
    ignition = attributes.get("ignition")
    known = bool(ignition) if isinstance(ignition, bool | int) else None
    for name, source in KEYS:
        number = normal(str(attributes.get(name) or ""))
        if len(number) >= 4 and number.strip("0"):
            return Reading(at, number, source, known)
    return None if known is None else Reading(at, "", "", known)


def passages(readings: Iterable[Reading], session: Session | None) -> Iterator[Passage]:
    """IN and OUT of readings in order of time. ``session``: who was in before the first of them."""
    for one in readings:
        new = Session(one.number, one.source) if one.number else None
        if new and one.ignition is not False and new != session:
            if session:
                yield Passage(one.at, session.number, session.source, False)
            yield Passage(one.at, new.number, new.source, True)
            session = new
        elif session and one.ignition is False:
            yield Passage(one.at, session.number, session.source, False)
            session = None


class Heard(NamedTuple):
    """A tag that was heard."""

    identifier: str
    rssi_dbm: int | None
    battery_low: bool | None


def tags(attributes: Mapping[str, Any]) -> Iterator[Heard]:
    """Bluetooth tags and beacons that a position names, by address, number, or family, group and number."""
    for name, value in attributes.items():
        for ending in ("Mac", "Id", "Uuid", "Namespace"):
            if name.startswith(("tag", "beacon")) and name.endswith(ending) and value:
                prefix = name[: -len(ending)]
                yield Heard(_identifier(prefix, ending, value, attributes), *_state(prefix, attributes))


def _identifier(prefix: str, ending: str, value: Any, attributes: Mapping[str, Any]) -> str:
    parts = [value]
    if ending == "Uuid":
        parts += [attributes.get(f"{prefix}Major", ""), attributes.get(f"{prefix}Minor", "")]
    elif ending == "Namespace":
        parts.append(attributes.get(f"{prefix}Instance", ""))
    return normal("".join(str(part) for part in parts))


def _state(prefix: str, attributes: Mapping[str, Any]) -> tuple[int | None, bool | None]:
    rssi, low = attributes.get(f"{prefix}Rssi"), attributes.get(f"{prefix}LowBattery")
    heard = int(rssi) if isinstance(rssi, int) and -128 <= rssi <= 20 else None
    return heard, bool(low) if low is not None else None
