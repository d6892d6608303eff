"""Materials: who has them, and where they are."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db import connection, transaction
from django.utils.translation import gettext as _
from psycopg.types.range import TimestamptzRange

from allconnects.accounts.actor import current
from allconnects.fleet import history, noted
from allconnects.fleet.models import Custody, Material, Person, Tag, Vehicle
from allconnects.fleet.models.record import ChangeKind
from allconnects.fleet.services import tracks
from allconnects.fleet.whereabouts import NOWHERE, Sign, Where, where
from allconnects.fleet.who import Who
from allconnects.kit import clock
from allconnects.kit.errors import InvalidInput, NotFound
from allconnects.telemetry.live import watched
from allconnects.telemetry.live.snapshot import SEEN
from allconnects.telemetry.store.veil import covered

_FIXES = f"""
    SELECT i.material_id, l.fix_time, l.lat_e7, l.lon_e7, l.device_id
    FROM fleet_installation i JOIN {SEEN} l ON l.device_id = i.device_id
    WHERE (%(ids)s::integer[] IS NULL OR i.material_id = ANY(%(ids)s)) AND i.material_id IS NOT NULL
      AND i.during @> %(now)s AND i.main"""
_TAGS = """
    SELECT t.material_id, t.heard_at, t.heard_lat_e7, t.heard_lon_e7, i.vehicle_id, i.person_id
    FROM fleet_tag t LEFT JOIN fleet_installation i ON i.device_id = t.heard_by_id AND i.during @> t.heard_at
    WHERE (%(ids)s::integer[] IS NULL OR t.material_id = ANY(%(ids)s)) AND t.heard_at IS NOT NULL"""
_SPEAKING = "SELECT current_setting('app.organisation')::integer"
_CUSTODY = f"""
    SELECT c.material_id, c.holder, c.person_id, c.vehicle_id, c.site, c.site_name, lower(c.during),
           l.fix_time, l.lat_e7, l.lon_e7, l.device_id
    FROM fleet_custody c
    LEFT JOIN fleet_installation i ON i.vehicle_id = c.vehicle_id AND i.main AND i.during @> %(now)s
    LEFT JOIN {SEEN} l ON l.device_id = i.device_id
    WHERE (%(ids)s::integer[] IS NULL OR c.material_id = ANY(%(ids)s)) AND c.during @> %(now)s"""


@dataclass(frozen=True, slots=True)
class Holder:
    """Who or what takes a material: exactly one of these; none of them: it is on its way."""

    person: UUID | None = None
    vehicle: int | None = None
    site: int | None = None
    site_name: str = ""


def whereabouts(materials: Sequence[int], *, shown: bool = True) -> dict[int, Where]:
    """Where materials are as who acts may see it, in some questions to the database however many there are.

    ``shown``: somebody reads it, which is written down of the people who are with them; False: it is counted only.
    """
    now, ids = clock.now(), list(materials)
    if not ids:
        return {}
    signs, organisation, devices = _signs(now, ids)
    found = {material: where(signs[material], now) if material in signs else NOWHERE for material in ids}
    if shown:
        _note(organisation, devices, found.values())
    return found


def last_signs() -> dict[int, datetime]:
    """When each material was seen last as far as who acts may see it, of all that something is known of; to count."""
    signs, _organisation, _devices = _signs(clock.now(), None)
    return {material: max(one.at for one in found) for material, found in signs.items()}


def _signs(now: datetime, ids: list[int] | None) -> tuple[dict[int, list[Sign]], int, set[int]]:
    """What is known of these materials, or of all; for whom, and the devices that were looked at."""
    signs: dict[int, list[Sign]] = defaultdict(list)
    given = {"ids": ids, "now": now}
    with connection.cursor() as cursor:
        cursor.execute(_FIXES, given)
        fixes = cursor.fetchall()
        cursor.execute(_TAGS, given)
        for material, at, lat, lon, vehicle, person in cursor.fetchall():
            holder = ("vehicle", vehicle) if vehicle else ("person", person) if person else None
            signs[material].append(Sign("tag", at, _deg(lat), _deg(lon), holder))
        cursor.execute(_CUSTODY, given)
        custody = cursor.fetchall()
        cursor.execute(_SPEAKING)
        organisation = int(cursor.fetchone()[0])
    devices = _seen(organisation, [(row[-1], row[1]) for row in fixes] + [(row[-1], row[7]) for row in custody])
    for material, at, lat, lon, device in fixes:
        if device in devices:
            signs[material].append(Sign("tracker", at, _deg(lat), _deg(lon)))
    for row in custody:
        signs[row[0]].append(_custody_sign(row, row[-1] in devices))
    return signs, organisation, devices


def _seen(organisation: int, fixes: Sequence[tuple[int | None, datetime | None]]) -> set[int]:
    """Devices of which who acts may see the latest place."""
    placed = {device: at for device, at in fixes if device is not None and at is not None}
    return placed.keys() - covered(organisation, placed, current().account)


def _note(organisation: int, devices: Iterable[int], places: Iterable[Where]) -> None:
    if current().is_process:
        return
    holders = {place.holder[1] for place in places if place.holder and place.holder[0] == "person"}
    with connection.cursor() as cursor:
        watched.note(cursor, organisation, devices)
    noted.holders_read(organisation, holders)


def _custody_sign(row: Sequence[Any], seen: bool) -> Sign:
    _material, how, person, vehicle, site, site_name, since, *fix, _device = row
    fix_at, lat, lon = fix if seen else (None, None, None)
    held = {"person": person, "vehicle": vehicle, "site": site_name or site, "transit": None}[how]
    holder = (how, held) if held is not None else None
    return Sign(how, since, _deg(lat), _deg(lon), holder, fix_at)


def _deg(e7: int | None) -> float | None:
    return None if e7 is None else e7 / 1e7


def hand_over(
    who: Who, material: int, to: Holder, how: str = "hand", at: datetime | None = None, note: str = ""
) -> Custody:
    """From ``at`` on (now by default) somebody or something else has a material. Raises NotFound, InvalidInput.

    Handing it to whom has it already changes nothing.
    """
    at = at or clock.now()
    with transaction.atomic():
        found = Material.objects.select_for_update(of=("self",)).filter(pk=material, archived_at=None).first()
        if found is None:
            raise NotFound(_("There is no such material."))
        made = _custody(who, found, to, how, at, note)
        present = Custody.objects.filter(material=found, during__contains=at).first()
        if present is not None and _same(present, made):
            return present
        if Custody.objects.filter(material=found, during__startswith__gte=at).exists():
            raise InvalidInput(_("Somebody took it later already. Look at its chain."))
        if present is not None:
            present.during = TimestamptzRange(present.during.lower, at)
            present.save(update_fields=["during"])
        made.save(force_insert=True)
        history.record(who, made, ChangeKind.MADE, {}, history.values(made), about=f"material:{material}")
        with connection.cursor() as cursor:
            tracks.follow_material(cursor, who.organisation.pk, material, at)
    return made


def _custody(who: Who, material: Material, to: Holder, how: str, at: datetime, note: str) -> Custody:
    kinds = [name for name in ("person", "vehicle") if getattr(to, name) is not None]
    kinds += ["site"] if to.site is not None or to.site_name.strip() else []
    if len(kinds) > 1:
        raise InvalidInput(_("Choose one: a person, a vehicle or a site."))
    if to.person is not None and not Person.objects.filter(pk=to.person, archived_at=None).exists():
        raise NotFound(_("There is no such person."))
    if to.vehicle is not None and not Vehicle.objects.filter(pk=to.vehicle, archived_at=None).exists():
        raise NotFound(_("There is no such vehicle."))
    return Custody(
        organisation=who.organisation, material=material, holder=kinds[0] if kinds else "transit", person_id=to.person,
        vehicle_id=to.vehicle, site=to.site, site_name=to.site_name.strip()[:100], how=how, note=note.strip()[:200],
        during=TimestamptzRange(at, None), made_by=who.account,
    )  # fmt: skip


def _same(one: Custody, two: Custody) -> bool:
    names = ("holder", "person_id", "vehicle_id", "site", "site_name")
    return all(getattr(one, name) == getattr(two, name) for name in names)


def chain(material: int, limit: int = 100) -> list[Custody]:
    """Who and what had a material, latest first."""
    found = Custody.objects.filter(material_id=material).select_related("person", "vehicle", "made_by")
    return list(found.order_by("-during")[:limit])


def by_token(token: str) -> Material:
    """The material whose QR code was scanned. Raises NotFound."""
    found = Material.objects.filter(token=token, archived_at=None).first()
    if found is None:
        raise NotFound(_("There is no such material."))
    return found


def add_tag(who: Who, material: Material, identifier: str) -> Tag:
    """Say which Bluetooth tag is on a material. Raises InvalidInput."""
    from allconnects.fleet.badges import normal

    known = normal(identifier)
    if not 4 <= len(known) <= 80 or not known.isprintable():
        raise InvalidInput(_("The identifier of the tag is missing, too short or too long."))
    if Tag.objects.filter(identifier=known).exists():
        raise InvalidInput(_("This tag is on a material already."))
    made = Tag.objects.create(organisation=who.organisation, material=material, identifier=known)
    history.record(who, made, ChangeKind.MADE, {}, history.values(made), about=f"material:{material.pk}")
    return made


def remove_tag(who: Who, tag: int) -> Tag:
    """The tag is on it no more. Raises NotFound."""
    found = Tag.objects.filter(pk=tag).first()
    if found is None:
        raise NotFound(_("There is no such tag."))
    about = f"material:{found.material_id}"
    history.record(who, found, ChangeKind.REMOVED, {}, {}, about=about)
    found.delete()
    return found


def names_of(places: Iterable[Where]) -> dict[tuple[str, object], str]:
    """What the holders in some answers are called, in two questions to the database."""
    holders = {place.holder for place in places if place.holder}
    vehicles = Vehicle.objects.filter(pk__in=[key for kind, key in holders if kind == "vehicle"])
    people = Person.objects.filter(pk__in=[key for kind, key in holders if kind == "person"])
    found: dict[tuple[str, object], str] = {("vehicle", v.pk): v.name for v in vehicles}
    found |= {("person", p.pk): p.name for p in people}
    return found | {(kind, key): str(key) for kind, key in holders if kind == "site"}
