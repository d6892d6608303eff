"""What a GT06 tracker sends: login, heartbeat and location packets.

Written from the public description of the GT06 protocol (Concox, 2012); shares no code with the receiving side.
"""

from __future__ import annotations

import struct
from datetime import UTC, datetime

from allconnects.demo.movement import Fix

LOGIN, STATUS, LOCATION = 0x01, 0x13, 0x22
HEARTBEAT_S = 180
REPLY_LENGTH = 10

_MINUTES_PER_DEGREE = 60
_UNITS_PER_MINUTE = 30_000
_COUNTRY, _NETWORK, _AREA = 206, 1, 3021


def login(imei: str, serial: int) -> bytes:
    """The first packet: the fifteen digits of the IMEI as packed decimals."""
    return _packet(LOGIN, bytes.fromhex(imei.zfill(16)), serial)


def location(fix: Fix, serial: int, *, delayed: bool) -> bytes:
    """One fix, with ignition; ``delayed``: it waited in memory."""
    mode = bytes([int(fix.ignition), 0x00 if fix.moving else 0x05, int(delayed)])
    return _packet(LOCATION, _place(fix) + _cell(fix) + mode, serial)


def heartbeat(fix: Fix, serial: int) -> bytes:
    """State of the device: ignition and charger, battery and network in steps."""
    flags = 0x40 | (0x02 if fix.ignition else 0) | (0x04 if fix.supply_mv > 12_600 else 0)
    return _packet(STATUS, bytes([flags, 6, 4, 0x00, 0x02]), serial)


def reply_serial(reply: bytes) -> int | None:
    """The serial number that a reply of ten bytes acknowledges; None where it is none."""
    whole = len(reply) == REPLY_LENGTH and reply[:3] == b"\x78\x78\x05" and reply[-2:] == b"\r\n"
    if not whole or crc16_x25(reply[2:6]) != int.from_bytes(reply[6:8], "big"):
        return None
    return int.from_bytes(reply[4:6], "big")


def crc16_x25(data: bytes) -> int:
    """CRC-16/X-25: polynomial 0x1021 reflected, start and final exclusive-or 0xFFFF."""
    crc = 0xFFFF
    for byte in data:
        crc ^= byte
        for _ in range(8):
            crc = crc >> 1 ^ (0x8408 if crc & 1 else 0)
    return crc ^ 0xFFFF


def _packet(kind: int, content: bytes, serial: int) -> bytes:
    body = bytes([len(content) + 5, kind]) + content + struct.pack(">H", serial & 0xFFFF)
    return b"\x78\x78" + body + struct.pack(">H", crc16_x25(body)) + b"\r\n"


def _place(fix: Fix) -> bytes:
    at = datetime.fromtimestamp(fix.time_ms // 1000, UTC)
    date = bytes([at.year - 2000, at.month, at.day, at.hour, at.minute, at.second])
    scale = _MINUTES_PER_DEGREE * _UNITS_PER_MINUTE
    # Bit 12: the fix is good; bit 10: north; bit 11 would be west, which no place in Belgium is.
    course = round(fix.course_deg) % 360 | 0x1000 | 0x0400
    satellites = 0xC0 | min(fix.satellites, 15)
    speed = min(round(fix.speed_kmh), 255)
    return date + struct.pack(">BIIBH", satellites, round(fix.lat * scale), round(fix.lon * scale), speed, course)


def _cell(fix: Fix) -> bytes:
    cell = 0x4000 + int(fix.lat * 400) % 4096
    return struct.pack(">HBH", _COUNTRY, _NETWORK, _AREA) + cell.to_bytes(3, "big")
