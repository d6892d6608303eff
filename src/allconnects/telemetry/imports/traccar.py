"""Reads a database of Traccar 4 or newer: devices and positions, by keyset, so that a reading can go on anywhere.

Tables and columns as Traccar's own schema names them (``tc_devices``, ``tc_positions``; folded to lower case by
PostgreSQL and MySQL alike). Speeds are in knots. Times are stored without a zone: UTC, unless the server of Traccar
ran in another one.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator
from contextlib import closing, contextmanager
from datetime import datetime, tzinfo
from typing import Any, Final, NamedTuple
from urllib.parse import unquote, urlsplit

import psycopg

from allconnects.kit.errors import AllconnectsError, InvalidInput
from allconnects.telemetry.codecs.base import Position

_KMH_OF_KNOTS: Final = 1.852
_KINDS: Final = {"person": "phone", "animal": "phone", "trailer": "material", "crane": "material"}
_DERIVED: Final = frozenset({"distance", "totalDistance", "motion", "hours"})
"""Computed by Traccar, not sent by the device."""
_DEVICES: Final = "SELECT id, name, uniqueid, category FROM tc_devices ORDER BY id"
_COLUMNS: Final = "id, deviceid, fixtime, valid, latitude, longitude, altitude, speed, course, accuracy, attributes"
_POSITIONS: Final = f"SELECT {_COLUMNS} FROM tc_positions WHERE id > %s AND fixtime >= %s ORDER BY id LIMIT %s"
_COUNT: Final = "SELECT count(*), min(fixtime), max(fixtime) FROM tc_positions WHERE id > %s AND fixtime >= %s"
_OLDER: Final = "SELECT count(*) FROM tc_positions WHERE id > %s AND fixtime < %s"


class SourceError(AllconnectsError):
    """The database of Traccar cannot be read."""

    code = "import_source"
    status = 422


class TraccarDevice(NamedTuple):
    """A device as Traccar knows it."""

    id: int
    name: str
    identifier: str
    kind: str


class TraccarPosition(NamedTuple):
    """A position with its id and that of its device; None where its place or time is unusable."""

    id: int
    device: int
    position: Position | None


class Traccar:
    """A connection to a database of Traccar. Nothing is ever written there."""

    def __init__(self, connection: Any, zone: tzinfo) -> None:
        self._connection = connection
        self._zone = zone

    def devices(self) -> list[TraccarDevice]:
        """All devices, by id."""
        return [
            TraccarDevice(row[0], row[1] or "", row[2] or "", _KINDS.get(row[3] or "", "vehicle"))
            for row in self._rows(_DEVICES)
        ]

    def count(self, after: int, since: datetime) -> tuple[int, datetime | None, datetime | None]:
        """Positions with a higher id since a moment, and the first and last time of them."""
        ((count, first, last),) = self._rows(_COUNT, after, self._there(since))
        return count, self._here(first), self._here(last)

    def older(self, after: int, since: datetime) -> int:
        """Positions that are older than the moment."""
        ((count,),) = self._rows(_OLDER, after, self._there(since))
        return int(count)

    def positions(self, after: int, since: datetime, most: int) -> list[TraccarPosition]:
        """The next positions by id."""
        return [self._position(row) for row in self._rows(_POSITIONS, after, self._there(since), most)]

    def _rows(self, statement: str, *values: object) -> list[tuple[Any, ...]]:
        try:
            with closing(self._connection.cursor()) as cursor:
                cursor.execute(statement, values)
                return list(cursor.fetchall())
        except Exception as error:  # each driver has its own errors
            raise SourceError(f"the database of Traccar cannot be read ({type(error).__name__})") from error

    def _there(self, moment: datetime) -> datetime:
        return moment.astimezone(self._zone).replace(tzinfo=None)

    def _here(self, moment: datetime | None) -> datetime | None:
        if moment is None:
            return None
        return moment if moment.tzinfo else moment.replace(tzinfo=self._zone)

    def _position(self, row: tuple[Any, ...]) -> TraccarPosition:
        number, device, at, valid, lat, lon, altitude, speed, course, accuracy, attributes = row
        moment = self._here(at)
        if moment is None or lat is None or lon is None or not (-90 <= lat <= 90 and -180 <= lon <= 180):
            return TraccarPosition(number, device, None)
        values = _attributes(attributes)
        if accuracy:
            values["accuracy"] = float(accuracy)
        kmh = None if speed is None else float(speed) * _KMH_OF_KNOTS
        found = Position(
            round(moment.timestamp() * 1000), bool(_bit(valid)), float(lat), float(lon),
            None if altitude is None else float(altitude), kmh, None if course is None else float(course), values,
        )  # fmt: skip
        return TraccarPosition(number, device, found)


def _bit(value: Any) -> Any:
    """MySQL's ``bit(1)`` comes as a byte."""
    return value != b"\0" if isinstance(value, bytes) else value


def _attributes(text: str | None) -> dict[str, Any]:
    """What the device said; what Traccar made of it is left out. Broken JSON is nothing said."""
    try:
        found = json.loads(text or "{}")
    except ValueError:
        return {}
    if not isinstance(found, dict):
        return {}
    return {str(name): value for name, value in found.items() if name not in _DERIVED}


def fingerprint(url: str) -> str:
    """Names a database without its password."""
    parts = urlsplit(url)
    return hashlib.sha256(f"{parts.hostname}:{parts.port}{parts.path}?{parts.query}".encode()).hexdigest()


def name_of(url: str) -> str:
    """What people see of it: the name of the database, no host and no password."""
    return urlsplit(url).path.strip("/")[:200] or "traccar"


@contextmanager
def opened(url: str, zone: tzinfo) -> Iterator[Traccar]:
    """A database by its URL: ``postgresql://…`` or ``mysql://…``. Raises SourceError, InvalidInput."""
    scheme = urlsplit(url).scheme
    if scheme in ("postgresql", "postgres"):
        connect = _postgres
    elif scheme in ("mysql", "mariadb"):
        connect = _mysql
    else:
        raise InvalidInput("the database must be named as postgresql://… or mysql://…; move H2 to one of these first")
    with closing(connect(url)) as connection:
        yield Traccar(connection, zone)


def _postgres(url: str) -> Any:
    try:
        connection = psycopg.connect(url, autocommit=True, connect_timeout=10)
        connection.execute("SET default_transaction_read_only = on")
        return connection
    except psycopg.Error as error:
        raise SourceError(f"the database of Traccar does not answer ({type(error).__name__})") from None


def _mysql(url: str) -> Any:
    try:
        import pymysql
    except ImportError:
        raise SourceError("reading MySQL needs the driver: pip install 'allconnects[mysql]'") from None
    parts = urlsplit(url)
    try:
        return pymysql.connect(
            host=parts.hostname or "localhost", port=parts.port or 3306, user=unquote(parts.username or ""),
            password=unquote(parts.password or ""), database=parts.path.strip("/"), autocommit=True, connect_timeout=10,
        )  # fmt: skip
    except pymysql.Error as error:
        raise SourceError(f"the database of Traccar does not answer ({type(error).__name__})") from None
