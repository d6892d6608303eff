"""The blocks that most GT06 packets are made of: date, fix, cells, status."""

from __future__ import annotations

from calendar import timegm
from datetime import datetime

from allconnects.telemetry.codecs.base import Position, Value
from allconnects.telemetry.codecs.gt06.reader import Reader
from allconnects.telemetry.codecs.gt06.session import Session
from allconnects.telemetry.codecs.gt06.tables import STATUS_ALARMS, alarm_of

COURSE_BITS = 0x03FF
NORTH, WEST, FIXED, HAS_IGNITION, IGNITION = 1 << 10, 1 << 11, 1 << 12, 1 << 14, 1 << 15


def instant(year: int, month: int, day: int, hour: int, minute: int, second: int) -> int | None:
    """Milliseconds UTC of a date of this century, None for a date that does not exist (clock not set)."""
    try:
        moment = datetime(2000 + year, month, day, hour, minute, second)  # noqa: DTZ001
    except ValueError:
        return None
    return timegm(moment.timetuple()) * 1000


def read_date(reader: Reader, session: Session) -> int | None:
    """Six bytes of device time as milliseconds UTC, by the zone of the login."""
    local = instant(*reader.take(6))
    return None if local is None else local - session.zone_ms


def read_bcd_date(reader: Reader) -> int | None:
    """Six BCD bytes of UTC time."""
    digits = reader.take(6).hex()
    if not digits.isdecimal():
        return None
    return instant(*(int(digits[at : at + 2]) for at in range(0, 12, 2)))


def place(position: Position, latitude: int, longitude: int, flags: int) -> None:
    """Sets place, course and validity; raw degrees are in 1/1,800,000. An impossible place is none."""
    lat, lon = latitude / 1_800_000, longitude / 1_800_000
    position.course_deg = float(flags & COURSE_BITS)
    if lat > 90 or lon > 180:
        return
    position.lat = lat if flags & NORTH else -lat
    position.lon = -lon if flags & WEST else lon
    position.valid = bool(flags & FIXED)
    if flags & HAS_IGNITION:
        position.attributes["ignition"] = bool(flags & IGNITION)


def read_fix(position: Position, reader: Reader, session: Session) -> None:
    """The standard fix: date, satellites, latitude, longitude, speed (km/h), course and flags."""
    position.time_ms = read_date(reader, session)
    read_fix_body(position, reader)


def read_fix_body(position: Position, reader: Reader) -> None:
    """The standard fix behind its date."""
    position.attributes["sat"] = reader.u8() & 0x0F
    latitude, longitude = reader.u32(), reader.u32()
    position.speed_kmh = float(reader.u8())
    place(position, latitude, longitude, reader.u16())


class Network:
    """Cells and access points seen by the device, each once, in the order of the message."""

    __slots__ = ("_cells", "_wifi")

    def __init__(self) -> None:
        self._cells: dict[tuple[int, ...], None] = {}
        self._wifi: dict[tuple[str, int | None], None] = {}

    def cell(self, mcc: int, mnc: int, lac: int, cid: int, *rssi: int) -> None:
        """Adds a cell tower, with its signal in dBm where the packet tells it."""
        self._cells[(mcc, mnc, lac, cid, *rssi)] = None

    def wifi(self, mac: bytes, rssi: int | None = None) -> None:
        """Adds an access point by its 6 bytes of MAC address."""
        self._wifi[(mac.hex(":"), rssi)] = None

    def store(self, position: Position) -> None:
        """Puts what was seen into the position's ``network`` attribute."""
        names = ("mcc", "mnc", "lac", "cid", "rssi")
        cells: list[Value] = [dict(zip(names, cell, strict=False)) for cell in self._cells]
        wifi: list[Value] = [{"mac": mac} if rssi is None else {"mac": mac, "rssi": rssi} for mac, rssi in self._wifi]
        if cells or wifi:
            found: dict[str, Value] = {"radio": "gsm"}
            found.update({name: items for name, items in (("cells", cells), ("wifi", wifi)) if items})
            position.attributes["network"] = found


def read_operator(reader: Reader, *, wide: bool = False) -> tuple[int, int]:
    """Country and network code; the latter has two bytes when ``wide`` or the country's top bit says so."""
    mcc = reader.u16()
    return mcc & 0x7FFF, reader.u16() if wide or mcc & 0x8000 else reader.u8()


def add_alarm(position: Position, name: str | None) -> None:
    """Adds an alarm; several in one message are joined by commas, also when two fields say the same."""
    if name:
        known = position.attributes.get("alarm")
        position.attributes["alarm"] = f"{known},{name}" if known else name


def read_status(position: Position, reader: Reader, variant: str) -> None:
    """The status byte: ignition, charging, fuel cut, and an alarm in bits 3 to 5."""
    status = reader.u8()
    position.attributes.update(
        status=status,
        ignition=bool(status & 0x02),
        charge=bool(status & 0x04),
        blocked=bool(status & 0x80),
    )
    alarm = status >> 3 & 0x07
    add_alarm(position, "overspeed" if alarm == 7 and variant == "vxt01" else STATUS_ALARMS.get(alarm))


def store_battery(position: Position, value: int) -> None:
    """A battery step from 0 to 6, or a percentage; anything else tells nothing."""
    if value <= 6:
        position.attributes["batteryLevel"] = value * 100 // 6
    elif value <= 100:
        position.attributes["batteryLevel"] = value


def add_coded_alarm(position: Position, code: int, session: Session) -> None:
    """Adds the alarm that a code means for this family of devices."""
    add_alarm(position, alarm_of(code, session.family))
