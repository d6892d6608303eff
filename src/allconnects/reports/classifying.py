"""What a trip was for: the driver says it within some days, a manager until the month is closed."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any, Final
from uuid import UUID

from django.db import connection
from django.db.backends.postgresql.psycopg_any import DateTimeTZRange
from django.utils.translation import gettext as _

from allconnects.accounts.models import Account
from allconnects.fleet.models import Person
from allconnects.kit import clock
from allconnects.kit.errors import AllconnectsError, InvalidInput, NotFound
from allconnects.reports.data.trips import Trip, named_trips
from allconnects.reports.definition import BRUSSELS, Ask
from allconnects.reports.firm import profile
from allconnects.reports.models import Classification, LogbookRow, Use, Voice
from allconnects.reports.period import next_month
from allconnects.reports.purposes import purposes

MOST_AT_ONCE: Final = 500
_TRIP: Final = """
    SELECT t.start_at, t.end_at, i.vehicle_id, coalesce(t.person, i.person_id)
    FROM trips_trip t
    LEFT JOIN fleet_installation i ON i.organisation_id = t.organisation_id AND i.device_id = t.device_id
        AND i.during @> t.start_at
    WHERE t.organisation_id = %s AND t.device_id = %s AND t.id = %s AND t.shown"""


class Closed(AllconnectsError):
    """The month is closed: what it says changes only by a correction in the logbook."""

    code = "month_closed"
    status = 409


class TooLate(AllconnectsError):
    """The days in which a driver says what his trips were are over."""

    code = "too_late"
    status = 409


@dataclass(frozen=True, slots=True)
class MyTrip:
    """A trip as its driver sees it. ``until``: the last day on which he may classify it; ``open``: whether he may."""

    trip: Trip
    until: date
    open: bool

    @property
    def key(self) -> str:
        """How the page names it."""
        return f"{self.trip.device}-{self.trip.number}"


def person_of(organisation: int, account: Account) -> Person:
    """The person whom an account belongs to. Raises NotFound."""
    found = Person.objects.filter(organisation_id=organisation, account=account, archived_at=None).first()
    if found is None:
        raise NotFound(_("Your account is not linked with a person. Ask your manager to link it."))
    return found


def my_trips(organisation: int, person: Person, first: date, last: date) -> list[MyTrip]:
    """The trips that somebody drove, newest first, with what each was for."""
    ask = Ask(organisation=organisation, first=first, last=last, purpose=purposes()["tax_logbook"], people=(person.pk,))
    days = profile(organisation).classify_days
    closed = _closed_months(organisation, first)
    today = clock.now().astimezone(BRUSSELS).date()
    found = []
    for trip in named_trips(ask, "start_at DESC", viewer=person.account_id):
        until = trip.day + timedelta(days=days)
        month_closed = (trip.vehicle_id, trip.day.replace(day=1)) in closed
        found.append(MyTrip(trip, until, today <= until and not month_closed))
    return found


def _closed_months(organisation: int, first: date) -> set[tuple[int | None, date]]:
    rows = LogbookRow.objects.filter(organisation_id=organisation, entry="close", month__gte=first.replace(day=1))
    return set(rows.values_list("vehicle_id", "month"))


def classify_mine(organisation: int, account: Account, keys: list[str], use: str) -> int:
    """The driver says what some of his trips were for. Returns how many. All of them, or none.

    Raises NotFound (no such trip of his), TooLate, Closed, InvalidInput.
    """
    person = person_of(organisation, account)
    limit = timedelta(days=profile(organisation).classify_days)
    today = clock.now().astimezone(BRUSSELS).date()
    for began, ended, vehicle, driver, device in _found(organisation, keys, use):
        if driver != person.pk:
            raise NotFound(_("There is no such trip."))
        if today > began.astimezone(BRUSSELS).date() + limit:
            raise TooLate(_("The days in which you can classify this trip are over. Ask your manager."))
        _say(organisation, account, person.pk, device, vehicle, (began, ended), use, Voice.DRIVER, "")
    return len(keys)


def classify_as_manager(organisation: int, account: Account, keys: list[str], use: str, reason: str) -> int:
    """A manager says it, with a reason that the driver sees. Raises NotFound, Closed, InvalidInput."""
    if not 3 <= len(reason.strip()) <= 200:
        raise InvalidInput(_("Give a reason of 3 to 200 characters: the driver sees it."))
    for began, ended, vehicle, driver, device in _found(organisation, keys, use):
        _say(organisation, account, driver, device, vehicle, (began, ended), use, Voice.MANAGER, reason.strip())
    return len(keys)


def _found(
    organisation: int, keys: list[str], use: str
) -> list[tuple[datetime, datetime, int | None, UUID | None, int]]:
    if use not in Use.values:
        raise InvalidInput(_("Choose business, home to work or private."))
    if not keys or len(keys) > MOST_AT_ONCE:
        raise InvalidInput(_("Choose the trips first."))
    found: list[Any] = []
    with connection.cursor() as cursor:
        for key in keys:
            device, mark, number = key.partition("-")
            if not (mark and device.isdigit() and number.isdigit() and len(key) <= 30):
                raise NotFound(_("There is no such trip."))
            cursor.execute(_TRIP, [organisation, int(device), int(number)])
            row = cursor.fetchone()
            if row is None:
                raise NotFound(_("There is no such trip."))
            found.append((*row, int(device)))
    return found


def _say(
    organisation: int, account: Account, person: UUID | None, device: int, vehicle: int | None,
    span: tuple[datetime, datetime], use: str, voice: str, reason: str,
) -> None:  # fmt: skip
    month = span[0].astimezone(BRUSSELS).date().replace(day=1)
    if vehicle is not None and is_closed(organisation, vehicle, month):
        raise Closed(_("This month is closed. It changes only by a correction in the logbook."))
    Classification.objects.create(
        organisation_id=organisation, device_id=device, vehicle_id=vehicle, person_id=person,
        during=DateTimeTZRange(*span, "[]"), use=use, voice=voice, account=account, reason=reason, at=clock.now(),
    )  # fmt: skip


def is_closed(organisation: int, vehicle: int, month: date) -> bool:
    """Whether the logbook of a vehicle is closed for a month."""
    rows = LogbookRow.objects.filter(organisation_id=organisation, vehicle_id=vehicle, entry="close")
    return rows.filter(month=month).exists()


def said_of(organisation: int, key: str) -> list[Classification]:
    """Who said what of a trip, latest first. Raises NotFound."""
    (began, ended, _vehicle, _driver, device), *_rest = _found(organisation, [key], Use.BUSINESS)
    middle = began + (ended - began) / 2
    rows = Classification.objects.filter(organisation_id=organisation, device_id=device, during__contains=middle)
    return list(rows.select_related("account").order_by("-at", "-id"))


def last_day(month: date) -> date:
    """The last day of a month."""
    return next_month(month) - timedelta(days=1)
