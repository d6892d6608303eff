"""AT-18: manager and owner try to see or undo private time, and to find the home behind it, by every way there is."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import psycopg
import pytest
from django.db import connection
from django.test import Client

from allconnects.accounts.actor import Actor, acting
from allconnects.accounts.models import Account
from allconnects.fleet.private import button, settings
from allconnects.kit import clock
from allconnects.products.live_connects import shares
from allconnects.telemetry.live.bus import Fix
from allconnects.telemetry.live.limits import Limits
from allconnects.telemetry.live.snapshot import LATEST, LIMITED
from allconnects.telemetry.store import sight
from allconnects.telemetry.store.reader import track
from allconnects.trips.sighted import Edges
from tests.privacy.driving import LAT, Driving, all_week, ms
from tests.telemetry.store.hot import Yard, at

MINUTE = 60_000
Ways = dict[str, str]


@pytest.fixture
def driven(drive: Callable[..., Driving]) -> Driving:
    """A driver who works at all hours and was under way a quarter of an hour ago."""
    now = clock.now()
    made = drive(now - timedelta(hours=2))
    with made.speaking():
        all_week(made)
    send(made, ms(now) - 15 * MINUTE, 50.5, speed=50.0)
    return made


def send(driven: Driving, time_ms: int, lat: float = LAT, speed: float = 0.0) -> None:
    driven.refresh()
    driven.device.live_ms = 0  # the live state is written however short ago it was
    driven.yard.send(driven.device, at(time_ms, lat, speed), received=ms(clock.now()))


def text_of(answer: Any) -> str:
    """The whole of an answer, streamed or not."""
    if not answer.streaming:
        return str(answer.content.decode())

    async def whole() -> bytes:
        return b"".join([piece async for piece in answer.streaming_content])

    return asyncio.run(whole()).decode()


def ways(driven: Driving, manager: Client, secret: str) -> Ways:
    """What each way shows to a manager or owner, as text."""
    device, token = driven.device.id, {"Authorization": f"Bearer {secret}"}
    of_device = f"/api/v1/devices/{device}"
    paths = [
        "/api/v1/positions/latest", of_device, f"{of_device}/track", f"{of_device}/track.gpx", "/api/v1/trips",
        "/api/v1/stops", "/api/v1/events", f"/trips/device/{device}/", f"/trips/device/{device}/data",
        f"/devices/{device}/",
    ]  # fmt: skip
    found = {path: manager.get(path) for path in paths}
    found["/traccar"] = manager.get("/api/positions", headers=token)
    texts = {path: text_of(one) for path, one in found.items()}
    assert {path: one.status_code for path, one in found.items() if one.status_code != 200} == {}
    with driven.speaking(), connection.cursor() as cursor:
        cursor.execute(LATEST)
        texts["stream"] = str([(row[5] / 1e7, row[6] / 1e7) for row in cursor.fetchall()])
    return texts


def link(driven: Driving, owner: Account) -> shares.Open:
    now = clock.now()
    with driven.speaking():
        _share, secret = shares.make_share(
            driven.organisation, owner, "customer", [driven.device.id], now, now + timedelta(hours=8), with_name=True,
            precision="exact",
        )  # fmt: skip
    return shares.find(secret)


def shown_by_link(driven: Driving, opened: shares.Open) -> Any:
    with driven.speaking(), connection.cursor() as cursor:
        cursor.execute(shares.PLACES, {"share": opened.id, "now": clock.now()})
        return shares.places(opened, cursor.fetchall())[0]["at"]


def test_at_18_nobody_sees_private_time_nor_where_it_ended(
    driven: Driving, client_of: Callable[..., Client], account_of: Callable[..., Account], token_of: Callable[..., str]
) -> None:
    owner = client_of("owner")
    secret = token_of(["positions:read", "devices:read"])
    opened = link(driven, account_of("owner"))
    seen_before = ways(driven, owner, secret)
    assert "50.5" in seen_before["/api/v1/positions/latest"]
    assert "50.5" in seen_before["stream"]
    with driven.speaking():
        button.press(driven.organisation.pk, driven.person.pk, clock.now() - timedelta(minutes=10))
    send(driven, ms(clock.now()) - MINUTE)
    assert not any("50.12" in text for text in ways(driven, owner, secret).values())
    assert ways(driven, owner, secret)["stream"] == "[]", "no last known place either"
    with driven.speaking():
        button.release(driven.organisation.pk, driven.person.pk, clock.now() - timedelta(seconds=30))
    send(driven, ms(clock.now()) - 5000)  # parked at home, and recorded again
    assert driven.yard.live(driven.device)["lat_e7"] is not None
    assert not any("50.12" in text for text in ways(driven, owner, secret).values()), "home until it moves"
    assert shown_by_link(driven, opened) is None
    send(driven, ms(clock.now()) - 3000, 50.2, speed=60.0)
    assert "50.2" in ways(driven, owner, secret)["stream"], "the next business trip is seen"
    assert "50.12" not in ways(driven, owner, secret)[f"/api/v1/devices/{driven.device.id}/track"]


def test_at_18_nobody_but_the_driver_ends_it(driven: Driving, client_of: Callable[..., Client]) -> None:
    with driven.speaking():
        button.press(driven.organisation.pk, driven.person.pk)
    for role in ("viewer", "planner", "manager", "owner"):
        client_of(role).post("/driver/private/", {"action": "end"})
    with driven.speaking():
        assert len(button.open_times(driven.person.pk)) == 1
    page = client_of("owner").get("/driver/")
    assert "Private now" not in page.content.decode(), "an owner who drives nothing has no button"


def test_at_18_fresh_fixes_wait_until_it_moves_and_are_told_in_cells(driven: Driving) -> None:
    """What the stream passes on between two looks at the database."""
    device = driven.device.id
    with driven.speaking():
        button.press(driven.organisation.pk, driven.person.pk, clock.now() - timedelta(minutes=5))
        button.release(driven.organisation.pk, driven.person.pk, clock.now() - timedelta(minutes=1))
        settings.choose(driven.organisation.pk, driven.person, "km", 30)
        with connection.cursor() as cursor:
            cursor.execute(LIMITED)
            limits = Limits.of(cursor.fetchall())
    parked = Fix(driven.organisation.pk, device, 0, 501_234_567, 47_654_321, 0.0, 90.0)
    assert limits.seen(parked) is None
    moving = limits.seen(parked._replace(speed_kmh=50.0))
    assert moving is not None
    assert (moving.lat_e7, moving.lon_e7, moving.course_deg) == (501_250_000, 47_650_000, None)
    assert limits.seen(parked) is not None, "it has left"


def test_at_18_what_a_driver_chose_holds_everywhere(
    driven: Driving, client_of: Callable[..., Client], token_of: Callable[..., str], account_of: Callable[..., Account]
) -> None:
    send(driven, ms(clock.now()) - MINUTE, LAT, speed=50.0)
    with driven.speaking():
        settings.choose(driven.organisation.pk, driven.person, "municipality", 7)
    manager, secret = client_of("manager"), token_of(["positions:read", "devices:read"])
    for path, text in ways(driven, manager, secret).items():
        assert "50.12" not in text, path
    assert "50.15" in ways(driven, manager, secret)["/api/v1/positions/latest"]
    assert "50.15" in ways(driven, manager, secret)[f"/api/v1/devices/{driven.device.id}/track"]
    opened = link(driven, account_of("owner"))
    send(driven, ms(clock.now()) + 1000, LAT, speed=50.0)
    assert shown_by_link(driven, opened)[0] == 50.15
    with driven.speaking(), connection.cursor() as cursor:
        span = (clock.now() - timedelta(hours=1), clock.now())
        own = Actor(f"account:{driven.account.pk}", "driver")
        with acting(own):
            mine = track(cursor, driven.organisation.pk, driven.device.id, *span)
        outside = track(cursor, driven.organisation.pk, driven.device.id, *span, outward=True)
    assert LAT in (mine.lat_e7 / 1e7).tolist(), "the driver sees his own as it was"
    assert set((outside.lat_e7 / 1e7).tolist()) == {50.55, 50.15}


def test_at_18_days_further_back_than_a_driver_allows_are_not_shown(driven: Driving) -> None:
    with driven.speaking(), connection.cursor() as cursor:
        settings.choose(driven.organisation.pk, driven.person, "exact", 1)
        with acting(Actor("account:1", "manager")):
            (found,) = sight.sights(cursor, driven.organisation.pk).values()
    assert not found.hides(clock.now())
    assert found.hides(clock.now() - timedelta(days=1, hours=1))


def test_at_18_a_trip_beside_private_time_begins_or_ends_nowhere(yard: Yard) -> None:
    """Which ends of trips are told in cells, unless they are at a place of the organisation."""
    noon = clock.now()
    hour = timedelta(hours=1)
    edges = Edges(begins=[noon + 5 * hour], ends=[noon])
    assert edges.after(noon + hour / 2, [])
    assert not edges.after(noon + 3 * hour, [noon + hour]), "another trip ended in between"
    assert not edges.after(noon - hour, [])
    assert edges.before(noon + 4 * hour, [])
    assert not edges.before(noon + 2 * hour, [noon + 3 * hour])
    assert not edges.before(noon + 6 * hour, [])


def test_at_18_the_tables_show_a_neighbour_nothing(driven: Driving, other_organisation: Any) -> None:
    """Row-level security holds for the new tables too."""
    with driven.speaking():
        settings.choose(driven.organisation.pk, driven.person, "km", 30)
        button.press(driven.organisation.pk, driven.person.pk)
    from allconnects.accounts.tenancy import speak_for
    from allconnects.kit import db

    with psycopg.connect(db.conninfo("web")) as raw:
        speak_for(raw, other_organisation.pk)
        for name in ("telemetry_sight", "fleet_privatetime", "fleet_locationchoice", "telemetry_private"):
            assert raw.execute(f"SELECT count(*) FROM {name}").fetchone() == (0,), name
    assert json.dumps(driven.everywhere()) == "[]"
