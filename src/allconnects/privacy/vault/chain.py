"""From a row to its key: make the rows that are missing, unwrap from the root down."""

from __future__ import annotations

import threading
from collections.abc import Iterable, Sequence
from typing import NamedTuple
from uuid import UUID, uuid4

from allconnects.kit import clock
from allconnects.privacy.vault import keys
from allconnects.privacy.vault.errors import Damaged
from allconnects.privacy.vault.identity import Identity
from allconnects.privacy.vault.root import RootKey
from allconnects.privacy.vault.rows import Connection, KeyRow, Place, bound, insert, rows_at, tag_of
from allconnects.privacy.vault.states import State

Rows = dict[Place, KeyRow]


class Opened(NamedTuple):
    """A key, with the ids and states of the keys from the organisation's down to it."""

    key: bytes
    ids: tuple[UUID, ...]
    states: tuple[State, ...]


def chain_of(rows: Rows, place: Place) -> list[KeyRow] | None:
    """The rows from the organisation down to a place, or None when one is missing."""
    found = there(rows, place)
    return found if len(found) == len(place.above) else None


def there(rows: Rows, place: Place) -> list[KeyRow]:
    """Those of them that there are."""
    return [rows[above] for above in place.above if above in rows]


def states_of(chain: Iterable[KeyRow]) -> tuple[State, ...]:
    """Their states, from the top."""
    return tuple(row.state for row in chain)


class Known:
    """Unwrapped keys of organisations, overwritten when they are forgotten. Used by many threads."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._keys: dict[KeyRow, bytearray] = {}

    def get(self, row: KeyRow) -> bytes | None:
        """The key of a row, if it is known."""
        with self._lock:
            key = self._keys.get(row)
            return bytes(key) if key is not None else None

    def put(self, row: KeyRow, key: bytes) -> None:
        """Keep it until ``clear``."""
        with self._lock:
            self._keys[row] = bytearray(key)

    def clear(self) -> None:
        """Forget them all."""
        with self._lock:
            for key in self._keys.values():
                key[:] = bytes(len(key))
            self._keys.clear()


class Opener:
    """Unwraps chains for one vault; keys of organisations are unwrapped once, as a key service may be far.

    ``known``: where those are kept, under their whole rows: a row that was changed is not taken for one seen before.
    """

    def __init__(self, identity: Identity, root: RootKey, known: Known) -> None:
        self.identity = identity
        self._root = root
        self._known = known

    def open(self, chain: Sequence[KeyRow]) -> Opened:
        """The key at the end of a chain without destroyed ones. Raises Damaged when a row is not as it was written."""
        return Opened(self._key(chain), tuple(row.id for row in chain), states_of(chain))

    def _key(self, chain: Sequence[KeyRow]) -> bytes:
        if len(chain) == 1:
            return self._organisation(chain[0])
        return self.unwrapped(chain[-1], self._key(chain[:-1]), chain[-2].id)

    def unwrapped(self, row: KeyRow, parent: bytes, parent_id: UUID) -> bytes:
        """A row's key under its parent's."""
        if row.wrapped is None or row.parent != parent_id:
            raise Damaged("a row of the vault has no key, or stands under another key than it says")
        return keys.unwrap(parent, row.wrapped, bound(self.identity.vault, row))

    def _organisation(self, row: KeyRow) -> bytes:
        if row.wrapped is None:
            raise Damaged("the key of an organisation is missing")
        key = self._known.get(row)
        if key is None:
            key = self._root.unwrap(self.identity.vault, row.parent, row.wrapped, bound(self.identity.vault, row))
            self._known.put(row, key)
        return key

    def rewrapped(self, row: KeyRow, key: bytes, above: Sequence[KeyRow]) -> KeyRow:
        """The row with its key wrapped anew for the columns that it now has."""
        what = bound(self.identity.vault, row)
        if not above:
            return row._replace(wrapped=self._root.wrap(self.identity.vault, row.parent, key, what))
        return row._replace(wrapped=keys.wrap(self._key(above), key, what))

    def fresh(self, place: Place, parent: UUID, above: Sequence[KeyRow]) -> KeyRow:
        """A new active row with a new key, for a place under rows that are there."""
        now = clock.now()
        row = KeyRow(uuid4(), parent, place.organisation, *place.subject, place.klass, "active", None, now, now)
        return self.rewrapped(row, keys.new_key(), above)


def made(connection: Connection, opener: Opener, places: Sequence[Place]) -> Rows:
    """The rows at places of one organisation and above, after making those that were missing.

    Under a destroyed key nothing is made. The rows above are locked until the transaction ends, so that nothing
    is made under a key while it is being destroyed or re-wrapped. Two processes that make the same key get one.
    """
    row = connection.execute("SELECT root FROM vault_meta FOR SHARE").fetchone()
    assert row is not None
    root: UUID = row[0]
    levels = zip(*(_padded(place) for place in places), strict=True)
    rows: Rows = {}
    for level in levels:
        wanted = sorted(set(level))
        rows = rows_at(connection, places, "FOR SHARE")
        missing = [place for place in wanted if place not in rows]
        new = [_new(opener, place, rows, root) for place in missing if _may_stand(place, rows)]
        if new:
            insert(connection, _without_erased(connection, opener.identity, new))
            rows = rows_at(connection, places, "FOR SHARE")
    return rows


def _padded(place: Place) -> list[Place]:
    """Three levels for every place: one that stands higher is its own lowest."""
    above = place.above
    return [*above, *[above[-1]] * (3 - len(above))]


def _may_stand(place: Place, rows: Rows) -> bool:
    return all(one in rows and rows[one].state != "destroyed" for one in place.above[:-1])


def _new(opener: Opener, place: Place, rows: Rows, root: UUID) -> KeyRow:
    above = [rows[one] for one in place.above[:-1]]
    return opener.fresh(place, above[-1].id if above else root, above)


def _without_erased(connection: Connection, identity: Identity, new: list[KeyRow]) -> list[KeyRow]:
    """What was destroyed before a restore stays so, even where the restored rows do not know of it."""
    tags = {tag_of(identity.secret, row.place): row for row in new}
    found = connection.execute("SELECT tag FROM vault_erased WHERE tag = ANY (%s)", (list(tags),))
    erased = {bytes(row[0]) for row in found}
    return [row._replace(state="destroyed", wrapped=None) if tag in erased else row for tag, row in tags.items()]
