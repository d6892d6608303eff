"""What this room adds to a copy of a person's data: tracks as GPX, a file for each device and month."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import psycopg

from allconnects.kit import clock
from allconnects.privacy.export.sources import source
from allconnects.privacy.subjects import Subject
from allconnects.privacy.vault import HOLD, KeyHeld, KeyMissing, Vault
from allconnects.telemetry.export import Source, gpx
from allconnects.telemetry.store.reader import Track, track
from allconnects.telemetry.store.segment.errors import SegmentError

_HAD = """
    SELECT device_id, lower(during), CASE WHEN upper_inf(during) OR upper(during) > %(now)s THEN %(now)s
        ELSE upper(during) END
    FROM telemetry_occupancy
    WHERE organisation_id = %(organisation)s AND person = %(person)s AND lower(during) < %(now)s ORDER BY 1, 2"""
WHO, CONSENT = "process:rights", "subject_consent"
"""The person asks for it: that opens what he restricted, too (art. 18(2))."""


@source("tracks")
def tracks(connection: psycopg.Connection[Any], vault: Vault, subject: Subject) -> Iterator[tuple[str, bytes]]:
    """Tracks of the times in which the person had a device; months without a fix give no file."""
    if subject.person is None:
        return
    values = {"organisation": subject.organisation, "person": subject.person, "now": clock.now()}
    for number, (device, start, end) in enumerate(connection.execute(_HAD, values).fetchall(), 1):
        for first, last in _months(start, end):
            name = f"tracks/{device}-{first:%Y-%m}-{number}"
            try:
                found = _track(connection, vault, subject.organisation, device, first, last)
            except (KeyMissing, SegmentError):
                yield f"{name}.txt", b"These positions are there, but their key is lost: nobody can read them.\n"
                continue
            if len(found):
                yield f"{name}.gpx", b"".join(gpx(Source(device, found)))


def _track(
    connection: psycopg.Connection[Any], vault: Vault, organisation: int, device: int, start: datetime, end: datetime
) -> Track:
    with connection.cursor() as cursor:
        try:
            return track(cursor, organisation, device, start, end, purpose=CONSENT, who=WHO, vault=vault)
        except KeyHeld:
            return track(cursor, organisation, device, start, end, purpose=HOLD, who=WHO, vault=vault)


def _months(start: datetime, end: datetime) -> Iterator[tuple[datetime, datetime]]:
    while start < end:
        following = (start.astimezone(UTC).replace(day=1) + timedelta(days=32)).replace(
            day=1, hour=0, minute=0, second=0, microsecond=0
        )
        yield start, min(following, end)
        start = following
