"""``bench erasure``: one person with millions of positions is taken out while the gateway ingests.

A fresh store, the real gateway, senders in a process of their own and the erasure in another, as the worker runs it;
all share the machine. The baseline of ingest is the same stream of the same run, before the erasure begins. A second
person with the same past is taken out while nothing else is written: what that puts into the write-ahead log is the
erasure's alone.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

import psycopg

from allconnects.bench.erasure_people import Driver, Past, left, past
from allconnects.bench.frames import RECORDS
from allconnects.bench.ingest import DEVICES, BenchError, _child, _devices, _free_port, _send, _Sender
from allconnects.bench.store import _migrate, settings_of
from allconnects.kit import rooms
from allconnects.kit.postgres import EmbeddedPostgres
from allconnects.privacy.vault.service import from_settings

POSITIONS = 3_500_000
OTHERS = 20
BEFORE_S, LONGEST_S, WARM_S = 15.0, 120.0, 3.0
"""Seconds of ingest that are the baseline, most that are waited for an erasure, and those that count for nothing."""
_FLOOD_S = 6.0
Wait = tuple[float, float]


def run(*, as_json: bool, positions: int) -> int:
    """Measure and print. Returns the exit code."""
    with tempfile.TemporaryDirectory(prefix="allconnects-bench-") as folder:
        result = measure(Path(folder) / "home", positions)
    if as_json:
        print(json.dumps(result))  # noqa: T201
    else:
        for name, value in result.items():
            print(f"{name:32} {value:>14,.2f}" if isinstance(value, float) else f"{name:32} {value!s:>14}")  # noqa: T201
    return 0


def measure(
    home: Path, positions: int, *, rate: float | None = None, before_s: float = BEFORE_S, others: int = OTHERS
) -> dict[str, Any]:
    """All figures, in a fresh store under ``home``. ``rate``: positions a second, by default half of the most."""
    port = _free_port()
    with settings_of(home), EmbeddedPostgres(home) as postgres:
        _migrate(home)
        dsn = postgres.dsn.replace("dbname=postgres", "dbname=allconnects")
        _devices(dsn)
        environment = _environment(port)
        with psycopg.connect(dsn, autocommit=True) as connection:
            started = time.perf_counter()
            made = _filled(connection, positions, others)
            fill_s = time.perf_counter() - started
            alone = _alone(connection, environment, made, made.drivers[1])
            loaded = _loaded(connection, environment, made, made.drivers[0], port, rate, before_s)
    driver = made.drivers[0]
    return {
        **loaded, **alone, "positions": driver.sealed + driver.hot, "hot_positions": driver.hot,
        "segments": driver.segments, "days": made.days, "devices_of_person": len(driver.devices),
        "devices_of_others": others, "fill_s": fill_s,
    }  # fmt: skip


def _environment(port: int) -> dict[str, str]:
    return {
        **os.environ,
        "ALLCONNECTS_GATEWAY_HOST": "127.0.0.1",
        "ALLCONNECTS_GATEWAY_PORTS": f"teltonika={port}",
        "ALLCONNECTS_MAX_CONNECTIONS_PER_ADDRESS": str(2 * DEVICES),
        "OPENBLAS_NUM_THREADS": "1",
    }


def _filled(connection: psycopg.Connection[Any], positions: int, others: int) -> Past:
    row = connection.execute("SELECT id FROM accounts_organisation WHERE slug = 'bench'").fetchone()
    assert row is not None
    with from_settings() as vault:
        return past(connection, vault, int(row[0]), people=2, positions=positions, others=others)


def _alone(
    connection: psycopg.Connection[Any], environment: dict[str, str], made: Past, driver: Driver
) -> dict[str, Any]:
    """The erasure while nothing else is written. A checkpoint before it makes every page cost its whole image."""
    connection.execute("CHECKPOINT")
    done = _erased(environment, made, driver)
    _check(connection, made, driver)
    return {"alone_s": done["ended"] - done["began"], "alone_wal_mb": done["wal"] / 1e6}


def _loaded(
    connection: psycopg.Connection[Any], environment: dict[str, str], made: Past, driver: Driver, port: int,
    rate: float | None, before_s: float,
) -> dict[str, Any]:  # fmt: skip
    start_ms = int(time.time() * 1000) - 30 * 86_400_000
    with _child("gateway", environment, port):
        if rate is None:
            load = {"mode": "flood", "seconds": _FLOOD_S, "start_ms": start_ms, "port": port}
            rate = _send(load)["positions_per_s"] / 2
        sender = _sender(port, start_ms + 20 * 86_400_000, rate, WARM_S + before_s + LONGEST_S)
        sender.go()
        time.sleep(WARM_S)
        base, wal = time.monotonic(), _lsn(connection)
        time.sleep(before_s)
        ingest_wal = (_lsn(connection) - wal) / (time.monotonic() - base)
        done = _erased(environment, made, driver)
        sender.go()
        result = sender.result()
    _check(connection, made, driver)
    seconds = done["ended"] - done["began"]
    before, during = _p95(result["acks"], base, base + before_s), _p95(result["acks"], done["began"], done["ended"])
    return {
        "erasure_s": seconds, "state": done["state"], "rows_gone": done["gone"], "steps": done["steps"],
        "wal_mb": done["wal"] / 1e6,
        "wal_mb_net_of_ingest": (done["wal"] - ingest_wal * seconds) / 1e6, "ingest_wal_mb_per_s": ingest_wal / 1e6,
        "ack_p95_ms": before, "ack_p95_ms_during": during, "ratio_p95": during / before,
        "paced_positions_per_s": rate, "acknowledged": result["frames"], "unanswered": result["unanswered"],
    }  # fmt: skip


def _sender(port: int, begin_ms: int, rate: float, seconds: float) -> _Sender:
    frames = int(rate * seconds / RECORDS / DEVICES) + 5
    return _Sender(
        {
            "mode": "pace", "seconds": seconds, "start_ms": begin_ms, "port": port, "rate": rate, "devices": DEVICES,
            "frames": frames, "seed": 2, "acks": True,
        }
    )  # fmt: skip


def _p95(acks: list[Wait], start: float, end: float) -> float:
    """Of the frames that were under way in a time: ms until the answer that 95 in 100 had."""
    waits = sorted(wait for sent, wait in acks if sent < end and sent + wait / 1000 >= start)
    if not waits:
        raise BenchError("nothing was sent while the erasure ran")
    return waits[min(len(waits) - 1, int(len(waits) * 0.95))]


def _lsn(connection: psycopg.Connection[Any]) -> int:
    row = connection.execute("SELECT pg_current_wal_lsn() - '0/0'::pg_lsn").fetchone()
    return int(row[0]) if row else 0


def _erased(environment: dict[str, str], made: Past, driver: Driver) -> dict[str, Any]:
    command = [sys.executable, "-m", "allconnects", "bench-erase", str(made.organisation), str(driver.id)]
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)  # noqa: S603
    if done.returncode:
        raise BenchError(f"the erasure failed: {done.stderr.strip()[-300:]}")
    found: dict[str, Any] = json.loads(done.stdout.strip().splitlines()[-1])
    return found


def _check(connection: psycopg.Connection[Any], made: Past, driver: Driver) -> None:
    """Nothing of the person is there, everything of the others is."""
    if any(left(connection, made.organisation, driver)):
        raise BenchError("positions of the person are left")
    row = connection.execute(
        "SELECT count(*) FROM telemetry_segment WHERE organisation_id = %s AND device_id = ANY(%s)",
        (made.organisation, made.others),
    ).fetchone()
    if row is None or row[0] != made.days * len(made.others):
        raise BenchError("segments of others are gone")


def carry_out(organisation: int, person: str) -> int:
    """The hidden command ``bench-erase``: ask for the erasure of a person and carry it out as the worker does."""
    from uuid import UUID, uuid4

    rooms.load()
    from allconnects.accounts.tenancy import speaking_for
    from allconnects.kit import db
    from allconnects.privacy.erasure import engine, service
    from allconnects.privacy.subjects import Subject

    with db.connect("rights", autocommit=True) as connection:
        began, wal = time.monotonic(), _lsn(connection)
        with speaking_for(organisation):
            erasure = service.begin(Subject(organisation, UUID(person)), case=uuid4(), by=1)
        state = engine.run(organisation, erasure)
        ended, wal = time.monotonic(), _lsn(connection) - wal
        with speaking_for(organisation):
            progress = service.status(erasure)
    steps = {step.name: step.rows for step in progress.steps}
    said = {"began": began, "ended": ended, "wal": wal, "state": state, "gone": progress.gone, "steps": steps}
    print(json.dumps(said))  # noqa: T201
    return 0
