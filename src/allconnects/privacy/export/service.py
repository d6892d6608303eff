"""Asking for a copy, making it in a job, handing it over once.

The file is encrypted under a key that follows from the vault's secret, stands in the data folder, and goes when it was
fetched, when its time is up, or when its person is erased. Functions run in a Django transaction of the organisation.
"""

from __future__ import annotations

import hashlib
import hmac
import os
import secrets
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any, Literal
from uuid import UUID, uuid4

import psycopg
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from django.db import connection
from django.utils import translation
from django.utils.translation import gettext as _

from allconnects.kit import clock, config, db, jobs
from allconnects.kit.errors import AllconnectsError, NotFound
from allconnects.kit.files import whole
from allconnects.privacy.audit import service as audit
from allconnects.privacy.erasure.rows import Rows, params_of
from allconnects.privacy.export import package
from allconnects.privacy.export.gather import Scope, gathered, held_back
from allconnects.privacy.export.sources import source
from allconnects.privacy.retention import RULES
from allconnects.privacy.subjects import Subject, reach, resolved
from allconnects.privacy.subjects.subject import only_here
from allconnects.privacy.vault import Vault, open_vault

State = Literal["waiting", "ready", "opened", "gone", "failed"]
_ADD = """
    INSERT INTO privacy_export (organisation_id, id, case_id, person, account, scope, language, asked_at)
    VALUES (%s, %s, %s, %s, %s, %s, %s, %s)"""
_OF_CASE = """
    SELECT id FROM privacy_export
    WHERE organisation_id = current_setting('app.organisation')::integer AND case_id = %s
      AND state IN ('waiting', 'ready')"""
_READ = """
    SELECT state, bytes, ready_at, expires_at, token_hash, person, account, scope, language, organisation_id
    FROM privacy_export WHERE organisation_id = current_setting('app.organisation')::integer AND id = %s"""
_READY = """
    UPDATE privacy_export SET state = 'ready', bytes = %s, ready_at = %s, expires_at = %s
    WHERE organisation_id = %s AND id = %s AND state = 'waiting'"""
_ISSUED = "UPDATE privacy_export SET token_hash = %s WHERE organisation_id = %s AND id = %s AND state = 'ready'"
_OPENED = """
    UPDATE privacy_export SET state = 'opened', opened_at = %s, token_hash = ''
    WHERE organisation_id = current_setting('app.organisation')::integer AND id = %s AND state = 'ready'
      AND expires_at > %s AND token_hash = %s"""
_EXPIRE = """
    UPDATE privacy_export SET state = 'gone', token_hash = ''
    WHERE organisation_id = %s AND state = 'ready' AND expires_at <= %s RETURNING id"""
_KEPT = "SELECT id FROM privacy_export WHERE organisation_id = %s AND state = 'ready'"
_NONCE = 12
LEFT_OUT = "export.left_out"
"""The action under which the audit chain says, of what has the ground, that a copy was made without it."""


class Spent(AllconnectsError):
    """The copy was fetched already, its time is up, or the link is not the newest."""

    code = "export_spent"
    status = 410


@dataclass(frozen=True, slots=True)
class Package:
    """A copy: ``ready`` when it can be fetched, until ``expires_at``."""

    id: UUID
    state: State
    bytes: int
    ready_at: datetime | None
    expires_at: datetime | None


def request(subject: Subject, *, case: UUID, scope: Scope) -> UUID:
    """Ask for a copy; a job makes it. The same case has one copy at a time. Returns its id."""
    number = uuid4()
    with connection.cursor() as cursor:
        cursor.execute(_OF_CASE, (case,))
        if row := cursor.fetchone():
            return UUID(str(row[0]))
        whose = resolved(cursor, subject)
        language = translation.get_language() or "en"
        cursor.execute(_ADD, (subject.organisation, number, case, whose.person, whose.account, scope, language[:5],
                              clock.now()))  # fmt: skip
        audit.record(cursor, subject.organisation, "process:web", "export.asked", f"export:{number}",
                     {"case": str(case), "scope": scope})  # fmt: skip
    jobs.defer("privacy.export", organisation=subject.organisation, export=number)
    return number


def status(export: UUID) -> Package:
    """How far a copy is. Raises NotFound."""
    row = _row(export)
    return Package(export, row[0], row[1], row[2], row[3])


def _row(export: UUID) -> Any:
    with connection.cursor() as cursor:
        cursor.execute(_READ, (export,))
        row = cursor.fetchone()
    if row is None:
        raise NotFound(_("There is no such copy."))
    return row


def issue(export: UUID) -> str:
    """A new secret that opens the copy once; earlier ones open nothing. Raises NotFound, Spent."""
    row = _row(export)
    secret = secrets.token_urlsafe(32)
    with connection.cursor() as cursor:
        cursor.execute(_ISSUED, (_hash(secret), row[9], export))
        if not cursor.rowcount:
            raise Spent(_("This copy cannot be fetched any more. Ask for a new one."))
    return secret


def open_once(export: UUID, token: str, *, vault: Vault | None = None) -> bytes:
    """The package as a ZIP, once: then the file is gone. Raises NotFound, Spent."""
    row = _row(export)
    now = clock.now()
    if row[0] != "ready" or not hmac.compare_digest(row[4], _hash(token)):
        raise Spent(_("This copy cannot be fetched any more. Ask for a new one."))
    with connection.cursor() as cursor:
        cursor.execute(_OPENED, (now, export, now, _hash(token)))
        if not cursor.rowcount:
            raise Spent(_("This copy cannot be fetched any more. Ask for a new one."))
        audit.record(cursor, row[9], "process:web", "export.opened", f"export:{export}", {})
    content = _decrypted(export, vault or open_vault())
    remove(export)
    return content


def _hash(secret: str) -> str:
    return hashlib.sha256(secret.encode()).hexdigest()


def file_of(export: UUID) -> Path:
    """Where a copy stands, encrypted."""
    return config.current().home / "exports" / f"{export}.enc"


def remove(export: UUID) -> bool:
    """Take the file of a copy away. Returns whether there was one."""
    path = file_of(export)
    there = path.exists()
    path.unlink(missing_ok=True)
    return there


def _key(export: UUID, vault: Vault) -> AESGCM:
    return AESGCM(vault.tag("export", export))


def _decrypted(export: UUID, vault: Vault) -> bytes:
    try:
        content = file_of(export).read_bytes()
        return _key(export, vault).decrypt(content[:_NONCE], content[_NONCE:], export.bytes)
    except (FileNotFoundError, InvalidTag):
        raise Spent(_("This copy cannot be fetched any more. Ask for a new one.")) from None


def make(organisation: int, export: UUID, *, vault: Vault | None = None) -> None:
    """Make a copy that waits; a connection of the role ``rights`` reads, also what is withheld from others."""
    vault = vault or open_vault()
    row = _row(export)
    if row[0] != "waiting":
        return
    with db.connect("rights", application="allconnects-export") as raw, translation.override(row[8]):
        raw.execute("SELECT set_config('app.organisation', %s, false)", (str(organisation),))
        at = clock.now()
        rows, subject = _rows_of(raw, Subject(organisation, row[5], row[6]), at)
        left_out = held_back(rows, row[7])
        content = package.packed(gathered(rows, row[7]), _files(raw, vault, subject), row[7], at)
    nonce = os.urandom(_NONCE)
    path = file_of(export)
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    with whole(path) as file:
        file.write(nonce + _key(export, vault).encrypt(nonce, content, export.bytes))
    until = clock.now() + timedelta(days=RULES["export_file"].default_days or 7)
    with connection.cursor() as cursor:
        cursor.execute(_READY, (len(content), clock.now(), until, organisation, export))
        for because, count in sorted(left_out.items()):
            audit.record(cursor, organisation, "process:worker", LEFT_OUT, because,
                         {"export": str(export), "rows": count})  # fmt: skip


def _rows_of(raw: psycopg.Connection[Any], subject: Subject, at: datetime) -> tuple[Rows, Subject]:
    """What is told of at a moment, the same for all tables (``labels.told_later``)."""
    with raw.cursor() as cursor:
        subject = resolved(cursor, subject)
        elsewhere = subject.account is None or not only_here(cursor, subject)
    moment = {"today": clock.day_of(at), "now": at}
    return Rows(raw, reach(raw), params_of(raw, subject, elsewhere) | moment, frozenset()), subject


def _files(raw: psycopg.Connection[Any], vault: Vault, subject: Subject) -> Iterator[tuple[str, bytes]]:
    for _name, files in source.all():
        yield from files(raw, vault, subject)


def expire(organisation: int) -> int:
    """Copies that nobody fetched in time go, and files that no copy has. Returns how many went."""
    with connection.cursor() as cursor:
        cursor.execute(_EXPIRE, (organisation, clock.now()))
        gone = [UUID(str(row[0])) for row in cursor.fetchall()]
    return sum(remove(one) for one in gone)
