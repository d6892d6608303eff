"""``bench history``: one device-day and one device-month out of many positions, through the reader that pages use.

Sealed days are made of few encoded ones, each encrypted under the own key of its device as sealing does it, in the real
tables. The baseline is one row for each position with its attributes as JSON and an index on device and time, in the
order in which trackers report: ten records at a time.
"""

from __future__ import annotations

import json
import tempfile
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import numpy as np
import psycopg

from allconnects.accounts.tenancy import speak_for
from allconnects.bench.device_days import DeviceDay, brussels_midnight, day_of, made
from allconnects.bench.store import _ROWS, _migrate, _plain_rows, _register, hot_rows, settings_of
from allconnects.kit import clock, db
from allconnects.kit.postgres import EmbeddedPostgres
from allconnects.privacy.vault import STORAGE, Vault, device
from allconnects.privacy.vault.service import from_settings
from allconnects.telemetry.store.reader import track
from allconnects.telemetry.store.segment.crypt import Context, seal
from allconnects.telemetry.store.segment.format import VERSION, encode
from allconnects.telemetry.store.segments import KLASS, NOBODY

POSITIONS = 100_000_000
ROWS = 5_000_000
DAYS, MONTH, SAMPLES, PATTERNS = 60, 30, 25, 4
_WHO = "process:bench"
_TYPES = ["int4", "int4", "date", "text", "int2", "int4", "int4", *["timestamptz"] * 3, "bytea"]
_COLUMNS = (
    "organisation_id, device_id, day, subject, format, generation, count, received_from, received_to, sealed_at, data"
)
_FILL = """
    INSERT INTO bench_row SELECT d, b.fix_time + %(shift)s, valid, lat, lon, altitude, speed,
        course, attributes
    FROM bench_base b JOIN generate_series(0, %(devices)s - 1) d ON d %% %(patterns)s = b.device
    ORDER BY b.number / 10, d"""
_READ_ROWS = """
    SELECT fix_time, lat, lon, speed, course FROM bench_row
    WHERE device = %s AND fix_time >= %s AND fix_time < %s ORDER BY fix_time"""


@dataclass(frozen=True, slots=True)
class Fleet:
    """Sealed devices of one organisation, and the last full day they have."""

    organisation: int
    devices: list[int]
    positions: int
    last: date


def run(*, as_json: bool, positions: int, rows: int) -> int:
    """Measure and print. Returns the exit code."""
    with tempfile.TemporaryDirectory(prefix="allconnects-bench-") as folder:
        result = measure(Path(folder) / "home", positions, rows)
    if as_json:
        print(json.dumps(result))  # noqa: T201
    else:
        for name, value in result.items():
            print(f"{name:26} {value:>16,.2f}" if isinstance(value, float) else f"{name:26} {value:>16,}")  # noqa: T201
    return 0


def measure(home: Path, positions: int, rows: int) -> dict[str, Any]:
    """All figures, in a fresh store under ``home``. The server starts anew between filling and reading."""
    patterns, last = made(PATTERNS), clock.today() - timedelta(days=1)
    with settings_of(home):
        with EmbeddedPostgres(home) as postgres:
            _migrate(home)
            dsn = postgres.dsn.replace("dbname=postgres", "dbname=allconnects")
            started = time.perf_counter()
            fleet = _fill_segments(dsn, patterns, positions, last)
            fill_s = time.perf_counter() - started
            row_devices, row_count = _fill_rows(dsn, patterns, rows, last)
            sizes = _sizes(dsn, fleet.positions, row_count)
        with EmbeddedPostgres(home):
            sealed = _measure_sealed(fleet)
            plain = _measure_rows(dsn, row_devices, last)
    return {
        **sealed, **plain, "positions": fleet.positions, "devices": len(fleet.devices), "days": DAYS,
        "rows_positions": row_count, "rows_devices": row_devices, "rows_days": MONTH, **sizes, "fill_s": fill_s,
    }  # fmt: skip


def _fill_segments(dsn: str, patterns: Sequence[DeviceDay], positions: int, last: date) -> Fleet:
    per_day = sum(len(day.columns) for day in patterns) / len(patterns)
    with psycopg.connect(dsn, autocommit=True) as connection, from_settings() as vault:
        organisation, devices = _register(connection, max(1, round(positions / DAYS / per_day)))
        keys = _keys(vault, organisation, devices)
        count = 0
        for ago in range(DAYS):
            day = last - timedelta(days=ago)
            connection.execute("SELECT telemetry_make_segment_partition(%s)", (day,))
            plain = [_encoded(day_of(pattern, day)) for pattern in range(len(patterns))]
            with connection.cursor() as cursor, cursor.copy(_copy(day)) as copy:
                copy.set_types(_TYPES)
                for number, one in enumerate(devices):
                    data, received, length = plain[number % len(plain)]
                    sealed = seal(data, keys[one], Context(organisation, one, NOBODY, day))
                    count += length
                    copy.write_row((organisation, one, day, NOBODY, VERSION, 1, length, *received, received[1], sealed))
    return Fleet(organisation, devices, count, last)


def _copy(day: date) -> bytes:
    return f"COPY telemetry_segment_{day:%Y%m%d} ({_COLUMNS}) FROM STDIN (FORMAT BINARY)".encode()


def _keys(vault: Vault, organisation: int, devices: Sequence[int]) -> dict[int, bytes]:
    found: dict[int, bytes] = {}
    for one in devices:
        answer = vault.answers_for(organisation, [device(one)], KLASS, STORAGE, _WHO, make=True)[device(one)]
        assert isinstance(answer, bytes)
        found[one] = answer
    return found


def _encoded(day: DeviceDay) -> tuple[bytes, tuple[datetime, datetime], int]:
    """The segment in the clear, first and last receipt, positions."""
    rows = hot_rows(day)
    received = (_instant(int(rows.received_ms.min())), _instant(int(rows.received_ms.max())))
    return encode(rows), received, len(rows)


def _instant(ms: int) -> datetime:
    return datetime.fromtimestamp(ms / 1000, UTC)


def _fill_rows(dsn: str, patterns: Sequence[DeviceDay], rows: int, last: date) -> tuple[int, int]:
    """The same days as plain rows, for as many devices as make ``rows`` in a month. Returns devices and rows."""
    per_day = sum(len(day.columns) for day in patterns) / len(patterns)
    devices = max(PATTERNS, round(rows / MONTH / per_day))
    with psycopg.connect(dsn, autocommit=True) as connection:
        connection.execute(_ROWS)
        connection.execute("CREATE TABLE bench_base (LIKE bench_row, number integer NOT NULL)")
        with connection.cursor() as cursor, cursor.copy("COPY bench_base FROM STDIN") as copy:
            for pattern, day in enumerate(patterns):
                for number, row in enumerate(_plain_rows(day)):
                    copy.write_row((pattern, *row[1:], number))
        for ago in reversed(range(MONTH)):
            shift = brussels_midnight(last - timedelta(days=ago)) - brussels_midnight(patterns[0].day)
            connection.execute(
                _FILL, {"shift": timedelta(milliseconds=shift), "devices": devices, "patterns": len(patterns)}
            )
        connection.execute("DROP TABLE bench_base")
        connection.execute("CREATE INDEX ON bench_row (device, fix_time)")
        connection.execute("VACUUM ANALYZE bench_row")
        found = connection.execute("SELECT count(*) FROM bench_row").fetchone()
    return devices, int(found[0]) if found else 0


def _sizes(dsn: str, positions: int, rows: int) -> dict[str, float]:
    with psycopg.connect(dsn) as connection:
        row = connection.execute(
            "SELECT (SELECT sum(pg_total_relation_size(relid)) FROM pg_partition_tree('telemetry_segment')), "
            "pg_total_relation_size('bench_row')"
        ).fetchone()
    assert row is not None
    return {"bytes_per_position": float(row[0]) / positions, "rows_bytes_per_position": float(row[1]) / rows}


def _measure_sealed(fleet: Fleet) -> dict[str, float]:
    """Median ms over devices spread over the fleet: each the first time, without its key in memory, and again."""
    chosen = fleet.devices[:: max(1, len(fleet.devices) // SAMPLES)][:SAMPLES]
    result: dict[str, float] = {}
    with psycopg.connect(db.conninfo("web")) as connection, from_settings() as vault:
        speak_for(connection, fleet.organisation)
        for name, days in (("month", MONTH), ("day", 1)):

            def read(one: int, days: int = days) -> int:
                start, end = _window(fleet.last, days)
                with connection.cursor() as cursor:
                    found = track(cursor, fleet.organisation, one, start, end, vault=vault, who=_WHO)
                return len(found)

            first, again = _twice(read, chosen if name == "month" else _others(fleet.devices, chosen))
            result |= {f"{name}_ms": first, f"{name}_again_ms": again}
    return result


def _others(devices: Sequence[int], taken: Sequence[int]) -> list[int]:
    """As many devices that nothing was read of yet, where there are."""
    rest = sorted(set(devices) - set(taken)) or list(devices)
    return rest[:: max(1, len(rest) // SAMPLES)][:SAMPLES]


def _measure_rows(dsn: str, devices: int, last: date) -> dict[str, float]:
    result: dict[str, float] = {}
    numbers = list(range(devices))
    half = max(1, min(SAMPLES, devices // 2))
    with psycopg.connect(dsn) as connection:
        for name, days, chosen in (("month", MONTH, numbers[:half]), ("day", 1, numbers[half : 2 * half] or numbers)):

            def read(one: int, days: int = days) -> int:
                start, end = _window(last, days)
                rows = connection.execute(_READ_ROWS, (one, start, end)).fetchall()
                return len(np.array([row[1] for row in rows]))

            first, again = _twice(read, chosen)
            result |= {f"rows_{name}_ms": first, f"rows_{name}_again_ms": again}
    return result


def _window(last: date, days: int) -> tuple[datetime, datetime]:
    ends = (last - timedelta(days=days - 1), last + timedelta(days=1))
    start, end = (_instant(brussels_midnight(day)) for day in ends)
    return start, end


def _twice(read: Callable[[int], int], chosen: Sequence[int]) -> tuple[float, float]:
    first: list[float] = []
    again: list[float] = []
    for one in chosen:
        for took in (first, again):
            started = time.perf_counter()
            count = read(one)
            took.append((time.perf_counter() - started) * 1000)
            assert count, "nothing was read"
    return float(np.median(first)), float(np.median(again))
