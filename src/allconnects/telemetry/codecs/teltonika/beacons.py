"""Bluetooth beacons and tags that a device heard: elements 385 and 548, 10828 to 10831, 11317.

Source: Teltonika's pages on beacon lists and on EYE and advanced beacons. Numbers stay as the tag sends them
(temperature in hundredths of a degree, voltage in mV).
"""

from __future__ import annotations

import struct
from collections.abc import Callable

from ..base import Value

_IBEACON = struct.Struct(">16sHHb")
_EDDYSTONE = struct.Struct(">10s6sb")


def beacon_attributes(data: bytes) -> dict[str, Value] | None:
    """Attributes of the beacons in element 385, by number; None when the bytes are no such list."""
    found: dict[str, Value] = {}
    at = number = 1
    try:
        while at < len(data):
            at = _beacon(data, at, f"beacon{number}", found)
            number += 1
    except (IndexError, struct.error):
        return None
    return found


def _beacon(data: bytes, at: int, prefix: str, found: dict[str, Value]) -> int:
    flags = data[at]
    at += 1
    if flags >> 4:
        uuid, major, minor, rssi = _IBEACON.unpack_from(data, at)
        found |= {f"{prefix}Uuid": uuid.hex(), f"{prefix}Major": major, f"{prefix}Minor": minor}
        at += _IBEACON.size
    else:
        namespace, instance, rssi = _EDDYSTONE.unpack_from(data, at)
        found |= {f"{prefix}Namespace": namespace.hex(), f"{prefix}Instance": instance.hex()}
        at += _EDDYSTONE.size
    found[f"{prefix}Rssi"] = rssi
    if flags & 2:
        found[f"{prefix}Battery"] = struct.unpack_from(">H", data, at)[0] / 100
        at += 2
    if flags & 4:
        found[f"{prefix}Temp"] = struct.unpack_from(">H", data, at)[0]
        at += 2
    return at


def tag_attributes(data: bytes) -> dict[str, Value] | None:
    """Attributes of the tags in an advanced beacon element, by number; None when it is no such list."""
    found: dict[str, Value] = {}
    at = 1
    number = 0
    while at < len(data):
        number += 1
        end = at + 1 + data[at]
        if end > len(data) or not _tag(data[at + 1 : end], f"tag{number}", found):
            return None
        at = end
    return found


def _tag(data: bytes, prefix: str, found: dict[str, Value]) -> bool:
    at = 0
    while at + 2 <= len(data):
        parameter, length = data[at], data[at + 1]
        value = data[at + 2 : at + 2 + length]
        if len(value) != length or (parameter not in _OCTETS and length > 8):
            return False
        if parameter == 2:
            _beacon_data(value, prefix, found)
        elif meaning := _PARAMETERS.get(parameter):
            found[prefix + meaning[0]] = meaning[1](value)
        at += 2 + length
    return at == len(data)


def _beacon_data(value: bytes, prefix: str, found: dict[str, Value]) -> None:
    """Parameter 2 of an EYE beacon: flags, of which bit 7 says that the last byte is the voltage."""
    if value and value[0] & 0x80:
        found[f"{prefix}Voltage"] = 2000 + 10 * value[-1]
    if value and value[0] & 0x40:
        found[f"{prefix}LowBattery"] = True


def _number(value: bytes) -> int:
    return int.from_bytes(value, "big")


def _signed(value: bytes) -> int:
    return int.from_bytes(value, "big", signed=True)


def _flag(value: bytes) -> bool:
    return any(value)


def _name(value: bytes) -> str:
    return value.rstrip(b"\0").decode("ascii", "replace").replace("\0", "")


_OCTETS = frozenset((1, 2, 5, 15))
_PARAMETERS: dict[int, tuple[str, Callable[[bytes], Value]]] = {
    0: ("Rssi", _signed),
    1: ("Id", bytes.hex),
    5: ("Name", _name),
    6: ("Temp", _signed),
    7: ("Humidity", _number),
    8: ("Magnet", _flag),
    9: ("Motion", _flag),
    10: ("MotionCount", _number),
    11: ("Pitch", _signed),
    12: ("Roll", _signed),
    13: ("LowBattery", _flag),
    14: ("Battery", _number),
    15: ("Mac", bytes.hex),
}
