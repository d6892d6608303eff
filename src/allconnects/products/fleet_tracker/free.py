"""The free version of FLEET.tracker: a phone that sends without its owner having an account.

Nobody asks who somebody is, so nobody can tell whose phone it is; whoever holds the phone's secret may see, copy and
erase what it sent, and without it nothing can be given out (GDPR art. 11; clause 19 of the privacy policy). Such phones
are in an organisation that nobody is a member of: nobody looks on.
"""

from __future__ import annotations

import io
import json
import secrets
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Any

from django.db import connection

from allconnects.accounts.models import Membership, Organisation
from allconnects.accounts.tenancy import speaking_for
from allconnects.kit import clock, config
from allconnects.kit.errors import NotFound
from allconnects.privacy.requests import tenants
from allconnects.telemetry import services
from allconnects.telemetry.export import Source, csv, gpx
from allconnects.telemetry.gateway.directory import opens
from allconnects.telemetry.models import Device, Kind
from allconnects.telemetry.store import gate
from allconnects.telemetry.store.reader import Track, track
from allconnects.telemetry.store.segments import bounds, days_kept

WHO = "process:phone"
_SOMEBODY = "SELECT EXISTS (SELECT FROM telemetry_occupancy WHERE organisation_id = %s AND device_id = %s)"


@dataclass(frozen=True, slots=True)
class Token:
    """What a phone holds: it is the only proof of whose data they are."""

    identifier: str
    secret: str


@dataclass(frozen=True, slots=True)
class Kept:
    """What is kept of a phone. ``first``, ``last``: of its fixes."""

    since: datetime
    fixes: int
    first: datetime | None
    last: datetime | None


def offered() -> int | None:
    """The organisation that phones without account join, or None where none do or somebody is a member of it."""
    slug = config.current().free_phones
    if not slug:
        return None
    try:
        organisation = tenants.home(slug).id
    except NotFound:
        return None
    with speaking_for(organisation):
        watched = Membership.objects.filter(organisation_id=organisation).exists()
    return None if watched else organisation


def start(organisation: int) -> Token:
    """Let a new phone in. Its secret is told once and kept as a hash."""
    token = Token(f"phone-{secrets.token_hex(6)}", secrets.token_urlsafe(24))
    with speaking_for(organisation):
        _add(organisation, token)
    return token


def look(organisation: int, token: Token) -> Kept | None:
    """What is kept of a phone; None for whoever does not hold its secret."""
    with speaking_for(organisation):
        device = _device(organisation, token)
        return None if device is None else _kept(organisation, device)


def copy(organisation: int, token: Token) -> bytes | None:
    """All of it as a ZIP: the register's row as JSON, a CSV and a GPX for each day. None as ``look``."""
    with speaking_for(organisation):
        device = _device(organisation, token)
        if device is None:
            return None
        packed = io.BytesIO()
        with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as file:
            row = {"identifier": device.identifier, "kind": device.kind, "registered": device.created_at.isoformat()}
            file.writestr("phone.json", json.dumps(row, indent=2))
            for day, found in _days(organisation, device.pk):
                file.writestr(f"{day}.csv", b"".join(csv(Source(device.pk, found))))
                file.writestr(f"{day}.gpx", b"".join(gpx(Source(device.pk, found))))
        return packed.getvalue()


def erase(organisation: int, token: Token) -> bool:
    """Take out all that a phone sent, also what is under way; it stays in and sends on. False as ``look``."""
    with speaking_for(organisation):
        device = _device(organisation, token)
        if device is None:
            return False
        now = clock.now()
        since = now - timedelta(days=config.current().position_days)
        services.delete_device(device.pk)
        fresh = _add(organisation, token)
        with connection.cursor() as cursor:
            gate.close(cursor, organisation, fresh.pk, [(since, now)], "erased")
    return True


def renew(organisation: int, token: Token) -> Token | None:
    """Another secret for a phone; the old one opens nothing any more. None as ``look``."""
    fresh = Token(token.identifier, secrets.token_urlsafe(24))
    with speaking_for(organisation):
        device = _device(organisation, token)
        if device is None:
            return None
        services.change_device(device.pk, device.name, device.kind, fresh.secret)
    return fresh


def leave(organisation: int, token: Token) -> bool:
    """Take a phone out with all that it sent. False as ``look``."""
    with speaking_for(organisation):
        device = _device(organisation, token)
        if device is not None:
            services.delete_device(device.pk)
    return device is not None


def _add(organisation: int, token: Token) -> Device:
    owner = Organisation.objects.get(pk=organisation)
    return services.add_device(owner, token.identifier, token.identifier, Kind.PHONE, token.secret)


def _device(organisation: int, token: Token) -> Device | None:
    """The phone of a token. One that a person is known to have is asked for by that person, signed in."""
    device = Device.objects.select_for_update().filter(identifier=token.identifier, kind=Kind.PHONE).first()
    if device is None or not opens(token.secret, device.secret_hash):
        return None
    with connection.cursor() as cursor:
        cursor.execute(_SOMEBODY, [organisation, device.pk])
        return None if cursor.fetchone()[0] else device


def _kept(organisation: int, device: Device) -> Kept:
    fixes, first, last = 0, None, None
    for _day, found in _days(organisation, device.pk):
        fixes += len(found)
        if len(found):
            first = first or _moment(found.time_ms[0])
            last = _moment(found.time_ms[-1])
    return Kept(device.created_at, fixes, first, last)


def _moment(ms: Any) -> datetime:
    return datetime.fromtimestamp(int(ms) / 1000, UTC)


def _days(organisation: int, device: int) -> Iterator[tuple[date, Track]]:
    with connection.cursor() as cursor:
        for _device, day in days_kept(cursor, organisation, device):
            start, end = bounds(day)
            yield day, track(cursor, organisation, device, start, end, who=WHO, altitude=True)
