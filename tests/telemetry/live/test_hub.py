"""The live stream against a real database: from a committed fix to what a browser of its organisation hears."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import aclosing
from typing import Any

import psycopg
import pytest

from allconnects.kit import clock, db
from allconnects.telemetry.live.bus import Fix, PostgresBus
from allconnects.telemetry.live.snapshot import WORLD, Box
from tests.telemetry.store.hot import Yard, at
from tests.waiting import PATIENCE_S

Message = tuple[str, Any]


async def messages(stream: AsyncIterator[bytes]) -> AsyncIterator[Message]:
    """Server-sent events as (event, data)."""
    async for piece in stream:
        lines = piece.decode().strip("\n").split("\n")
        if lines[0].startswith("event: "):
            yield lines[0][7:], json.loads(lines[1].removeprefix("data: "))


def watching(
    organisation: int, script: Callable[[Callable[[], Awaitable[Message]]], Awaitable[None]], box: Box = WORLD
) -> None:
    """Run a script that reads the messages of one browser, waited for."""
    from allconnects.telemetry.live.hub import Hub

    async def run() -> None:
        hub = Hub()
        async with aclosing(hub.watch(organisation, box)) as stream:
            heard = messages(stream)
            await script(lambda: asyncio.wait_for(anext(heard), PATIENCE_S))
        for task in hub._tasks:
            task.cancel()
        assert hub._views == {}

    asyncio.run(run())


def fix(organisation: int, device: int, time_ms: int, lat: float = 50.8, speed: float | None = 50.0) -> Fix:
    return Fix(organisation, device, time_ms, round(lat * 1e7), 43_500_000, speed, 90.0)


async def tell(*fixes: Fix) -> None:
    """As the gateway does."""
    await PostgresBus(db.conninfo("ingest")).publish(fixes)


async def ready(message: Callable[[], Awaitable[Message]]) -> list[Any]:
    """The snapshot that comes when the bus is connected; its entries."""
    event, data = await message()
    assert event == "snapshot"
    event, data = await message()
    assert event == "snapshot", "once more when the bus is there: something may have been missed"
    entries: list[Any] = data["p"]
    return entries


def test_first_everything_in_the_view_then_what_changes(yard: Yard, other_organisation: Any) -> None:
    now, other = clock.now_ms(), Yard(yard.owner, other_organisation.pk, yard.conninfo)
    inside, outside, foreign = yard.device(), yard.device(), other.device()
    yard.send(inside, at(now), received=now)
    yard.send(outside, at(now, lat=10.0), received=now)
    other.send(foreign, at(now), received=now)
    other.close()

    async def script(message: Callable[[], Awaitable[Message]]) -> None:
        assert await ready(message) == [[inside.id, 50.8, 4.35, 30, 90, 2, now]]
        await tell(
            fix(yard.organisation, inside.id, now + 1000, 50.9),
            fix(yard.organisation, outside.id, now + 1000, 10.1),
            fix(other.organisation, foreign.id, now + 1000),
        )
        event, data = await message()
        assert event == "delta"
        assert data["p"] == [[inside.id, 50.9, 4.35, 50, 90, 2, now + 1000]]
        assert data["gone"] == []
        await tell(fix(yard.organisation, inside.id, now + 2000, 40.0))
        assert (await message())[1]["gone"] == [inside.id]

    watching(yard.organisation, script, Box(2.5, 49.4, 6.5, 51.6))


def test_at_most_two_messages_a_second(yard: Yard) -> None:
    device = yard.device()

    async def script(message: Callable[[], Awaitable[Message]]) -> None:
        await ready(message)
        start, now = asyncio.get_running_loop().time(), clock.now_ms()
        for step in range(20):
            await tell(fix(yard.organisation, device.id, now + step, 50.0 + step / 100))
            await asyncio.sleep(0.05)
        count, last = 0, None
        while last is None or last[6] < now + 19:
            last = (await message())[1]["p"][0]
            count += 1
        assert count <= 2 * (asyncio.get_running_loop().time() - start) + 1

    watching(yard.organisation, script)


def test_a_changed_list_of_devices_is_told_and_a_removed_one_leaves_the_map(yard: Yard) -> None:
    now = clock.now_ms()
    stays, goes = yard.device(), yard.device()
    for device in (stays, goes):
        yard.send(device, at(now), received=now)

    async def script(message: Callable[[], Awaitable[Message]]) -> None:
        assert [entry[0] for entry in await ready(message)] == [stays.id, goes.id]
        yard.owner.execute("DELETE FROM telemetry_device WHERE id = %s", (goes.id,))
        assert (await message())[0] == "devices"
        event, data = await message()
        assert (event, [entry[0] for entry in data["p"]]) == ("snapshot", [stays.id])

    watching(yard.organisation, script)


def test_a_heartbeat_keeps_a_parked_vehicle_from_falling_silent(yard: Yard, monkeypatch: pytest.MonkeyPatch) -> None:
    """No fix, so the bus says nothing of it; the database does."""
    from allconnects.telemetry.gateway.assemble import assemble
    from allconnects.telemetry.live import hub

    monkeypatch.setattr(hub, "TICK_S", 0.05)
    monkeypatch.setattr(hub, "_REFRESH_EVERY_TICKS", 20)
    then, device = clock.now_ms() - 7_200_000, yard.device()
    yard.send(device, at(then, speed=0.0), received=then)

    async def script(message: Callable[[], Awaitable[Message]]) -> None:
        assert [entry[5] for entry in await ready(message)] == [0]
        yard.write(assemble([], [device], clock.now_ms()))
        event, data = await message()
        assert (event, [entry[5] for entry in data["p"]]) == ("delta", [1])

    watching(yard.organisation, script)


def test_a_lost_connection_to_the_database_is_made_up_for(yard: Yard) -> None:
    now, device = clock.now_ms(), yard.device()
    yard.send(device, at(now), received=now)

    async def script(message: Callable[[], Awaitable[Message]]) -> None:
        await ready(message)
        with psycopg.connect(db.admin_conninfo(), autocommit=True) as admin:
            admin.execute(
                "SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity "
                "WHERE application_name = 'allconnects-live'"
            )
        yard.send(device, at(now + 5000), received=now + 5000)
        event, data = await message()
        assert (event, data["p"][0][6]) == ("snapshot", now + 5000)
        await tell(fix(yard.organisation, device.id, now + 6000))
        event, data = await message()
        assert (event, data["p"][0][6]) == ("delta", now + 6000)

    watching(yard.organisation, script)
