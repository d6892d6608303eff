"""What a trip was for: said in one place, by its driver or by a manager. Rooms above ask and say it here only.

``trips_classification`` holds every word that was said, never changed; ``trips_trip`` holds the latest of each trip,
laid over it again whenever late data make the trip anew.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace
from datetime import date, datetime
from typing import Any, Final, NamedTuple, cast

from django.db import connection
from django.db.backends.postgresql.psycopg_any import DateTimeTZRange
from django.utils.translation import gettext as _

from allconnects.fleet.models import Person, Vehicle
from allconnects.kit import clock
from allconnects.kit.errors import AllconnectsError, InvalidInput
from allconnects.telemetry.store.segments import Cursor
from allconnects.trips.effect import Row
from allconnects.trips.models import Classification, Use
from allconnects.trips.models import Voice as Speaker
from allconnects.trips.stored import PURPOSES, Purpose, StoredTrip, Voice

Guard = Callable[[int, int | None, date], bool]
_guards: list[Guard] = []
_SHOW: Final = """
    UPDATE trips_trip SET purpose = %s, purpose_by = %s
    WHERE organisation_id = %s AND device_id = %s AND shown AND start_at >= %s - interval '15 days' AND start_at <= %s
      AND start_at + (end_at - start_at) / 2 BETWEEN %s AND %s"""
_TELL: Final = "SELECT pg_notify('telemetry_devices', %s)"
"""Open maps read anew what they may show, and hear of nothing until they have."""
_SAID: Final = """
    SELECT extract(epoch FROM lower(during)) * 1000, extract(epoch FROM upper(during)) * 1000, use, voice
    FROM trips_classification
    WHERE organisation_id = %s AND int4range(device_id, device_id, '[]') && int4range(%s, %s, '[]')
      AND during && tstzrange(%s, %s, '[]') AND voice <> 'rule'
    ORDER BY at, id"""


class Closed(AllconnectsError):
    """The month is closed: what it says changes only by a correction in the logbook."""

    code = "month_closed"
    status = 409


class Word(NamedTuple):
    """What somebody said of a time of a device, in ms."""

    start_ms: float
    end_ms: float
    purpose: Purpose
    by: Voice


def guard(closed: Guard) -> None:
    """A room that keeps what trips were for says which months stay: ``closed(organisation, vehicle, month)``."""
    if closed not in _guards:
        _guards.append(closed)


def said(cursor: Cursor, organisation: int, device: int, start: datetime, end: datetime) -> list[Word]:
    """What was said of a device in this time, in the order in which it was said."""
    cursor.execute(_SAID, (organisation, device, device, start, end))
    return [
        Word(float(first), float(last), use, cast(Voice, voice if use else ""))
        for first, last, use, voice in cursor.fetchall()
    ]


def laid(rows: Iterable[Row], words: Sequence[Word]) -> list[Row]:
    """Shown rows with the latest word that was said of the middle of each. Pure."""
    return [_laid(row, words) if row.shown else row for row in rows]


def _laid(row: Row, words: Sequence[Word]) -> Row:
    middle = (row.leg.start_ms + row.leg.end_ms) / 2
    for one in reversed(words):
        if one.start_ms <= middle <= one.end_ms:
            return replace(row, purpose=one.purpose, purpose_by=one.by)
    return row


def say(
    organisation: int, trip: StoredTrip, purpose: str, *, voice: str, account: int | None, reason: str = ""
) -> Classification:
    """Write down what a trip was for; empty takes back what was said. Raises InvalidInput, Closed."""
    if purpose not in PURPOSES:
        raise InvalidInput(_("Choose business, home to work or private."))
    if trip.still_open:
        raise InvalidInput(_("The trip is still going on."))
    month = clock.day_of(trip.start).replace(day=1)
    if any(closed(organisation, trip.vehicle, month) for closed in _guards):
        raise Closed(_("This month is closed. It changes only by a correction in the logbook."))
    row = Classification.objects.create(
        organisation_id=organisation, device_id=trip.device, vehicle_id=_still(Vehicle, trip.vehicle),
        person_id=_still(Person, trip.person),
        during=DateTimeTZRange(trip.start, trip.end, "[]"), use=purpose, voice=voice, account_id=account,
        reason=reason, at=clock.now(),
    )  # fmt: skip
    shown = (purpose, voice if purpose else "", organisation, trip.device, trip.start, trip.end, trip.start, trip.end)
    with connection.cursor() as cursor:
        cursor.execute(_SHOW, shown)
        if "private" in (purpose, trip.purpose):
            cursor.execute(_TELL, [f"{trip.device} {organisation}"])
    return row


def _still(kind: type[Vehicle] | type[Person], key: Any) -> Any:
    """The key where the register still knows it: a trip outlives the vehicle and the person that it names."""
    return key if key is not None and kind.objects.filter(pk=key).exists() else None


def words_of(organisation: int, trip: StoredTrip) -> list[Classification]:
    """Who said what of a trip, latest first."""
    middle = trip.start + (trip.end - trip.start) / 2
    rows = Classification.objects.filter(organisation_id=organisation, device_id=trip.device, during__contains=middle)
    return list(rows.select_related("account").order_by("-at", "-id"))


__all__ = ["Classification", "Closed", "Speaker", "Use", "guard", "laid", "said", "say", "words_of"]
