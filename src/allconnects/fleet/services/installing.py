"""Which device sits in what, from when until when."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.db import IntegrityError, connection, models, transaction
from django.utils.translation import gettext as _
from psycopg.types.range import TimestamptzRange

from allconnects.fleet import history
from allconnects.fleet.models import Installation, Material, Person, Vehicle
from allconnects.fleet.models.record import ChangeKind
from allconnects.fleet.who import Who
from allconnects.kit import clock
from allconnects.kit.errors import InvalidInput, NotFound
from allconnects.telemetry.models import Device

Place = Vehicle | Material | Person


@dataclass(frozen=True, slots=True)
class Stay:
    """A device in one place for a time; ``end`` None: until further notice."""

    device: int
    vehicle: int | None
    material: int | None
    person: UUID | None
    main: bool
    start: datetime
    end: datetime | None


def install(
    who: Who, device: int, place: Place, start: datetime | None = None, end: datetime | None = None, main: bool = True
) -> Installation:
    """Say in what a device sits. Raises NotFound, InvalidInput (it sits elsewhere, or another one sits there)."""
    found = Device.objects.filter(pk=device).first()
    if found is None:
        raise NotFound(_("There is no such device."))
    start = start or clock.now()
    if end is not None and end <= start:
        raise InvalidInput(_("The installation ends before it begins."))
    made = Installation(organisation=who.organisation, device=found, main=main, during=TimestamptzRange(start, end))
    setattr(made, str(place._meta.model_name), place)
    try:
        with transaction.atomic():
            made.save(force_insert=True)
    except IntegrityError as error:
        raise InvalidInput(_why(str(error))) from None
    _tell(who, made, ChangeKind.MADE, {})
    _follow(made)
    return made


def uninstall(who: Who, installation: int, end: datetime | None = None) -> Installation:
    """The device was taken out. Raises NotFound, InvalidInput (before it came in)."""
    found = get(installation)
    end = end or clock.now()
    if end <= found.during.lower:
        raise InvalidInput(_("The installation ends before it begins."))
    before = history.values(found)
    found.during = TimestamptzRange(found.during.lower, end)
    try:
        with transaction.atomic():
            found.save(update_fields=["during"])
    except IntegrityError as error:
        raise InvalidInput(_why(str(error))) from None
    _tell(who, found, ChangeKind.CHANGED, before)
    _follow(found)
    return found


def move(who: Who, device: int, place: Place, at: datetime | None = None, main: bool = True) -> Installation:
    """Take a device out of where it is, and put it into another place, at one moment. Raises as ``install``."""
    at = at or clock.now()
    with transaction.atomic():
        for open_one in Installation.objects.filter(device_id=device, during__contains=at):
            if open_one.during.lower >= at:
                raise InvalidInput(_("The device sits there since this very moment."))
            uninstall(who, open_one.pk, at)
        return install(who, device, place, at, main=main)


def remove(who: Who, installation: int) -> None:
    """It was entered by mistake. Raises NotFound."""
    found = get(installation)
    _tell(who, found, ChangeKind.REMOVED, history.values(found))
    found.delete()
    _follow(found)


def get(installation: int) -> Installation:
    """One installation. Raises NotFound."""
    found = Installation.objects.select_related("device").filter(pk=installation).first()
    if found is None:
        raise NotFound(_("There is no such installation."))
    return found


def stays_of_device(device: int, start: datetime, end: datetime) -> list[Stay]:
    """Where a device sat at some time in ``start <= time < end``, in order."""
    return list(_stays(models.Q(device_id=device), start, end))


def stays_in(place: Place, start: datetime, end: datetime) -> list[Stay]:
    """Which devices sat in a vehicle or material or on a person at some time in ``start <= time < end``, in order."""
    return list(_stays(models.Q(**{str(place._meta.model_name): place}), start, end))


def _stays(wanted: models.Q, start: datetime, end: datetime) -> Iterator[Stay]:
    between = TimestamptzRange(start, end)
    for one in Installation.objects.filter(wanted, during__overlap=between).order_by("during", "id"):
        yield Stay(
            one.device_id, one.vehicle_id, one.material_id, one.person_id, one.main, one.during.lower, one.during.upper
        )


def vehicle_of(device: int, at: datetime) -> int | None:
    """The vehicle that a device sat in at a moment; None when in none."""
    found = Installation.objects.filter(device_id=device, during__contains=at).first()
    return found.vehicle_id if found else None


def _follow(changed: Installation) -> None:
    """Tracks follow: whose they are depends on where the device sat."""
    from allconnects.fleet.services.tracks import follow_device

    with connection.cursor() as cursor:
        follow_device(cursor, changed.organisation_id, changed.device_id, changed.during.lower)


def _tell(who: Who, row: Installation, kind: str, before: dict[str, object]) -> None:
    name = next(n for n in ("vehicle", "material", "person") if getattr(row, f"{n}_id") is not None)
    after = {} if kind == ChangeKind.REMOVED else history.values(row)
    history.record(who, row, kind, before, after, about=f"{name}:{getattr(row, f'{name}_id')}")


def _why(error: str) -> str:
    """The reason in words, by the constraint that refused."""
    if "installation_device_once" in error:
        return _("This device sits elsewhere in that time. End that installation first, or move the device.")
    if "installation_vehicle_once" in error or "installation_material_once" in error:
        return _("Another main device sits there in that time. End its installation, or add this one as a further one.")
    if "installation_person_once" in error:
        return _("This person has another main device in that time.")
    return _("This installation cannot be entered like this.")
