"""A new root key for the vault. Every step can be the last before a crash: the next run goes on from there."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple
from uuid import UUID

from allconnects.privacy.vault import keys
from allconnects.privacy.vault.changes import alone
from allconnects.privacy.vault.errors import Damaged
from allconnects.privacy.vault.identity import Identity, identify, put
from allconnects.privacy.vault.root import RootKey
from allconnects.privacy.vault.rows import COLUMNS, Connection, KeyRow, bound, tell, update

_BATCH = 100
_LOCK = 0x616C6C67


class Rotation(NamedTuple):
    """What a rotation did. ``resumed``: it finished one that had been interrupted."""

    organisations: int
    resumed: bool


def rotate(connection: Connection, root: RootKey) -> Rotation:
    """Wrap the keys of all organisations with a new root key, then remove the old one.

    Backups that were made before cannot be opened afterwards. Waits while another rotation runs.
    """
    connection.execute("SELECT pg_advisory_lock(%s)", (_LOCK,))
    try:
        identity, resumed = _begun(connection, root)
        count = sum(_batches(connection, root, identity))
        for old in root.roots(identity.vault):
            if old != identity.root:
                root.forget(identity.vault, old)
        return Rotation(count, resumed)
    finally:
        connection.execute("SELECT pg_advisory_unlock(%s)", (_LOCK,))


def _begun(connection: Connection, root: RootKey) -> tuple[Identity, bool]:
    """The identity under its new root key. A second root key that is there already is an interrupted rotation's."""
    with connection.transaction():
        alone(connection)
        identity = identify(connection, root)
        known = root.roots(identity.vault)
        later = known[known.index(identity.root) + 1 :]
        if not later and len(known) > 1:
            return identity, True
        new = identity._replace(root=later[-1] if later else root.make(identity.vault))
        put(connection, root, new)
        return new, bool(later)


def _batches(connection: Connection, root: RootKey, identity: Identity) -> Iterator[int]:
    after = -1
    while True:
        with connection.transaction():
            alone(connection)
            rows = _under_another(connection, identity.root, after)
            for row in rows:
                update(connection, _rewrapped(root, identity, row))
        if not rows:
            break
        after = rows[-1].organisation
        yield len(rows)
    with connection.transaction():
        tell(connection, "*")


def _under_another(connection: Connection, root: UUID, after: int) -> list[KeyRow]:
    found = connection.execute(
        f"SELECT {COLUMNS} FROM vault_key WHERE kind = 'organisation' AND parent <> %s AND wrapped IS NOT NULL "
        "AND organisation_id > %s ORDER BY organisation_id LIMIT %s FOR UPDATE".encode(),
        (root, after, _BATCH),
    )
    return [KeyRow(*row) for row in found]


def _rewrapped(root: RootKey, identity: Identity, row: KeyRow) -> KeyRow:
    if row.wrapped is None:
        raise Damaged("the key of an organisation is missing")
    key = root.unwrap(identity.vault, row.parent, row.wrapped, bound(identity.vault, row))
    if len(key) != keys.KEY_BYTES:
        raise Damaged("the key of an organisation has a wrong length")
    moved = row._replace(parent=identity.root)
    return moved._replace(wrapped=root.wrap(identity.vault, identity.root, key, bound(identity.vault, moved)))
