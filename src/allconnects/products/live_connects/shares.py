"""Links that show some devices to whoever holds them: made, found, ended. What a link shows is decided here alone."""

from __future__ import annotations

import hashlib
import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.db import connection
from django.utils.translation import gettext as _

from allconnects.accounts.models import Account, Organisation
from allconnects.accounts.tenancy import speaking_for
from allconnects.kit import clock
from allconnects.kit.errors import InvalidInput, NotFound
from allconnects.products.live_connects.models import NAMES_MOST, Precision, Share, ShareDevice
from allconnects.telemetry.live.snapshot import SEEN, known, ms
from allconnects.telemetry.live.state import State, state_of
from allconnects.telemetry.models import Device
from allconnects.telemetry.store.veil import covered

LONGEST = timedelta(days=14)
MOST_DEVICES = 50
STEP_DEG = {Precision.EXACT: 0.0, Precision.STREET: 0.002, Precision.TOWN: 0.02}
"""What places are rounded to: 0.002° is some 220 m to the north and 140 m to the east in Belgium."""
_PERSONAL = """
    d.kind = 'phone' OR EXISTS (SELECT 1 FROM fleet_installation i
        WHERE i.organisation_id = d.organisation_id AND i.device_id = d.id AND i.person_id IS NOT NULL
          AND i.during @> %(now)s::timestamptz)"""
"""What somebody carries shows where that person is, at home too: no link shows it."""
_REFUSED = f"SELECT d.id FROM telemetry_device d WHERE d.id = ANY(%(devices)s) AND ({_PERSONAL})"
PLACES = f"""
    SELECT row_number() OVER (ORDER BY s.id), d.name, d.kind, l.report_at, l.fix_time, l.lat_e7, l.lon_e7,
           l.speed_kmh, l.course_deg, d.id
    FROM live_share_device s
    JOIN live_share h ON h.id = s.share_id AND h.revoked_at IS NULL
                     AND h.begins_at <= %(now)s AND h.ends_at > %(now)s
    JOIN telemetry_device d ON d.organisation_id = s.organisation_id AND d.id = s.device_id
    LEFT JOIN {SEEN} l ON l.organisation_id = d.organisation_id AND l.device_id = d.id
                              AND l.fix_time >= h.begins_at
    WHERE s.share_id = %(share)s AND NOT ({_PERSONAL})
    ORDER BY 1"""
"""A fix of before the beginning is not shown, whenever it came. Devices have numbers of this link's own."""


PEOPLE = f"""
    SELECT DISTINCT o.person::text FROM live_share_device s
    JOIN {SEEN} l ON l.organisation_id = s.organisation_id AND l.device_id = s.device_id
    JOIN telemetry_occupancy o ON o.organisation_id = s.organisation_id AND o.device_id = s.device_id
                              AND o.during @> now()
    WHERE s.share_id = %(share)s"""
"""Whom the link shows at this moment."""


@dataclass(frozen=True, slots=True)
class Open:
    """A link that is good at this moment."""

    id: int
    organisation: int
    begins_at: datetime
    ends_at: datetime
    with_name: bool
    precision: str


def make_share(
    organisation: Organisation, account: Account | None, title: str, devices: Sequence[int], begins_at: datetime,
    ends_at: datetime, *, with_name: bool, precision: str,
) -> tuple[Share, str]:  # fmt: skip
    """A link, and its secret, which is told this once. Raises NotFound, InvalidInput."""
    now, title, wanted = clock.now(), title.strip(), sorted(set(devices))
    if not title or len(title) > NAMES_MOST or not title.isprintable():
        raise InvalidInput(_("Give the link a title that says for whom it is."))
    if precision not in Precision.values:
        raise InvalidInput(_("This precision is not known."))
    begins_at = max(begins_at, now)
    if not begins_at < ends_at <= begins_at + LONGEST:
        raise InvalidInput(_("A link is good for at most %(days)s days, and ends after it begins.") % {"days": 14})
    _check(wanted)
    secret = secrets.token_urlsafe(24)
    share = Share.objects.create(
        organisation=organisation, title=title, token_hash=digest(secret), begins_at=begins_at, ends_at=ends_at,
        with_name=with_name, precision=precision, created_by=account, created_at=now,
    )  # fmt: skip
    ShareDevice.objects.bulk_create(
        ShareDevice(organisation=organisation, share=share, device_id=device) for device in wanted
    )
    return share, secret


def _check(devices: list[int]) -> None:
    """Raises for devices that are none, too many, not there, or carried by somebody."""
    if not 1 <= len(devices) <= MOST_DEVICES:
        raise InvalidInput(_("Choose between 1 and %(most)s devices.") % {"most": MOST_DEVICES})
    if Device.objects.filter(pk__in=devices).count() != len(devices):
        raise NotFound(_("There is no such device."))
    with connection.cursor() as cursor:
        cursor.execute(_REFUSED, {"devices": devices, "now": clock.now()})
        if cursor.fetchone():
            raise InvalidInput(_("A phone, or a device that a person carries, cannot be shown by a link."))


def digest(secret: str) -> str:
    """What is kept of a link's secret. It is long and random, so a plain hash cannot be searched."""
    return hashlib.sha256(secret.encode()).hexdigest()


def list_shares(limit: int = 100) -> list[Share]:
    """Links of the organisation, newest first, with their devices."""
    found = Share.objects.select_related("created_by").prefetch_related("devices__device")
    return list(found.order_by("-created_at", "-id")[:limit])


def revoke_share(share: int) -> None:
    """End a link now; it shows nothing from the next moment on. Raises NotFound."""
    if not Share.objects.filter(pk=share).exists():
        raise NotFound(_("There is no such link."))
    Share.objects.filter(pk=share, revoked_at=None).update(revoked_at=clock.now())


def find(secret: str) -> Open:
    """The link of a secret, if it is good at this moment. Raises NotFound for all others alike.

    Called before it is known which tenant speaks; opens a transaction of its own.
    """
    with speaking_for(None), connection.cursor() as cursor:
        cursor.execute("SELECT * FROM live_share_of(%s, %s)", [digest(secret), clock.now()])
        row = cursor.fetchone()
    if row is None:
        raise NotFound(_("This link has ended, or never was."))
    return Open(*row)


def note_opening(link: Open) -> None:
    """Count that somebody opened the page. Nothing about who is kept."""
    with speaking_for(link.organisation), connection.cursor() as cursor:
        cursor.execute(
            "UPDATE live_share SET opened = opened + 1, opened_at = %s WHERE id = %s", [clock.now(), link.id]
        )


def places(link: Open, rows: Sequence[tuple[Any, ...]]) -> list[dict[str, Any]]:
    """What the link shows of the rows of ``PLACES``: no more than it says."""
    now = clock.now_ms()
    return [_place(link, row[:9], now) for row in rows]


def uncovered(link: Open, rows: Sequence[tuple[Any, ...]]) -> list[tuple[Any, ...]]:
    """Rows of ``PLACES`` without the places of private trips. Opens a transaction of its own."""
    placed = {row[9]: row[4] for row in rows if row[4] is not None}
    with speaking_for(link.organisation):
        hidden = covered(link.organisation, placed, None)
    return [(*row[:4], None, *row[5:]) if row[9] in hidden else row for row in rows]


def _place(link: Open, row: tuple[Any, ...], now_ms: int) -> dict[str, Any]:
    number, name, kind, report_at, fix_time, lat, lon, speed, course = row
    shown: dict[str, Any] = {"id": number, "kind": kind, "name": name if link.with_name else ""}
    if fix_time is None:
        return {**shown, "state": "silent", "at": None}
    state = State(state_of(now_ms, ms(report_at), ms(fix_time), known(speed))).name.lower()
    step = STEP_DEG[Precision(link.precision)]
    exact = step == 0.0
    where = (_rounded(lat / 1e7, step), _rounded(lon / 1e7, step))
    direction = known(course) if exact else None
    return {**shown, "state": state, "at": where, "time": ms(fix_time), "course": direction}


def _rounded(degrees: float, step: float) -> float:
    return round(degrees, 5) if step == 0.0 else round(round(degrees / step) * step, 5)
