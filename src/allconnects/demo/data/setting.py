"""What every stage of the demo stands on: whose data they are, and the day they are told from."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Any

from allconnects.accounts.models import Account, Organisation
from allconnects.fleet.kinds import Kind
from allconnects.fleet.models import Material, Person, Vehicle
from allconnects.fleet.services import register
from allconnects.fleet.who import Who
from allconnects.kit import clock
from allconnects.kit.clock import BRUSSELS
from allconnects.telemetry.models import Device

PAST_DAYS = 14


@dataclass(frozen=True, slots=True)
class Demo:
    """The organisation, its owner and password. Days count from the one on which it was founded, so that a stage
    that is done again makes the same."""

    organisation: Organisation
    owner: Account
    password: str

    @property
    def who(self) -> Who:
        """Who enters all this."""
        return Who(self.organisation, self.owner)

    @property
    def founded(self) -> datetime:
        """When the organisation was made, to the second."""
        return self.organisation.created_at.replace(microsecond=0)

    def day(self, offset: int) -> date:
        """So many days after (before, when negative) the day of founding, in Brussels."""
        return clock.day_of(self.founded) + timedelta(days=offset)

    def at(self, offset: int, hour: int, minute: int = 0) -> datetime:
        """A wall clock time in Brussels of such a day."""
        return datetime.combine(self.day(offset), time(hour, minute), BRUSSELS)

    def working_days(self) -> list[int]:
        """Offsets of the Mondays to Fridays of the past that is told, oldest first."""
        return [offset for offset in range(-PAST_DAYS, 0) if self.day(offset).weekday() < 5]

    def enter(self, kind: Kind, **data: Any) -> Any:
        """A row of the register, by the rules that hold for people too."""
        return register.create(self.who, kind, data)


def device(name: str) -> Device:
    """A device by its name in the demo."""
    return Device.objects.get(name=name)


def vehicle(name: str) -> Vehicle:
    """A vehicle by its name in the demo."""
    return Vehicle.objects.filter(name=name).order_by("id")[0]


def material(name: str) -> Material:
    """A material by its name in the demo."""
    return Material.objects.filter(name=name).order_by("id")[0]


def person(number: str) -> Person:
    """A person by the number that the demo gave."""
    return Person.objects.get(number=number, archived_at=None)
