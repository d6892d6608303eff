"""The button: private from now on, until it is released or somebody else has the vehicle."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from uuid import UUID

from django.db import connection
from django.utils.translation import gettext as _

from allconnects.fleet.models import ExceptionKind, How, LocationException, PrivateTime
from allconnects.fleet.private import feeding
from allconnects.kit import clock
from allconnects.kit.errors import AllconnectsError, InvalidInput
from allconnects.privacy.audit import service as audit
from allconnects.telemetry.store import gate

_LOCK = "SELECT pg_advisory_xact_lock(hashtextextended('private ' || %s::text, 0))"
_MINE = """
    SELECT DISTINCT o.device_id, i.vehicle_id FROM telemetry_occupancy o
    LEFT JOIN fleet_installation i ON i.organisation_id = o.organisation_id AND i.device_id = o.device_id
        AND i.during @> %(now)s::timestamptz
    WHERE o.organisation_id = %(organisation)s AND o.person = %(person)s AND o.during @> %(now)s::timestamptz
      AND i.material_id IS NULL
    ORDER BY 1"""


class OnDuty(AllconnectsError):
    """A transport is open that the law has recorded from beginning to end."""

    code = "on_duty"
    status = 409


def mine(organisation: int, person: UUID) -> list[tuple[int, int | None]]:
    """Devices that a person has now, each with the vehicle that it sits in."""
    with connection.cursor() as cursor:
        cursor.execute(_MINE, {"organisation": organisation, "person": person, "now": clock.now()})
        return list(cursor.fetchall())


def press(organisation: int, person: UUID, at: datetime | None = None) -> list[PrivateTime]:
    """Private from now on (``at``: from then on), for every device that the person has; twice is as once.

    Raises InvalidInput when the person has none, and OnDuty while a transport must be recorded: then private time
    begins by itself when it ends.
    """
    _lock(organisation)
    open_ones = open_times(person)
    if open_ones:
        return open_ones
    devices = mine(organisation, person)
    if not devices:
        raise InvalidInput(
            _("You are in no vehicle and carry no device that is recorded: nothing of you is recorded now.")
        )
    duties = LocationException.objects.filter(
        device_id__in=[device for device, _vehicle in devices], kind=ExceptionKind.DUTY, end=None
    )
    if duties.exists():
        raise OnDuty(
            _(
                "A transport is under way that the law has recorded until it is unloaded. Private time cannot begin "
                "before that."
            )
        )
    return begin(organisation, person, devices, at or clock.now())


def when_free(organisation: int, person: UUID) -> bool:
    """Begin private time when the open transport ends. Returns whether one is open."""
    _lock(organisation)
    devices = [device for device, _vehicle in mine(organisation, person)]
    waiting = LocationException.objects.filter(device_id__in=devices, kind=ExceptionKind.DUTY, end=None)
    return bool(waiting.update(wants_private=True))


def begin(
    organisation: int, person: UUID, devices: Sequence[tuple[int, int | None]], start: datetime
) -> list[PrivateTime]:  # fmt: skip
    """Private from an instant on. The lock is held."""
    made = []
    with connection.cursor() as cursor:
        for device, vehicle in devices:
            if PrivateTime.objects.filter(device_id=device, end=None).exists():
                continue
            gate.make_private(cursor, organisation, device, start, None, "driver")
            made.append(
                PrivateTime.objects.create(
                    organisation_id=organisation, person_id=person, device_id=device, vehicle_id=vehicle, start=start,
                    how=How.DRIVER,
                )
            )  # fmt: skip
        audit.record(cursor, organisation, _actor(), "private.begin", f"person:{person}", {"devices": len(made)})
    return made


def release(organisation: int, person: UUID, end: datetime | None = None) -> int:
    """Record again from now on, as far as hours allow. Returns how many devices were private."""
    _lock(organisation)
    found = open_times(person)
    for one in found:
        finish(organisation, one, end or clock.now())
    LocationException.objects.filter(person_id=person, end=None).update(wants_private=False)
    if found:
        with connection.cursor() as cursor:
            audit.record(cursor, organisation, _actor(), "private.end", f"person:{person}", {"devices": len(found)})
    return len(found)


def finish(organisation: int, one: PrivateTime, end: datetime) -> None:
    """End one private time; what of it lies ahead does not exist."""
    end = max(end, one.start + timedelta(milliseconds=1))
    with connection.cursor() as cursor:
        gate.end_private(cursor, organisation, one.device_id, end)
    one.end = end
    one.save(update_fields=["end"])


def open_times(person: UUID) -> list[PrivateTime]:
    """What is private now by the person's own will."""
    return list(PrivateTime.objects.filter(person_id=person, end=None).order_by("pk"))


def follow_others(organisation: int) -> int:
    """Private time ends where somebody else has the vehicle: it was the one's, not the other's. Returns how many."""
    open_ones = {one.device_id: one for one in PrivateTime.objects.filter(organisation_id=organisation, end=None)}
    if not open_ones:
        return 0
    _lock(organisation)
    count = 0
    for now in feeding.held(organisation, clock.now(), open_ones):
        one = open_ones[now.device]
        if now.person not in (None, one.person_id) and now.since is not None:
            finish(organisation, one, max(now.since, one.start))
            count += 1
    return count


def _lock(organisation: int) -> None:
    with connection.cursor() as cursor:
        cursor.execute(_LOCK, [organisation])


def _actor() -> str:
    from allconnects.accounts.actor import current

    return current().name
