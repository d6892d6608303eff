"""Packets made of the common blocks (fix, serving cell, status), with the tails of their variants."""

from __future__ import annotations

from contextlib import suppress

from allconnects.telemetry.codecs.base import CodecError, Position
from allconnects.telemetry.codecs.gt06.blocks import (
    Network,
    add_coded_alarm,
    read_date,
    read_fix,
    read_operator,
    read_status,
    store_battery,
)
from allconnects.telemetry.codecs.gt06.framing import Packet
from allconnects.telemetry.codecs.gt06.modules import read_status_modules
from allconnects.telemetry.codecs.gt06.reader import Reader
from allconnects.telemetry.codecs.gt06.session import Session
from allconnects.telemetry.codecs.gt06.tables import WITH_CELL, WITH_FIX, WITH_STATUS
from allconnects.telemetry.codecs.gt06.tails import read_tail

_4G_CELL = frozenset({0xA0, 0xA2, 0xA5, 0xA7})
_TYPED_CELL = frozenset({0x38, 0x39})
_WIDE_ALARM = frozenset({0x27, 0x39, 0xA4})
_MODULES = frozenset({0x36, 0x39})


def decode_located(packet: Packet, variant: str, session: Session) -> Position:
    """The position of a packet of common blocks, decided by its type, variant and model family.

    Raises CodecError when the fix itself is cut; what is cut behind it is left out.
    """
    reader, position = Reader(packet.content), Position(None)
    kind, nt = packet.kind, is_nt(packet, session)
    position.attributes["type"] = kind
    has_fix, has_status = kind in WITH_FIX, kind in WITH_STATUS or nt
    if variant in ("status", "rfid"):
        has_fix = variant == "rfid"
    if kind == 0x12 and session.family == "qh302r":
        reader.take(8)
    if nt:
        reader.take(1 + 8)
        read_date(reader, session)
    if has_fix:
        read_fix(position, reader, session)
    # The checksum was right: a clone that sends less behind the fix still said where it is and how it stands.
    with suppress(CodecError):
        if kind in WITH_CELL and variant != "status" and reader.left:
            sized = has_status and _is_sized(kind, variant)
            _read_cell_block(position, reader, kind, variant, sized=sized)
        if has_status:
            _read_status_block(position, reader, kind, variant, session, nt=nt)
        if kind in _MODULES:
            read_status_modules(position, reader)
        read_tail(position, reader, packet, variant, session, nt=nt)
    return position


def is_nt(packet: Packet, session: Session) -> bool:
    """Whether the packet has the layout of the NT family: identity and status inside a fix."""
    return session.family == "nt" and packet.kind in (0x22, 0x25)


def _is_sized(kind: int, variant: str) -> bool:
    """Whether the cell block begins with its length, as it does in packets that also have a status."""
    if kind == 0x16 and variant == "vxt01":
        return False
    return kind not in (0x19, 0x39, 0xA2, 0xA5)


def _read_cell_block(position: Position, reader: Reader, kind: int, variant: str, *, sized: bool) -> None:
    if not sized:
        read_cell(position, reader, kind, variant)
        return
    size = reader.u8()
    if size == 0:
        padding = reader.peek(45)
        if len(padding) == 45 and not any(padding[9:]):
            reader.take(45)
        return
    # Some devices count the length byte itself, some do not; the parts inside tell which.
    start = reader.left
    read_cell(position, reader, kind, variant, size)
    reader.take(max(0, size - 1 - (start - reader.left)))


def read_cell(position: Position, reader: Reader, kind: int, variant: str, size: int = 0) -> None:
    """The serving cell; the widths of its numbers follow from the type, or from ``size`` where it is told."""
    generation = reader.u8() if kind in _TYPED_CELL else 0
    wide = kind in _4G_CELL or generation >= 3 or size >= 15
    mcc, mnc = read_operator(reader, wide=kind == 0x11 or variant == "sl4x")
    lac = reader.unsigned(4 if wide else 2)
    if wide:
        cid = reader.unsigned(8)
    elif kind in (0x11, 0x25, 0x36, 0x61) or variant in ("seeworld", "sl4x"):
        cid = reader.u32()
    else:
        cid = reader.unsigned(3)
    if kind in _TYPED_CELL:
        reader.take(2 if generation >= 3 else 1)
    network = Network()
    network.cell(mcc, mnc, lac, cid)
    network.store(position)


def _read_status_block(
    position: Position, reader: Reader, kind: int, variant: str, session: Session, *, nt: bool
) -> None:
    if kind == 0xA2:
        reader.take(1)
    read_status(position, reader, variant)
    if variant == "obd6":
        _read_obd6(position, reader, session)
        return
    if kind == 0xA2 or nt:
        position.attributes["power"] = reader.u16() / 100
    _read_battery(position, reader, kind, session, nt=nt)
    position.attributes["rssi"] = reader.u8()
    if kind == 0x13 and session.family == "lw":
        position.attributes["power"] = (reader.u16() & 0x0FFF) / 10
    elif reader.left:
        _read_extension(position, reader, kind, variant, session)
    if reader.left and (kind in (0x27, 0x36, 0x39, 0xA2, 0xA4) or nt):
        reader.take(1)


def _read_battery(position: Position, reader: Reader, kind: int, session: Session, *, nt: bool) -> None:
    if kind == 0x13 and session.family == "r11":
        position.attributes["power"] = reader.u16() / 100
    elif nt:
        position.attributes["battery"] = reader.u8() / 10
    else:
        store_battery(position, reader.u8())


def _read_extension(position: Position, reader: Reader, kind: int, variant: str, session: Session) -> None:
    code = reader.u8()
    if kind in _WIDE_ALARM:
        code |= (reader.peek(1) or b"\0")[0] >> 4 << 8
    if kind == 0x13 and session.family == "seeworld":
        position.attributes["power"] = float(code)
    elif variant != "vxt01":
        add_coded_alarm(position, code, session)
    if kind == 0x16 and session.family == "vl" and code >= 0xE8:
        position.attributes["event"] = code


def _read_obd6(position: Position, reader: Reader, session: Session) -> None:
    signal = reader.u16()
    position.attributes["sat"] = (signal >> 10 & 0x1F) + (signal >> 5 & 0x1F)
    position.attributes["rssi"] = signal & 0x1F
    add_coded_alarm(position, reader.u8(), session)
    reader.take(1)
    position.attributes["batteryLevel"] = reader.u8()
    mode = reader.u8()
    position.attributes["power"] = reader.u16() / 100
    reader.take(3)
    if mode == 4:
        position.attributes["temp1"] = reader.signed(2) / 10


def decode_sr411(packet: Packet, _variant: str, session: Session) -> Position:
    """Packet 0x24 of the SR411 mini: fix, cell, ignition and voltages."""
    reader, position = Reader(packet.content), Position(None)
    read_fix(position, reader, session)
    read_cell(position, reader, packet.kind, "")
    position.attributes["ignition"] = reader.u8() > 0
    position.attributes["power"] = reader.u16() / 100
    position.attributes["battery"] = reader.u16() / 100
    return position


def decode_ibutton(packet: Packet, _variant: str, session: Session) -> Position:
    """Packet 0x61: a fix with the driver's button."""
    reader, position = Reader(packet.content), Position(None)
    reader.take(8)
    read_fix(position, reader, session)
    read_cell(position, reader, packet.kind, "")
    position.attributes["driverUniqueId"] = str(reader.unsigned(6))
    return position


def decode_typed_cell(packet: Packet, _variant: str, session: Session) -> Position:
    """Packet 0x38: a fix, how it was sent, and a cell with its radio generation."""
    reader, position = Reader(packet.content), Position(None)
    read_fix(position, reader, session)
    reader.take(2)
    read_cell(position, reader, packet.kind, "")
    return position


def decode_driver(packet: Packet, _variant: str, session: Session) -> Position:
    """Packet 0x36 of the VL family: a fix with mileage, voltages, hours and the driver's card."""
    reader, position = Reader(packet.content), Position(None)
    read_fix(position, reader, session)
    read_cell(position, reader, packet.kind, "")
    attributes = position.attributes
    attributes["ignition"] = reader.u8() > 0
    attributes["uploadMode"] = reader.u8()
    attributes["archive"] = reader.u8() > 0
    attributes["odometer"] = reader.u32()
    attributes["power"] = reader.u16() / 100
    attributes["battery"] = reader.u8() / 10
    attributes["hours"] = reader.unsigned(3) * 60_000
    driver = reader.take(8)
    if any(driver):
        attributes["driverUniqueId"] = driver.hex()
    return position
