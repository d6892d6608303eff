"""pytraccar, the client that Home Assistant uses, reads devices, positions and places from the running site."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Awaitable, Callable, Iterator
from typing import Any

import aiohttp
import pytest
import uvicorn
from pytraccar import ApiClient, TraccarAuthenticationException

from allconnects.accounts.access import SCOPES
from allconnects.accounts.models import Organisation
from allconnects.places.services import Given, add_place
from tests.alerts.conftest import NOON, Fleet
from tests.ports import free_port
from tests.waiting import PATIENCE_S, until


@pytest.fixture(scope="module")
def site() -> Iterator[int]:
    """The site behind the real web server; the port it listens on."""
    port = free_port()
    server = uvicorn.Server(
        uvicorn.Config("allconnects.site.asgi:application", port=port, lifespan="off", log_level="warning")
    )
    thread = threading.Thread(target=server.run, daemon=True)
    thread.start()
    assert until(lambda: server.started)
    yield port
    server.should_exit = True
    thread.join(PATIENCE_S)


def ask(port: int, token: str, question: Callable[[ApiClient], Awaitable[Any]]) -> Any:
    async def run() -> Any:
        async with aiohttp.ClientSession() as session:
            return await question(ApiClient("127.0.0.1", "anybody", token, session, port=port))

    return asyncio.run(run())


def test_devices_positions_and_places(
    site: int, fleet: Fleet, token_of: Callable[..., str], owner_connection: Any, other_organisation: Organisation
) -> None:
    device, silent = fleet.device("Van 12"), fleet.device("Crane", "material")
    Fleet(other_organisation, owner_connection).device("Somebody else's")
    owner_connection.execute(
        "INSERT INTO telemetry_live (organisation_id, device_id, report_at, fix_time, lat_e7, lon_e7, altitude_m, "
        "speed_kmh, course_deg, satellites, flags, attributes) "
        "VALUES (%s, %s, now(), now(), 508467000, 43525000, 20, 92.6, 180, 9, 7, %s)",
        (fleet.organisation.pk, device, b'J{"batteryLevel":80,"driverName":"nobody","ignition":true}'),
    )
    with fleet.at(NOON):
        shape = {"type": "Circle", "coordinates": [4.3525, 50.8467], "radius_m": 150}
        place = add_place(fleet.organisation, Given(name="Depot", kind="depot", shape=shape))
    token = token_of(list(SCOPES))
    found = {one["id"]: one for one in ask(site, token, ApiClient.get_devices)}
    assert set(found) == {device, silent}
    assert (found[device]["name"], found[device]["status"]) == ("Van 12", "online")
    (position,) = ask(site, token, ApiClient.get_positions)
    assert position["deviceId"] == device
    assert (position["latitude"], position["longitude"]) == (50.8467, 4.3525)
    assert position["speed"] == pytest.approx(50.0, abs=0.01)
    assert position["attributes"] == {"batteryLevel": 80, "ignition": True, "motion": True}
    (fence,) = ask(site, token, ApiClient.get_geofences)
    assert (fence["id"], fence["name"], fence["area"]) == (place.pk, "Depot", "CIRCLE (50.8467 4.3525, 150.0)")
    assert ask(site, token, ApiClient.get_server)["readonly"] is True
    assert ask(site, token, ApiClient.get_reports_events) == []


def test_a_wrong_token_is_refused_in_the_clients_own_words(site: int) -> None:
    with pytest.raises(TraccarAuthenticationException):
        ask(site, "ac_wrong", ApiClient.get_devices)
