"""Marks of who was erased: keyed hashes, in the database and in a ledger outside every backup.

A mark names nobody. It holds late data and a next import of the same person against the erasure, and after a restore
it says who has to be erased again.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from typing import Any, Literal
from uuid import UUID

from django.db import connection

from allconnects.kit import clock, config
from allconnects.privacy.subjects import Subject
from allconnects.privacy.vault import Vault, open_vault
from allconnects.privacy.vault.ledger import Ledger

Kind = Literal["person", "account", "number", "name", "email"]
_ADD = """
    INSERT INTO privacy_mark (organisation_id, kind, tag, made_at) VALUES (%s, %s, %s, %s) ON CONFLICT DO NOTHING"""
_KNOWN = "SELECT kind, tag FROM privacy_mark WHERE organisation_id = %s AND tag = ANY(%s)"
_ANY = "SELECT 1 FROM privacy_mark WHERE organisation_id = %s LIMIT 1"
_TAGS = "SELECT kind, tag FROM privacy_mark WHERE organisation_id = %s"
_ALL = "SELECT tag FROM privacy_mark WHERE kind IN ('person', 'account')"


def ledger() -> Ledger:
    """The ledger of erased people: beside the root key, outside the data folder and its backups."""
    root: Path = config.current().vault_root
    return Ledger(root.with_name(root.name + ".erased"))


def tag_of(vault: Vault, organisation: int, kind: Kind, value: object) -> bytes:
    """The mark of a value: of names and addresses without case and spaces."""
    text = "".join(str(value).split()).casefold()
    return vault.tag("erased", organisation, kind, text)


def main_tag(vault: Vault, subject: Subject) -> bytes:
    """The mark that stands for a subject in the ledger."""
    if subject.person is not None:
        return tag_of(vault, subject.organisation, "person", subject.person)
    return tag_of(vault, subject.organisation, "account", subject.account)


def put(cursor: Any, vault: Vault, organisation: int, values: Iterable[tuple[Kind, object]]) -> None:
    """Mark values; the ledger is written by ``note``."""
    for kind, value in values:
        if str(value).strip():
            cursor.execute(_ADD, (organisation, kind, tag_of(vault, organisation, kind, value), clock.now()))


def note(vault: Vault, tag: bytes) -> None:
    """Write a mark into the ledger, durable when this returns; once."""
    file, name = ledger(), vault.name()
    if tag not in file.tags(name):
        file.add(name, [tag])


def erased(cursor: Any, vault: Vault, organisation: int, values: Mapping[Kind, object]) -> set[Kind]:
    """By which of these values somebody was erased from the organisation: then it has to be asked before he returns."""
    tags = {tag_of(vault, organisation, kind, value): kind for kind, value in values.items() if str(value).strip()}
    cursor.execute(_KNOWN, (organisation, list(tags)))
    return {tags[bytes(tag)] for kind, tag in cursor.fetchall() if tags.get(bytes(tag)) == kind}


def returning(organisation: int, values: Mapping[Kind, object]) -> set[Kind]:
    """The same in a Django transaction that speaks for the organisation, for whoever enters somebody."""
    with connection.cursor() as cursor:
        cursor.execute(_ANY, (organisation,))
        return erased(cursor, open_vault(), organisation, values) if cursor.fetchone() else set()


def returning_of_many(organisation: int) -> Callable[[Mapping[Kind, object]], set[Kind]]:
    """``returning`` for whoever enters many: the marks of the organisation are read once."""
    with connection.cursor() as cursor:
        cursor.execute(_TAGS, (organisation,))
        known = {(kind, bytes(tag)) for kind, tag in cursor.fetchall()}
    vault = open_vault() if known else None

    def returns(values: Mapping[Kind, object]) -> set[Kind]:
        if vault is None:
            return set()
        given = ((kind, value) for kind, value in values.items() if str(value).strip())
        return {kind for kind, value in given if (kind, tag_of(vault, organisation, kind, value)) in known}

    return returns


def unreplayed(raw: Any, vault: Vault) -> set[bytes]:
    """Marks of the ledger that the database does not know: it was put back from a copy made before."""
    known = {bytes(row[0]) for row in raw.execute(_ALL)}
    return ledger().tags(vault.name()) - known


def has_marks(vault_name: UUID) -> bool:
    """Whether the ledger names anybody of a vault."""
    return bool(ledger().tags(vault_name))
