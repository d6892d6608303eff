"""Rows of the vault: what a key is for, what it is bound to, and the SQL that reads and writes it.

Three levels: one row for an organisation, one for each of its subjects, one for each class of data of a subject.
The first two have the class ``*``. A row's ``parent`` is the id of the key (or of the root key) that wraps it.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any, Literal, NamedTuple, TypeAlias
from uuid import UUID

import psycopg

from allconnects.kit.errors import InvalidInput
from allconnects.privacy.vault import keys
from allconnects.privacy.vault.states import State

Connection: TypeAlias = "psycopg.Connection[Any]"
Kind = Literal["organisation", "person", "device"]
CLASSES = ("raw_position", "trip", "national_number")
"""The classes of data that have keys of their own."""
ALL = "*"
"""The class of a key that wraps others: that of an organisation or of a subject as a whole."""
CHANNEL = "allconnects_vault"
"""Where a change of a key is told: its id, or ``*`` when everything may have changed."""

_SUBJECT = re.compile(r"[0-9a-f-]{1,36}")
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


class Subject(NamedTuple):
    """Whom a key is about: a number or a UUID, as text."""

    kind: Kind
    id: str


def _subject(kind: Kind, number: int | str | UUID) -> Subject:
    text = str(number)
    if not _SUBJECT.fullmatch(text):
        raise InvalidInput("the subject of a key is a number or a UUID")
    return Subject(kind, text)


def organisation(number: int) -> Subject:
    """An organisation as a whole."""
    return _subject("organisation", number)


def person(number: int | str | UUID) -> Subject:
    """A person, by the number or UUID that the fleet knows it by."""
    return _subject("person", number)


def device(number: int) -> Subject:
    """A device, for what nobody is known to have driven."""
    return _subject("device", number)


class KeyRow(NamedTuple):
    """One row of ``vault_key``. ``wrapped`` is None in a destroyed one."""

    id: UUID
    parent: UUID
    organisation: int
    kind: Kind
    subject: str
    klass: str
    state: State
    wrapped: bytes | None
    created_at: datetime
    changed_at: datetime

    @property
    def place(self) -> Place:
        """Where the row stands in the hierarchy."""
        return Place(self.organisation, Subject(self.kind, self.subject), self.klass)


class Place(NamedTuple):
    """An organisation, a subject of it, a class: there is one key at most for each."""

    organisation: int
    subject: Subject
    klass: str

    @property
    def above(self) -> list[Place]:
        """The places from the organisation down to this one, itself included."""
        top = Place(self.organisation, organisation(self.organisation), ALL)
        whole = Place(self.organisation, self.subject, ALL)
        return list(dict.fromkeys((top, whole, self)))


def bound(vault: UUID, row: KeyRow) -> bytes:
    """What a wrapped key is bound to: every other column of its row, and the vault."""
    return keys.encoded(
        "allconnects vault key", vault, row.id, row.parent, row.organisation, row.kind, row.subject, row.klass,
        row.state, _micros(row.created_at), _micros(row.changed_at),
    )  # fmt: skip


def tag_of(secret: bytes, place: Place) -> bytes:
    """The name of a place in the ledger of what was destroyed."""
    return keys.tag(secret, "allconnects vault erased", place.organisation, *place.subject, place.klass)


def _micros(instant: datetime) -> int:
    return (instant - _EPOCH) // timedelta(microseconds=1)


COLUMNS = "id, parent, organisation_id, kind, subject, class, state, wrapped, created_at, changed_at"
_AT = f"""
SELECT {", ".join("k." + name for name in COLUMNS.split(", "))}
FROM unnest(%(kinds)s::text[], %(subjects)s::text[], %(classes)s::text[]) AS wanted (kind, subject, class)
JOIN vault_key k ON k.organisation_id = %(organisation)s
  AND (k.kind, k.subject, k.class) = (wanted.kind, wanted.subject, wanted.class)
ORDER BY k.kind = 'organisation' DESC, k.class <> '*', k.kind, k.subject, k.class"""


def rows_at(connection: Connection, places: Sequence[Place], lock: str = "") -> dict[Place, KeyRow]:
    """The rows that there are at places of one organisation and above them. ``lock``: such as ``FOR SHARE``."""
    wanted = {above for place in places for above in place.above}
    found = connection.execute(
        f"{_AT} {lock and lock + ' OF k'}".encode(),
        {
            "organisation": places[0].organisation,
            "kinds": [place.subject.kind for place in wanted],
            "subjects": [place.subject.id for place in wanted],
            "classes": [place.klass for place in wanted],
        },
    )
    rows = (KeyRow(*row) for row in found)
    return {row.place: row for row in rows}


def insert(connection: Connection, rows: Iterable[KeyRow]) -> None:
    """Add rows where there are none yet; a row of another process that came first stays."""
    with connection.cursor() as cursor:
        cursor.executemany(
            f"INSERT INTO vault_key ({COLUMNS}) VALUES (%s, %s, %s, %s, %s, %s, %s, %s, %s, %s) "
            "ON CONFLICT DO NOTHING".encode(),
            list(rows),
        )


def update(connection: Connection, row: KeyRow) -> None:
    """Write what may change of a row: its parent, its state and the wrapped key."""
    connection.execute(
        "UPDATE vault_key SET parent = %s, state = %s, wrapped = %s, changed_at = %s WHERE id = %s",
        (row.parent, row.state, row.wrapped, row.changed_at, row.id),
    )


def tell(connection: Connection, what: UUID | Literal["*"]) -> None:
    """Let every process that holds the key forget it, at commit."""
    connection.execute("SELECT pg_notify(%s, %s)", (CHANNEL, str(what)))


def note_change(connection: Connection, row: KeyRow, was: str, who: str, reason: str) -> None:
    """One line in the log of changes."""
    connection.execute(
        "INSERT INTO vault_change (at, organisation_id, key_id, was, became, who, reason) "
        "VALUES (%s, %s, %s, %s, %s, %s, %s)",
        (row.changed_at, row.organisation, row.id, was, row.state, who, reason),
    )
