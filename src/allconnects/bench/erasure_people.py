"""People with a long past for ``bench erasure``: sealed days in the real tables, hot positions, and who drove when.

A driver who takes three vehicles on every day of most of a year, yesterday hot: many intervals, segments and vehicles
make an erasure slower than one van for a whole year would. Sealed days are a few encoded ones of ``device_days``, the
same for every day, each encrypted for its day under the key of whom it belongs to: an erasure does not look inside.
"""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

import numpy as np
import psycopg

from allconnects.bench.device_days import day_of
from allconnects.bench.history import _COLUMNS, _TYPES, _encoded, _keys
from allconnects.kit import clock
from allconnects.privacy.vault import STORAGE, Vault, person
from allconnects.telemetry.store.hot import Batch, HotWriter, Part
from allconnects.telemetry.store.segment.crypt import Context, seal
from allconnects.telemetry.store.segment.format import VERSION
from allconnects.telemetry.store.segments import KLASS, NOBODY, bounds

A_DAY = 3
"""Vehicles that one person has on a day: each has a working day of positions."""
WHO = "process:bench"
_MOST_DAYS = 2000
_PERSON = """
    INSERT INTO fleet_person (organisation_id, id, first_name, last_name, number, joint_committee, languages, groups,
        created_at, changed_at, version) VALUES (%s, %s, 'Bench', %s, '', '', '{}', '{}', now(), now(), 1)"""
_DEVICES = """
    INSERT INTO telemetry_device (organisation_id, name, kind, identifier, protocol, secret_hash, created_at)
    SELECT %s, 'Bench', 'vehicle', %s || i, '', '', now() FROM generate_series(1, %s) i RETURNING id"""
_HAD = """
    INSERT INTO telemetry_occupancy (organisation_id, device_id, person, during)
    VALUES (%s, %s, %s, tstzrange(%s, %s))"""
_SEALED = "SELECT coalesce(sum(count), 0), count(*) FROM telemetry_segment WHERE organisation_id = %s AND subject = %s"
_HOT = "SELECT count(*) FROM telemetry_position WHERE organisation_id = %s AND device_id = ANY(%s)"


@dataclass(slots=True)
class Driver:
    """Whose past was made. ``sealed``, ``hot``: positions; ``segments``: rows that hold the first."""

    id: UUID
    devices: list[int]
    sealed: int = 0
    segments: int = 0
    hot: int = 0


@dataclass(slots=True)
class Past:
    """What was made of an organisation."""

    organisation: int
    drivers: list[Driver]
    others: list[int]
    days: int = 0
    keys: dict[int, bytes] = field(default_factory=dict)
    plain: list[Any] = field(default_factory=list)


def past(
    connection: psycopg.Connection[Any], vault: Vault, organisation: int, *, people: int, positions: int, others: int
) -> Past:
    """``people`` with at least ``positions`` each; ``others``: vehicles that nobody is known to have driven.

    The connection is of the superuser, autocommit. Yesterday is hot, what is older is sealed.
    """
    made = Past(organisation, [], _devices(connection, organisation, "other-", others))
    made.keys = _keys(vault, organisation, made.others)
    for number in range(people):
        driver = Driver(uuid4(), _devices(connection, organisation, f"driver{number}-", A_DAY))
        connection.execute(_PERSON, (organisation, driver.id, f"Driver {number}"))
        made.drivers.append(driver)
    yesterday = clock.today() - timedelta(days=1)
    made.plain = [_encoded(day_of(pattern, yesterday)) for pattern in range(A_DAY)]
    for driver in made.drivers:
        driver.hot = _hot(connection, organisation, driver, yesterday)
    while min(driver.sealed + driver.hot for driver in made.drivers) < positions and made.days < _MOST_DAYS:
        made.days += 1
        _day(connection, vault, made, yesterday - timedelta(days=made.days))
    # As in an old store: the first vacuum of leaves just filled writes as much log as the erasure.
    connection.execute("VACUUM (FREEZE, ANALYZE) telemetry_segment, telemetry_occupancy, telemetry_position")
    return made


def left(connection: psycopg.Connection[Any], organisation: int, driver: Driver) -> tuple[int, int, int]:
    """Positions in segments of a driver, segments, and hot positions of the vehicles."""
    sealed = connection.execute(_SEALED, (organisation, str(driver.id))).fetchone()
    hot = connection.execute(_HOT, (organisation, driver.devices)).fetchone()
    assert sealed is not None
    assert hot is not None
    return int(sealed[0]), int(sealed[1]), int(hot[0])


def _devices(connection: psycopg.Connection[Any], organisation: int, name: str, count: int) -> list[int]:
    found = connection.execute(_DEVICES, (organisation, name, count))
    return sorted(int(row[0]) for row in found.fetchall())


def _drove(connection: psycopg.Connection[Any], organisation: int, driver: Driver, day: date) -> None:
    start, end = bounds(day)
    for one in driver.devices:
        connection.execute(_HAD, (organisation, one, driver.id, start + timedelta(hours=4), end - timedelta(hours=2)))


def _day(connection: psycopg.Connection[Any], vault: Vault, made: Past, day: date) -> None:
    """One sealed day of everybody, in its leaf."""
    organisation = made.organisation
    connection.execute("SELECT telemetry_make_segment_partition(%s)", (day,))
    rows: list[tuple[Any, ...]] = []
    for driver in made.drivers:
        _drove(connection, organisation, driver, day)
        key = vault.answers_for(organisation, [person(driver.id)], KLASS, STORAGE, WHO, make=True)[person(driver.id)]
        assert isinstance(key, bytes)
        for one, (data, received, count) in zip(driver.devices, made.plain, strict=True):
            rows.append(_row(organisation, one, day, str(driver.id), data, key, received, count))
            driver.sealed += count
            driver.segments += 1
    for number, one in enumerate(made.others):
        data, received, count = made.plain[number % A_DAY]
        rows.append(_row(organisation, one, day, NOBODY, data, made.keys[one], received, count))
    statement = f"COPY telemetry_segment_{day:%Y%m%d} ({_COLUMNS}) FROM STDIN (FORMAT BINARY)".encode()
    with connection.cursor() as cursor, cursor.copy(statement) as copy:
        copy.set_types(_TYPES)
        for row in rows:
            copy.write_row(row)


def _row(
    organisation: int, device: int, day: date, subject: str, data: bytes, key: bytes,
    received: Sequence[datetime], count: int,
) -> tuple[Any, ...]:  # fmt: skip
    sealed = seal(data, key, Context(organisation, device, subject, day))
    return (organisation, device, day, subject, VERSION, 1, count, *received, received[1], sealed)


def _hot(connection: psycopg.Connection[Any], organisation: int, driver: Driver, day: date) -> int:
    """A day that came in just now, by the gateway's own writer."""
    _drove(connection, organisation, driver, day)
    writer, total = HotWriter(connection.info.dsn), 0
    for pattern, one in enumerate(driver.devices):
        columns = day_of(pattern, day).columns
        n = len(columns)
        part = Part(columns, np.full(n, organisation), np.full(n, one), np.ones(n, bool))
        writer.write(Batch([part], [(organisation, one)], set(), int(time.time() * 1000)))
        total += n
    writer.close()
    return total
