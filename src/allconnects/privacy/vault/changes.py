"""Changes of state: restrict, hold, release, destroy; and the ledger made equal to what was destroyed."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from uuid import UUID, uuid4

from allconnects.kit import clock
from allconnects.privacy.vault.chain import Opener, chain_of, made
from allconnects.privacy.vault.errors import KeyDestroyed, MoveRefused
from allconnects.privacy.vault.identity import LOCK, Identity
from allconnects.privacy.vault.ledger import Ledger
from allconnects.privacy.vault.rows import (
    ALL,
    COLUMNS,
    Connection,
    KeyRow,
    Place,
    insert,
    note_change,
    rows_at,
    tag_of,
    tell,
    update,
)
from allconnects.privacy.vault.states import State, moved

_NOBODY = UUID(int=0)
"""The parent of a key that was destroyed before it was ever made."""


def change(connection: Connection, opener: Opener, place: Place, new: State, who: str, reason: str) -> bool:
    """Move the key of a place to another state, making it first when there is none. Not for ``destroyed``.

    Returns whether anything changed. Raises MoveRefused, KeyDestroyed when it or a key above it is destroyed.
    """
    with connection.transaction():
        connection.execute("SELECT pg_advisory_xact_lock(%s)", (LOCK,))
        chain = chain_of(made(connection, opener, [place]), place)
        if chain is None or any(row.state == "destroyed" for row in chain[:-1]):
            raise KeyDestroyed("the key was destroyed: it has no other state any more")
        *above, row = chain
        if not moved(row.state, new):
            return False
        key = opener.open(chain).key
        changed = opener.rewrapped(row._replace(state=new, changed_at=clock.now()), key, above)
        update(connection, changed)
        note_change(connection, changed, row.state, who, reason)
        tell(connection, row.id)
        return True


def destroy(connection: Connection, identity: Identity, place: Place, who: str, reason: str) -> bool:
    """Destroy the key of a place and all under it; a place that has none gets none later either.

    Returns False when it was destroyed before. Raises MoveRefused while it, a key above or one under it is held.
    """
    with connection.transaction():
        alone(connection)
        rows = _locked(connection, place)
        own = rows.get(place)
        if own is not None and own.state == "destroyed":
            return False
        if any(row.state == "held" for row in rows.values()):
            raise MoveRefused("a legal hold is on these data: they cannot be destroyed before it is lifted")
        now = clock.now()
        under = [row for row in rows.values() if row.state != "destroyed" and place in row.place.above]
        _end(connection, under, now, who, reason)
        if own is None:
            _bury(connection, place, now, who, reason)
        remember(connection, [tag_of(identity.secret, place)], now)
        sweep_numbers(connection)
        return True


def sweep_numbers(connection: Connection) -> None:
    """National numbers whose key is destroyed go too: their keyed hash would still stand for the person."""
    connection.execute(
        "DELETE FROM vault_number n USING vault_key k WHERE k.organisation_id = n.organisation_id "
        "AND k.kind = 'person' AND k.subject = n.person::text AND k.state = 'destroyed' "
        "AND k.class IN ('*', 'national_number')"
    )


def alone(connection: Connection) -> None:
    """Until the transaction ends nobody else changes a key, and nobody makes one."""
    connection.execute("SELECT pg_advisory_xact_lock(%s)", (LOCK,))
    connection.execute("SELECT 1 FROM vault_meta FOR UPDATE")


def _locked(connection: Connection, place: Place) -> dict[Place, KeyRow]:
    """The rows above a place and all under it, locked from the top down."""
    rows = rows_at(connection, [place], "FOR UPDATE")
    if place.klass == ALL:
        own_subject = "" if place.subject.kind == "organisation" else " AND kind = %(kind)s AND subject = %(subject)s"
        found = connection.execute(
            f"SELECT {COLUMNS} FROM vault_key WHERE organisation_id = %(organisation)s{own_subject} "
            "ORDER BY kind = 'organisation' DESC, class <> '*', kind, subject, class FOR UPDATE".encode(),
            {"organisation": place.organisation, "kind": place.subject.kind, "subject": place.subject.id},
        )
        rows |= {row.place: row for row in (KeyRow(*values) for values in found)}
    return {one: row for one, row in rows.items() if one in place.above or place in one.above}


def _end(connection: Connection, rows: Iterable[KeyRow], now: datetime, who: str, reason: str) -> None:
    for row in rows:
        ended = row._replace(state="destroyed", wrapped=None, changed_at=now)
        update(connection, ended)
        note_change(connection, ended, row.state, who, reason)
        tell(connection, row.id)


def _bury(connection: Connection, place: Place, now: datetime, who: str, reason: str) -> None:
    """A row that stands where a key would be made."""
    row = KeyRow(
        uuid4(), _NOBODY, place.organisation, *place.subject, place.klass, "destroyed", None, now, now
    )  # fmt: skip
    insert(connection, [row])
    note_change(connection, row, "none", who, reason)


def remember(connection: Connection, tags: Iterable[bytes], now: datetime) -> None:
    """Note in the database what the ledger has, or will have."""
    with connection.cursor() as cursor:
        cursor.executemany(
            "INSERT INTO vault_erased (tag, erased_at) VALUES (%s, %s) ON CONFLICT DO NOTHING",
            [(tag, now) for tag in tags],
        )


def reconcile(connection: Connection, identity: Identity, ledger: Ledger) -> int:
    """Make ledger and database agree: what either knows to be destroyed is destroyed. Returns how many keys went.

    A database that was put back from a copy made before a destruction loses those keys again, held or not: the
    ledger only ever learns of what was committed.
    """
    with connection.transaction():
        alone(connection)
        here = {bytes(row[0]) for row in connection.execute("SELECT tag FROM vault_erased")}
        there = ledger.tags(identity.vault)
        gone = _again(connection, identity, there - here) if there - here else []
        sweep_numbers(connection)
        remember(connection, there - here, clock.now())
    ledger.add(identity.vault, sorted(here - there))
    return len(gone)


def _again(connection: Connection, identity: Identity, tags: set[bytes]) -> list[KeyRow]:
    found = connection.execute(f"SELECT {COLUMNS} FROM vault_key WHERE state <> 'destroyed'".encode())
    gone = [row for row in (KeyRow(*values) for values in found) if is_erased(identity, row, tags)]
    connection.execute(
        "UPDATE vault_key SET state = 'restricted' WHERE state = 'held' AND id = ANY (%s)", ([row.id for row in gone],)
    )
    _end(connection, gone, clock.now(), "process:vault", "ledger")
    return gone


def is_erased(identity: Identity, row: KeyRow, tags: set[bytes]) -> bool:
    """Whether the ledger says that a row, or one above it, was destroyed."""
    return any(tag_of(identity.secret, place) in tags for place in row.place.above)
