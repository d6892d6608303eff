"""Packets that carry text: answers to commands, information transfer, OBD values, serial pass-through."""

from __future__ import annotations

import re
from collections.abc import Callable

from allconnects.telemetry.codecs.base import Position
from allconnects.telemetry.codecs.gt06.blocks import instant, read_date
from allconnects.telemetry.codecs.gt06.framing import Packet
from allconnects.telemetry.codecs.gt06.reader import Reader
from allconnects.telemetry.codecs.gt06.session import Session

KMH_PER_KNOT = 1.852
_WHERE = re.compile(
    r"Current position!Lat:([NS])(\d{1,2}\.\d+),Lon:([EW])(\d{1,3}\.\d+),Course:(\d+\.\d+),Speed:(\d+\.\d+),"
    r"DateTime:\d\d(\d\d)-(\d\d)-(\d\d) +(\d\d):(\d\d):(\d\d)",
    re.ASCII,
)
_FUEL = re.compile(r"!AIOIL,\d+,\d+\.\d+,(\d+\.\d+),[^,]+,\d{4},(\d+\.\d+),[01],\d+,[0-9A-Fa-f]{2}", re.ASCII)
_PRINTABLE = frozenset(range(32, 127)) | {10, 13}


def decode_answer(packet: Packet, _variant: str, _session: Session) -> Position:
    """Packet 0x21: the device's answer to a command, in ASCII or UTF-16; one answer is a place."""
    reader, position = Reader(packet.content), Position(None)
    reader.take(4)
    encoding = "ascii" if reader.u8() == 1 else "utf-16-be"
    text = reader.text(reader.left, encoding)
    match = _WHERE.fullmatch(text)
    if match:
        _store_place(position, match.groups())
    else:
        position.attributes["result"] = text
    return position


def answer_text(packet: Packet) -> str:
    """What a device answers to a command, as it wrote it. ``packet``: of type 0x21 or 0x15."""
    reader = Reader(packet.content)
    if packet.kind == 0x21:
        reader.take(4)
        encoding = "ascii" if reader.u8() == 1 else "utf-16-be"
        return reader.text(reader.left, encoding)
    size = reader.u8()
    reader.take(4)
    return reader.text(max(0, size - 4))


def _store_place(position: Position, found: tuple[str, ...]) -> None:
    lat, lon = float(found[1]), float(found[3])
    position.time_ms = instant(*(int(part) for part in found[6:12]))
    position.course_deg = float(found[4])
    position.speed_kmh = float(found[5]) * KMH_PER_KNOT
    if lat <= 90 and lon <= 180:
        position.valid = True
        position.lat = lat if found[0] == "N" else -lat
        position.lon = lon if found[2] == "E" else -lon


def decode_string(packet: Packet, _variant: str, _session: Session) -> Position:
    """Packet 0x15: a text with its length in front, an answer or the SIM card's number."""
    reader, position = Reader(packet.content), Position(None)
    size = reader.u8()
    if size:
        reader.take(4)
        text = reader.text(size - 4)
        if text.startswith("<ICCID:"):
            position.attributes["iccid"] = text[7:27]
        else:
            position.attributes["result"] = text
    return position


def decode_information(packet: Packet, _variant: str, session: Session) -> Position | None:
    """Packet 0x94: a voltage in its short form; in the long form one of several kinds of information."""
    reader, position = Reader(packet.content), Position(None)
    if not packet.extended:
        position.attributes["power"] = reader.signed(2) / 100
        return position
    handler = _INFORMATION.get(reader.u8())
    return position if handler and handler(position, reader, session) else None


def _voltage(position: Position, reader: Reader, _session: Session) -> bool:
    position.attributes["adc1"] = reader.u16() / 100
    return True


def _settings(position: Position, reader: Reader, _session: Session) -> bool:
    names = {
        "ALM1": "alarm1Status",
        "ALM2": "alarm2Status",
        "ALM3": "alarm3Status",
        "ALM4": "alarm4Status",
        "STA1": "otherStatus",
        "DYD": "engineStatus",
    }
    for pair in reader.text(reader.left).split(";"):
        key, _, value = pair.partition("=")
        number = _hexadecimal(value)
        if key in names and number is not None:
            position.attributes[names[key]] = number
    return True


def _hexadecimal(text: str) -> int | None:
    return int(text, 16) if re.fullmatch(r"[0-9A-Fa-f]{1,16}", text) else None


def _door(position: Position, reader: Reader, session: Session) -> bool:
    if reader.left >= 7:
        position.time_ms = read_date(reader, session)
    flags = reader.u8()
    position.attributes["door"] = bool(flags & 0x01)
    position.attributes["io1"] = bool(flags & 0x04)
    return True


def _sim(position: Position, reader: Reader, _session: Session) -> bool:
    reader.take(16)
    position.attributes["iccid"] = reader.take(10).hex().rstrip("f")
    return True


def _radio(position: Position, reader: Reader, _session: Session) -> bool:
    if reader.left == 1:
        position.attributes["networkTechnology"] = "4G" if reader.signed(1) > 0 else "2G"
    elif reader.left == 2:
        position.attributes["power"] = reader.u16() / 100
    return True


def _fuel(position: Position, reader: Reader, _session: Session) -> bool:
    if reader.peek(1) != b"!":
        reader.take(6)
    match = _FUEL.fullmatch(reader.text(reader.left))
    if match:
        position.attributes["temp1"] = float(match[1])
        position.attributes["fuel"] = float(match[2])
    return match is not None


def _serial(position: Position, reader: Reader, _session: Session) -> bool:
    if reader.peek(1).isalpha():
        position.attributes["serial"] = reader.text(reader.left).strip()
    else:
        reader.take(2)
        position.attributes["driverUniqueId"] = reader.take(4).hex()
    return True


def _climate(position: Position, reader: Reader, _session: Session) -> bool:
    position.attributes["temp1"] = reader.signed(4) / 10
    position.attributes["humidity"] = reader.signed(4) / 10
    return True


_INFORMATION: dict[int, Callable[[Position, Reader, Session], bool]] = {
    0x00: _voltage,
    0x04: _settings,
    0x05: _door,
    0x0A: _sim,
    0x0B: _radio,
    0x0D: _fuel,
    0x1B: _serial,
    0x1E: _climate,
}

# OBD parameters of the FM08ABC by the first two digits of their key; values are hexadecimal hundredths.
_OBD = {
    0x28: "odometer",
    0x2B: "fuel",
    0x2D: "coolantTemp",
    0x35: "obdSpeed",
    0x36: "rpm",
    0x47: "fuelUsed",
    0x49: "hours",
}
_OBD_VIN = 0x4A
_OBD_TRAILER = 12


def decode_obd(packet: Packet, _variant: str, session: Session) -> Position:
    """Packet 0x8C: date, ignition, ``key=value`` pairs, and a place in 12 bytes that is not used."""
    reader = Reader(packet.content)
    position = Position(read_date(reader, session))
    position.attributes["ignition"] = reader.u8() > 0
    for pair in reader.text(reader.left - _OBD_TRAILER).split(","):
        key, _, text = pair.partition("=")
        parameter, value = _hexadecimal(key[:2]), _hexadecimal(text)
        if parameter == _OBD_VIN:
            position.attributes["vin"] = text
        elif parameter in _OBD and value is not None:
            position.attributes[_OBD[parameter]] = value / 100
    return position


def decode_serial(packet: Packet, _variant: str, _session: Session) -> Position:
    """Packet 0x9B: what a device on the serial port said; hexadecimal unless it is text."""
    reader, position = Reader(packet.content), Position(None)
    reader.take(1)
    data = reader.rest()
    text = data.decode("ascii").strip() if _PRINTABLE.issuperset(data) else data.hex()
    position.attributes["result"] = text
    return position
