"""Keeps the gates of devices in step with who has them and when that person works.

A device on a person follows that person; one in a vehicle follows who drives it, else who drove it last; a vehicle that
nobody has had for a month follows the organisation's rule. Tools and trailers are not people: they are left alone.
What was recorded of private time in the minutes before the change was known is taken out again.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from django.db import connection

from allconnects.fleet.models import ExceptionKind, LocationException, LocationRule, Pool
from allconnects.fleet.private import hours, rules
from allconnects.fleet.private.rules import Span
from allconnects.fleet.private.thresholds import threshold
from allconnects.kit import clock
from allconnects.telemetry.store import gate

AHEAD = timedelta(days=35)
"""How far a schedule is written down; it is written anew when less than ``ENOUGH`` of it is left."""
ENOUGH = timedelta(days=14)
LOOKED_AT = timedelta(days=3)
"""So much of what is written down is compared with what it should be."""
MOST_AT_ONCE = 300
"""Gates that are moved in one transaction: ingest of the organisation waits for it. The next run takes the next."""
LATE = timedelta(minutes=15)
"""So far back a change is followed that was noticed afterwards."""
_HELD = """
    SELECT i.device_id, d.scheduled, i.person_id IS NULL, coalesce(i.person_id, o.person_id),
           coalesce(lower(o.during), lower(i.during)), %(now)s < coalesce(upper(o.during), 'infinity')
    FROM fleet_installation i
    JOIN telemetry_device d ON d.organisation_id = i.organisation_id AND d.id = i.device_id
    LEFT JOIN LATERAL (
        SELECT person_id, during FROM fleet_occupancy o
        WHERE o.organisation_id = i.organisation_id AND o.vehicle_id = i.vehicle_id AND o.role = 'driver'
          AND lower(o.during) <= %(now)s AND coalesce(upper(o.during), 'infinity') > %(last)s
        ORDER BY lower(o.during) DESC LIMIT 1) o ON i.vehicle_id IS NOT NULL
    WHERE i.organisation_id = %(organisation)s AND i.during @> %(now)s::timestamptz AND i.material_id IS NULL
      AND (%(devices)s::integer[] IS NULL OR i.device_id = ANY(%(devices)s))
    ORDER BY i.device_id"""
_WRITTEN = """
    SELECT device_id, lower(during), least(coalesce(upper(during), 'infinity'), now() + interval '20 years')
    FROM telemetry_recorded
    WHERE organisation_id = %s AND device_id = ANY(%s) AND coalesce(upper(during), 'infinity') > %s
    ORDER BY device_id, lower(during)"""
_FORGET = "SELECT telemetry_forget_time(%s, tstzrange(%s, %s))"


@dataclass(frozen=True, slots=True)
class Held:
    """A device with whom it follows. ``since``: when that person got it; ``person`` None: nobody has it."""

    device: int
    scheduled: bool
    in_vehicle: bool
    person: UUID | None
    since: datetime | None
    now: bool


def refresh(organisation: int, devices: Iterable[int] | None = None) -> int:
    """Bring the gates of devices (all when None) up to date. Returns how many changed."""
    now = clock.now()
    found = held(organisation, now, devices)
    if not found:
        return 0
    rule = LocationRule.objects.filter(pk=organisation).first() or LocationRule()
    book = hours.calendar(organisation, now.date() - timedelta(days=2), holidays_off=rule.holidays_off)
    open_ones = _exceptions([one.device for one in found])
    written = _written(organisation, [one.device for one in found], now)
    spans: dict[UUID | None, list[Span]] = {}
    changed = 0
    for one in found:
        always = one.person is None and rule.pool == Pool.ALWAYS
        if always and not one.scheduled:
            continue
        if one.person not in spans:
            spans[one.person] = book.spans(one.person, now - LATE, now + AHEAD)
        wanted = None if always else rules.joined([*spans[one.person], *open_ones.get(one.device, [])])
        changed += _bring(organisation, one, wanted, written.get(one.device, []), now)
        if changed >= MOST_AT_ONCE:
            break
    return changed


def held(organisation: int, now: datetime, devices: Iterable[int] | None = None) -> list[Held]:
    """Devices that sit in vehicles or on people now."""
    day = clock.day_of(now)
    values: dict[str, Any] = {
        "organisation": organisation, "now": now, "last": now - timedelta(days=threshold("last_driver_days", day)),
        "devices": None if devices is None else sorted(devices),
    }  # fmt: skip
    with connection.cursor() as cursor:
        cursor.execute(_HELD, values)
        return [Held(*row) for row in cursor.fetchall()]


def _exceptions(devices: list[int]) -> dict[int, list[Span]]:
    """Times in which devices are recorded whatever the hours say."""
    rows = LocationException.objects.filter(device_id__in=devices, start__isnull=False)
    found: dict[int, list[Span]] = {}
    now = clock.now()
    for row in rows.exclude(end__lt=now - LATE):
        assert row.start is not None
        open_end = row.end or (now + AHEAD if row.kind == ExceptionKind.DUTY else now)
        found.setdefault(row.device_id, []).append((row.start, open_end))
    return found


def _written(organisation: int, devices: list[int], now: datetime) -> dict[int, list[Span]]:
    with connection.cursor() as cursor:
        cursor.execute(_WRITTEN, [organisation, devices, now - LATE])
        found: dict[int, list[Span]] = {}
        for device, start, end in cursor.fetchall():
            found.setdefault(device, []).append((start, end))
        return found


def _bring(organisation: int, one: Held, wanted: list[Span] | None, written: list[Span], now: datetime) -> int:
    """Write down what is wanted where that is not what is written. 1 when something changed."""
    if wanted is None:
        if any(start <= now and end > now + 10 * AHEAD for start, end in written):
            return 0
        with connection.cursor() as cursor:
            gate.set_schedule(cursor, organisation, one.device, now, None)
        return 1
    ends = now + LOOKED_AT
    same = rules.clipped(written, now, ends) == rules.clipped(wanted, now, ends) and one.scheduled
    if same and (not written or max(end for _, end in written) > now + ENOUGH or not _later(wanted, now)):
        return 0
    with connection.cursor() as cursor:
        gate.set_schedule(cursor, organisation, one.device, now, rules.clipped(wanted, now, now + AHEAD))
        if not any(start <= now < end for start, end in wanted):
            _take_out(cursor, one, wanted, now)
    return 1


def _later(wanted: list[Span], now: datetime) -> bool:
    return any(end > now + ENOUGH for _, end in wanted)


def _take_out(cursor: Any, one: Held, wanted: list[Span], now: datetime) -> None:
    """What was recorded since the person has the device, or since working time ended, and before this was known."""
    since = max(now - LATE, one.since or now, *(end for _, end in wanted if end <= now), now - LATE)
    if since < now:
        cursor.execute(_FORGET, [one.device, since, now])


def end_switched(organisation: int, device: int, end: datetime) -> None:
    """Whatever private time the device is in ends."""
    with connection.cursor() as cursor:
        if gate.read_gate(cursor, device).is_private(round(end.timestamp() * 1000)):
            gate.end_private(cursor, organisation, device, end)
