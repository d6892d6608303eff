"""Packets that tell which cells and access points the device sees, without a fix."""

from __future__ import annotations

from allconnects.telemetry.codecs.base import Position
from allconnects.telemetry.codecs.gt06.blocks import (
    Network,
    add_coded_alarm,
    read_bcd_date,
    read_date,
    read_operator,
)
from allconnects.telemetry.codecs.gt06.framing import Packet
from allconnects.telemetry.codecs.gt06.reader import Reader
from allconnects.telemetry.codecs.gt06.session import Session

_WITH_WIFI = frozenset({0x18, 0x2C, 0x33, 0xA2, 0xA9})
_COUNTED = ("wanway_s20", "sl4x")


def decode_surroundings(packet: Packet, variant: str, session: Session) -> Position:
    """Packets 0x18, 0x24, 0x28, 0x2C, 0x2E, 0x33, 0x34, 0xA1, 0xA2, 0xA9: date, cells, access points."""
    reader, kind, network = Reader(packet.content), packet.kind, Network()
    position = Position(read_date(reader, session))
    if variant in _COUNTED:
        reader.take(1)
    mcc, mnc = read_operator(reader, wide=variant == "sl4x")
    widths = _cell_widths(kind, fourth=kind == 0xA9 and reader.u8() > 0)
    for _ in range(_cell_count(reader, kind, variant)):
        lac, cid, rssi = reader.unsigned(widths[0]), reader.unsigned(widths[1]), -reader.u8()
        if lac:
            network.cell(mcc, mnc, lac, cid, rssi)
    if variant not in _COUNTED and reader.left:
        reader.take(1)
    if kind in _WITH_WIFI and reader.left:
        for _ in range(reader.u8()):
            network.wifi(reader.take(6), -reader.u8())
    network.store(position)
    if kind == 0xA9 and reader.left >= 2:
        code = reader.u8()
        add_coded_alarm(position, reader.u8() >> 4 << 8 | code, session)
    return position


def _cell_widths(kind: int, *, fourth: bool) -> tuple[int, int]:
    """Bytes of area and cell number; ``fourth``: the packet itself says that its cells are 4G."""
    if kind in (0xA1, 0xA2) or fourth:
        return 4, 8
    return (2, 4) if kind in (0x33, 0x34) else (2, 3)


def _cell_count(reader: Reader, kind: int, variant: str) -> int:
    if kind == 0xA9 or variant == "wanway_s20":
        return reader.u8()
    return 6 if kind == 0x33 else 7


def decode_access_points(packet: Packet, _variant: str, _session: Session) -> Position:
    """Packet 0xF3: BCD date (UTC) and access points without their signal."""
    reader, network = Reader(packet.content), Network()
    position = Position(read_bcd_date(reader))
    for _ in range(reader.u8()):
        reader.take(2)
        network.wifi(reader.take(6))
    network.store(position)
    return position
