"""The logbook of a vehicle: months that are closed are rows in a chain of hashes, which nobody changes.

Each row holds the hash of the one before it and of its own content, so that a change, a gap or a row in between shows
in everything after it; the database refuses to change or delete rows; later corrections are rows of their own. The last
hash stands on every export: whoever keeps a paper of March can prove what March said.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any, Final

from django.db import IntegrityError, connection, transaction
from django.utils.translation import gettext as _

from allconnects.accounts.models import Account
from allconnects.fleet.models import Vehicle
from allconnects.kit import clock
from allconnects.kit.clock import BRUSSELS
from allconnects.kit.errors import InvalidInput, NotFound
from allconnects.privacy.erasure.withheld import storing
from allconnects.reports.classifying import Closed, last_day
from allconnects.reports.data.trips import Trip, named_trips
from allconnects.reports.definition import Ask
from allconnects.reports.firm import profile
from allconnects.reports.models import Entry, LogbookRow
from allconnects.reports.odometer import stands
from allconnects.reports.purposes import purposes
from allconnects.trips.models import Use

FORMAT: Final = "allconnects logbook 1"


@dataclass(frozen=True, slots=True)
class Chain:
    """What checking the chain of a vehicle found. ``broken_at``: number of the first row that does not fit."""

    rows: int
    head: str
    broken_at: int | None

    @property
    def whole(self) -> bool:
        """Whether every row fits."""
        return self.broken_at is None


def genesis(organisation: int, vehicle: int) -> str:
    """What the first row is chained to."""
    return hashlib.sha256(f"{FORMAT}\n{organisation}\n{vehicle}".encode()).hexdigest()


def row_hash(previous: str, number: int, month: date, entry: str, corrects: int | None, content: Any) -> str:
    """SHA-256 of a row in canonical form: keys in order, no spaces, UTF-8."""
    body = json.dumps(
        [previous, number, month.isoformat(), entry, corrects, content], sort_keys=True, separators=(",", ":"),
        ensure_ascii=False,
    )  # fmt: skip
    return hashlib.sha256(body.encode()).hexdigest()


def check(organisation: int, vehicle: int) -> Chain:
    """Compute the whole chain of a vehicle anew."""
    previous, count = genesis(organisation, vehicle), 0
    rows = LogbookRow.objects.filter(organisation_id=organisation, vehicle_id=vehicle).order_by("number")
    with connection.cursor() as cursor, storing(cursor):
        found = list(rows)
    for row in found:
        count += 1
        wanted = row_hash(previous, row.number, row.month, row.entry, row.corrects, row.content)
        if row.number != count or row.previous_hash != previous or row.hash != wanted:
            return Chain(count, previous, row.number)
        previous = row.hash
    return Chain(count, previous, None)


def close_month(organisation: int, account: Account, vehicle: int, month: date) -> int:
    """Close a month of a vehicle: its trips become rows, then a row that counts them. Returns the number of trips.

    Raises NotFound, Closed (already, or a later month is), InvalidInput (drivers may still classify).
    """
    _lock(organisation, vehicle)
    _check_may_close(organisation, vehicle, month)
    contents = [_content(trip) for trip in _trips(organisation, vehicle, month)]
    try:
        with transaction.atomic():
            _append(organisation, account, vehicle, month, [
                *((Entry.TRIP, None, content) for content in contents),
                (Entry.CLOSE, None, {**_count(contents), "odometer": _odometer(organisation, vehicle, month)}),
            ])  # fmt: skip
    except IntegrityError:
        raise Closed(_("This month is closed already.")) from None
    return len(contents)


def _odometer(organisation: int, vehicle: int, month: date) -> dict[str, Any]:
    """Where the odometer stood at both ends of a month, beside what the month before says of its end."""
    ask = Ask(organisation=organisation, first=month, last=last_day(month), purpose=purposes()["tax_logbook"])
    before = LogbookRow.objects.filter(
        organisation_id=organisation, vehicle_id=vehicle, entry=Entry.CLOSE,
        month=(month - timedelta(days=1)).replace(day=1),
    ).first()  # fmt: skip
    end_m = before.content.get("odometer", {}).get("end_m") if before else None
    return stands(organisation, vehicle, ask.begin, ask.end, end_m)


def _lock(organisation: int, vehicle: int) -> Vehicle:
    """One writer at a time in the logbook of a vehicle. Raises NotFound."""
    found = Vehicle.objects.select_for_update().filter(organisation_id=organisation, pk=vehicle).first()
    if found is None:
        raise NotFound(_("There is no such vehicle."))
    return found


def _check_may_close(organisation: int, vehicle: int, month: date) -> None:
    closed = LogbookRow.objects.filter(organisation_id=organisation, vehicle_id=vehicle, entry=Entry.CLOSE)
    if closed.filter(month=month).exists():
        raise Closed(_("This month is closed already."))
    if closed.filter(month__gt=month).exists():
        raise Closed(_("A later month is closed already: months are closed in their order."))
    free = closes_from(organisation, month)
    if clock.today() < free:
        raise InvalidInput(
            _("Drivers may classify the trips of this month until %(day)s.")
            % {"day": f"{free - timedelta(days=1):%d/%m/%Y}"}
        )


def closes_from(organisation: int, month: date) -> date:
    """The first day on which a month can be closed: when the last driver's days are over."""
    return last_day(month) + timedelta(days=profile(organisation).classify_days + 1)


def _trips(organisation: int, vehicle: int, month: date) -> Iterator[Trip]:
    ask = Ask(organisation=organisation, first=month, last=last_day(month), purpose=purposes()["tax_logbook"],
              vehicles=(vehicle,))  # fmt: skip
    return named_trips(ask, "start_at", "id")


def _content(trip: Trip) -> dict[str, Any]:
    """A trip as the logbook keeps it: of a private one neither time of day nor place."""
    return {
        "day": trip.day.isoformat(),
        "began": None if trip.private else _moment(trip.began),
        "ended": None if trip.private else _moment(trip.ended),
        "from": None if trip.private else trip.start_place,
        "to": None if trip.private else trip.end_place,
        "distance_m": round(trip.distance_m),
        "use": trip.use,
        "said_by": trip.voice,
        "driver": str(trip.person_id) if trip.person_id else None,
        "trip": _mark(trip),
    }


def _moment(value: datetime) -> str:
    return value.astimezone(BRUSSELS).isoformat(timespec="seconds")


def _mark(trip: Trip) -> str:
    """Names a trip for good without saying when it was."""
    return hashlib.sha256(f"{trip.device}\n{trip.began.timestamp():.3f}".encode()).hexdigest()[:24]


def _count(contents: list[dict[str, Any]]) -> dict[str, Any]:
    metres = {f"{use}_m": sum(one["distance_m"] for one in contents if one["use"] == use) for use in Use.values}
    return {"trips": len(contents), **metres, "by_rule": sum(one["said_by"] == "rule" for one in contents)}


def _append(
    organisation: int, account: Account, vehicle: int, month: date, rows: list[tuple[str, int | None, dict[str, Any]]]
) -> None:
    existing = LogbookRow.objects.filter(organisation_id=organisation, vehicle_id=vehicle)
    with connection.cursor() as cursor, storing(cursor):  # the chain goes on behind rows that are withheld
        last = existing.order_by("-number").first()
    number, previous = (last.number, last.hash) if last else (0, genesis(organisation, vehicle))
    made, now = [], clock.now()
    for entry, corrects, content in rows:
        number += 1
        found = row_hash(previous, number, month, str(entry), corrects, content)
        made.append(LogbookRow(
            organisation_id=organisation, vehicle_id=vehicle, number=number, month=month, entry=entry,
            corrects=corrects, content=content, previous_hash=previous, hash=found, made_at=now, made_by=account,
        ))  # fmt: skip
        previous = found
    LogbookRow.objects.bulk_create(made, batch_size=1000)


def correct(organisation: int, account: Account, vehicle: int, number: int, use: str, reason: str) -> LogbookRow:
    """Say of a trip of a closed month that it was for something else. Raises NotFound, InvalidInput.

    The trip's row stays as it is; the correction is a row that names it.
    """
    if use not in Use.values:
        raise InvalidInput(_("Choose business, home to work or private."))
    if not 3 <= len(reason.strip()) <= 500:
        raise InvalidInput(_("Give a reason of 3 to 500 characters: it stays in the logbook."))
    _lock(organisation, vehicle)
    rows = LogbookRow.objects.filter(organisation_id=organisation, vehicle_id=vehicle)
    trip = rows.filter(number=number, entry=Entry.TRIP).first()
    if trip is None:
        raise NotFound(_("There is no such trip in this logbook."))
    before = effective_use(rows.filter(corrects=number).order_by("number"), trip)
    if before == use:
        raise InvalidInput(_("The logbook says that already."))
    content = {"use": use, "was": before, "reason": reason.strip()}
    _append(organisation, account, vehicle, trip.month, [(Entry.CORRECTION, number, content)])
    return rows.order_by("-number")[0]


def effective_use(corrections: Any, trip: LogbookRow) -> str:
    """What a trip was for after its corrections."""
    use: str = trip.content["use"]
    for row in corrections:
        use = row.content["use"]
    return use


def late_trips(organisation: int, vehicle: int, month: date) -> list[Trip]:
    """Trips of a closed month that arrived after it was closed."""
    rows = LogbookRow.objects.filter(organisation_id=organisation, vehicle_id=vehicle, month=month)
    known = {row.content.get("trip") for row in rows if row.entry != Entry.CLOSE}
    return [trip for trip in _trips(organisation, vehicle, month) if _mark(trip) not in known]


def add_late(organisation: int, account: Account, vehicle: int, month: date, reason: str) -> int:
    """Append the trips that came late, as corrections that correct no row. Raises NotFound, InvalidInput."""
    if not 3 <= len(reason.strip()) <= 500:
        raise InvalidInput(_("Give a reason of 3 to 500 characters: it stays in the logbook."))
    _lock(organisation, vehicle)
    late = [{**_content(trip), "reason": reason.strip()} for trip in late_trips(organisation, vehicle, month)]
    if not late or not LogbookRow.objects.filter(vehicle_id=vehicle, month=month, entry=Entry.CLOSE).exists():
        raise InvalidInput(_("There is nothing to add."))
    _append(organisation, account, vehicle, month, [(Entry.CORRECTION, None, content) for content in late])
    return len(late)


def corrections_by_trip(rows: list[LogbookRow]) -> Mapping[int, list[LogbookRow]]:
    """Corrections by the number of the row that they correct."""
    found: dict[int, list[LogbookRow]] = {}
    for row in rows:
        if row.entry == Entry.CORRECTION and row.corrects is not None:
            found.setdefault(row.corrects, []).append(row)
    return found
