"""``bench report``: the month overview of a fleet from stored trips, beside the same from its raw positions.

A fresh embedded store holds a month of sealed, encrypted positions. The trips are computed by the code of the worker
(those of vans with the same positions once), and asked for as the pages ask.
"""

from __future__ import annotations

import json
import os
import tempfile
import time
from collections.abc import Sequence
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import numpy as np
import psycopg

from allconnects.bench.device_days import DeviceDay, brussels_midnight, day_of
from allconnects.bench.store import hot_rows
from allconnects.kit import clock, config, db
from allconnects.kit.postgres import EmbeddedPostgres
from allconnects.telemetry.store.rows import take
from allconnects.telemetry.store.segment.crypt import Context, seal
from allconnects.telemetry.store.segment.format import VERSION, encode
from allconnects.trips.store.rows import STOP_COLUMNS, TRIP_COLUMNS

VEHICLES, POSITIONS = 1000, 20_000_000
PATTERNS = 20
"""Different vans; the others repeat one of them, sealed under keys of their own."""
_ROUNDS = 7
_KEEP_DAYS = 60


def run(*, as_json: bool, vehicles: int = VEHICLES, positions: int = POSITIONS) -> int:
    """Measure and print. Returns the exit code."""
    with tempfile.TemporaryDirectory(prefix="allconnects-bench-") as folder:
        result = measure(Path(folder), vehicles, positions)
    if as_json:
        print(json.dumps(result))  # noqa: T201
    else:
        for name, value in result.items():
            print(f"{name:24} {value:>16,.1f}" if isinstance(value, float) else f"{name:24} {value:>16}")  # noqa: T201
    return 0


def measure(folder: Path, vehicles: int, positions: int) -> dict[str, Any]:
    """All figures, in a store of its own under ``folder``."""
    first = clock.now().date().replace(day=1)
    month = (first - timedelta(days=1)).replace(day=1)
    for name in [name for name in os.environ if name.startswith("ALLCONNECTS_")]:
        del os.environ[name]
    os.environ.pop("DATABASE_URL", None)
    os.environ["ALLCONNECTS_HOME"] = str(folder / "home")
    os.environ["ALLCONNECTS_VAULT_ROOT"] = str(folder / "vault.root")
    os.environ["DJANGO_SETTINGS_MODULE"] = "allconnects.site.settings"
    config.current.cache_clear()
    with EmbeddedPostgres(folder / "home"), clock.at(datetime(first.year, first.month, 3, tzinfo=UTC)):
        return _measured(month, vehicles, positions)


def _measured(month: date, vehicles: int, positions: int) -> dict[str, Any]:
    import django

    from allconnects.privacy.vault.service import from_settings
    from allconnects.site.migrate import migrate

    migrate()
    db.set_process_role("web")
    django.setup()
    days = [day for day in _days(month) if day.weekday() < 5]
    patterns = [_pattern(number, days, positions // vehicles // len(days)) for number in range(PATTERNS)]
    with db.connect("owner", autocommit=True) as owner, from_settings() as vault:
        organisation, devices = _fleet(owner, vehicles)
        sealed = _seal(vault, organisation, devices, patterns)
        count = _store(owner, organisation, sealed)
        owner.execute("ANALYZE")
        compute_s = _compute(vault, organisation, devices[:PATTERNS], days)
        _copy(owner, devices)
        # As autovacuum does after so many new rows.
        owner.execute("VACUUM ANALYZE")
        from_trips_ms, rows = _from_trips(organisation, month)
        raw_s, raw_rows = _from_raw(vault, organisation, devices, month)
        trips = owner.execute("SELECT count(*) FROM trips_trip").fetchone()
    return {
        "from_trips_ms": from_trips_ms, "from_raw_ms": raw_s * 1000, "ratio": raw_s * 1000 / from_trips_ms,
        "compute_positions_per_s": count * min(PATTERNS, vehicles) / vehicles / compute_s,
        "vehicles": vehicles, "positions": count,
        "trips": int(trips[0]) if trips else 0, "rows": len(rows), "same_trips": rows == raw_rows,
    }  # fmt: skip


def _days(month: date) -> list[date]:
    following = (month + timedelta(days=32)).replace(day=1)
    return [month + timedelta(days=at) for at in range((following - month).days)]


def _pattern(number: int, days: Sequence[date], each: int) -> list[DeviceDay]:
    """A month of one van, with about ``each`` positions a day."""
    found = []
    for at, day in enumerate(days):
        one = day_of(number, day, seed=number * 100 + at)
        step = max(len(one.columns) / each, 1.0)
        index = np.unique((np.arange(int(len(one.columns) / step)) * step).astype(np.int64))
        found.append(DeviceDay(one.device, one.day, take(one.columns, index), one.received_ms[index]))
    return found


def _fleet(owner: psycopg.Connection[Any], count: int) -> tuple[int, list[int]]:
    row = owner.execute(
        "INSERT INTO accounts_organisation (name, slug, takes_unknown_devices, created_at) "
        "VALUES ('Bench', 'bench', false, now()) RETURNING id"
    ).fetchone()
    organisation = int(row[0]) if row else 0
    found = owner.execute(
        "INSERT INTO telemetry_device (organisation_id, name, kind, identifier, protocol, secret_hash, created_at) "
        "SELECT %s, 'Bench', 'vehicle', i::text, '', '', now() FROM generate_series(1, %s) i RETURNING id",
        (organisation, count),
    )
    return organisation, sorted(int(row[0]) for row in found.fetchall())


def _seal(vault: Any, organisation: int, devices: Sequence[int], patterns: Sequence[Sequence[DeviceDay]]) -> Any:
    """Rows of segments: of each device the pattern of its turn, encoded once, encrypted for each."""
    from allconnects.privacy.vault import STORAGE, device
    from allconnects.telemetry.store.segments import KLASS

    plain = [[(day, encode(hot_rows(day))) for day in pattern] for pattern in patterns]
    subjects = [device(number) for number in devices]
    keys = vault.answers_for(organisation, subjects, KLASS, STORAGE, "process:worker", make=True)
    for place, (number, subject) in enumerate(zip(devices, subjects, strict=True)):
        for day, data in plain[place % len(plain)]:
            yield number, day, seal(data, keys[subject], Context(organisation, number, "", day.day))


def _store(owner: psycopg.Connection[Any], organisation: int, sealed: Any) -> int:
    """Write segments. Returns how many positions they hold."""
    made, count = set(), 0
    rows = []
    for number, day, data in sealed:
        if day.day not in made:
            owner.execute("SELECT telemetry_make_segment_partition(%s)", (day.day,))
            made.add(day.day)
        received = [datetime.fromtimestamp(int(ms) / 1000, UTC) for ms in (day.received_ms[0], day.received_ms[-1])]
        size = len(day.columns)
        rows.append((organisation, number, day.day, "", VERSION, 1, size, *received, received[1], data))
        count += size
    with owner.cursor() as cursor, cursor.copy("COPY telemetry_segment FROM STDIN (FORMAT BINARY)") as copy:
        copy.set_types(["int4", "int4", "date", "text", "int2", "int4", "int4", *["timestamptz"] * 3, "bytea"])
        for row in rows:
            copy.write_row(row)
    return count


def _compute(vault: Any, organisation: int, devices: Sequence[int], days: Sequence[date]) -> float:
    """What the worker does. Returns the seconds it took."""
    from allconnects.trips.jobs import WHO
    from allconnects.trips.recompute import Work, recompute

    first, last = (datetime.fromtimestamp(brussels_midnight(day) / 1000, UTC) for day in (days[0], days[-1]))
    started = time.perf_counter()
    with db.connect("worker", autocommit=True) as worker:
        for device in devices:
            with worker.transaction(), worker.cursor() as cursor:
                recompute(Work(cursor, organisation, device, _KEEP_DAYS, WHO, vault), first, last + timedelta(days=1))
    return time.perf_counter() - started


def _copy(owner: psycopg.Connection[Any], devices: Sequence[int]) -> None:
    """Devices with the same positions have the same trips."""
    for table, columns in (("trips_trip", TRIP_COLUMNS), ("trips_stop", (*STOP_COLUMNS, "shown"))):
        rest = ", ".join(("computed_at", *columns[2:]))
        owner.execute(
            f"INSERT INTO {table} (organisation_id, id, device_id, {rest}) "
            f"SELECT organisation_id, nextval('trips_number'), to_id, {rest} FROM {table} "
            "JOIN unnest(%s::int[], %s::int[]) AS pair (from_id, to_id) ON device_id = from_id",
            ([devices[at % PATTERNS] for at in range(PATTERNS, len(devices))], list(devices[PATTERNS:])),
        )


def _from_trips(organisation: int, month: date) -> tuple[float, list[tuple[int, date, int]]]:
    """The median time of the overview that the pages show, and what it says: device, day, trips."""
    from allconnects.accounts.tenancy import speaking_for
    from allconnects.trips.services import month_overview

    took = []
    for _ in range(_ROUNDS):
        started = time.perf_counter()
        with speaking_for(organisation):
            found = month_overview(organisation, month)
        took.append(time.perf_counter() - started)
    return float(np.median(took)) * 1000, sorted((one.device or 0, one.day, one.trips) for one in found)


def _from_raw(
    vault: Any, organisation: int, devices: Sequence[int], month: date
) -> tuple[float, list[tuple[int, date, int]]]:
    """The same out of the positions of every device: read, detect, count by day. Returns seconds and rows."""
    from allconnects.trips.detector import detect
    from allconnects.trips.jobs import WHO
    from allconnects.trips.recompute import Work
    from allconnects.trips.rules import rules_for

    start = brussels_midnight(month)
    end = brussels_midnight((month + timedelta(days=32)).replace(day=1))
    edges = np.array([brussels_midnight(day) for day in _days(month)])
    rules, rows, started = rules_for("vehicle"), [], time.perf_counter()
    with db.connect("worker", autocommit=True) as worker:
        for device in devices:
            with worker.transaction(), worker.cursor() as cursor:
                track = Work(cursor, organisation, device, _KEEP_DAYS, WHO, vault).load(start, end)
            found = detect(track, rules).trips
            at = np.searchsorted(edges, [trip.start_ms for trip in found], side="right") - 1
            for place, trips in zip(*np.unique(at, return_counts=True), strict=True):
                rows.append((device, month + timedelta(days=int(place)), int(trips)))
    return time.perf_counter() - started, sorted(rows)
