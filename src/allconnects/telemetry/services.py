"""What people and programs do with devices. Each call runs in a transaction that speaks for one organisation."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Any, TypeVar

from django.db import IntegrityError, connection, transaction
from django.utils.translation import gettext as _

from allconnects.accounts.actor import current
from allconnects.accounts.models import Organisation
from allconnects.kit import clock
from allconnects.kit.clock import BRUSSELS as BRUSSELS
from allconnects.kit.errors import Forbidden, InvalidInput, NotFound, Withheld
from allconnects.telemetry.codecs.attributes import unit
from allconnects.telemetry.gateway.directory import hash_secret
from allconnects.telemetry.listing import DeviceSummary, one_device
from allconnects.telemetry.live import watched
from allconnects.telemetry.live.snapshot import LATEST, SEEN, LatestRow, known
from allconnects.telemetry.models import Device, Event, Kind, UnknownDevice
from allconnects.telemetry.store import blob
from allconnects.telemetry.store.reader import Track, track
from allconnects.telemetry.store.veil import covered, shown, shown_latest

AnyDate = TypeVar("AnyDate", bound=date)
SECRET_LENGTH = 12
LONGEST_EXPORT_DAYS = 62
_LIVE = f"""
    SELECT l.report_at, l.fix_time, l.lat_e7, l.lon_e7, l.altitude_m, l.speed_kmh, l.course_deg, l.satellites,
           l.attributes
    FROM {SEEN} l WHERE l.device_id = %s"""
_HEARD = """
    SELECT report_at, NULL::timestamptz, NULL::integer, NULL::integer, NULL::real, NULL::real, NULL::real, satellites,
           attributes
    FROM telemetry_live WHERE device_id = %s AND fix_time IS NULL"""


@dataclass(frozen=True, slots=True)
class DeviceDetails:
    """A device with its latest report. ``attributes``: (name, value, unit or None) by name."""

    summary: DeviceSummary
    time: datetime | None = None
    lat: float | None = None
    lon: float | None = None
    altitude_m: float | None = None
    speed_kmh: float | None = None
    course_deg: float | None = None
    attributes: tuple[tuple[str, Any, str | None], ...] = ()


def device_details(device: int) -> DeviceDetails:
    """One device with its latest report. Raises NotFound."""
    summary = one_device(device)
    if summary is None:
        raise NotFound(_("There is no such device."))
    with connection.cursor() as cursor:
        cursor.execute(f"{_LIVE} UNION ALL {_HEARD}", [device, device])
        row = cursor.fetchone()
        if row is not None and row[1] is not None:
            row = _as_seen(cursor, device, row)
    if row is None:
        return DeviceDetails(summary)
    _report, fix_time, lat, lon, altitude, speed, course, satellites, attributes = row
    return DeviceDetails(
        summary, fix_time,
        None if lat is None else lat / 1e7, None if lon is None else lon / 1e7,
        known(altitude), known(speed), known(course),
        _attributes(bytes(attributes or b""), satellites),
    )  # fmt: skip


def _as_seen(cursor: Any, device: int, row: tuple[Any, ...]) -> tuple[Any, ...]:
    """A latest report as who acts may see it: without its place where that is not his; written down otherwise."""
    organisation = _speaking_for(cursor)
    if covered(organisation, {device: row[1]}, current().account):
        return (row[0], *(None,) * 6, *row[7:])
    if not current().is_process:
        watched.note(cursor, organisation, [device])
    return row


def _attributes(stored: bytes, satellites: int | None) -> tuple[tuple[str, Any, str | None], ...]:
    values = blob.decode(stored)
    if satellites is not None and satellites >= 0:
        values.setdefault("sat", satellites)
    return tuple((name, value, unit(name) or None) for name, value in sorted(values.items()))


def latest_positions(organisation: int) -> list[LatestRow]:
    """The latest usable fix of every device that has one and may be seen by who acts."""
    with connection.cursor() as cursor:
        cursor.execute(LATEST)
        found = [LatestRow.of(row) for row in cursor.fetchall()]
    seen = shown_latest(organisation, found, current().account)
    if not current().is_process:
        with connection.cursor() as cursor:
            watched.note(cursor, organisation, [row.device for row in seen])
    return seen


def _speaking_for(cursor: Any) -> int:
    cursor.execute("SELECT current_setting('app.organisation')::integer")
    return int(cursor.fetchone()[0])


def day_track(organisation: Organisation, device: int, day: date | None) -> Track:
    """Fixes of one Brussels day (today by default) that who acts may see. Raises NotFound."""
    _device(device)
    day = day or clock.today()
    start = datetime.combine(day, time(), BRUSSELS)
    following = min(day, date.max - timedelta(days=1)) + timedelta(days=1)
    end = datetime.combine(following, time(), BRUSSELS)
    with connection.cursor() as cursor:
        found = track(cursor, organisation.pk, device, start, end, altitude=True)
    return shown(organisation.pk, device, found, current().account)


def range_track(organisation: Organisation, device: int, begin: str, end: str) -> tuple[Track, date, date]:
    """Fixes between two moments, and the first and last Brussels day of it. Raises NotFound, InvalidInput.

    A moment is ISO 8601, Brussels time where it names no zone; a date means all of that day. Empty: today, or
    until the end of the day on which the range begins.
    """
    _device(device)
    start = moment(begin or clock.today().isoformat(), days=0)
    behind = moment(end or start.date().isoformat(), days=1)
    if start.timestamp() >= behind.timestamp():
        raise InvalidInput(_("The range ends before it begins."))
    # Both are Brussels wall clocks, so days are counted, not hours: one of the days may have 25.
    if behind - start > timedelta(days=LONGEST_EXPORT_DAYS):
        raise InvalidInput(_("The range is longer than %(days)s days.") % {"days": LONGEST_EXPORT_DAYS})
    with connection.cursor() as cursor:
        found = track(cursor, organisation.pk, device, start, behind, altitude=True)
    found = shown(organisation.pk, device, found, current().account)
    return found, start.date(), (behind - timedelta(microseconds=1)).date()


def moment(text: str, days: int) -> datetime:
    """A moment in Brussels; for a bare date its midnight, or that of so many days later."""
    try:
        return datetime.combine(_known_year(date.fromisoformat(text)) + timedelta(days=days), time(), BRUSSELS)
    except ValueError:
        pass
    try:
        found = _known_year(datetime.fromisoformat(text))
    except ValueError:
        raise InvalidInput(_("The range must be given in ISO 8601, such as 2026-10-31.")) from None
    return (found if found.tzinfo else found.replace(tzinfo=BRUSSELS)).astimezone(BRUSSELS)


def _known_year(found: AnyDate) -> AnyDate:
    """Near the ends of the calendar a change of zone leaves it."""
    if not 1970 <= found.year < date.max.year:
        raise ValueError
    return found


def add_device(organisation: Organisation, identifier: str, name: str, kind: str, secret: str | None = None) -> Device:
    """Register a device. Raises InvalidInput for what is missing, unknown or taken."""
    identifier, name = identifier.strip(), name.strip()
    _check(name, kind)
    if not identifier or len(identifier) > 100 or not identifier.isprintable():
        raise InvalidInput(_("The identifier of the device is missing or too long."))
    device = Device(organisation=organisation, identifier=identifier, name=name, kind=kind)
    device.secret_hash = _secret(secret)
    try:
        with transaction.atomic():
            device.save(force_insert=True)
    except IntegrityError:
        raise InvalidInput(
            _("This identifier cannot be added: it is in use. Ask the operator of this server if it is yours.")
        ) from None
    return device


def change_device(device: int, name: str, kind: str, secret: str | None = None) -> Device:
    """Change name, kind and (when not None; empty takes it away) secret. Raises NotFound, InvalidInput."""
    found = _device(device)
    _check(name.strip(), kind)
    found.name, found.kind = name.strip(), kind
    if secret is not None:
        found.secret_hash = _secret(secret)
    found.save()
    return found


def delete_device(device: int) -> None:
    """Take a device away with all that it has sent. Raises NotFound, Withheld."""
    found = _device(device)
    with connection.cursor() as cursor:
        cursor.execute("SELECT telemetry_device_withheld(%s)", [device])
        if cursor.fetchone()[0]:
            raise Withheld(_("Data of this device must be kept for now. Take it out of use, and delete it later."))
        cursor.execute("SELECT telemetry_forget_device(%s)", [device])
    found.delete()


def unknown_devices(organisation: Organisation) -> list[UnknownDevice]:
    """Devices that call and are registered nowhere; only the organisation that takes them sees them."""
    if not organisation.takes_unknown_devices:
        return []
    return list(UnknownDevice.objects.order_by("-last_seen")[:200])


def accept_unknown(organisation: Organisation, protocol: str, identifier: str, name: str, kind: str) -> Device:
    """Register a device that is waiting. Raises NotFound, Forbidden, InvalidInput."""
    if not organisation.takes_unknown_devices:
        raise Forbidden(_("Unknown devices are not listed to this organisation."))
    waiting = UnknownDevice.objects.filter(protocol=protocol, identifier=identifier)
    if not waiting.exists():
        raise NotFound(_("This device is not waiting any more."))
    device = add_device(organisation, identifier, name, kind)
    Device.objects.filter(pk=device.pk).update(protocol=protocol)
    UnknownDevice.objects.filter(identifier=identifier).delete()
    return device


def dismiss_unknown(organisation: Organisation, protocol: str, identifier: str) -> None:
    """Take a device off the list of those waiting; it comes back if it calls again."""
    if organisation.takes_unknown_devices:
        UnknownDevice.objects.filter(protocol=protocol, identifier=identifier).delete()


def events(device: int | None = None, limit: int = 100) -> list[Event]:
    """What happened lately, newest first; of one device or of all."""
    found = Event.objects.select_related("device").order_by("-at", "-id")
    return list((found if device is None else found.filter(device_id=device))[:limit])


def _device(device: int) -> Device:
    try:
        return Device.objects.get(pk=device)
    except Device.DoesNotExist:
        raise NotFound(_("There is no such device.")) from None


def _check(name: str, kind: str) -> None:
    if not name or len(name) > 100 or not name.isprintable():
        raise InvalidInput(_("The name of the device is missing or too long."))
    if kind not in Kind.values:
        raise InvalidInput(_("This kind of device is not known."))


def _secret(secret: str | None) -> str:
    if not secret:
        return ""
    if len(secret) < SECRET_LENGTH:
        raise InvalidInput(_("A device secret has at least %(length)s characters.") % {"length": SECRET_LENGTH})
    return hash_secret(secret)
