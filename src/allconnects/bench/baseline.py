"""The baselines of ``bench ingest``: what PostgreSQL does with the same positions when nothing else is asked."""

from __future__ import annotations

import time

import numpy as np
import psycopg

from allconnects.bench.frames import records

BATCH = 10_000
_FIXED = np.dtype(
    [("count", ">i2")]
    + [
        piece
        for name, kind in (
            ("device", ">i4"), ("fix_time", ">i8"), ("received_at", ">i8"), ("lat_e7", ">i4"), ("lon_e7", ">i4"),
            ("altitude_m", ">f4"), ("speed_kmh", ">f4"), ("course_deg", ">f4"), ("satellites", ">i2"),
            ("flags", ">i2"),
        )
        for piece in ((f"{name}_length", ">i4"), (name, kind))
    ]
)  # fmt: skip
_NAMES = [name for name in _FIXED.names or () if f"{name}_length" in (_FIXED.names or ())]
_TABLE = """
    CREATE TABLE {name} (device integer, fix_time timestamptz, received_at timestamptz NOT NULL,
        lat_e7 integer NOT NULL, lon_e7 integer NOT NULL, altitude_m real NOT NULL, speed_kmh real NOT NULL,
        course_deg real NOT NULL, satellites smallint NOT NULL, flags smallint NOT NULL,
        PRIMARY KEY (device, fix_time))"""


def copy_per_s(dsn: str, devices: int, start_ms: int, batches: int = 60) -> float:
    """Binary COPY and commit of 10,000 positions at a time, one connection, positions/s."""
    streams = [_stream(n, devices, start_ms) for n in range(batches)]
    with psycopg.connect(dsn, autocommit=True) as connection:
        connection.execute(_TABLE.format(name="baseline_copy"))
        started = time.perf_counter()
        for stream in streams:
            with connection.cursor() as cursor, cursor.copy("COPY baseline_copy FROM STDIN (FORMAT BINARY)") as copy:
                copy.write(stream)
        elapsed = time.perf_counter() - started
        connection.execute("DROP TABLE baseline_copy")
    return batches * BATCH / elapsed


def _stream(number: int, devices: int, start_ms: int) -> bytes:
    """The positions of 1,000 devices, ten each, as they come from ten-record frames."""
    rows = np.zeros(BATCH, _FIXED)
    rows["count"] = len(_NAMES)
    for name in _NAMES:
        rows[f"{name}_length"] = _FIXED[name].itemsize
    each = 10
    who = np.arange(BATCH // each) + number * (BATCH // each)
    sample = records(0, BATCH, start_ms, number)
    rows["device"] = np.repeat(who % devices, each)
    turn = np.repeat(who // devices, each) * each + np.tile(np.arange(each), len(who))
    rows["fix_time"] = (start_ms - 946_684_800_000 + turn * 1000) * 1000
    rows["received_at"] = (start_ms - 946_684_800_000) * 1000
    for name, source in (("lat_e7", "lat"), ("lon_e7", "lon"), ("altitude_m", "altitude"), ("speed_kmh", "speed"),
                         ("course_deg", "angle"), ("satellites", "satellites")):  # fmt: skip
        rows[name] = sample[source]
    rows["flags"] = 7
    return b"PGCOPY\n\xff\r\n\0" + bytes(8) + rows.tobytes() + b"\xff\xff"


def insert_per_s(dsn: str, start_ms: int, seconds: float = 3.0) -> float:
    """One INSERT and commit per position into the same table, positions/s."""
    sample = records(0, 20_000, start_ms, 1)
    statement = "INSERT INTO baseline_insert VALUES (%s, to_timestamp(%s), now(), %s, %s, %s, %s, %s, %s, 7)"
    with psycopg.connect(dsn, autocommit=True) as connection:
        connection.execute(_TABLE.format(name="baseline_insert"))
        started, count = time.perf_counter(), 0
        while time.perf_counter() - started < seconds:
            row = sample[count % len(sample)]
            connection.execute(
                statement,
                (
                    count % 1000, start_ms / 1000 + count, int(row["lat"]), int(row["lon"]), float(row["altitude"]),
                    float(row["speed"]), float(row["angle"]), int(row["satellites"]),
                ),
            )  # fmt: skip
            count += 1
        elapsed = time.perf_counter() - started
        connection.execute("DROP TABLE baseline_insert")
    return count / elapsed
