"""Whose visits must be worked out again, and from when on."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta

from django.db import connection

from allconnects.kit import clock, config

SETTLED = timedelta(seconds=30)
"""A batch commits a little after its time of receipt."""
_DUE = """
    INSERT INTO places_due AS d (organisation_id, device_id, since) VALUES (%s, %s, %s)
    ON CONFLICT (organisation_id, device_id) DO UPDATE SET since = least(d.since, excluded.since)"""
_ALL_DUE = """
    INSERT INTO places_due AS d (organisation_id, device_id, since)
    SELECT organisation_id, id, %s FROM telemetry_device WHERE organisation_id = %s
    ON CONFLICT (organisation_id, device_id) DO UPDATE SET since = least(d.since, excluded.since)"""
_FORGET = "DELETE FROM places_visit WHERE organisation_id = %s AND place_id = ANY(%s) AND leave >= %s"
_LOOKED = """
    INSERT INTO places_progress (organisation_id, looked_to) VALUES (%s, %s)
    ON CONFLICT (organisation_id) DO NOTHING"""
_PROGRESS = "SELECT looked_to FROM places_progress WHERE organisation_id = %s FOR UPDATE"
_LOOK = """
    INSERT INTO places_due AS d (organisation_id, device_id, since)
    SELECT organisation_id, device_id, min(fix_time) FROM telemetry_position p
    WHERE organisation_id = %(organisation)s AND received_at > %(from)s AND received_at <= %(to)s
      AND EXISTS (SELECT FROM telemetry_device v WHERE v.organisation_id = p.organisation_id AND v.id = p.device_id)
    GROUP BY 1, 2
    ON CONFLICT (organisation_id, device_id) DO UPDATE SET since = least(d.since, excluded.since)"""
_MOVE = "UPDATE places_progress SET looked_to = %s WHERE organisation_id = %s"


def device_changed(organisation: int, device: int, since: datetime) -> None:
    """Positions of a device, or who had it, changed from a moment on."""
    with connection.cursor() as cursor:
        cursor.execute(_DUE, [organisation, device, since])


def places_changed(organisation: int, places: Sequence[int]) -> None:
    """Places are new or have another shape or other days: the past that is still known is looked through again."""
    since = _oldest()
    with connection.cursor() as cursor:
        cursor.execute(_FORGET, [organisation, list(places), since])
        cursor.execute(_ALL_DUE, [since, organisation])


def look(organisation: int) -> None:
    """Note the devices whose positions were received since the last look."""
    upto = clock.now() - SETTLED
    with connection.cursor() as cursor:
        cursor.execute(_LOOKED, [organisation, _oldest()])
        cursor.execute(_PROGRESS, [organisation])
        (looked_to,) = cursor.fetchone() or (upto,)
        if looked_to < upto:
            cursor.execute(_LOOK, {"organisation": organisation, "from": looked_to, "to": upto})
            cursor.execute(_MOVE, [upto, organisation])


def _oldest() -> datetime:
    return clock.now() - timedelta(days=config.current().position_days)


def set_aside(organisation: int, device: int) -> None:
    """What cannot be read now is due again with the next news of the device."""
    with connection.cursor() as cursor:
        cursor.execute("DELETE FROM places_due WHERE organisation_id = %s AND device_id = %s", [organisation, device])
