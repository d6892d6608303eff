"""What tests of sealing share: what segments and hot rows hold in the clear, and who had a device."""

from __future__ import annotations

from datetime import UTC, date, datetime
from typing import Any
from uuid import UUID, uuid4

import psycopg

from allconnects.accounts.tenancy import speak_for
from allconnects.kit import db
from allconnects.kit.clock import BRUSSELS
from allconnects.privacy.vault import Vault
from allconnects.telemetry.store.occupancy import occupy
from allconnects.telemetry.store.reader import Track, track
from allconnects.telemetry.store.sealing import DayOf, opened
from allconnects.telemetry.store.segment.format import open_segment
from allconnects.telemetry.store.segment.positions import Positions
from allconnects.telemetry.store.segments import read_segments
from tests.telemetry.store.hot import HOUR, Yard

Connection = psycopg.Connection[Any]


def moment(ms: int) -> datetime:
    return datetime.fromtimestamp(ms / 1000, UTC)


def day_of(ms: int) -> date:
    """The Brussels day of a time."""
    return moment(ms).astimezone(BRUSSELS).date()


def sealed(yard: Yard, vault: Vault, device: int, day: date) -> dict[str, Positions]:
    """The segments of a day in the clear, by subject."""
    with yard.owner.cursor() as cursor:
        rows = read_segments(cursor, yard.organisation, device, day, day)
    plain = opened(vault, DayOf(yard.organisation, device, day), rows)
    return {subject: open_segment(data).positions() for subject, data in plain.items()}


def stored(yard: Yard, device: int) -> dict[str, tuple[int, bytes]]:
    """Generation and ciphertext of every segment of a device, by subject and day."""
    rows = yard.owner.execute(
        "SELECT subject || ' ' || day, generation, data FROM telemetry_segment WHERE device_id = %s", (device,)
    )
    return {name: (generation, bytes(data)) for name, generation, data in rows}


def drives(yard: Yard, device: int, start_ms: int, end_ms: int | None) -> UUID:
    """A new person has the device in that time."""
    person = uuid4()
    with yard.owner.cursor() as cursor:
        end = None if end_ms is None else moment(end_ms)
        occupy(cursor, yard.organisation, device, person, moment(start_ms), end)
    return person


def forget_hot(yard: Yard, device: int) -> None:
    """As if the hot leaves had been dropped."""
    yard.owner.execute("DELETE FROM telemetry_position WHERE device_id = %s", (device,))


def read(yard: Yard, vault: Vault, device: int, middle_ms: int, hours: int = 48, **more: Any) -> Track:
    """The track around a time, as the pages read it."""
    with psycopg.connect(db.conninfo("web")) as connection, connection.cursor() as cursor:
        speak_for(cursor, yard.organisation)
        start, end = (moment(middle_ms + sign * hours * HOUR) for sign in (-1, 1))
        return track(cursor, yard.organisation, device, start, end, vault=vault, who="process:test", **more)
