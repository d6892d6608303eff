"""Packets about the device itself, and those of models with a layout of their own."""

from __future__ import annotations

from allconnects.telemetry.codecs.base import Position
from allconnects.telemetry.codecs.gt06.blocks import (
    Network,
    add_alarm,
    place,
    read_date,
    read_fix,
    read_fix_body,
    read_status,
)
from allconnects.telemetry.codecs.gt06.framing import Packet
from allconnects.telemetry.codecs.gt06.located import read_cell
from allconnects.telemetry.codecs.gt06.reader import Reader
from allconnects.telemetry.codecs.gt06.session import Session
from allconnects.telemetry.codecs.gt06.tables import AZ735_ALARMS, CAMERA_ALARMS


def decode_heartbeat(packet: Packet, _variant: str, _session: Session) -> Position:
    """Packet 0x23 of the GK310: status bits, then voltage and signal where they are sent."""
    reader, position = Reader(packet.content), Position(None)
    status = reader.u8()
    position.attributes.update(armed=bool(status & 0x01), ignition=bool(status & 0x02), charge=bool(status & 0x04))
    if reader.left >= 2:
        position.attributes["battery"] = reader.u16() / 100
    if reader.left >= 1:
        position.attributes["rssi"] = reader.u8()
    return position


def decode_asset_status(packet: Packet, _variant: str, _session: Session) -> Position:
    """Packet 0x13 of asset trackers: charge, and a temperature whose top bit says that it is not negative."""
    reader, position = Reader(packet.content), Position(None)
    reader.take(5)
    position.attributes["batteryLevel"] = reader.u8()
    reader.take(8)
    value = reader.u16()
    temperature = (value & 0x7FFF) / 10
    position.attributes["temp1"] = temperature if value & 0x8000 else -temperature
    return position


def decode_steps(packet: Packet, variant: str, _session: Session) -> Position:
    """Packet 0xA3 of personal trackers: status, signal, voltage, steps, charge and whether it moves."""
    reader, position = Reader(packet.content), Position(None)
    position.attributes["type"] = packet.kind
    read_status(position, reader, variant)
    reader.take(3)
    position.attributes["rssi"] = reader.u8()
    position.attributes["power"] = float(reader.u8())
    reader.take(3)
    position.attributes["steps"] = reader.u32()
    position.attributes["batteryLevel"] = reader.u8()
    reader.take(1)
    position.attributes["motion"] = reader.u8() > 0
    return position


def decode_x1(packet: Packet, _variant: str, session: Session) -> Position:
    """Packet 0x34 of the X1: fix, mileage, cell, driver, voltages, ports and analogue inputs."""
    reader, position = Reader(packet.content), Position(None)
    attributes = position.attributes
    reader.take(4)
    read_fix(position, reader, session)
    reader.take(2)
    attributes["odometer"] = reader.u32()
    network = Network()
    network.cell(reader.u16(), reader.u8(), reader.u16(), reader.u32())
    network.store(position)
    driver = reader.u32()
    if driver:
        attributes["driverUniqueId"] = str(driver)
    attributes["battery"] = reader.u16() / 100
    attributes["power"] = reader.u16() / 100
    ports = reader.u32()
    attributes["input"] = reader.u8()
    attributes["output"] = reader.u8()
    for number in range(1, (ports >> 20 & 0x0F) + 1):
        attributes[f"adc{number}"] = reader.u16() / 100
    return position


def decode_bluetooth_clock(packet: Packet, _variant: str, session: Session) -> Position:
    """Packet 0xB2: a badge or tag that was seen."""
    reader = Reader(packet.content)
    position = Position(read_date(reader, session))
    position.attributes.update(
        rssi=reader.signed(1),
        tagMac=reader.take(6).hex(),
        tagUuid=reader.take(16).hex(),
        tagMajor=reader.u16(),
        tagMinor=reader.u16(),
        tagBattery=reader.u16() / 100,
        clock=reader.u8() >> 2 & 0x0F,
    )
    return position


def decode_az735(packet: Packet, _variant: str, session: Session) -> Position:
    """Long packets 0x32 and 0x33 of the AZ735: optional fix, optional cell, neighbours, status."""
    reader, position = Reader(packet.content), Position(read_date(Reader(packet.content), session))
    reader.take(6)
    if reader.u8():
        read_fix_body(position, reader)
    size = reader.u8()
    if size:
        start = reader.left
        read_cell(position, reader, packet.kind, "")
        reader.take(max(0, size - 1 - (start - reader.left)))
        position.attributes["rssi"] = reader.u8()
    elif not any(reader.peek(45)[9:]) and reader.left >= 45:
        # Devices without a cell fill the block and the lists of neighbours with zeros.
        reader.take(45)
    reader.take(reader.u8())
    reader.take(reader.u8())
    status = reader.u8()
    position.attributes["status"] = status
    if packet.kind == 0x33:
        if status in (0xA0, 0xA1):
            position.attributes["armed"] = status == 0xA0
        add_alarm(position, AZ735_ALARMS.get(status))
    return position


def decode_camera_alarm(packet: Packet, variant: str, session: Session) -> Position:
    """Packet 0x95 of dash cameras: an event, mostly with its place and the names of its recordings."""
    reader, position = Reader(packet.content), Position(None)
    located = len(packet.content) > 7
    if variant == "jc400":
        reader.take(3)
    position.time_ms = read_date(reader, session)
    if variant == "jc400":
        position.attributes["sat"] = reader.u8() & 0x0F
        latitude, longitude, flags = reader.u32(), reader.u32(), reader.u16()
        position.speed_kmh = float(reader.u16())
        place(position, latitude, longitude, flags)
        position.attributes["power"] = reader.u16() / 10
    elif located:
        place(position, reader.u32(), reader.u32(), reader.u16())
    event = reader.u8()
    position.attributes["event"] = event
    if reader.left >= 2:
        position.attributes["eventData"] = reader.u16()
    alarm = CAMERA_ALARMS.get(event)
    add_alarm(position, "general" if alarm == "sos" and not located else alarm)
    if reader.left:
        position.attributes["eventFiles"] = reader.text(reader.left)
    return position


def decode_battery_system(packet: Packet, _variant: str, _session: Session) -> Position:
    """Packet 0x40 of the WD-209: a battery management system."""
    reader = Reader(packet.content)
    reader.take(8)
    position = Position(reader.u32() * 1000)
    attributes = position.attributes
    attributes["relativeCapacity"] = reader.u8()
    attributes["remainingCapacity"] = reader.u16()
    attributes["absoluteCapacity"] = reader.u8()
    attributes["fullCapacity"] = reader.u16()
    attributes["batteryHealth"] = reader.u8()
    attributes["batteryTemp"] = round(reader.u16() / 10 - 273.1, 1)
    attributes["current"] = reader.u16()
    attributes["battery"] = reader.u16() / 1000
    attributes["cycleIndex"] = reader.u16()
    for number in range(1, 15):
        attributes[f"batteryCell{number}"] = reader.u16() / 1000
    attributes["currentChargeInterval"] = reader.u16()
    attributes["maxChargeInterval"] = reader.u16()
    attributes["barcode"] = reader.text(16).strip()
    attributes["batteryVersion"] = reader.u16()
    attributes["manufacturer"] = reader.text(16).strip()
    for name in ("batteryStatus", "controllerStatus", "controllerFault"):
        attributes[name] = reader.u32()
    return position
