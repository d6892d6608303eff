"""CRC-16/ARC, which Teltonika calls CRC-16/IBM."""

from __future__ import annotations

from anycrc import Model

_MODEL = Model("CRC16-ARC")


def crc16(data: bytes) -> int:
    """Checksum over everything from the codec id to the second count."""
    return int(_MODEL.calc(data))
