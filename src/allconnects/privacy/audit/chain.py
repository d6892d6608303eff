"""The chain itself, without a database: what an entry's seal covers, and what a check of a chain can find.

Each entry is sealed by HMAC-SHA256, with a key outside the database, over its content and the seal of the entry
before it. Who can write the database but does not hold the key can neither change nor insert nor take out an entry
unnoticed. What a chain cannot show by itself is that its newest entries were cut off: for that its head (number and
seal) is written down elsewhere from time to time.
"""

from __future__ import annotations

import hashlib
import hmac
import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

START = bytes(32)
"""What stands before the first entry."""
FORGOTTEN = "audit.forgotten"
"""The entry that says through which number a chain was let go, and the seal of the last one that went."""


@dataclass(frozen=True, slots=True)
class Entry:
    """One entry. ``about``: ``person:UUID`` and the like, or empty. ``details``: no names, no places, no free text."""

    organisation: int
    number: int
    at: datetime
    actor: str
    action: str
    about: str
    details: Mapping[str, Any]
    previous: bytes
    mac: bytes = b""


@dataclass(frozen=True, slots=True)
class Head:
    """The newest entry of a chain at some time."""

    organisation: int
    number: int
    mac: bytes


@dataclass(frozen=True, slots=True)
class Fault:
    """Where a chain is not what it was. ``what``: ``changed``, ``missing``, ``cut`` or ``unlinked``."""

    organisation: int
    number: int
    what: str


def seal(key: bytes, entry: Entry) -> bytes:
    """The seal of an entry, 32 bytes."""
    content = [
        entry.organisation, entry.number, entry.at.astimezone(UTC).isoformat(timespec="microseconds"), entry.actor,
        entry.action, entry.about, entry.details, entry.previous.hex(),
    ]  # fmt: skip
    text = json.dumps(content, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    return hmac.digest(key, text.encode(), hashlib.sha256)


def _beginning(entries: Sequence[Entry]) -> tuple[int, bytes]:
    """Number of the first entry, and the seal before it: what retention let go is written down in the chain itself."""
    if entries and entries[0].number > 1:
        for entry in entries:
            if entry.action == FORGOTTEN and entry.details.get("through") == entries[0].number - 1:
                return entries[0].number, bytes.fromhex(str(entry.details.get("mac", "")))
    return 1, START


def faults(key: bytes, entries: Iterable[Entry], heads: Iterable[Head] = ()) -> Iterator[Fault]:
    """What is wrong with the chain of one organisation, entries in order of their number.

    ``heads``: those that were written down outside; one that the chain no longer holds was cut off or made anew.
    """
    listed = list(entries)
    expected, previous = _beginning(listed)
    noted = {head.number: head for head in heads if head.number >= expected}
    organisation = None
    for entry in listed:
        organisation = entry.organisation
        if entry.number != expected:
            yield Fault(entry.organisation, expected, "missing")
        elif entry.previous != previous:
            yield Fault(entry.organisation, entry.number, "unlinked")
        if not hmac.compare_digest(seal(key, entry), entry.mac):
            yield Fault(entry.organisation, entry.number, "changed")
        head = noted.pop(entry.number, None)
        if head is not None and head.mac != entry.mac:
            yield Fault(entry.organisation, entry.number, "changed")
        expected, previous = entry.number + 1, entry.mac
    for head in noted.values():
        yield Fault(organisation if organisation is not None else head.organisation, head.number, "cut")
