"""Adding to the audit chains, checking them, and writing their heads down outside the database."""

from __future__ import annotations

import base64
import json
import os
import secrets
from collections import defaultdict
from collections.abc import Iterator, Mapping
from functools import cache
from pathlib import Path
from typing import Any

import psycopg
from psycopg.types.json import Jsonb

from allconnects.kit import clock, config
from allconnects.kit.secrets import read_or_make
from allconnects.privacy.audit.chain import START, Entry, Fault, Head, faults, seal

OPERATOR = 0
"""The chain of what the operator of the server does."""
_LOCK = """
    SELECT coalesce(current_setting('app.storing', true), ''), set_config('app.storing', 'on', true),
        pg_advisory_xact_lock(hashtextextended(%s, 0))"""
"""The chain goes on after its newest entry, also where that one is about somebody whose rows are withheld."""
_AGAIN = "SELECT set_config('app.storing', %s, true)"
_LAST = "SELECT number, mac FROM privacy_audit WHERE organisation_id = %s ORDER BY number DESC LIMIT 1"
_ADD = """
    INSERT INTO privacy_audit (organisation_id, number, at, actor, action, about, details, previous, mac)
    VALUES (%s, %s, %s, %s, %s, %s, %s, %s, %s)"""
_COLUMNS = "organisation_id, number, at, actor, action, about, details, previous, mac"
_ALL = f"SELECT {_COLUMNS} FROM privacy_audit ORDER BY organisation_id, number"
_ABOUT = f"SELECT {_COLUMNS} FROM privacy_audit WHERE organisation_id = %s AND about = %s ORDER BY number DESC LIMIT %s"
_BY_ACTION = (
    f"SELECT {_COLUMNS} FROM privacy_audit WHERE organisation_id = %s AND action = %s ORDER BY number DESC LIMIT %s"
)
_HEADS = """
    SELECT DISTINCT ON (organisation_id) organisation_id, number, mac FROM privacy_audit
    ORDER BY organisation_id, number DESC"""


@cache
def _key(home: Path) -> bytes:
    made = read_or_make(home / "secrets" / "audit", lambda: base64.b64encode(secrets.token_bytes(32)).decode())
    return base64.b64decode(made)


def key() -> bytes:
    """The key of the chains: in the data folder, not in the database."""
    return _key(config.current().home)


def record(
    cursor: Any, organisation: int, actor: str, action: str, about: str = "", details: Mapping[str, Any] | None = None
) -> int:
    """Add an entry in the transaction of ``cursor`` and return its number; what is rolled back was not done.

    ``actor``: ``account:7``, ``token:3``, ``process:worker``, ``operator:console``, ``person:UUID``.
    ``action``: ``room.what``. Entries of one organisation wait for each other until their transactions end.
    """
    cursor.execute(_LOCK, (f"audit {organisation}",))
    storing = cursor.fetchone()[0]
    cursor.execute(_LAST, (organisation,))
    row = cursor.fetchone()
    cursor.execute(_AGAIN, (storing,))
    number, previous = (row[0] + 1, bytes(row[1])) if row else (1, START)
    entry = Entry(organisation, number, clock.now(), actor, action, about, dict(details or {}), previous)
    cursor.execute(
        _ADD,
        (organisation, number, entry.at, actor, action, about, Jsonb(entry.details), previous, seal(key(), entry)),
    )
    return number


def entries_about(cursor: Any, organisation: int, about: str, limit: int = 200) -> list[Entry]:
    """The newest entries about somebody or something, newest first."""
    cursor.execute(_ABOUT, (organisation, about, limit))
    return [_entry(row) for row in cursor.fetchall()]


def entries_of(cursor: Any, organisation: int, action: str, limit: int = 200) -> list[Entry]:
    """The newest entries of one action, newest first."""
    cursor.execute(_BY_ACTION, (organisation, action, limit))
    return [_entry(row) for row in cursor.fetchall()]


def _entry(row: tuple[Any, ...]) -> Entry:
    details = json.loads(row[6]) if isinstance(row[6], str) else row[6]
    organisation, number, at, actor, action, about = row[:6]
    return Entry(organisation, number, at, actor, action, about, details, bytes(row[7]), bytes(row[8]))


def verify(connection: psycopg.Connection[Any]) -> list[Fault]:
    """Check every chain against itself and against the heads that were written down. As owner or worker."""
    chains: dict[int, list[Entry]] = defaultdict(list)
    for row in connection.execute(_ALL):
        entry = _entry(row)
        chains[entry.organisation].append(entry)
    noted: dict[int, list[Head]] = defaultdict(list)
    for head in read_heads():
        noted[head.organisation].append(head)
    found: list[Fault] = []
    for organisation in sorted({*chains, *noted}):
        found += faults(key(), chains[organisation], noted[organisation])
    return found


def heads(connection: psycopg.Connection[Any]) -> list[Head]:
    """The newest entry of every chain."""
    return [Head(row[0], row[1], bytes(row[2])) for row in connection.execute(_HEADS)]


def heads_file() -> Path:
    """Where heads are written down: one JSON line each, to be shipped to another machine."""
    return config.current().home / "audit-heads.jsonl"


def write_heads(connection: psycopg.Connection[Any]) -> int:
    """Write down, durably, each head that is not there yet. Returns how many were new."""
    known = {(head.organisation, head.number) for head in read_heads()}
    new = [head for head in heads(connection) if (head.organisation, head.number) not in known]
    if new:
        at = clock.now().isoformat(timespec="seconds")
        handle = os.open(heads_file(), os.O_WRONLY | os.O_APPEND | os.O_CREAT | os.O_CLOEXEC, 0o600)
        with os.fdopen(handle, "a") as file:
            for head in new:
                file.write(json.dumps({"at": at, "chain": head.organisation, "number": head.number,
                                       "mac": head.mac.hex()}) + "\n")  # fmt: skip
            file.flush()
            os.fsync(file.fileno())
    return len(new)


def read_heads() -> Iterator[Head]:
    """Heads that were written down; a line that a power cut tore is passed over."""
    try:
        lines = heads_file().read_text().splitlines()
    except FileNotFoundError:
        return
    for line in lines:
        try:
            said = json.loads(line)
            yield Head(int(said["chain"]), int(said["number"]), bytes.fromhex(said["mac"]))
        except (ValueError, KeyError):
            continue
