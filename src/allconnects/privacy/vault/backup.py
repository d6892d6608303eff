"""Backup and restore of the wrapped keys: a file that only the root key opens, and that shows any change.

One line of JSON (the header), then blocks: four bytes of length and AES-256-GCM over compressed rows. The key of the
file is wrapped by the root key; a block is bound to the header, its number, and whether it is the last.
"""

from __future__ import annotations

import base64
import hashlib
import json
import zlib
from collections.abc import Iterator, Sequence
from datetime import datetime
from pathlib import Path
from typing import Any, BinaryIO, NamedTuple
from uuid import UUID

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from allconnects.kit import clock
from allconnects.kit.files import whole
from allconnects.privacy.vault import keys
from allconnects.privacy.vault.changes import alone, is_erased, reconcile, remember, sweep_numbers
from allconnects.privacy.vault.errors import Damaged, RootMissing, VaultError
from allconnects.privacy.vault.identity import Identity, identify, opened, put
from allconnects.privacy.vault.ledger import Ledger
from allconnects.privacy.vault.root import RootKey
from allconnects.privacy.vault.rows import COLUMNS, Connection, KeyRow, insert, tell

_FORMAT = "allconnects vault backup 1"
_ROWS = 5_000
_NUMBERS = (
    "SELECT organisation_id, person, sealed, finder, entered_at, entered_by FROM vault_number "
    "ORDER BY organisation_id, person"
)
_MOST_BLOCK = 64 << 20


class Restored(NamedTuple):
    """What a restore did: keys added, of them dead because destroyed since, and keys that were there."""

    added: int
    dead: int
    kept: int
    made: datetime


def backup(connection: Connection, root: RootKey, path: Path) -> int:
    """Write every row of one moment to a file, which appears only when it is whole. Returns the number of keys."""
    try:
        with whole(path) as file:
            count = _write(connection, root, file)
    except OSError as error:
        raise VaultError(f"the backup {path} cannot be written: {error.strerror}") from error
    connection.execute("INSERT INTO vault_backup (at, keys) VALUES (%s, %s)", (clock.now(), count))
    return count


def _write(connection: Connection, root: RootKey, file: BinaryIO) -> int:
    with connection.transaction():
        connection.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY")
        identity = identify(connection, root)
        key = keys.new_key()
        header = _header(root, identity, key)
        file.write(header)
        count = 0
        erased = [bytes(row[0]).hex() for row in connection.execute("SELECT tag FROM vault_erased ORDER BY tag")]
        first: dict[str, Any] = {"secret": identity.secret.hex(), "erased": erased}
        number = 0
        _block(file, key, header, number, first, last=False)
        with connection.cursor("vault_backup") as cursor:
            cursor.itersize = _ROWS
            cursor.execute(f"SELECT {COLUMNS} FROM vault_key ORDER BY organisation_id, kind, subject, class".encode())
            while rows := cursor.fetchmany(_ROWS):
                number, count = number + 1, count + len(rows)
                _block(file, key, header, number, [_plain(KeyRow(*row)) for row in rows], last=False)
        numbers = [
            [organisation, str(person), base64.b64encode(sealed).decode(), bytes(finder).hex(), at.isoformat(), by]
            for organisation, person, sealed, finder, at, by in connection.execute(_NUMBERS)
        ]
        for begin in range(0, len(numbers), _ROWS):
            number += 1
            _block(file, key, header, number, {"numbers": numbers[begin : begin + _ROWS]}, last=False)
        _block(file, key, header, number + 1, {"keys": count}, last=True)
    return count


def _bound(vault: UUID, root: UUID) -> bytes:
    return keys.encoded(_FORMAT, vault, root)


def _header(root: RootKey, identity: Identity, key: bytes) -> bytes:
    wrapped = root.wrap(identity.vault, identity.root, key, _bound(identity.vault, identity.root))
    says = {
        "format": _FORMAT,
        "vault": str(identity.vault),
        "root": str(identity.root),
        "made": clock.now().isoformat(),
        "key": base64.b64encode(wrapped).decode(),
    }
    return json.dumps(says).encode() + b"\n"


def _nonce(number: int, last: bool) -> bytes:
    return number.to_bytes(11) + bytes([last])


def _block(file: BinaryIO, key: bytes, header: bytes, number: int, content: Any, *, last: bool) -> None:
    plain = zlib.compress(json.dumps(content, separators=(",", ":")).encode(), 6)
    sealed = AESGCM(key).encrypt(_nonce(number, last), plain, hashlib.sha256(header).digest())
    file.write(len(sealed).to_bytes(4) + sealed)


def _plain(row: KeyRow) -> list[Any]:
    wrapped = base64.b64encode(row.wrapped).decode() if row.wrapped else None
    times = (row.created_at.isoformat(), row.changed_at.isoformat())
    return [
        str(row.id),
        str(row.parent),
        row.organisation,
        row.kind,
        row.subject,
        row.klass,
        row.state,
        wrapped,
        *times,
    ]


def _row(plain: Sequence[Any]) -> KeyRow:
    one, parent, organisation, kind, subject, klass, state, wrapped, created, changed = plain
    key = base64.b64decode(wrapped) if wrapped else None
    times = (datetime.fromisoformat(created), datetime.fromisoformat(changed))
    return KeyRow(UUID(one), UUID(parent), organisation, kind, subject, klass, state, key, *times)


class _Header(NamedTuple):
    raw: bytes
    vault: UUID
    root: UUID
    made: datetime
    wrapped: bytes


def _read_header(file: BinaryIO) -> _Header:
    raw = file.readline(4096)
    try:
        says = json.loads(raw)
        if says["format"] != _FORMAT:
            raise ValueError
        return _Header(
            raw, UUID(says["vault"]), UUID(says["root"]), datetime.fromisoformat(says["made"]),
            base64.b64decode(says["key"]),
        )  # fmt: skip
    except (ValueError, KeyError, TypeError):
        raise VaultError("this is not a backup of a vault that this version of allconnects can read") from None


def _blocks(file: BinaryIO, key: bytes, header: bytes) -> Iterator[Any]:
    """The contents of the blocks, the last one included. Raises Damaged for anything but the whole file."""
    number, last = 0, False
    sealer, associated = AESGCM(key), hashlib.sha256(header).digest()
    while not last:
        length = int.from_bytes(file.read(4))
        sealed = file.read(length) if 16 <= length <= _MOST_BLOCK else b""
        if len(sealed) != length or not length:
            raise Damaged("the backup is cut off")
        plain, last = _opened_block(sealer, sealed, number, associated)
        yield json.loads(zlib.decompress(plain))
        number += 1
    if file.read(1):
        raise Damaged("the backup has something behind its end")


def _opened_block(sealer: AESGCM, sealed: bytes, number: int, associated: bytes) -> tuple[bytes, bool]:
    for last in (False, True):
        try:
            return sealer.decrypt(_nonce(number, last), sealed, associated), last
        except InvalidTag:
            continue
    raise Damaged("the backup was changed since it was made")


def restore(connection: Connection, root: RootKey, ledger: Ledger, path: Path) -> Restored:
    """Add the keys of a backup to its own vault, or to an empty one, which then becomes it. All or nothing.

    Keys that are there stay as they are. One that was destroyed since, by the database or by the ledger, does not
    come back: its wrapped bytes are not even written. Raises RootMissing when the backup needs another root key.
    """
    try:
        with path.open("rb") as file:
            return _restore(connection, root, ledger, file)
    except OSError as error:
        raise VaultError(f"the backup {path} cannot be read: {error.strerror}") from error


def _restore(connection: Connection, root: RootKey, ledger: Ledger, file: BinaryIO) -> Restored:
    header = _read_header(file)
    blocks = _blocks(file, _file_key(root, header), header.raw)
    first = next(blocks)
    identity = Identity(header.vault, header.root, bytes.fromhex(first["secret"]))
    with connection.transaction():
        alone(connection)
        _adopt(connection, root, identity)
        erased = {bytes.fromhex(tag) for tag in first["erased"]} | ledger.tags(header.vault)
        erased |= {bytes(row[0]) for row in connection.execute("SELECT tag FROM vault_erased")}
        remember(connection, sorted(erased), clock.now())
        before = _count(connection)
        seen = dead = 0
        for block in blocks:
            if isinstance(block, list):
                rows = [_alive(identity, _row(plain), erased) for plain in block]
                seen, dead = seen + len(rows), dead + sum(row.wrapped is None for row in rows)
                insert(connection, rows)
            elif "numbers" in block:
                _insert_numbers(connection, block["numbers"])
            elif block != {"keys": seen}:
                raise Damaged("the backup does not hold as many keys as it says")
        sweep_numbers(connection)
        added = _count(connection) - before
        connection.execute("INSERT INTO vault_backup (at, keys) VALUES (%s, %s)", (header.made, seen))
        tell(connection, "*")
    reconcile(connection, identity, ledger)
    return Restored(added, dead, seen - added, header.made)


def _insert_numbers(connection: Connection, numbers: Sequence[Sequence[Any]]) -> None:
    """National numbers, still sealed; those that are there stay."""
    with connection.cursor() as cursor:
        cursor.executemany(
            "INSERT INTO vault_number (organisation_id, person, sealed, finder, entered_at, entered_by) "
            "VALUES (%s, %s, %s, %s, %s, %s) ON CONFLICT DO NOTHING",
            [
                (organisation, UUID(person), base64.b64decode(sealed), bytes.fromhex(finder),
                 datetime.fromisoformat(at), by)
                for organisation, person, sealed, finder, at, by in numbers
            ],
        )  # fmt: skip


def _file_key(root: RootKey, header: _Header) -> bytes:
    try:
        return root.unwrap(header.vault, header.root, header.wrapped, _bound(header.vault, header.root))
    except RootMissing:
        raise RootMissing(
            f"the backup was made with a root key that is not in {root.where}: put the file of that time in its place"
        ) from None
    except Damaged:
        raise Damaged("the backup was changed since it was made, or the root key is another one") from None


def _adopt(connection: Connection, root: RootKey, identity: Identity) -> None:
    """Only its own vault takes a backup, or one without keys, which becomes the vault of the backup."""
    row = connection.execute("SELECT vault, root, secret FROM vault_meta").fetchone()
    if row is not None and row[0] == identity.vault:
        opened(root, *row)
        return
    if _count(connection):
        raise VaultError("this vault has keys of its own: a backup of another vault is restored into an empty one")
    put(connection, root, identity)


def _alive(identity: Identity, row: KeyRow, erased: set[bytes]) -> KeyRow:
    if row.wrapped is not None and is_erased(identity, row, erased):
        return row._replace(state="destroyed", wrapped=None)
    return row


def _count(connection: Connection) -> int:
    row = connection.execute("SELECT count(*) FROM vault_key").fetchone()
    return int(row[0]) if row else 0
