"""AT-42: a driver opens "who looked at me": every reading by page, API, stream, link, program and report is there."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from datetime import timedelta

import pytest
from django.db import connection
from django.test import Client
from django.utils import translation

from allconnects.accounts.actor import Actor, acting
from allconnects.fleet.private import settings
from allconnects.integrations.forwarding import services as forwarding
from allconnects.kit import clock
from allconnects.privacy.access import service as access
from allconnects.products.live_connects import share_pages, shares
from allconnects.telemetry.live.hub import Hub
from allconnects.telemetry.live.snapshot import WORLD
from allconnects.trips import sighted
from tests.privacy.driving import Driving, all_week, ms
from tests.telemetry.store.hot import at

ROLES = {"en": "Viewer", "nl": "Lezer", "fr": "Lecteur", "de": "Betrachter"}


@pytest.fixture
def driven(drive: Callable[..., Driving]) -> Driving:
    """A driver under way now."""
    now = clock.now()
    made = drive(now - timedelta(hours=2))
    with made.speaking():
        all_week(made)
    made.refresh()
    made.yard.send(made.device, at(ms(now) - 60_000, 50.5, 50.0), received=ms(now))
    return made


def read(driven: Driving) -> set[tuple[str, str, str]]:
    """Who reads by which scope, as what."""
    with driven.speaking(), connection.cursor() as cursor:
        found = access.readings(cursor, driven.organisation.pk, str(driven.person.pk))
    return {(one.actor.partition(":")[0], one.role, one.scope) for one in found}


def test_at_42_every_way_of_reading_is_written_down(
    driven: Driving, client_of: Callable[..., Client], token_of: Callable[..., str], account_of: Callable[..., object]
) -> None:
    organisation, device = driven.organisation, driven.device.id
    viewer, secret = client_of("viewer"), token_of(["positions:read", "devices:read"])
    assert read(driven) == set()
    viewer.get("/api/v1/positions/latest")
    assert read(driven) == {("account", "viewer", "live")}
    client_of("planner").get(f"/api/v1/devices/{device}/track")
    assert ("account", "planner", "track") in read(driven)
    client_of("manager").get(f"/devices/{device}/")
    assert ("account", "manager", "live") in read(driven)
    viewer.get("/api/positions", headers={"Authorization": f"Bearer {secret}"})
    assert ("token", "token", "live") in read(driven)
    now = clock.now()
    with driven.speaking():
        given = (organisation, account_of("owner"), "customer", [device], now, now + timedelta(hours=1))
        _share, key = shares.make_share(*given, with_name=False, precision="street")  # type: ignore[arg-type]
        target = forwarding.add(organisation, {"name": "n", "kind": "http", "url": "https://example.org/"})
    opened = shares.find(key)
    asyncio.run(share_pages._rows(opened))
    assert ("process", "recipient", "live") in read(driven)
    with driven.speaking():
        target.sent_to = now - timedelta(minutes=10)
        with clock.at(now + timedelta(seconds=30)):
            batch, _bound, _more = forwarding._next(target)
    assert batch
    assert ("process", "recipient", "track") in read(driven)


def test_at_42_a_stream_is_one_reading_and_not_one_a_tick(driven: Driving) -> None:
    async def look(actor: Actor) -> None:
        hub = Hub()
        stream = hub.watch(driven.organisation.pk, WORLD, None, actor)
        assert b"snapshot" in await anext(stream)
        for view in hub._views[driven.organisation.pk]:
            view.resnap = True
        await anext(stream)
        await stream.aclose()
        for task in hub._tasks:
            task.cancel()

    asyncio.run(look(Actor("account:77", "planner")))
    asyncio.run(look(Actor("account:77", "planner")))
    asyncio.run(look(Actor("account:78", "planner")))
    with driven.speaking(), connection.cursor() as cursor:
        found = access.readings(cursor, driven.organisation.pk, str(driven.person.pk))
    assert sorted(one.actor for one in found) == ["account:77", "account:78"]


def test_at_42_trips_are_written_down_with_their_days(driven: Driving) -> None:
    from tests.privacy.trips import a_trip

    trip = a_trip(driven, clock.now() - timedelta(days=2))
    with driven.speaking(), acting(Actor("account:5", "planner")):
        assert sighted.trips_seen(driven.organisation.pk, [trip]) == [trip]
    with driven.speaking(), connection.cursor() as cursor:
        (found,) = access.readings(cursor, driven.organisation.pk, str(driven.person.pk))
    assert (found.scope, found.first_day, found.size) == ("trips", clock.day_of(trip.start), 1)
    with driven.speaking():
        settings.choose(driven.organisation.pk, driven.person, "km", 1)
        with acting(Actor("account:5", "planner")):
            assert sighted.trips_seen(driven.organisation.pk, [trip]) == []
        assert sighted.trips_seen(driven.organisation.pk, [trip]) == [trip], "what computes sees what was"


@pytest.mark.parametrize("language", ["en", "nl", "fr", "de"])
def test_at_42_the_page_says_when_as_what_and_why(
    driven: Driving, client_of: Callable[..., Client], language: str
) -> None:
    client_of("viewer").get(f"/api/v1/devices/{driven.device.id}/track")
    driven.account.language = language
    driven.yard.owner.execute(
        "UPDATE accounts_account SET language = %s WHERE id = %s", (language, driven.account.pk)
    )  # fmt: skip
    phone = Client(SERVER_NAME="localhost")
    phone.force_login(driven.account)
    page = phone.get("/privacy/looked/").content.decode()
    assert ROLES[language] in page
    with translation.override(language):
        assert translation.gettext("Knowing where vehicles, teams and materials are") in page
    assert clock.today().strftime("%d/%m/%Y") in page, "the day that was read about"
    assert "@example.org" not in page.split("<main")[-1], "roles, no names"


def test_at_42_nobody_reads_what_is_about_somebody_else(driven: Driving, client_of: Callable[..., Client]) -> None:
    assert client_of("driver").get("/privacy/looked/").status_code == 404, "who is nobody here has nothing to read"
    assert client_of("owner").get("/privacy/looked/").status_code == 404
