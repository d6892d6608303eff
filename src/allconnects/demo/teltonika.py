"""What a Teltonika tracker sends over TCP in Codec 8 Extended.

Written from the description at https://wiki.teltonika-gps.com/view/Codec; shares no code with the receiving side.
"""

from __future__ import annotations

import struct
from collections.abc import Sequence

from allconnects.demo.movement import Fix

ACCEPTED = b"\x01"
MOST_RECORDS = 20

_CODEC = 0x8E
_IGNITION, _MOVEMENT, _GSM_SIGNAL, _GNSS_STATUS, _SLEEP_MODE, _BATTERY_PERCENT = 239, 240, 21, 69, 200, 113
_SUPPLY_MV, _BATTERY_MV, _PDOP, _HDOP, _SPEED = 66, 67, 181, 182, 24
_ODOMETER, _OPERATOR = 16, 241
_PROXIMUS = 20601


def login(imei: str) -> bytes:
    """The first bytes on a connection: length and digits of the IMEI."""
    return struct.pack(">H", len(imei)) + imei.encode("ascii")


def packet(fixes: Sequence[Fix]) -> bytes:
    """One AVL packet of at most ``MOST_RECORDS`` records."""
    records = b"".join(map(_record, fixes))
    count = bytes([len(fixes)])
    data = bytes([_CODEC]) + count + records + count
    return struct.pack(">II", 0, len(data)) + data + struct.pack(">I", crc16_arc(data))


def crc16_arc(data: bytes) -> int:
    """CRC-16/ARC: polynomial 0x8005 reflected, start 0."""
    crc = 0
    for byte in data:
        crc ^= byte
        for _ in range(8):
            crc = crc >> 1 ^ (0xA001 if crc & 1 else 0)
    return crc


def _record(fix: Fix) -> bytes:
    place = struct.pack(
        ">QBiihHBH",
        fix.time_ms,
        0,
        round(fix.lon * 1e7),
        round(fix.lat * 1e7),
        round(fix.altitude_m),
        round(fix.course_deg) % 360,
        fix.satellites,
        round(fix.speed_kmh),
    )
    return place + _elements(fix)


def _elements(fix: Fix) -> bytes:
    """The IO elements, by size: 1, 2, 4, 8 bytes and of any length."""
    signal = 3 + fix.satellites % 3
    bytes_1 = {
        _IGNITION: int(fix.ignition),
        _MOVEMENT: int(fix.moving),
        _GSM_SIGNAL: signal,
        _GNSS_STATUS: 1,
        _SLEEP_MODE: 0,
        _BATTERY_PERCENT: 100,
    }
    bytes_2 = {_SUPPLY_MV: fix.supply_mv, _BATTERY_MV: 4100, _PDOP: 14, _HDOP: 8, _SPEED: round(fix.speed_kmh)}
    bytes_4 = {_ODOMETER: fix.odometer_m, _OPERATOR: _PROXIMUS}
    groups = [_group(bytes_1, "B"), _group(bytes_2, "H"), _group(bytes_4, "I"), _group({}, "Q")]
    total = len(bytes_1) + len(bytes_2) + len(bytes_4)
    return struct.pack(">HH", 0, total) + b"".join(groups) + struct.pack(">H", 0)


def _group(elements: dict[int, int], size: str) -> bytes:
    packed = [struct.pack(">H" + size, number, value) for number, value in elements.items()]
    return struct.pack(">H", len(elements)) + b"".join(packed)
