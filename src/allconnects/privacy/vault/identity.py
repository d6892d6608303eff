"""Which vault this is, under which root key, and its secret: one row, made at first start."""

from __future__ import annotations

from typing import NamedTuple
from uuid import UUID, uuid4

from allconnects.kit import clock
from allconnects.privacy.vault import keys
from allconnects.privacy.vault.errors import Damaged, RootMissing, RootWrong, VaultError
from allconnects.privacy.vault.root import RootKey
from allconnects.privacy.vault.rows import Connection

LOCK = 0x616C6C66
"""Advisory lock of whoever changes the vault: one at a time."""


class Identity(NamedTuple):
    """``root`` wraps new organisations; ``secret`` keys the tags of the ledger and never changes."""

    vault: UUID
    root: UUID
    secret: bytes


def _bound(vault: UUID, root: UUID) -> bytes:
    return keys.encoded("allconnects vault secret", vault, root)


def identify(connection: Connection, root: RootKey) -> Identity:
    """The identity that the database has. Raises RootMissing, RootWrong, VaultError when never prepared."""
    row = connection.execute("SELECT vault, root, secret FROM vault_meta").fetchone()
    if row is None:
        raise VaultError("the vault was never prepared: run 'allconnects migrate'")
    return opened(root, *row)


def opened(root: RootKey, vault: UUID, root_id: UUID, secret: bytes) -> Identity:
    """An identity with its secret unwrapped. Raises RootMissing or RootWrong."""
    try:
        return Identity(vault, root_id, root.unwrap(vault, root_id, secret, _bound(vault, root_id)))
    except Damaged:
        raise RootWrong(f"the root key in {root.where} is not the one that the vault was made with") from None


def initialise(connection: Connection, root: RootKey) -> bool:
    """Give an empty vault its identity and a root key. Returns whether one was made.

    Raises RootMissing when the root key is gone while there are keys under it: none is made in its place.
    """
    with connection.transaction():
        connection.execute("SELECT pg_advisory_xact_lock(%s)", (LOCK,))
        row = connection.execute("SELECT vault, root, secret FROM vault_meta").fetchone()
        if row is not None:
            try:
                opened(root, *row)
                return False
            except RootMissing:
                if connection.execute("SELECT 1 FROM vault_key LIMIT 1").fetchone():
                    raise
        _begin(connection, root)
        return True


def _begin(connection: Connection, root: RootKey) -> None:
    vault = uuid4()
    put(connection, root, Identity(vault, root.make(vault), keys.new_key()))


def put(connection: Connection, root: RootKey, identity: Identity) -> None:
    """Write an identity, its secret wrapped by its root key."""
    vault, root_id, secret = identity
    connection.execute(
        "INSERT INTO vault_meta (vault, root, secret, made_at) VALUES (%s, %s, %s, %s) ON CONFLICT (one) "
        "DO UPDATE SET vault = excluded.vault, root = excluded.root, secret = excluded.secret",
        (vault, root_id, root.wrap(vault, root_id, secret, _bound(vault, root_id)), clock.now()),
    )
