"""What a trip was for: the driver says it within some days, a manager until the month is closed.

The word itself is kept by the room of trips (``trips.purposes``); here is who may say it, and until when.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta
from typing import Final

from django.utils.translation import gettext as _

from allconnects.accounts.models import Account
from allconnects.fleet.models import Person
from allconnects.kit import clock
from allconnects.kit.errors import AllconnectsError, InvalidInput, NotFound
from allconnects.reports.data.trips import Trip, named_trips
from allconnects.reports.definition import Ask
from allconnects.reports.firm import profile
from allconnects.reports.models import LogbookRow
from allconnects.reports.period import next_month
from allconnects.reports.purposes import purposes
from allconnects.trips import purposes as uses
from allconnects.trips.models import Classification, Use, Voice
from allconnects.trips.purposes import Closed
from allconnects.trips.services import trip_by_id
from allconnects.trips.stored import StoredTrip

MOST_AT_ONCE: Final = 500
__all__ = [
    "Closed", "MyTrip", "TooLate", "classify_as_manager", "classify_mine", "is_closed", "last_day", "my_trips",
    "person_of", "said_of",
]  # fmt: skip


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
    today = clock.today()
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
    today = clock.today()
    for trip in _found(organisation, keys, use):
        if trip.person != person.pk:
            raise NotFound(_("There is no such trip."))
        if today > clock.day_of(trip.start) + limit:
            raise TooLate(_("The days in which you can classify this trip are over. Ask your manager."))
        uses.say(organisation, trip, use, voice=Voice.DRIVER, account=account.pk)
    return len(keys)


def classify_as_manager(organisation: int, account: Account, keys: list[str], use: str, reason: str) -> int:
    """A manager says it, with a reason that the driver sees. Raises NotFound, Closed, InvalidInput."""
    if not 3 <= len(reason.strip()) <= 200:
        raise InvalidInput(_("Give a reason of 3 to 200 characters: the driver sees it."))
    for trip in _found(organisation, keys, use):
        uses.say(organisation, trip, use, voice=Voice.MANAGER, account=account.pk, reason=reason.strip())
    return len(keys)


def _found(organisation: int, keys: list[str], use: str) -> list[StoredTrip]:
    if use not in Use.values:
        raise InvalidInput(_("Choose business, home to work or private."))
    if not keys or len(keys) > MOST_AT_ONCE:
        raise InvalidInput(_("Choose the trips first."))
    return [_trip(organisation, key) for key in keys]


def _trip(organisation: int, key: str) -> StoredTrip:
    device, mark, number = key.partition("-")
    if not (mark and device.isdigit() and number.isdigit() and len(key) <= 30):
        raise NotFound(_("There is no such trip."))
    trip = trip_by_id(organisation, int(number))
    if not trip.shown or trip.device != int(device):
        raise NotFound(_("There is no such trip."))
    return trip


def is_closed(organisation: int, vehicle: int | None, month: date) -> bool:
    """Whether the logbook of a vehicle is closed for a month."""
    if vehicle is None:
        return False
    rows = LogbookRow.objects.filter(organisation_id=organisation, vehicle_id=vehicle, entry="close")
    return rows.filter(month=month).exists()


def said_of(organisation: int, key: str) -> list[Classification]:
    """Who said what of a trip, latest first. Raises NotFound."""
    return uses.words_of(organisation, _trip(organisation, key))


def last_day(month: date) -> date:
    """The last day of a month."""
    return next_month(month) - timedelta(days=1)
