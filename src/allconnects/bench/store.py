"""``bench store``: what a position costs sealed, hot, and as a plain row; and how fast it is sealed and read.

Real tables in a fresh embedded store, with their indexes, measured by the database itself. Sealed days are
written for as many devices as it takes for pages that are not full to count for nothing.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import numpy as np
import psycopg

from allconnects.bench.device_days import DeviceDay, from_csv, made, total
from allconnects.bench.ingest import BenchError
from allconnects.kit import config, db
from allconnects.kit.postgres import EmbeddedPostgres
from allconnects.privacy.vault.service import from_settings
from allconnects.telemetry.store import blob
from allconnects.telemetry.store.hot import Batch, HotWriter, Part
from allconnects.telemetry.store.sealing import seal_day
from allconnects.telemetry.store.segment.crypt import Context, seal, unseal
from allconnects.telemetry.store.segment.format import encode, open_segment
from allconnects.telemetry.store.segment.positions import Positions, from_columns

DAYS = 24
READ = ("time_ms", "lat_e7", "lon_e7", "speed_kmh")
_AT_LEAST_BYTES = 24 << 20
_KEY_BYTES = 32
_MIN_SECONDS = 1.0

_SEGMENTS = """
    CREATE TABLE bench_segment (organisation_id integer NOT NULL, device_id integer NOT NULL, day date NOT NULL,
        subject text NOT NULL, format smallint NOT NULL, generation integer NOT NULL, count integer NOT NULL,
        received_from timestamptz NOT NULL, received_to timestamptz NOT NULL, sealed_at timestamptz NOT NULL,
        sealed bytea STORAGE EXTERNAL NOT NULL, PRIMARY KEY (organisation_id, device_id, day, subject))"""
_ROW_HEADER = 28
"""Bytes of a row before its columns: line pointer and header."""
_SEGMENT_COLUMNS = " + ".join(
    f"pg_column_size({name})"
    for name in (
        "organisation_id", "device_id", "day", "subject", "format", "generation", "count", "received_from",
        "received_to", "sealed_at", "sealed",
    )
)  # fmt: skip
_ROWS = """
    CREATE TABLE bench_row (device integer NOT NULL, fix_time timestamptz NOT NULL, valid boolean NOT NULL,
        lat double precision NOT NULL, lon double precision NOT NULL, altitude real, speed real, course real,
        attributes jsonb NOT NULL)"""


def run(*, as_json: bool, file: Path | None) -> int:
    """Measure and print. Returns the exit code. Raises InvalidInput for a file that cannot be read."""
    days = from_csv(file) if file else made(DAYS)
    with tempfile.TemporaryDirectory(prefix="allconnects-bench-") as folder:
        result = measure(Path(folder) / "home", days)
    if as_json:
        print(json.dumps(result))  # noqa: T201
    else:
        for name, value in result.items():
            print(f"{name:34} {value:>14,.2f}" if isinstance(value, float) else f"{name:34} {value:>14,}")  # noqa: T201
    return 0


def measure(home: Path, days: Sequence[DeviceDay]) -> dict[str, Any]:
    """All figures over these days, in a fresh store under ``home``."""
    positions = [hot_rows(day) for day in days]
    key = os.urandom(_KEY_BYTES)
    sealed, seal_s = _timed(lambda: [_seal(day, rows, key) for day, rows in zip(days, positions, strict=True)])
    _, read_s = _timed(lambda: [_read(day, data, key) for day, data in zip(days, sealed, strict=True)])
    count = total(days)
    with settings_of(home), EmbeddedPostgres(home) as postgres:
        _migrate(home)
        dsn = postgres.dsn.replace("dbname=postgres", "dbname=allconnects")
        bytes_sealed, on_disk = _sealed_bytes(dsn, days, sealed)
        bytes_hot = _hot_bytes(dsn, days)
        seal_whole_s = _seal_in_database(days)
        bytes_rows = _row_bytes(dsn, days)
    return {
        "bytes_per_position_sealed": bytes_sealed,
        "bytes_per_position_hot": bytes_hot / count,
        "bytes_per_position_rows": bytes_rows / count,
        "seal_per_s": count / seal_s,
        "seal_with_database_per_s": count / seal_whole_s,
        "read_per_s": count / read_s,
        "bytes_per_position_sealed_on_disk": on_disk,
        "positions": count,
        "segments": len(days),
    }


def hot_rows(day: DeviceDay) -> Positions:
    """The day as the sealer finds it in the hot table."""
    rows = from_columns(day.columns, int(day.received_ms[-1]))
    rows.received_ms = day.received_ms
    return rows


def _context(day: DeviceDay, device: int) -> Context:
    return Context(1, device, f"device:{device}", day.day)


def _seal(day: DeviceDay, rows: Positions, key: bytes) -> bytes:
    return seal(encode(rows), key, _context(day, day.device))


def _read(day: DeviceDay, sealed: bytes, key: bytes) -> int:
    segment = open_segment(unseal(sealed, key, _context(day, day.device)))
    return sum(len(segment.column(name)) for name in READ)


def _timed(work: Callable[[], Any]) -> tuple[Any, float]:
    """The result, and the median of the seconds it takes, over at least a second."""
    took: list[float] = []
    while sum(took) < _MIN_SECONDS:
        started = time.perf_counter()
        result = work()
        took.append(time.perf_counter() - started)
    return result, float(np.median(took))


@contextmanager
def settings_of(home: Path) -> Iterator[None]:
    """This process as one of the platform's: where its database and its vault are."""
    before = dict(os.environ)
    for name in [name for name in os.environ if name.startswith("ALLCONNECTS_") or name == "DATABASE_URL"]:
        del os.environ[name]
    os.environ.update(ALLCONNECTS_HOME=str(home), ALLCONNECTS_VAULT_ROOT=f"{home}.root")
    config.current.cache_clear()
    try:
        yield
    finally:
        os.environ.clear()
        os.environ.update(before)
        config.current.cache_clear()


def _migrate(home: Path) -> None:
    kept = {k: v for k, v in os.environ.items() if not k.startswith("ALLCONNECTS_") and k != "DATABASE_URL"}
    own = {"ALLCONNECTS_HOME": str(home), "ALLCONNECTS_VAULT_ROOT": f"{home}.root"}
    command = [sys.executable, "-m", "allconnects", "migrate"]
    done = subprocess.run(command, env={**kept, **own}, capture_output=True, text=True, check=False)  # noqa: S603
    if done.returncode:
        raise BenchError(f"'allconnects migrate' failed: {done.stderr.strip()[-300:]}")


def _size(connection: psycopg.Connection, table: str) -> int:
    connection.execute(f"VACUUM ANALYZE {table}")
    row = connection.execute("SELECT pg_total_relation_size(%s)", (table,)).fetchone()
    return int(row[0]) if row else 0


def _sealed_bytes(dsn: str, days: Sequence[DeviceDay], sealed: Sequence[bytes]) -> tuple[float, float]:
    """Bytes a position of segments: of the rows with all that is in them and their index, and of the table's pages.

    The second has the pages of large values, too, which the database fills to nineteen twentieths.
    """
    devices = -(-_AT_LEAST_BYTES // sum(map(len, sealed)))
    with psycopg.connect(dsn, autocommit=True) as connection:
        connection.execute(_SEGMENTS)
        with connection.cursor() as cursor, cursor.copy("COPY bench_segment FROM STDIN (FORMAT BINARY)") as copy:
            copy.set_types(["int4", "int4", "date", "text", "int2", "int4", "int4", *["timestamptz"] * 3, "bytea"])
            for device in range(devices):
                for number, (day, data) in enumerate(zip(days, sealed, strict=True)):
                    copy.write_row(_segment_row(device * len(days) + number, day, data))
        on_disk = _size(connection, "bench_segment")
        row = connection.execute(
            f"SELECT sum({_ROW_HEADER} + {_SEGMENT_COLUMNS}) + pg_indexes_size('bench_segment') FROM bench_segment"
        ).fetchone()
        connection.execute("DROP TABLE bench_segment")
    count = devices * total(days)
    return float(row[0]) / count if row else 0.0, on_disk / count


def _segment_row(device: int, day: DeviceDay, data: bytes) -> tuple[Any, ...]:
    received = [_instant(int(ms)) for ms in (day.received_ms.min(), day.received_ms.max())]
    return (1, device, day.day, f"device:{device}", 1, 1, len(day.columns), *received, received[1], data)


def _instant(ms: int) -> datetime:
    return datetime.fromtimestamp(ms / 1000, UTC)


def _hot_bytes(dsn: str, days: Sequence[DeviceDay]) -> int:
    """The hot table with its index, written by the gateway's writer."""
    now = int(time.time() * 1000)
    with psycopg.connect(dsn, autocommit=True) as connection:
        organisation, devices = _register(connection, 1 + max(day.device for day in days))
        writer = HotWriter(dsn)
        for day in days:
            n, device = len(day.columns), devices[day.device]
            part = Part(day.columns, np.full(n, organisation), np.full(n, device), np.ones(n, bool))
            writer.write(Batch([part], [(organisation, device)], set(), now))
        writer.close()
        leaves = connection.execute("SELECT relid::regclass::text FROM pg_partition_tree('telemetry_position')")
        return sum(_size(connection, name) for (name,) in leaves.fetchall() if name != "telemetry_position")


def _seal_in_database(days: Sequence[DeviceDay]) -> float:
    """Seconds that the worker needs for what was just written: read, cut, encode, verify, encrypt, write, commit."""
    took = 0.0
    with db.connect("worker", autocommit=True) as connection, from_settings() as vault:
        rows = connection.execute("SELECT organisation_id, id FROM telemetry_device ORDER BY id").fetchall()
        for day in days:
            organisation, device = rows[day.device]
            started = time.perf_counter()
            outcome = seal_day(connection, vault, organisation, device, day.day)
            took += time.perf_counter() - started
            assert outcome.positions == len(day.columns), "not all was sealed"
    return took


def _register(connection: psycopg.Connection, count: int) -> tuple[int, list[int]]:
    row = connection.execute(
        "INSERT INTO accounts_organisation (name, slug, takes_unknown_devices, created_at) "
        "VALUES ('Bench', 'bench', true, now()) RETURNING id"
    ).fetchone()
    organisation = int(row[0]) if row else 0
    found = connection.execute(
        "INSERT INTO telemetry_device (organisation_id, name, kind, identifier, protocol, secret_hash, created_at) "
        "SELECT %s, 'Bench', 'vehicle', i::text, '', '', now() FROM generate_series(1, %s) i RETURNING id",
        (organisation, count),
    )
    return organisation, sorted(int(row[0]) for row in found.fetchall())


def _row_bytes(dsn: str, days: Sequence[DeviceDay]) -> int:
    """One row for each position with its attributes as JSON, and an index on device and time."""
    with psycopg.connect(dsn, autocommit=True) as connection:
        connection.execute(_ROWS)
        with connection.cursor() as cursor, cursor.copy("COPY bench_row FROM STDIN") as copy:
            for day in days:
                for row in _plain_rows(day):
                    copy.write_row(row)
        connection.execute("CREATE INDEX ON bench_row (device, fix_time)")
        return _size(connection, "bench_row")


def _plain_rows(day: DeviceDay) -> list[tuple[Any, ...]]:
    columns = day.columns
    measures = [
        [None if value != value else value for value in column.tolist()]
        for column in (columns.altitude_m, columns.speed_kmh, columns.course_deg)
    ]
    attributes = [json.dumps(blob.decode(columns.blob(index))) for index in range(len(columns))]
    times = [_instant(ms) for ms in columns.time_ms.tolist()]
    valid, lat, lon = columns.valid.tolist(), (columns.lat_e7 / 1e7).tolist(), (columns.lon_e7 / 1e7).tolist()
    return [(day.device, *row) for row in zip(times, valid, lat, lon, *measures, attributes, strict=True)]
