"""Codec 7, of the GH3000 personal trackers: records that say by masks which parts they have."""

from __future__ import annotations

import struct
from typing import Any

from ..base import CodecError, Position, Value

_EPOCH_S = 1167609600  # seconds of device time count from 2007-01-01 UTC
_PLACE = struct.Struct(">ff")
_PAIRS = ((2, struct.Struct(">BB")), (4, struct.Struct(">BH")), (8, struct.Struct(">BI")))
_BOOLS = {2: "usbConnected", 240: "motion", 244: "roaming"}
_NUMBERS = {1: "batteryLevel", 5: "uptime", 221: "button"}
_SCALED = {20: ("hdop", 10), 21: ("vdop", 10), 22: ("pdop", 10), 67: ("battery", 1000)}


class _Reader:
    """Takes values off the front of a buffer."""

    def __init__(self, data: bytes, at: int) -> None:
        self.data = data
        self.at = at

    def take(self, shape: struct.Struct) -> tuple[Any, ...]:
        values = shape.unpack_from(self.data, self.at)
        self.at += shape.size
        return values

    def number(self, size: int, *, signed: bool = False) -> int:
        value = self.data[self.at : self.at + size]
        if len(value) != size:
            raise IndexError
        self.at += size
        return int.from_bytes(value, "big", signed=signed)


def gh3000_positions(body: bytes) -> list[Position]:
    """Positions of a body from codec id to second count. Raises CodecError."""
    reader = _Reader(body[:-1], 2)
    try:
        records = [_record(reader) for _ in range(body[1])]
    except (IndexError, struct.error):
        raise CodecError("a record reaches beyond its frame") from None
    if reader.at != len(body) - 1:
        raise CodecError("the records do not fill their frame")
    return [record for record in records if record.lat is not None or record.attributes]


def _record(reader: _Reader) -> Position:
    time_s = (reader.number(4) & 0x3FFF_FFFF) + _EPOCH_S
    mask = reader.number(1)
    position = Position(time_s * 1000)
    if mask & 1:
        _location(reader, position)
    for bit, pair in _PAIRS:
        if mask & bit:
            for _ in range(reader.number(1)):
                element, raw = reader.take(pair)
                _element(element, raw, position.attributes)
    return position


def _location(reader: _Reader, position: Position) -> None:
    mask = reader.number(1)
    if mask & 0x01:
        lat, lon = reader.take(_PLACE)
        if -90 <= lat <= 90 and -180 <= lon <= 180:
            position.lat, position.lon, position.valid = lat, lon, True
    if mask & 0x02:
        position.altitude_m = float(reader.number(2))
    if mask & 0x04:
        position.course_deg = reader.number(1) * 360 / 256
    if mask & 0x08:
        position.speed_kmh = float(reader.number(1))
    if mask & 0x10:
        position.attributes["sat"] = reader.number(1)
    if mask & 0x20:
        position.attributes["network"] = {"radio": "gsm", "cells": [_cell(reader, mask)]}
        return
    if mask & 0x40:
        position.attributes["rssi"] = reader.number(1)
    if mask & 0x80:
        position.attributes["operator"] = reader.number(4)


def _cell(reader: _Reader, mask: int) -> dict[str, Value]:
    cell: dict[str, Value] = {"mcc": 0, "mnc": 0, "lac": reader.number(2), "cid": reader.number(2)}
    if mask & 0x40:
        cell["rssi"] = reader.number(1, signed=True)
    if mask & 0x80:
        operator = str(reader.number(4))
        cell["mcc"], cell["mnc"] = int(operator[:3]), int(operator[3:] or 0)
    return cell


def _element(element: int, raw: int, attributes: dict[str, Value]) -> None:
    if element in _BOOLS:
        attributes[_BOOLS[element]] = raw == 1
    elif element in _NUMBERS:
        attributes[_NUMBERS[element]] = raw
    elif element in _SCALED:
        name, divisor = _SCALED[element]
        attributes[name] = raw / divisor
    elif element != 222:
        attributes[f"io{element}"] = raw
    elif raw == 1:
        attributes["alarm"] = "sos"
