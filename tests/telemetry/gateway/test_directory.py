"""The gateway knows every device, hears of each change, and finds out what it missed."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any

import psycopg

from allconnects.kit import db
from allconnects.telemetry.gateway.directory import Directory, hash_secret
from tests.telemetry.store.hot import NOON, Yard, at
from tests.waiting import PATIENCE_S


def watching(yard: Yard, script: Callable[[Directory], Awaitable[None]]) -> None:
    """Run a script beside a directory that follows the database."""

    async def run() -> None:
        directory = Directory(db.conninfo("ingest", "test-directory"))
        await directory.load()
        task = asyncio.create_task(directory.watch())
        await asyncio.sleep(0.3)
        await script(directory)
        task.cancel()

    asyncio.run(run())


async def becomes(what: Callable[[], Any], seconds: float = PATIENCE_S) -> bool:
    """Wait on the loop until it holds."""
    for _ in range(int(seconds / 0.02)):
        if what():
            return True
        await asyncio.sleep(0.02)
    return False


def add(yard: Yard, *identifiers: str) -> None:
    yard.owner.execute(
        "INSERT INTO telemetry_device (organisation_id, name, kind, identifier, protocol, secret_hash, created_at) "
        "SELECT %s, 'x', 'vehicle', i, '', '', now() FROM unnest(%s::text[]) i",
        (yard.organisation, list(identifiers)),
    )


def test_what_is_there_is_known_with_its_newest_fix(yard: Yard) -> None:
    device = yard.device()
    yard.send(device, at(NOON))

    async def script(directory: Directory) -> None:
        found = directory.find(["nobody", device.identifier])
        assert found is not None
        assert (found.id, found.organisation) == (device.id, yard.organisation)
        assert found.newest_ms == NOON
        assert directory.find([f"{device.identifier}x"]) is None

    watching(yard, script)


def test_each_change_is_heard_of_and_sessions_keep_their_device(yard: Yard) -> None:
    name = f"change-{yard.organisation}"

    async def script(directory: Directory) -> None:
        add(yard, name)
        assert await becomes(lambda: directory.find([name]))
        held = directory.find([name])
        assert held is not None
        assert held.admits(None)
        yard.owner.execute(
            "UPDATE telemetry_device SET secret_hash = %s WHERE id = %s", (hash_secret("a long secret"), held.id)
        )
        assert await becomes(lambda: not held.admits(None))
        assert held.admits("a long secret")
        assert directory.find([name]) is held
        yard.owner.execute("DELETE FROM telemetry_device WHERE id = %s", (held.id,))
        assert await becomes(lambda: directory.find([name]) is None)
        assert held.organisation == 0

    watching(yard, script)


def test_a_device_that_is_removed_and_added_again_is_another(yard: Yard) -> None:
    name = f"again-{yard.organisation}"
    add(yard, name)

    async def script(directory: Directory) -> None:
        first = directory.find([name])
        assert first is not None
        with yard.owner.transaction():
            yard.owner.execute("DELETE FROM telemetry_device WHERE id = %s", (first.id,))
            add(yard, name)
        assert await becomes(lambda: directory.find([name]) not in (None, first))
        assert first.organisation == 0

    watching(yard, script)


def test_a_whole_fleet_that_is_added_at_once_is_known(yard: Yard) -> None:
    names = [f"fleet-{yard.organisation}-{number}" for number in range(5000)]

    async def script(directory: Directory) -> None:
        add(yard, *names)
        assert await becomes(lambda: all(directory.find([name]) for name in names[::500]))
        assert await becomes(lambda: sum(directory.find([name]) is not None for name in names) == 5000)

    watching(yard, script)
    yard.owner.execute("DELETE FROM telemetry_device WHERE organisation_id = %s", (yard.organisation,))


def test_what_was_missed_while_the_connection_was_lost_is_read_again(yard: Yard) -> None:
    name, gone = f"missed-{yard.organisation}", yard.device()

    async def script(directory: Directory) -> None:
        with psycopg.connect(db.admin_conninfo(), autocommit=True) as admin:
            admin.execute(
                "SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity WHERE application_name = 'test-directory'"
            )
        add(yard, name)
        yard.owner.execute("DELETE FROM telemetry_device WHERE id = %s", (gone.id,))
        assert await becomes(lambda: directory.find([name]) and directory.find([gone.identifier]) is None)

    watching(yard, script)
