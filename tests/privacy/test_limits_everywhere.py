"""What a driver lets others see holds for visits, events of rules, materials, files and the stream too."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from psycopg.types.json import Jsonb

from allconnects.accounts.actor import Actor, acting
from allconnects.alerts.services import inbox, sighted
from allconnects.fleet.private import settings
from allconnects.fleet.services import materials
from allconnects.kit import clock
from allconnects.kit.errors import NotFound
from allconnects.places import reading
from allconnects.privacy.access import service as access
from allconnects.telemetry import services as telemetry
from allconnects.telemetry.live.hub import Hub
from allconnects.telemetry.live.snapshot import WORLD
from allconnects.trips import export, services
from tests.privacy.driving import Driving, all_week, ms
from tests.reports.firm import Firm
from tests.telemetry.store.hot import at

PLANNER = Actor("account:999999", "planner")


@pytest.fixture
def driven(drive: Callable[..., Driving]) -> Driving:
    """A driver under way now, since three weeks in the same van."""
    now = clock.now()
    made = drive(now - timedelta(days=20))
    with made.speaking():
        all_week(made)
    made.refresh()
    made.yard.send(made.device, at(ms(now) - 60_000, 50.5, 50.0), received=ms(now))
    return made


@contextmanager
def looking(driven: Driving, actor: Actor = PLANNER) -> Iterator[None]:
    with driven.speaking(), acting(actor):
        yield


def choose(driven: Driving, precision: str, days: int) -> None:
    with driven.speaking():
        settings.choose(driven.organisation.pk, driven.person, precision, days)


def firm(driven: Driving) -> Firm:
    return Firm(driven.yard.owner, driven.organisation.pk)


def visit(driven: Driving, enter: datetime) -> None:
    made = firm(driven)
    made.put(
        "places_visit", device_id=driven.device.id, place_id=made.place("Yard"), enter=enter,
        leave=enter + timedelta(hours=1), after=enter + timedelta(hours=2), fixes=9, person=driven.person.pk,
        vehicle=driven.vehicle.pk,
    )  # fmt: skip


def visits(driven: Driving) -> list[Any]:
    now = clock.now()
    return reading.visits_between(driven.organisation.pk, now - timedelta(days=20), now)


def test_visits_follow_history_and_precision_of_who_was_there(driven: Driving) -> None:
    now = clock.now()
    for days in (1, 10):
        visit(driven, now - timedelta(days=days))
    own = Actor(f"account:{driven.account.pk}", "driver")
    with looking(driven):
        assert len(visits(driven)) == 2
    choose(driven, "exact", 5)
    with looking(driven):
        assert len(visits(driven)) == 1
    choose(driven, "km", 5)
    with looking(driven):
        assert visits(driven) == []
    with looking(driven, own):
        assert len(visits(driven)) == 2, "he sees all of his own"
    with driven.speaking():
        assert len(visits(driven)) == 2, "what computes sees what was"


def event(driven: Driving, kind: str, start: datetime, **params: Any) -> int:
    made = firm(driven)
    rule = made.put(
        "alerts_rule", "id", name=kind, kind=kind, params=Jsonb(params), scope=Jsonb({}), state="live", severity="info",
        roles=Jsonb([]), channels=Jsonb([]), escalate_role="", digest_minutes=0, version=1, created_at=start,
        changed_at=start,
    )  # fmt: skip
    return int(made.put(
        "alerts_alert", "id", rule_id=rule, device=driven.device.id, subject=f"vehicle:{driven.vehicle.pk}",
        subject_name="Van", start_at=start, end_at=start + timedelta(minutes=5), raised_at=start, lat_e7=501234567,
        lon_e7=47654321, handling="open", notified=True, corrected=False, changed_at=start,
    ))  # fmt: skip


def test_events_follow_history_and_precision_of_who_had_the_device(driven: Driving) -> None:
    now = clock.now()
    old, fast = event(driven, "speeding", now - timedelta(days=10)), event(driven, "speeding", now - timedelta(days=1))
    entered = event(driven, "entered", now - timedelta(days=1), where="at", places=[1])
    with looking(driven):
        assert {one.pk for one in inbox.alerts(inbox.Filter())} == {old, fast, entered}
        assert inbox.looked_at(fast).lat_e7 == 501234567
    choose(driven, "km", 5)
    with looking(driven):
        (shown,) = inbox.alerts(inbox.Filter())
        assert (shown.pk, shown.lat_e7 == 501234567, abs((shown.lat_e7 or 0) - 501234567) < 100_000) == (
            fast, False, True,
        )  # fmt: skip
        assert inbox.count_open() == 1
        for hidden in (old, entered):
            with pytest.raises(NotFound):
                inbox.looked_at(hidden)
    with driven.speaking():
        assert not sighted.may_be_told(inbox.alert(entered)), "no mail says at which place he is"
        assert sighted.may_be_told(inbox.alert(fast))
        assert inbox.alert(fast).lat_e7 == 501234567, "what is stored stays as it was"


def private_trip(driven: Driving) -> None:
    """The last trip was private, and the van stands where it led."""
    made, now = firm(driven), clock.now()
    made.trip(
        driven.device.id, now - timedelta(hours=1), now - timedelta(minutes=10), person=driven.person.pk,
        purpose="private",
    )  # fmt: skip


def snapshot(driven: Driving) -> list[int]:
    """Devices that a browser is shown by a process that has just started."""

    async def look() -> list[int]:
        hub = Hub()
        stream = hub.watch(driven.organisation.pk, WORLD, None, PLANNER)
        piece = await anext(stream)
        await stream.aclose()
        for task in hub._tasks:
            task.cancel()
        assert piece.startswith(b"event: snapshot")
        return [entry[0] for entry in json.loads(piece.split(b"data: ")[1])["p"]]

    return asyncio.run(look())


def test_nobody_sees_where_a_private_trip_led_on_the_map_or_beside_it(driven: Driving) -> None:
    device, made = driven.device.id, firm(driven)
    material, _tracker = made.material("Ladder")
    made.put(
        "fleet_custody", material_id=material, holder="vehicle", vehicle_id=driven.vehicle.pk, how="scan", note="",
        site_name="", during=f"[{clock.now() - timedelta(days=1):%Y-%m-%d},)",
    )  # fmt: skip
    assert snapshot(driven) == [device]
    with looking(driven):
        assert telemetry.device_details(device).lat == 50.5
        assert materials.whereabouts([material])[material].lat == 50.5
    private_trip(driven)
    made.stop(device, clock.now() - timedelta(minutes=10), clock.now(), driven.person.pk)
    driven.yard.owner.execute("UPDATE trips_stop SET still_open = true WHERE device_id = %s", (device,))
    assert snapshot(driven) == []
    with looking(driven):
        assert telemetry.device_details(device).lat is None
        assert materials.whereabouts([material])[material].lat is None


def test_a_page_of_trips_from_which_some_are_hidden_is_not_the_last(driven: Driving) -> None:
    made, now = firm(driven), clock.now()
    for days in (19, 18, 17, 2, 1):
        start = now - timedelta(days=days)
        made.trip(driven.device.id, start, start + timedelta(hours=1), person=driven.person.pk)
    choose(driven, "exact", 5)
    with looking(driven):
        found = services.trips_between(driven.organisation.pk, now - timedelta(days=30), now, limit=2)
    assert [round((now - one.start) / timedelta(days=1)) for one in found] == [2, 1]


def test_a_file_that_is_made_after_the_answer_is_made_for_who_asked(driven: Driving) -> None:
    """Nobody acts any more when it is made: it shows what the one who asked may see, and stands in his name."""
    made, now = firm(driven), clock.now()
    for days in (10, 1):
        start = now - timedelta(days=days)
        made.trip(driven.device.id, start, start + timedelta(hours=1), person=driven.person.pk)
    choose(driven, "exact", 5)
    asked = export.Asked(
        driven.organisation.pk, now - timedelta(days=20), now, None, None, None, export.header(), "en", PLANNER
    )
    assert b"".join(export.csv(asked)).count(b"\r\n") == 2, "a head and one trip"
    with driven.speaking(), connection.cursor() as cursor:
        found = access.readings(cursor, driven.organisation.pk, str(driven.person.pk))
    assert {(one.actor, one.scope) for one in found} == {("account:999999", "trips")}


def test_reading_of_many_is_told_whichever_way_it_is_read(
    driven: Driving, client_of: Callable[..., Client], monkeypatch: pytest.MonkeyPatch
) -> None:
    """A third each by a page, the API and a file: no way alone is unusual, together they are."""
    made, now, most, real = firm(driven), clock.now(), 6, access.threshold
    monkeypatch.setattr(access, "threshold", lambda name, day: most if name == "bulk_persons" else real(name, day))
    start, vehicles = now - timedelta(days=2), []
    for number in range(most + 1):
        vehicle, device = made.vehicle(f"Van {number}")
        made.trip(device, start, start + timedelta(hours=1), person=made.person("Ann", f"No {number}"))
        vehicles.append(vehicle)
    third = most // 3
    client = client_of("owner")
    span = f"from={(now - timedelta(days=4)).date()}&to={now.date()}"
    for number, vehicle in enumerate(vehicles):
        if number < third:
            assert client.get(f"/trips/vehicle/{vehicle}/calendar/?month={start:%Y-%m}").status_code == 200
        elif number < 2 * third:
            assert client.get(f"/api/v1/trips?vehicle={vehicle}&{span}").status_code == 200
    with driven.speaking(), connection.cursor() as cursor:
        told = access.tell_bulk(cursor, driven.organisation.pk)
    assert told == []
    actor = Actor(f"account:{client.session['_auth_user_id']}", "owner")
    for vehicle in vehicles[2 * third :]:
        asked = export.Asked(
            driven.organisation.pk, start - timedelta(days=1), now, None, vehicle, None, export.header(), "en", actor
        )
        assert b"".join(export.csv(asked)).count(b"\r\n") == 2
    with driven.speaking(), connection.cursor() as cursor:
        told = access.tell_bulk(cursor, driven.organisation.pk)
    assert told == [(actor.name, most + 1)]
