"""A database of Traccar on the test server: devices and positions come over, once, and from where it broke off."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import quote
from zoneinfo import ZoneInfo

import psycopg
import pytest

from allconnects.kit.errors import InvalidInput
from allconnects.telemetry.imports import traccar
from tests.telemetry.store.hot import Yard

TABLES = (
    "CREATE TABLE {}.tc_devices (id integer PRIMARY KEY, name varchar(128), uniqueid varchar(128), "
    "category varchar(128))",
    "CREATE TABLE {}.tc_positions (id serial PRIMARY KEY, protocol varchar(128), deviceid integer, "
    "servertime timestamp, devicetime timestamp, fixtime timestamp, valid boolean, "
    "latitude float8, longitude float8, altitude float8, "
    "speed float8, course float8, address varchar(512), attributes varchar(4000), accuracy float8)",
)


@pytest.fixture
def there(yard: Yard) -> Iterator[tuple[str, str]]:
    """URL and schema of a Traccar database that the owner of the test database made."""
    from allconnects.kit import db

    schema = f"traccar_{yard.organisation}"
    yard.owner.execute("SET ROLE NONE")  # on a server, who made the database; the owner of tables makes no schemas
    yard.owner.execute(f"CREATE SCHEMA {schema} AUTHORIZATION {db.role_name('owner')}")
    yard.owner.execute("RESET ROLE")
    for statement in TABLES:
        yard.owner.execute(statement.format(schema))
    given = psycopg.conninfo.conninfo_to_dict(db.conninfo("owner"))
    options = f"{given.get('options', '')} -c search_path={schema}".strip()
    query = "&".join(
        f"{name}={quote(str(value), safe='')}"
        for name, value in {**given, "options": options}.items()
        if name in ("host", "port", "user", "password", "options", "application_name")
    )
    yield f"postgresql:///{given['dbname']}?{query}", schema
    yard.owner.execute(f"DROP SCHEMA {schema} CASCADE")


def put(yard: Yard, schema: str, device: int, at: datetime, **extra: Any) -> None:
    values = {"valid": True, "latitude": 50.5, "longitude": 4.25, "speed": 10.0, "course": 90.0, "altitude": 5.0,
              "attributes": json.dumps({"ignition": True, "totalDistance": 5.5}), **extra}  # fmt: skip
    yard.owner.execute(
        f"INSERT INTO {schema}.tc_positions (deviceid, fixtime, {', '.join(values)}) "
        f"VALUES (%s, %s{', %s' * len(values)})",
        (device, at.replace(tzinfo=None), *values.values()),
    )


def migrate(yard: Yard, url: str, steps: int = 100) -> Any:
    from allconnects.accounts.models import Organisation
    from allconnects.accounts.tenancy import speaking_for
    from allconnects.telemetry.imports import migrate as use
    from allconnects.telemetry.imports import pieces

    digest, hot = traccar.fingerprint(url), pieces.writer()
    with traccar.opened(url, UTC) as source:
        with speaking_for(yard.organisation):
            planned = use.plan(source, digest)
            row, ids, _ = use.begin(Organisation(id=yard.organisation), planned, digest, "traccar")
        for _ in range(steps):
            with speaking_for(yard.organisation):
                row = use.step(row.pk, source, ids, hot)
            if row.stage != "running":
                break
    hot.close()
    return row


def test_devices_and_positions_come_over_once(yard: Yard, there: tuple[str, str], monkeypatch: Any) -> None:
    from allconnects.telemetry.imports import pieces

    monkeypatch.setattr(pieces, "SIZE", 40)
    url, schema = there
    known = yard.device()
    yard.owner.execute(
        f"INSERT INTO {schema}.tc_devices VALUES (1, 'Van', %s, 'van'), (2, 'Trailer', %s, 'trailer')",
        (known.identifier, f"t-{yard.organisation}"),
    )
    begin = datetime.now(UTC).replace(microsecond=0) - timedelta(days=3)
    for number in range(100):
        put(yard, schema, 1 + number % 2, begin + timedelta(seconds=number))
    put(yard, schema, 1, begin - timedelta(days=400))
    put(yard, schema, 1, begin + timedelta(hours=1), latitude=123.0)

    row = migrate(yard, url, steps=1)
    assert (row.stage, row.done, row.total, row.too_old) == ("running", 40, 101, 1), "broken off here"
    row = migrate(yard, url)
    assert (row.stage, row.done, row.wrong) == ("done", 61, 1), "goes on behind what was read"
    assert len(yard.times(known)) == 50
    kinds = dict(yard.owner.execute("SELECT name, kind FROM telemetry_device WHERE organisation_id = %s",
                                    (yard.organisation,)).fetchall())  # fmt: skip
    assert kinds["Trailer"] == "material"
    row = migrate(yard, url)
    assert (row.stage, row.total) == ("done", 0)
    stored = yard.owner.execute(
        "SELECT speed_kmh FROM telemetry_position WHERE organisation_id = %s LIMIT 1", (yard.organisation,)
    ).fetchone()
    assert stored is not None
    assert stored[0] == pytest.approx(18.52)


def test_times_of_a_server_in_another_zone(yard: Yard, there: tuple[str, str]) -> None:
    url, schema = there
    put(yard, schema, 1, datetime(2026, 7, 1, 12, tzinfo=UTC))
    with traccar.opened(url, ZoneInfo("Europe/Brussels")) as source:
        (found,) = source.positions(0, datetime(2026, 1, 1, tzinfo=UTC), 10)
    assert found.position is not None
    assert datetime.fromtimestamp((found.position.time_ms or 0) / 1000, UTC).hour == 10


def test_nothing_can_be_written_there(there: tuple[str, str]) -> None:
    with traccar.opened(there[0], UTC) as source, pytest.raises(traccar.SourceError):
        source._rows("DELETE FROM tc_devices")


@pytest.mark.parametrize("url", ["jdbc:h2:./data/database", "sqlite:///x", ""])
def test_other_databases_are_refused_in_one_line(url: str) -> None:
    with pytest.raises(InvalidInput, match="postgresql://"), traccar.opened(url, UTC):
        pass


def test_a_database_that_does_not_answer_is_told_without_its_password() -> None:
    with pytest.raises(traccar.SourceError) as told, traccar.opened("postgresql://u:pass@127.0.0.1:1/x", UTC):
        pass
    assert "pass" not in told.value.message


def test_the_fingerprint_leaves_the_password_out() -> None:
    one, two = (traccar.fingerprint(f"mysql://u:{secret}@db/traccar") for secret in ("a", "b"))
    assert one == two
