"""A firm with a driver in a van that sends: what tests of private time and of the access log start from."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

import psycopg

from allconnects.accounts.models import Account, Organisation
from allconnects.accounts.tenancy import speaking_for
from allconnects.fleet.models import Person, Vehicle
from allconnects.fleet.services import installing, presence
from allconnects.fleet.who import Who
from allconnects.telemetry.codecs.base import Message, Position
from allconnects.telemetry.gateway.directory import _SELECT, DeviceRef
from allconnects.telemetry.gateway.intake import Intake
from allconnects.telemetry.store.gate import Gate
from tests.telemetry.store.hot import Silent, Yard

LAT, LON = 50.1234567, 4.7654321
"""Where the driver is while it is private: nobody else's numbers."""


def moment(ms: int) -> datetime:
    return datetime.fromtimestamp(ms / 1000, UTC)


def ms(at: datetime) -> int:
    return round(at.timestamp() * 1000)


@dataclass
class Driving:
    """A driver (with an account) in a van with one tracker."""

    yard: Yard
    organisation: Organisation
    account: Account
    person: Person
    vehicle: Vehicle
    device: DeviceRef

    @contextmanager
    def speaking(self) -> Iterator[None]:
        with speaking_for(self.organisation.pk):
            yield

    def refresh(self) -> Gate:
        """As the gateway does when it is told."""
        row = self.yard.owner.execute(_SELECT + " WHERE d.id = %s", (self.device.id,)).fetchone()
        assert row is not None
        self.device.gate = Gate.of(*row[6:])
        return self.device.gate

    def records(self, at: datetime) -> bool:
        """Whether the gate lets through what happens then."""
        return self.refresh().passes_at(ms(at))

    def everywhere(self) -> list[str]:
        """Tables in which the place of private time stands, as a number or in any text."""
        owner, found = self.yard.owner, []
        names = owner.execute(
            "SELECT DISTINCT table_name FROM information_schema.columns c JOIN pg_class k ON k.relname = c.table_name "
            "WHERE c.table_schema = 'public' AND c.column_name = 'organisation_id' AND NOT k.relispartition "
            "AND k.relkind IN ('r', 'p')"
        ).fetchall()
        for (name,) in names:
            query = f"SELECT count(*) FROM {name} t WHERE organisation_id = %s AND t::text ~ '501234567|50\\.12345'"
            row = owner.execute(query, (self.organisation.pk,)).fetchone()
            found += [name] if row and row[0] else []
        return found


def driving(
    owner: psycopg.Connection[Any], organisation: Organisation, account: Account, yard: Yard, since: datetime
) -> Driving:
    """Everything of it, the driver in the van since some moment."""
    device = yard.device()
    who = Who(organisation)
    with speaking_for(organisation.pk):
        vehicle = Vehicle.objects.create(organisation=organisation, name="Van")
        person = Person.objects.create(
            organisation=organisation, first_name="Ann", last_name="Example", account=account
        )  # fmt: skip
        installing.install(who, device.id, vehicle, since - timedelta(days=1))
        presence.claim(who, vehicle.pk, person.pk, since, None)
    return Driving(yard, organisation, account, person, vehicle, device)


def all_week(driven: Driving) -> None:
    """The driver works at all hours, so that only what a test does is private."""
    from allconnects.fleet.models import LocationRule, PersonHours

    LocationRule.objects.create(organisation=driven.organisation, holidays_off=False)
    week = {str(day): [["00:00", "00:00"]] for day in range(7)}
    PersonHours.objects.create(organisation=driven.organisation, person=driven.person, days=week)


def receive(driven: Driving, *positions: Position) -> None:
    """One message through the gateway's whole way into the store."""

    async def run() -> None:
        intake = Intake(driven.yard.conninfo, lambda latest: None)
        intake.add(Silent(), driven.device, None, Message(list(positions)), 100)
        await intake.close()

    asyncio.run(run())
