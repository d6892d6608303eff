"""SIGKILL in the middle of sealing, sealing again and dropping: nothing lost, nothing twice."""

from __future__ import annotations

import multiprocessing
import random
import signal
import time as wall
from collections import Counter
from collections.abc import Iterator
from datetime import UTC, date, datetime, time, timedelta
from typing import TYPE_CHECKING, Any

import pytest

from allconnects.kit import clock, db
from allconnects.telemetry.store import retention, sealing
from allconnects.telemetry.store.retention import drop_leaf
from allconnects.telemetry.store.sealing import seal_day
from tests.telemetry.store.hot import HOUR, Yard, at
from tests.telemetry.store.sealed import Connection, day_of, drives, read, sealed
from tests.waiting import PATIENCE_S, until

if TYPE_CHECKING:
    from allconnects.accounts.models import Organisation
    from allconnects.privacy.vault import Vault

ROUNDS = 50
LEAVES = 5
KEEP = 60
IDLE, SEAL, RESEAL, DROP = range(4)
"""What a worker is in the middle of: a first segment of a day, a segment anew, a leaf being dropped."""


PAUSE_S = 0.004
"""A worker dwells so long before and behind what it is to be killed in: on a busy machine it would be past it before
anybody could have seen it there."""


def work(organisation: int, days: list[tuple[int, date]], leaves: list[date], stage: Any, wanted: int) -> None:
    """What the worker does to these days of devices, over and over, until it is killed; ``stage`` says where it is."""
    from allconnects.privacy.vault.service import from_settings

    _tell(stage, wanted)
    with from_settings() as vault, db.connect("worker", autocommit=True, application="seal-kill") as connection:
        while True:
            for device, day in days:
                seal_day(connection, vault, organisation, device, day)
                stage.value = IDLE
            for leaf in leaves:
                drop_leaf(connection, vault, leaf, KEEP)
                stage.value = IDLE


def _tell(stage: Any, wanted: int) -> None:
    """Say so from the first write of a transaction until after its commit."""
    write, missing = sealing._write, retention._missing

    def writing(cursor: Any, one: Any, subject: str, generation: int, *rest: Any) -> None:
        stage.value = max(stage.value, SEAL if generation == 1 else RESEAL)
        dwell()
        write(cursor, one, subject, generation, *rest)
        dwell()

    def comparing(*given: Any) -> Any:
        found = missing(*given)
        stage.value = IDLE if found else DROP
        dwell()
        return found

    def dwell() -> None:
        if stage.value == wanted:
            wall.sleep(PAUSE_S)

    sealing._write, retention._missing = writing, comparing


@pytest.fixture
def yard(owner_connection: Connection, organisation: Organisation) -> Iterator[Yard]:
    """An organisation whose devices send straight into the store."""
    made = Yard(owner_connection, organisation.pk, db.conninfo("ingest"))
    yield made
    made.close()


@pytest.fixture
def vault(database: None) -> Iterator[Vault]:
    """A vault of this process."""
    from allconnects.privacy.vault.service import from_settings

    with from_settings() as made:
        yield made


def ended(owner: Connection) -> None:
    """Wait until the database has noticed that nobody is there any more."""
    query = "SELECT count(*) FROM pg_stat_activity WHERE application_name = 'seal-kill'"
    assert until(lambda: owner.execute(query).fetchone() == (0,))


def noon(day: date) -> int:
    return int(datetime.combine(day, time(12), UTC).timestamp() * 1000)


def identities(yard: Yard, vault: Vault, device: int, days: list[date]) -> tuple[Counter[int], Counter[int]]:
    """How often each fix time is in segments, and in hot rows."""
    kept: Counter[int] = Counter()
    for day in days:
        for part in sealed(yard, vault, device, day).values():
            kept.update(part.time_ms.tolist())
    rows = yard.owner.execute(
        "SELECT (extract(epoch FROM fix_time) * 1000)::bigint FROM telemetry_position WHERE device_id = %s", (device,)
    )
    return kept, Counter(row[0] for row in rows)


def killed(victim: Any, stage: Any, wanted: int, after_s: float) -> int:
    """Kill it in the stage that is wanted, as soon as it is there. Returns the stage in which it died."""
    deadline = wall.monotonic() + 2 * PATIENCE_S
    while stage.value != wanted and wall.monotonic() < deadline:
        wall.sleep(0.0001)
    wall.sleep(after_s)
    assert victim.is_alive(), "ended by itself: it failed"
    victim.kill()
    victim.join()
    assert victim.exitcode == -signal.SIGKILL
    return int(stage.value)


def test_kill_while_sealing_sealing_again_and_dropping(yard: Yard, vault: Vault) -> None:
    """Fifty workers are killed, while rows come late, twice, and for two persons of one day."""
    rng = random.Random(20)
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload(["allconnects.privacy.vault.service", __name__])
    yard.owner.execute("DELETE FROM telemetry_unsealed")
    leaves = [clock.now().date() - timedelta(days=20 + n) for n in range(LEAVES)]
    device = yard.device()
    drives(yard, device.id, noon(leaves[-1]) - HOUR, noon(leaves[1]))
    drives(yard, device.id, noon(leaves[1]), None)
    days = [(device.id, leaf) for leaf in leaves]
    sent: set[int] = set()
    died: Counter[int] = Counter()
    for number in range(4 * ROUNDS):
        if number >= ROUNDS and min(died[one] for one in (SEAL, RESEAL, DROP)) >= ROUNDS // 8:
            break  # more rounds only where a busy machine let most of them die elsewhere
        for leaf in rng.sample(leaves, 2):
            times = {noon(leaf) + rng.randrange(-6 * HOUR, 6 * HOUR, 1000) for _ in range(40)}
            known = sorted(time_ms for time_ms in sent if day_of(time_ms) == leaf)
            again = rng.sample(known, min(5, len(known)))
            writer = yard.writer()  # one that knows of no leaf yet: they go, as those of today never do
            yard.send(device, *map(at, (*times, *again)), received=noon(leaf) + 8 * HOUR, writer=writer)
            fresh = yard.device()  # its day is sealed for the first time
            yard.send(fresh, *map(at, times), received=noon(leaf) + 8 * HOUR, writer=writer)
            writer.close()
            days = [(fresh.id, leaf), *days]
            sent |= times
        stage = context.Value("i", IDLE)
        wanted = (SEAL, RESEAL, DROP)[number % 3]
        victim = context.Process(target=work, args=(yard.organisation, days, leaves, stage, wanted), daemon=True)
        victim.start()
        died[killed(victim, stage, wanted, rng.uniform(0.0, 2.5 * PAUSE_S))] += 1
        ended(yard.owner)
        kept, hot = identities(yard, vault, device.id, leaves)
        assert set(kept) | set(hot) == sent, "lost, or made up"
        assert max(kept.values(), default=1) == 1, "twice in segments"
        assert read(yard, vault, device.id, noon(leaves[2]), hours=24 * LEAVES).time_ms.tolist() == sorted(sent)
    with db.connect("worker", autocommit=True) as worker:
        for one, day in days:
            seal_day(worker, vault, device.organisation, one, day)
        kept, _ = identities(yard, vault, device.id, leaves)
        assert kept == Counter(sent)
        for one, day in days[:-LEAVES]:
            assert sum(len(part) for part in sealed(yard, vault, one, day).values()) > 30
    assert min(died[one] for one in (SEAL, RESEAL, DROP)) >= ROUNDS // 8, f"not killed in each of them: {died}"
    assert len(sent) > 1000
    names = [f"telemetry_position_{leaf:%Y%m%d}" for leaf in leaves]
    row = yard.owner.execute("SELECT count(*) FROM telemetry_certificate WHERE leaf = ANY(%s)", (names,)).fetchone()
    assert row is not None
    assert row[0] > LEAVES, "nothing was dropped"
