"""Who drives in the demo: names and numbers that stay the same from run to run, none of a real device."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Any, Literal, get_args

from allconnects.kit.errors import ConfigError

Kind = Literal["vehicle", "phone", "material"]
Protocol = Literal["teltonika", "gt06", "osmand", "owntracks"]
Behaviour = Literal["drive", "work", "stand"]

_VALUES: dict[str, tuple[str, ...]] = {
    "kind": get_args(Kind),
    "protocol": get_args(Protocol),
    "behaviour": get_args(Behaviour),
}
# Type allocation codes that begin with 00 10 are for test equipment: no tracker on sale has such a number.
_TEST_IMEI = "0010020026{:04d}"


@dataclass(frozen=True, slots=True)
class DemoDevice:
    """A simulated device.

    ``behaviour``: drive = back and forth on its piece of ``route``, with stops at both ends; work = engine on at
    the start of the piece; stand = engine off there. ``speed_limit_kmh``: what it never exceeds.
    ``interval_s``: seconds between two reports on the move. ``slot``: its turn to stop (0 to 1 of half an hour).
    ``secret``: sent along by phones, where the gateway wants one.
    """

    identifier: str
    name: str
    kind: Kind
    protocol: Protocol
    behaviour: Behaviour
    route: str
    start_km: float = 0.0
    speed_limit_kmh: float = 110.0
    interval_s: int = 5
    slot: float = 0.0
    secret: str | None = None


# name, kind, protocol, behaviour, route, start_km, speed_limit_kmh
_FLEET: tuple[tuple[str, Kind, Protocol, Behaviour, str, float, float], ...] = (
    ("Van 01", "vehicle", "teltonika", "drive", "e19_north", 0, 110),
    ("Van 02", "vehicle", "teltonika", "drive", "r0_brussels", 10, 100),
    ("Van 03", "vehicle", "teltonika", "drive", "e40_west", 0, 110),
    ("Van 04", "vehicle", "teltonika", "drive", "e40_east", 5, 110),
    ("Van 05", "vehicle", "gt06", "drive", "n8", 0, 75),
    ("Van 06", "vehicle", "teltonika", "drive", "antwerp_city", 0, 60),
    ("Van 07", "vehicle", "teltonika", "drive", "n34_coast", 0, 70),
    ("Van 08", "vehicle", "gt06", "drive", "liege_city", 3, 60),
    ("Tipper truck 01", "vehicle", "teltonika", "drive", "e17", 0, 89),
    ("Tipper truck 02", "vehicle", "teltonika", "drive", "e313", 4, 89),
    ("Tipper truck 03", "vehicle", "teltonika", "drive", "r3_charleroi", 0, 85),
    ("Tipper truck 04", "vehicle", "gt06", "drive", "n19", 0, 80),
    ("Concrete mixer 01", "vehicle", "teltonika", "drive", "r4_ghent", 5, 80),
    ("Concrete mixer 02", "vehicle", "gt06", "drive", "n74", 0, 80),
    ("Crane truck 01", "vehicle", "teltonika", "drive", "a12", 0, 85),
    ("Tractor unit 01", "vehicle", "teltonika", "drive", "e411", 12, 89),
    ("Tractor unit 02", "vehicle", "teltonika", "drive", "e42", 20, 89),
    ("Tractor unit 03", "vehicle", "gt06", "drive", "e34", 6, 89),
    ("Service car 01", "vehicle", "teltonika", "drive", "e403", 0, 110),
    ("Service car 02", "vehicle", "teltonika", "drive", "brussels_city", 0, 60),
    ("Team phone North", "phone", "osmand", "drive", "e313", 40, 95),
    ("Team phone East", "phone", "owntracks", "drive", "e40_east", 55, 105),
    ("Team phone South", "phone", "osmand", "drive", "n4", 10, 80),
    ("Team phone West", "phone", "owntracks", "drive", "e17", 38, 100),
    ("Team phone Central", "phone", "osmand", "drive", "e19_south", 0, 105),
    ("Team phone Ardennes", "phone", "owntracks", "drive", "n61_verviers", 0, 75),
    ("Trailer 11", "material", "teltonika", "drive", "a8", 0, 89),
    ("Low loader 02", "material", "gt06", "drive", "e25", 8, 85),
    ("Excavator 14t", "material", "teltonika", "work", "r4_ghent", 20, 30),
    ("Road roller 05", "material", "teltonika", "stand", "e411", 60, 30),
    ("Generator 60 kVA", "material", "gt06", "work", "e34", 30, 30),
    ("Site container 08", "material", "gt06", "stand", "n19", 22, 30),
)


def demo_devices() -> list[DemoDevice]:
    """The demo fleet, always the same: 20 vehicles, 6 phones and 6 materials, 28 of which drive."""
    drivers = sum(entry[3] == "drive" for entry in _FLEET)
    turns: Iterator[int] = iter(range(len(_FLEET)))
    devices = []
    for index, (name, kind, protocol, behaviour, route, start_km, limit) in enumerate(_FLEET):
        devices.append(
            DemoDevice(
                identifier=_identifier(protocol, name, index + 1),
                name=name,
                kind=kind,
                protocol=protocol,
                behaviour=behaviour,
                route=route,
                start_km=start_km,
                speed_limit_kmh=limit,
                interval_s=2 + index * 5 % 9 if behaviour == "drive" else 10,
                slot=next(turns) / drivers if behaviour == "drive" else 0.0,
            )
        )
    return devices


def load_devices(path: Path) -> list[DemoDevice]:
    """The devices of a JSON file: a list of objects with the fields of DemoDevice. Raises ConfigError."""
    try:
        entries = json.loads(path.read_text("utf-8"))
    except (OSError, ValueError):
        raise ConfigError("the device file cannot be read as JSON") from None
    if not isinstance(entries, list):
        raise ConfigError("the device file is not a JSON list")
    return [_device(entry, number) for number, entry in enumerate(entries, 1)]


def _device(entry: Any, number: int) -> DemoDevice:
    known = {field.name for field in fields(DemoDevice)}
    if not isinstance(entry, dict) or not set(entry) <= known:
        raise ConfigError(f"device {number} has other fields than {', '.join(sorted(known))}")
    for name, allowed in _VALUES.items():
        if entry.get(name) not in allowed:
            raise ConfigError(f"device {number}: {name} is one of {', '.join(allowed)}")
    try:
        return DemoDevice(**entry)
    except TypeError:
        raise ConfigError(f"device {number} lacks a field") from None


def _identifier(protocol: Protocol, name: str, number: int) -> str:
    slug = name.lower().replace(" ", "-")
    if protocol == "osmand":
        return f"demo-{slug}"
    if protocol == "owntracks":
        return f"owntracks/demo/{slug}"
    return _with_check_digit(_TEST_IMEI.format(number))


def _with_check_digit(digits: str) -> str:
    """Fourteen digits and their Luhn check digit: the form of an IMEI (3GPP TS 23.003, annex B)."""
    total = 0
    for position, digit in enumerate(map(int, digits)):
        doubled = digit * 2 if position % 2 else digit
        total += doubled - 9 if doubled > 9 else doubled
    return digits + str(-total % 10)
