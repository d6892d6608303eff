"""Packets that are lists of modules, each with a number and a length."""

from __future__ import annotations

from collections.abc import Callable

from allconnects.telemetry.codecs.base import Position
from allconnects.telemetry.codecs.gt06.blocks import Network, add_alarm, place
from allconnects.telemetry.codecs.gt06.framing import Packet
from allconnects.telemetry.codecs.gt06.reader import Reader
from allconnects.telemetry.codecs.gt06.session import Session
from allconnects.telemetry.codecs.gt06.tables import MODULE_ALARMS

Module = Callable[[Position, Reader], None]


def _number(name: str, size: int, scale: int = 1) -> Module:
    def read(position: Position, reader: Reader) -> None:
        value = reader.unsigned(size)
        position.attributes[name] = value / scale if scale > 1 else value

    return read


def _flag(name: str) -> Module:
    def read(position: Position, reader: Reader) -> None:
        position.attributes[name] = reader.u8() > 0

    return read


def _iccid(position: Position, reader: Reader) -> None:
    position.attributes["iccid"] = reader.take(10).hex()


def _cell(position: Position, reader: Reader) -> None:
    mcc, mnc, lac, cid = reader.u16(), reader.u16(), reader.u16(), reader.unsigned(3)
    if cid > 0:
        network = Network()
        network.cell(mcc, mnc, lac, cid, reader.u8())
        network.store(position)


def _inputs(position: Position, reader: Reader) -> None:
    bits = reader.u8()
    position.attributes["door"] = bits & 0x0F > 0
    position.attributes["tamper"] = bits >> 4 > 0


def _odometer(position: Position, reader: Reader) -> None:
    position.attributes["odometer"] = reader.little(4)


def _fix(position: Position, reader: Reader) -> None:
    position.time_ms = reader.u32() * 1000
    position.attributes["sat"] = reader.u8()
    position.altitude_m = float(reader.signed(2))
    latitude, longitude = reader.u32(), reader.u32()
    position.speed_kmh = float(reader.u8())
    # Only place, course and validity: this module's other flag bits are not those of a plain fix.
    place(position, latitude, longitude, reader.u16() & 0x1FFF)


def _event(position: Position, reader: Reader) -> None:
    event = reader.u8()
    add_alarm(position, MODULE_ALARMS.get(event))
    position.attributes["event"] = event


def _tag(position: Position, reader: Reader) -> None:
    # Units as all protocols have them: battery in mV, temperature in 0.01 °C (sent in tenths).
    position.attributes.update(
        tag1Id=reader.take(6).hex(),
        tag1Battery=reader.u16(),
        tag1BatteryLevel=reader.u8(),
        tag1Temp=reader.signed(2) * 10,
        tag1Humidity=reader.signed(2),
        tag1Status=reader.u8(),
    )


_TRACK_MODULES: dict[int, Module] = {
    0x03: _iccid,
    0x09: _number("sat", 1),
    0x0A: _number("satVisible", 1),
    0x11: _cell,
    0x18: _number("battery", 2, 100),
    0x28: _number("hdop", 1, 10),
    0x29: _number("index", 4),
    0x2A: _inputs,
    0x2B: _number("bootReason", 1),
    0x2E: _odometer,
    0x33: _fix,
    0x34: _event,
    0x7F: _tag,
}

_STATUS_MODULES: dict[int, Module] = {
    0x18: _number("battery", 2, 100),
    0x32: _number("startupStatus", 1),
    0x6A: _number("batteryLevel", 1),
}


def _motion(position: Position, reader: Reader) -> None:
    position.attributes["motion"] = reader.u8() in (2, 4)


_DEVICE_MODULES: dict[int, Module] = {
    0x01: _motion,
    0x02: _flag("armed"),
    0x04: _flag("ignition"),
    0x05: _number("power", 2, 100),
    0x07: _flag("charge"),
    0x0A: _number("chargeVoltage", 2),
    0x0B: _number("batteryTemp", 2, 10),
}


def _read_modules(position: Position, reader: Reader, known: dict[int, Module], size_bytes: int) -> None:
    while reader.left:
        module = reader.u16()
        content = Reader(reader.take(reader.unsigned(size_bytes)))
        if module in known and content.left:
            known[module](position, content)


def read_status_modules(position: Position, reader: Reader) -> None:
    """Modules behind a status (packets 0x36 and 0x39): number of two bytes, length of one."""
    _read_modules(position, reader, _STATUS_MODULES, 1)


def decode_track_modules(packet: Packet, _variant: str, _session: Session) -> Position:
    """Packet 0x70: number and length of two bytes each; the fix is one of the modules."""
    position = Position(None)
    _read_modules(position, Reader(packet.content), _TRACK_MODULES, 2)
    return position


def decode_device_status(packet: Packet, _variant: str, _session: Session) -> Position:
    """Packet 0xF1: seconds UTC, then modules with a length of one byte."""
    reader = Reader(packet.content)
    position = Position(reader.u32() * 1000)
    _read_modules(position, reader, _DEVICE_MODULES, 1)
    return position


def decode_peripheral(packet: Packet, _variant: str, _session: Session) -> Position:
    """Packet 0xF2: seconds UTC, then what Bluetooth and other peripherals said."""
    reader = Reader(packet.content)
    position = Position(reader.u32() * 1000)
    while reader.left:
        module = reader.u16()
        if module == 0x000A:
            _read_bluetooth(position, Reader(reader.take(reader.u16())))
        elif module == 0x000C:
            _read_external_battery(position, Reader(reader.take(reader.u8())))
        else:
            # A length of zero announces one that follows.
            reader.take(reader.u8() or reader.u8())
    return position


def _read_bluetooth(position: Position, reader: Reader) -> None:
    reader.take(1)
    position.attributes["mac"] = reader.take(6).hex()
    event, data = reader.u8(), reader.u8()
    position.attributes["event"] = event
    if event:
        position.attributes["eventData"] = data
    position.attributes["dataType"] = reader.u8()
    position.attributes["dataDetails"] = reader.rest().hex()


def _read_external_battery(position: Position, reader: Reader) -> None:
    position.attributes["externalBatteryLevel"] = reader.u8()
    if reader.u8():
        position.attributes["externalBatteryCharge"] = True
    position.attributes["externalBatteryCycles"] = reader.u16()
