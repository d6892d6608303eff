"""Takes drivers and tags out of what trackers sent since the last look."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable
from datetime import datetime, timedelta
from typing import Any, NamedTuple

from django.db import connection, models

from allconnects.accounts.models import Organisation
from allconnects.fleet import badges, hearing
from allconnects.fleet.models import DriverEvent, Installation, Looked, Tag
from allconnects.fleet.private import switching
from allconnects.fleet.rules import LONGEST_STAY
from allconnects.fleet.services import presence
from allconnects.fleet.who import Who
from allconnects.kit import clock
from allconnects.privacy.erasure.withheld import storing
from allconnects.telemetry.store import blob

SETTLED = timedelta(seconds=30)
"""A batch commits a little after its time of receipt."""
AT_ONCE = timedelta(minutes=10)
_ROWS = """
    SELECT device_id, fix_time, lat_e7, lon_e7, attributes FROM telemetry_position
    WHERE organisation_id = %s AND received_at > %s AND received_at <= %s AND device_id = ANY(%s)
    ORDER BY device_id, fix_time"""


class Row(NamedTuple):
    """A position as it was received."""

    device: int
    at: datetime
    lat_e7: int | None
    lon_e7: int | None
    attributes: dict[str, Any]


def look(organisation: int) -> int:
    """Look through what was received since the last look, ten minutes of it at most. Returns how many events came."""
    now = clock.now() - SETTLED
    progress, _made = Looked.objects.get_or_create(
        organisation_id=organisation, defaults={"looked_to": now - AT_ONCE}
    )  # fmt: skip
    until = min(now, progress.looked_to + AT_ONCE)
    if until <= progress.looked_to:
        return 0
    with connection.cursor() as cursor, storing(cursor):
        rows = _rows(organisation, progress.looked_to, until)
        found = take(Organisation(pk=organisation), rows)
    Looked.objects.filter(organisation_id=organisation).update(looked_to=until)
    return found


def _rows(organisation: int, start: datetime, end: datetime) -> list[Row]:
    devices = list(Installation.objects.filter(during__overlap=(start - timedelta(days=30), None)).values_list(
        "device_id", flat=True
    ))  # fmt: skip
    if not devices:
        return []
    with connection.cursor() as cursor:
        cursor.execute(_ROWS, [organisation, start, end, devices])
        return [Row(device, at, lat, lon, _decoded(stored)) for device, at, lat, lon, stored in cursor.fetchall()]


def _decoded(stored: Any) -> dict[str, Any]:
    try:
        return blob.decode(bytes(stored or b""))
    except ValueError:
        return {}


def take(organisation: Organisation, rows: Iterable[Row]) -> int:
    """Drivers and tags out of positions in order of device and time. Returns how many driver events were new."""
    by_device: dict[int, list[Row]] = defaultdict(list)
    for row in rows:
        by_device[row.device].append(row)
    stays = Installation.objects.filter(device_id__in=list(by_device), vehicle__isnull=False)
    for device, found in by_device.items():
        if said := next((row.at for row in found if row.attributes.get("privateMode")), None):
            switching.notice(organisation.pk, device, said)
    spoken = set(
        DriverEvent.objects.filter(device_id__in=list(by_device)).values_list("device_id", flat=True).distinct()
    )
    sightings = [one for stay in stays for one in _sightings(stay, by_device[stay.device_id], spoken)]
    _hear(by_device)
    return presence.observe(Who(organisation), sightings) if sightings else 0


def _sightings(stay: Installation, rows: list[Row], spoken: Collection[int | None]) -> list[presence.Sighting]:
    """IN and OUT at the vehicle in which a device sat. ``spoken``: devices that ever told of a driver."""
    found = [hearing.reading(row.at, row.attributes) for row in rows if row.at in stay.during]
    here = [one for one in found if one is not None]
    if not here or (stay.device_id not in spoken and not any(one.number for one in here)):
        return []
    assert stay.vehicle_id is not None
    return _at_vehicle(stay.device_id, stay.vehicle_id, here)


def _at_vehicle(device: int, vehicle: int, readings: list[hearing.Reading]) -> list[presence.Sighting]:
    last = DriverEvent.objects.filter(device_id=device, vehicle_id=vehicle, at__lt=readings[0].at).order_by(
        "-at", "-id"
    )
    before = last.first()
    inside = before is not None and before.direction == "in"
    known = {badges.token_hash(one.number): one.number for one in readings if one.number}
    session: hearing.Session | None = None
    found: list[presence.Sighting] = []
    if before is not None and inside:
        # Its number is not kept; the same one read again is recognised by its hash, another one ends it.
        number = known.get(before.token_hash, "")
        session = hearing.Session(number or before.token_hash, before.source)
    for one in hearing.passages(readings, session):
        hashed = before is not None and one.number == before.token_hash
        found.append(
            presence.Sighting(
                vehicle, one.source, one.entering, one.at, "" if hashed else one.number, device=device,
                hashed=(before.token_hash, before.last4) if hashed and before is not None else None,
            )
        )  # fmt: skip
    return found


def _hear(by_device: dict[int, list[Row]]) -> None:
    """Where each known tag was heard last; late news change nothing."""
    known = {tag.identifier: tag for tag in Tag.objects.all()}
    if not known:
        return
    changed: dict[int, Tag] = {}
    for device, rows in by_device.items():
        for row in rows:
            for one in hearing.tags(row.attributes):
                tag = known.get(one.identifier)
                if tag is not None and (tag.heard_at is None or tag.heard_at < row.at):
                    tag.heard_at, tag.heard_by_id, tag.rssi_dbm = row.at, device, one.rssi_dbm
                    tag.heard_lat_e7, tag.heard_lon_e7 = row.lat_e7, row.lon_e7
                    tag.battery_low = one.battery_low if one.battery_low is not None else tag.battery_low
                    changed[tag.pk] = tag
    fields = ["heard_at", "heard_by", "rssi_dbm", "heard_lat_e7", "heard_lon_e7", "battery_low"]
    Tag.objects.bulk_update(changed.values(), fields, batch_size=500)


def ask_about_forgotten(organisation: int) -> None:
    """INs that have had no sign for too long become questions, although nothing new came in."""
    edge = clock.now() - LONGEST_STAY
    recent = DriverEvent.objects.filter(at__gte=edge - timedelta(hours=2), at__lte=edge, ignored=False)
    pairs = recent.filter(direction="in", person__isnull=False).values_list("vehicle_id", "person_id")
    vehicles, people = {v for v, _p in pairs}, {p for _v, p in pairs if p is not None}
    if people:
        presence.lock(organisation)
        presence.recompute(organisation, vehicles, people, edge - timedelta(hours=2))


def forget(organisation: int) -> None:
    """What is over its time goes: raw events, answers, files, history, stays."""
    from allconnects.fleet.models import (
        Absence,
        Change,
        LocationException,
        Occupancy,
        PrivateTime,
        Question,
        Reply,
    )
    from allconnects.privacy.retention import RULES

    now = clock.now()

    def before(name: str) -> datetime:
        return now - timedelta(days=RULES[name].default_days or 0)

    Absence.objects.filter(organisation_id=organisation, last__lt=before("occupancy").date()).delete()
    old: list[models.QuerySet[Any]] = [
        DriverEvent.objects.filter(at__lt=before("raw_position")),
        Reply.objects.filter(made_at__lt=before("upload")),
        Change.objects.filter(at__lt=before("change_history")),
        Question.objects.filter(asked_at__lt=before("occupancy")),
        PrivateTime.objects.filter(end__lt=before("occupancy")),
        LocationException.objects.filter(declared_at__lt=before("occupancy")).exclude(end=None, kind="duty"),
        Occupancy.objects.filter(during__endswith__lt=before("occupancy")),
    ]
    for rows in old:
        rows.filter(organisation_id=organisation).delete()
    gone = Tag.objects.filter(organisation_id=organisation, heard_at__lt=before("raw_position"))
    gone.update(heard_at=None, heard_by=None, heard_lat_e7=None, heard_lon_e7=None, rssi_dbm=None)
