"""kill -9 of the gateway, the database and the web process, in any order, while 200 devices send.

Afterwards every acknowledged position is in the database exactly once: its identity is device and fix time.
"""

from __future__ import annotations

import random
import time
from collections import Counter, defaultdict
from collections.abc import Iterator

import pytest

from tests.chaos.fleet import Fleet
from tests.chaos.platform import Platform, data_folder, kill, platform, wait_for
from tests.waiting import PATIENCE_S, until

pytestmark = [pytest.mark.e2e, pytest.mark.embedded, pytest.mark.timeout(1200)]
SEED = 20261123
DEVICES = 200
KILLS = 20
VICTIMS = ("gateway", "postgres", "web")


@pytest.fixture
def running() -> Iterator[Platform]:
    with data_folder() as home, platform(home) as started:
        started.wait_ready()
        yield started


def register(running: Platform) -> list[str]:
    """An organisation with the fleet's devices."""
    imeis = [f"00100297{number:07d}" for number in range(DEVICES)]
    with running.connect() as connection:
        row = connection.execute(
            "INSERT INTO accounts_organisation (name, slug, takes_unknown_devices, created_at) "
            "VALUES ('Chaos', 'chaos', false, now()) RETURNING id"
        ).fetchone()
        assert row is not None
        connection.execute(
            "INSERT INTO telemetry_device (organisation_id, name, kind, identifier, protocol, secret_hash, created_at) "
            "SELECT %s, 'Tracker', 'vehicle', i, '', '', now() FROM unnest(%s::text[]) i",
            (row[0], imeis),
        )
    return imeis


def stored(running: Platform) -> dict[str, Counter[int]]:
    """By identifier, how often each fix time is there."""
    found: dict[str, Counter[int]] = defaultdict(Counter)
    with running.connect() as connection:
        rows = connection.execute(
            "SELECT d.identifier, round(extract(epoch FROM p.fix_time) * 1000)::bigint "
            "FROM telemetry_position p JOIN telemetry_device d ON d.id = p.device_id"
        )
        for identifier, time_ms in rows:
            found[identifier][time_ms] += 1
    return found


def strike(running: Platform, chance: random.Random) -> str:
    """Kill one part; sometimes of the database only one of its processes, which makes all of it recover."""
    name = chance.choice(VICTIMS)
    if name == "postgres" and chance.random() < 0.3:
        with running.connect() as connection:
            rows = connection.execute(
                "SELECT pid FROM pg_stat_activity WHERE application_name = 'allconnects-gateway' AND pid <> 0"
            ).fetchall()
        if rows:
            kill(chance.choice(rows)[0])
            return "backend"
    kill(wait_for(running, name))
    return name


def test_after_any_kills_every_acknowledged_position_is_there_once(running: Platform) -> None:
    fleet, chance = Fleet(register(running), running.ports["teltonika"], SEED), random.Random(SEED)
    fleet.start()
    assert until(lambda: min(fleet.progress()) > 0, 2 * PATIENCE_S), "not everybody was let in"
    struck: Counter[str] = Counter()
    for _ in range(KILLS):
        before = fleet.acknowledged
        time.sleep(chance.uniform(0.1, 1.5))
        struck[_strike_patiently(running, chance)] += 1
        if chance.random() < 0.5:
            until(lambda: fleet.acknowledged > before + DEVICES, 15)  # noqa: B023
    _all_go_on(running, fleet)
    while _connections(fleet) <= 3 * DEVICES:  # on a slow machine few came back between two kills
        kill(wait_for(running, "gateway"))
        _all_go_on(running, fleet)
    assert until(lambda: fleet.acknowledged > 10 * DEVICES, 3 * PATIENCE_S)
    fleet.stop()
    assert sum(struck.values()) == KILLS
    assert set(struck) >= set(VICTIMS), struck
    _verify(running, fleet)


def _strike_patiently(running: Platform, chance: random.Random) -> str:
    """While the database recovers nobody can be asked for its processes: then another part is struck."""
    import psycopg

    while True:
        try:
            return strike(running, chance)
        except psycopg.Error:
            continue


def _all_go_on(running: Platform, fleet: Fleet) -> None:
    """Every tracker is served again, and so are the pages."""
    before = fleet.progress()
    assert until(lambda: all(now > then for now, then in zip(fleet.progress(), before, strict=True)), 3 * PATIENCE_S)
    assert until(lambda: running.get("/readyz")[0] == 200, 2 * PATIENCE_S)


def _verify(running: Platform, fleet: Fleet) -> None:
    there = stored(running)
    lost = twice = invented = 0
    for tracker in fleet.trackers:
        found = there[tracker.imei]
        lost += len(set(tracker.acknowledged) - set(found))
        twice += sum(count > 1 for count in found.values())
        invented += len(set(found) - set(tracker.acknowledged) - set(tracker.waiting))
    assert (lost, twice, invented) == (0, 0, 0)


def _connections(fleet: Fleet) -> int:
    """How often a tracker was let in: they have to connect again and again."""
    return sum(tracker.connections for tracker in fleet.trackers)
