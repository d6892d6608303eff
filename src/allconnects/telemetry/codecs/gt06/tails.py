"""What follows the common blocks in packets of particular types and variants."""

from __future__ import annotations

from allconnects.telemetry.codecs.base import Position
from allconnects.telemetry.codecs.gt06.blocks import add_alarm, add_coded_alarm, read_status
from allconnects.telemetry.codecs.gt06.framing import Packet
from allconnects.telemetry.codecs.gt06.reader import Reader
from allconnects.telemetry.codecs.gt06.session import Session

_REPORTED = frozenset({0x22, 0x2D, 0x31, 0x37})
_LANGUAGE = 1


def read_tail(position: Position, reader: Reader, packet: Packet, variant: str, session: Session, *, nt: bool) -> None:
    """Reads what is left of a packet of common blocks, as far as its meaning is known."""
    kind = packet.kind
    if kind == 0x12:
        _read_0x12(position, reader, variant, session)
    elif nt:
        _read_nt(position, reader, kind)
    elif kind == 0x22 and variant == "seeworld":
        _read_seeworld(position, reader)
    elif kind == 0xA2:
        _read_counters(position, reader)
    elif kind == 0x32 and variant == "sl4x" and reader.left >= 3:
        reader.take(_LANGUAGE)
        position.altitude_m = float(reader.signed(2))
    elif kind in _REPORTED and reader.left >= 3:
        _read_report(position, reader, kind, variant)
    elif kind == 0x17:
        position.attributes["driverUniqueId"] = reader.take(8).hex()
        reader.take(1)
    elif kind == 0x16 and session.family == "vl" and reader.left == _LANGUAGE + 8:
        reader.take(_LANGUAGE)
        _store_driver(position, reader.take(8))
    elif kind == 0x26 and reader.left == _LANGUAGE + 4:
        reader.take(_LANGUAGE)
    _read_common(position, reader, kind)


def _read_common(position: Position, reader: Reader, kind: int) -> None:
    """Ignition, upload mode and re-upload, then a mileage: recognised by how many bytes are left."""
    if reader.left in (3, 7):
        position.attributes["ignition"] = reader.u8() > 0
        reader.take(1)
        if reader.u8() > 0:
            position.attributes["archive"] = True
    if reader.left == 4:
        position.attributes["odometer"] = reader.u32()
    if kind in (0x27, 0xA4) and reader.left:
        position.attributes["geofence"] = reader.u8()


def _read_report(position: Position, reader: Reader, kind: int, variant: str) -> None:
    position.attributes["ignition"] = reader.u8() > 0
    position.attributes["event"] = reader.u8()
    position.attributes["archive"] = reader.u8() > 0
    if variant == "sl4x":
        if reader.left > 2:
            position.attributes["odometer"] = reader.u32()
        position.altitude_m = float(reader.signed(2))
    if kind == 0x37 and reader.left >= 3:
        _read_module(position, reader)


def _read_module(position: Position, reader: Reader) -> None:
    module, size = reader.u16(), reader.u8()
    content = Reader(reader.take(size))
    if module == 0x27:
        position.attributes["power"] = content.u16() / 100
    elif module == 0x2E:
        position.attributes["odometer"] = content.u32()
    elif module == 0x3B:
        position.attributes["accuracy"] = content.u16() / 100


def _store_driver(position: Position, driver: bytes) -> None:
    if any(driver):
        position.attributes["driverUniqueId"] = driver.hex()


def _read_0x12(position: Position, reader: Reader, variant: str, session: Session) -> None:
    if variant == "gt06e_card":
        position.attributes["odometer"] = reader.u32()
        position.attributes["card"] = reader.text(reader.u8()).strip()
        reader.take(2)
    elif variant == "benway":
        _read_benway(position, reader.u16())
    elif variant == "vxt01":
        _read_powered_status(position, reader, variant)
        reader.take(1)
    elif variant == "s5":
        _read_s5(position, reader, variant, session)
    elif variant == "wetrust":
        _read_wetrust(position, reader)


def _read_powered_status(position: Position, reader: Reader, variant: str) -> None:
    read_status(position, reader, variant)
    position.attributes["power"] = reader.u16() / 100
    position.attributes["rssi"] = reader.u8()


def _read_benway(position: Position, mask: int) -> None:
    position.attributes["ignition"] = bool(mask & 0x8000)
    position.attributes["in2"] = bool(mask & 0x4000)
    if mask & 0x1000:
        value = mask & 0x01FF
        position.attributes["temp1"] = -value if mask & 0x0200 else value
    else:
        value = mask & 0x03FF
        position.attributes["adc1"] = value if mask & 0x2000 else value / 10


def _read_s5(position: Position, reader: Reader, variant: str, session: Session) -> None:
    _read_powered_status(position, reader, variant)
    add_coded_alarm(position, reader.u8(), session)
    position.attributes["oil"] = reader.u16()
    temperature = reader.u8()
    position.attributes["temp1"] = -(temperature & 0x7F) if temperature & 0x80 else temperature
    position.attributes["odometer"] = reader.u32() * 10


def _read_wetrust(position: Position, reader: Reader) -> None:
    position.attributes["odometer"] = reader.u32()
    position.attributes["card"] = reader.text(reader.u8()).strip()
    add_alarm(position, "general" if reader.u8() else None)
    position.attributes["cardStatus"] = reader.u8()
    position.attributes["drivingTime"] = reader.u16()


def _read_seeworld(position: Position, reader: Reader) -> None:
    position.attributes["ignition"] = reader.u8() > 0
    reader.take(2)
    position.attributes["odometer"] = reader.u32()
    reader.take(4)
    temperature = reader.u16()
    sign = -1 if temperature & 0x8000 else 1
    position.attributes["temp1"] = sign * (temperature & 0x7FFF) / 100
    position.attributes["humidity"] = reader.u16() / 100


def _read_counters(position: Position, reader: Reader) -> None:
    position.attributes["odometer"] = reader.u32()
    position.attributes["hours"] = reader.u32() * 1000
    reader.take(8)
    position.attributes["input"] = reader.u16()


def _read_nt(position: Position, reader: Reader, kind: int) -> None:
    position.attributes["odometer"] = reader.unsigned(3)
    position.attributes["hours"] = reader.unsigned(3) * 60_000
    size = reader.u8() if kind == 0x25 else 0
    if size:
        reader.take(1)
        position.attributes["driverUniqueId"] = reader.take(size - 1).hex()
