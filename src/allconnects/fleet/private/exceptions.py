"""When something is recorded although time is private: always an event, with a row that the person reads.

A theft is declared by one person and confirmed by another; a crash is reported by the device; a transport that the law
has recorded is opened and closed by the room that knows of it (``open_duty``, ``close_duty``). No setting does any of
this.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from uuid import UUID

from django.db import connection
from django.utils.translation import gettext as _

from allconnects.accounts.models import Account
from allconnects.fleet.models import ExceptionKind, Installation, LocationException, PrivateTime, Vehicle
from allconnects.fleet.models.private import OPEN_FOR as OPEN_FOR
from allconnects.fleet.private import button, feeding
from allconnects.fleet.private.thresholds import threshold
from allconnects.kit import clock
from allconnects.kit.errors import Forbidden, InvalidInput, NotFound
from allconnects.privacy.audit import service as audit
from allconnects.telemetry.models import Event, EventKind


def declare_theft(organisation: int, vehicle: int, account: Account, reason: str) -> LocationException:
    """One person says that a vehicle was stolen; nothing happens until a second one confirms. Raises InvalidInput."""
    reason = reason.strip()
    if not 3 <= len(reason) <= 200:
        raise InvalidInput(_("Say in a few words what happened."))
    device = _device(vehicle)
    waiting = LocationException.objects.filter(device_id=device, kind=ExceptionKind.THEFT, end=None)
    if waiting.filter(declared_at__gt=clock.now() - OPEN_FOR).exists():
        raise InvalidInput(_("This vehicle is declared stolen already."))
    made = LocationException.objects.create(
        organisation_id=organisation, kind=ExceptionKind.THEFT, device_id=device, vehicle_id=vehicle,
        person_id=_who_had(organisation, device), reason=reason, declared_by=account, declared_at=clock.now(),
    )  # fmt: skip
    _write_down(made, "theft.declared", account)
    return made


def confirm_theft(organisation: int, exception: int, account: Account) -> LocationException:
    """A second person confirms: the vehicle is recorded for a day at most. Raises NotFound, Forbidden, InvalidInput."""
    found = LocationException.objects.select_for_update().filter(pk=exception, kind=ExceptionKind.THEFT).first()
    if found is None:
        raise NotFound(_("There is no such declaration."))
    if found.declared_by_id == account.pk:
        raise Forbidden(_("A second person has to confirm it."))
    now = clock.now()
    if found.start is not None or found.end is not None or found.declared_at < now - OPEN_FOR:
        raise InvalidInput(_("This declaration is confirmed, withdrawn or too old."))
    found.confirmed_by, found.confirmed_at, found.start = account, now, now
    found.end = now + timedelta(hours=_today("theft_hours"))
    found.save()
    _record_from(organisation, found, now)
    _write_down(found, "theft.confirmed", account)
    return found


def end_theft(organisation: int, exception: int, account: Account) -> None:
    """The vehicle was found, or it was a mistake. Raises NotFound."""
    found = LocationException.objects.select_for_update().filter(pk=exception, kind=ExceptionKind.THEFT).first()
    if found is None:
        raise NotFound(_("There is no such declaration."))
    now = clock.now()
    found.end = now if found.end is None else min(found.end, now)
    found.save(update_fields=["end"])
    feeding.refresh(organisation, [found.device_id])
    _write_down(found, "theft.ended", account)


def declarations() -> list[LocationException]:
    """Declarations of theft of the last days, newest first."""
    since = clock.now() - timedelta(days=30)
    rows = LocationException.objects.filter(kind=ExceptionKind.THEFT, declared_at__gte=since)
    return list(rows.select_related("vehicle", "declared_by", "confirmed_by").order_by("-declared_at"))


def take_crashes(organisation: int) -> int:
    """Crashes that devices reported in private time: from then on they are recorded for a while. Returns how many."""
    minutes = timedelta(minutes=_today("crash_minutes"))
    now, count = clock.now(), 0
    for event in Event.objects.filter(kind=EventKind.CRASH, at__gt=now - minutes, at__lte=now, device__isnull=False):
        device = event.device_id
        assert device is not None
        known = LocationException.objects.filter(
            device_id=device, kind=ExceptionKind.CRASH, declared_at__gt=event.at - minutes
        )
        if known.exists():
            continue
        made = LocationException.objects.create(
            organisation_id=organisation, kind=ExceptionKind.CRASH, device_id=device, vehicle_id=_vehicle(device),
            person_id=_who_had(organisation, device), start=event.at, end=event.at + minutes, declared_at=event.at,
        )  # fmt: skip
        _record_from(organisation, made, event.at)
        _write_down(made, "crash.recorded", None)
        count += 1
    return count


def open_duty(organisation: int, device: int, start: datetime, reason: str = "") -> LocationException:
    """A transport begins that the law has recorded from departure to the end of unloading; idempotent while it is open.

    For the rooms of such transports. Private time that was on ends; while it is open the button is refused.
    """
    known = LocationException.objects.filter(device_id=device, kind=ExceptionKind.DUTY, end=None).first()
    if known is not None:
        return known
    made = LocationException.objects.create(
        organisation_id=organisation, kind=ExceptionKind.DUTY, device_id=device, vehicle_id=_vehicle(device),
        person_id=_who_had(organisation, device), start=start, reason=reason[:200], declared_at=clock.now(),
    )  # fmt: skip
    _record_from(organisation, made, start)
    return made


def close_duty(organisation: int, device: int, end: datetime) -> bool:
    """It is unloaded. If the driver pressed the button meanwhile, private time begins then. Whether one was open."""
    found = LocationException.objects.select_for_update().filter(
        device_id=device, kind=ExceptionKind.DUTY, end=None
    )  # fmt: skip
    one = found.first()
    if one is None:
        return False
    one.end = end
    one.save(update_fields=["end"])
    feeding.refresh(organisation, [device])
    if one.wants_private and one.person_id is not None:
        button.begin(organisation, one.person_id, [(device, one.vehicle_id)], end)
    return True


def of_person(person: UUID, limit: int = 50) -> list[LocationException]:
    """What was recorded of a person's time although it was private, newest first; a theft once it is over."""
    rows = LocationException.objects.filter(person_id=person).select_related("vehicle").order_by("-declared_at")
    now = clock.now()
    told = [one for one in rows[:limit] if one.kind != ExceptionKind.THEFT or (one.end is not None and one.end <= now)]
    return [one for one in told if one.start is not None or one.kind != ExceptionKind.THEFT]


def _record_from(organisation: int, made: LocationException, start: datetime) -> None:
    """Private time ends, and hours do not count."""
    for one in PrivateTime.objects.filter(device_id=made.device_id, end=None):
        button.finish(organisation, one, start)
    feeding.end_switched(organisation, made.device_id, start)
    feeding.refresh(organisation, [made.device_id])


def _device(vehicle: int) -> int:
    if not Vehicle.objects.filter(pk=vehicle).exists():
        raise NotFound(_("There is no such vehicle."))
    now = clock.now()
    found = Installation.objects.filter(vehicle_id=vehicle, during__contains=now).order_by("-main", "pk").first()
    if found is None:
        raise InvalidInput(_("No device sits in this vehicle."))
    return found.device_id


def _vehicle(device: int) -> int | None:
    now = clock.now()
    rows = Installation.objects.filter(device_id=device, during__contains=now)
    return rows.values_list("vehicle_id", flat=True).first()


def _who_had(organisation: int, device: int) -> UUID | None:
    found = feeding.held(organisation, clock.now(), [device])
    return found[0].person if found else None


def _today(name: str) -> float:
    return threshold(name, clock.today())


def _write_down(one: LocationException, action: str, account: Account | None) -> None:
    actor = "process:worker" if account is None else f"account:{account.pk}"
    with connection.cursor() as cursor:
        audit.record(cursor, one.organisation_id, actor, action, f"device:{one.device_id}", {"exception": one.pk})
