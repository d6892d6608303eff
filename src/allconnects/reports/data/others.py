"""What of people a report shows to others, and the note of whom it told."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime
from typing import TYPE_CHECKING

from django.db import connection

from allconnects.accounts.actor import Actor, current
from allconnects.privacy.access import service as access
from allconnects.reports.definition import Ask
from allconnects.telemetry.store.sight import Sight, sights

if TYPE_CHECKING:
    from allconnects.reports.data.trips import Trip


STATUTORY = frozenset({"payroll", "mobility_allowance", "tax_logbook"})
"""Purposes for which the law asks what a person could otherwise leave out."""


class Others:
    """Of one report: limits by person, and who was in it. A report that is sent by itself is for others too."""

    def __init__(self, ask: Ask) -> None:
        self._ask = ask
        self._people: set[str] = set()
        self._count = 0
        with connection.cursor() as cursor:
            found = {} if ask.purpose.key in STATUTORY else sights(cursor, ask.organisation, outward=True)
        # An investigation opens what people close, of those whom it is about and of nobody else.
        opened = ask.opened.people if ask.opened else frozenset[str]()
        self._limits: dict[str, Sight] = {who: sight for who, sight in found.items() if who not in opened}

    def seen(self, trip: Trip) -> Trip:
        """The trip as others see it: of days further back than they may look, day and kilometres are left."""
        if trip.person_id is None:
            return trip
        self.counted(str(trip.person_id))
        sight = self._limits.get(str(trip.person_id))
        if sight is None:
            return trip
        if sight.hides(trip.began):
            return replace(trip, hidden=True)
        if not sight.grid_e7:
            return trip
        return replace(
            trip, start_place="", end_place="",
            start_lat_e7=_cell(sight, trip.start_lat_e7), start_lon_e7=_cell(sight, trip.start_lon_e7),
            end_lat_e7=_cell(sight, trip.end_lat_e7), end_lon_e7=_cell(sight, trip.end_lon_e7),
        )  # fmt: skip

    def hides_place(self, person: str) -> bool:
        """Whether places of that person are not told in lines that have nothing but a place to tell."""
        self.counted(person)
        return person in self._limits

    def hides_time(self, person: str, at: datetime) -> bool:
        """Whether others do not look so far back: then a line of a place and times is not told at all."""
        sight = self._limits.get(person)
        return sight is not None and sight.hides(at)

    def hides_visit(self, person: str, at: datetime) -> bool:
        """Whether a line that tells place and time is not told at all; of others it is written down."""
        sight = self._limits.get(person)
        if sight is not None and (sight.grid_e7 or sight.hides(at)):
            return True
        self.counted(person)
        return False

    def counted(self, person: str) -> None:
        """One more line about somebody."""
        self._people.add(person)
        self._count += 1

    def note(self) -> None:
        """Write down whom the report told about, at its end."""
        if not self._people or not self._ask.noted:
            return
        recipient = Actor("process:reports", "recipient") if current().is_process else None
        with connection.cursor() as cursor:
            access.note(
                cursor, self._ask.organisation, self._people, purpose=self._ask.purpose.key, scope="report",
                first=self._ask.first, last=self._ask.last, size=self._count, actor=recipient,
                matter=self._ask.opened.case if self._ask.opened else None,
            )  # fmt: skip


def _cell(sight: Sight, value_e7: int) -> int:
    return round((sight.place(value_e7 / 1e7) or 0.0) * 1e7)
