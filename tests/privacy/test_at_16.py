"""AT-16: no row of a restricted person is seen by anything that speaks for the organisation; nothing goes meanwhile."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from datetime import timedelta
from typing import Any
from uuid import uuid4

import psycopg
import pytest
from django.db import connection

from allconnects.accounts.models import Organisation
from allconnects.accounts.tenancy import speak_for, speaking_for
from allconnects.fleet.models import DriverEvent, Occupancy, Person, Question, Vehicle
from allconnects.fleet.services import badging, presence
from allconnects.fleet.who import Who
from allconnects.kit import clock, db, jobs
from allconnects.kit.errors import InvalidInput
from allconnects.privacy.erasure import holds
from allconnects.privacy.erasure.policies import unguarded, visible
from allconnects.privacy.subjects import Subject
from allconnects.site import background
from allconnects.telemetry.store.occupancy import occupy
from tests.privacy.canary import Canary
from tests.privacy.rights import canary
from tests.telemetry.live.test_hub import Message, fix, ready, tell, watching
from tests.telemetry.store.hot import Yard, at

GROUND = "accuracy contested"


def _shown(one: Canary, organisation: int) -> dict[str, int]:
    """How many rows of the person each table shows to the role of pages, API and jobs."""
    with psycopg.connect(db.conninfo("web")) as connection:
        speak_for(connection, organisation)
        return _counted(one, organisation, connection.cursor())


def _shown_to_a_job(one: Canary, organisation: int) -> dict[str, int]:
    """The same, asked on the connection that a job is given where jobs are run."""
    shown: dict[str, int] = {}

    def ask(organisation: int) -> None:
        with connection.cursor() as cursor:
            shown.update(_counted(one, organisation, cursor))

    background._runner(jobs.Task("test.ask", ask, {}, jobs.WORK, 0, None))(None, organisation=organisation)
    return shown


def _counted(one: Canary, organisation: int, cursor: Any) -> dict[str, int]:
    params = {
        "organisation": organisation,
        "person": one.person,
        "account": one.account,
        "email": "",
        "elsewhere": True,
    }
    shown = {}
    for name, found in one.reach.found.items():
        if visible(one.reach, found):
            key = [f't."{column}" = %({column})s' for column in _identity(one, name)]
            values = {column: one.rows[name][column] for column in _identity(one, name)}
            cursor.execute(f"SELECT count(*) FROM {name} t WHERE {' AND '.join(key)}", {**params, **values})
            row = cursor.fetchone()
            shown[name] = row[0] if row else 0
    return shown


def _identity(one: Canary, name: str) -> list[str]:
    """The columns of a table's primary key, or what there is of numbers and moments where it has none."""
    found = one.connection.execute(
        "SELECT a.attname FROM pg_index i JOIN pg_attribute a ON a.attrelid = i.indrelid AND a.attnum = ANY (i.indkey) "
        "WHERE i.indrelid = %s::regclass AND i.indisprimary", (name,)
    ).fetchall()  # fmt: skip
    return [row[0] for row in found] or ["organisation_id", "device_id", "fix_time"]


def test_every_table_with_a_way_to_a_person_can_hide_him(owner_connection: psycopg.Connection[Any]) -> None:
    assert unguarded(owner_connection) == []


def test_a_restricted_person_is_nowhere_until_told_and_lifted(
    owner_connection: psycopg.Connection[Any], organisation: Organisation
) -> None:
    one = canary(owner_connection, organisation.pk)
    subject = Subject(organisation.pk, one.person)
    before = _shown(one, organisation.pk)
    assert len(before) > 20
    assert {name for name, count in before.items() if not count} == set()

    with speaking_for(organisation.pk):
        holds.restrict(subject, GROUND, 1)

    assert {name for name, count in _shown(one, organisation.pk).items() if count} == set()
    rows = sum(owner_connection.execute(f"SELECT count(*) FROM {name}".encode()).fetchone()[0] for name in before)  # type: ignore[index]
    assert rows >= len(before)
    with speaking_for(organisation.pk), pytest.raises(InvalidInput):
        holds.lift(subject, 1)
    with speaking_for(organisation.pk):
        holds.notify_lift(subject, 1)
        holds.lift(subject, 1)
    assert _shown(one, organisation.pk) == before


def test_a_job_sees_no_row_of_a_restricted_person(
    owner_connection: psycopg.Connection[Any], organisation: Organisation
) -> None:
    """Reports by mail, alerts, webhooks and forwarding are jobs."""
    one = canary(owner_connection, organisation.pk)
    before = _shown_to_a_job(one, organisation.pk)
    assert {name for name, count in before.items() if not count} == set()
    asked = {"telemetry_position", "telemetry_live", "telemetry_segment", "trips_trip", "trips_stop", "places_visit"}
    assert asked < set(before)

    with speaking_for(organisation.pk):
        holds.restrict(Subject(organisation.pk, one.person), GROUND, 1)

    assert {name for name, count in _shown_to_a_job(one, organisation.pk).items() if count} == set()


def test_restricting_one_person_hides_nobody_else(
    owner_connection: psycopg.Connection[Any], organisation: Organisation, other_organisation: Organisation
) -> None:
    one, other = canary(owner_connection, organisation.pk), canary(owner_connection, other_organisation.pk)
    before = _shown(other, other_organisation.pk)

    with speaking_for(organisation.pk):
        holds.restrict(Subject(organisation.pk, one.person), GROUND, 1)

    assert _shown(other, other_organisation.pk) == before


def test_who_is_restricted_leaves_the_maps_that_are_open_and_stays_away_in_another_van(yard: Yard) -> None:
    now, driver, somebody = clock.now_ms(), uuid4(), uuid4()
    first, second, other = yard.device(), yard.device(), yard.device()
    for device in (first, second, other):
        yard.send(device, at(now), received=now)
    _takes(yard, first.id, driver)
    _takes(yard, other.id, somebody)
    ids = [device.id for device in (first, second, other)]

    async def moved(second_later: int) -> None:
        await tell(*(fix(yard.organisation, one, now + second_later * 1000, 50.9 + second_later / 100) for one in ids))

    async def script(message: Callable[[], Awaitable[Message]]) -> None:
        assert [entry[0] for entry in await ready(message)] == ids
        await asyncio.to_thread(_restrict, yard.organisation, driver)
        await moved(1)
        assert (await message())[0] == "devices"
        event, data = await message()
        assert (event, [entry[0] for entry in data["p"]]) == ("snapshot", ids[1:])
        await moved(2)
        assert [entry[0] for entry in (await message())[1]["p"]] == ids[1:]
        _takes(yard, second.id, driver)
        assert (await message())[1]["gone"] == [second.id]
        await moved(3)
        assert [entry[0] for entry in (await message())[1]["p"]] == [other.id]

    watching(yard.organisation, script)


def _takes(yard: Yard, device: int, person: Any) -> None:
    occupy(yard.owner.cursor(), yard.organisation, device, person, clock.now() - timedelta(hours=1), None)


def _restrict(organisation: int, person: Any) -> None:
    try:
        with speaking_for(organisation):
            holds.restrict(Subject(organisation, person), GROUND, 1)
    finally:
        connection.close()


def test_badges_of_a_restricted_person_are_stored_as_anybodys_and_asked_about_nobody(
    owner_connection: psycopg.Connection[Any], organisation: Organisation
) -> None:
    who, start = Who(organisation), clock.now() - timedelta(hours=3)
    with speaking_for(organisation.pk):
        person = Person.objects.create(organisation=organisation, first_name="Ann", last_name="Exampel")
        van = Vehicle.objects.create(organisation=organisation, name="Van")
        badging.give(who, person, "rfid", "0417AB", start - timedelta(days=1))
        holds.restrict(Subject(organisation.pk, person.pk), GROUND, 1)

    with speaking_for(organisation.pk):
        seen = [presence.Sighting(van.pk, "badge", entering, start + timedelta(hours=hour), number="0417AB")
                for hour, entering in enumerate((True, False))]  # fmt: skip
        assert presence.observe(who, seen) == 2
        assert not DriverEvent.objects.exists()
        assert not Occupancy.objects.exists()
        assert not Question.objects.exists()

    for table in ("fleet_driverevent", "fleet_occupancy"):
        found = owner_connection.execute(f"SELECT person_id FROM {table} WHERE vehicle_id = %s".encode(), (van.pk,))
        assert {row[0] for row in found} == {person.pk}
    with speaking_for(organisation.pk):
        assert presence.observe(who, seen) == 0, "what is stored already is known as such"
