"""After a restore: who was erased since the backup was made is in the database again, until erased once more.

The ledger beside the root key says who that is. Nothing serves before: ``check`` refuses, ``replay`` erases again.
Sources: GDPR art. 17, 5(1)(e); EDPB on erasure in backups.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any
from uuid import UUID, uuid4

import psycopg

from allconnects.kit import clock, db, rooms
from allconnects.kit.errors import AllconnectsError
from allconnects.privacy.audit import service as audit
from allconnects.privacy.erasure import engine, marks
from allconnects.privacy.subjects import Subject, resolved
from allconnects.privacy.subjects.subject import root
from allconnects.privacy.vault import Vault
from allconnects.privacy.vault.service import from_settings

WHO = "operator:console"
Raw = psycopg.Connection[Any]
_MEMBERS = "SELECT organisation_id, account_id FROM accounts_membership"
_SAME = """
    SELECT id FROM privacy_erasure
    WHERE organisation_id = %s AND state <> 'done' AND (person = %s OR account = %s) LIMIT 1"""
_ADD = """
    INSERT INTO privacy_erasure (organisation_id, id, case_id, person, account, asked_at)
    VALUES (%s, %s, %s, %s, %s, %s)"""
_BEGUN = """
    SELECT organisation_id, id FROM privacy_erasure
    WHERE state <> 'done' AND asked_by IS NULL AND NOT steps @> '[{"step": "rows", "state": "done"}]'
    ORDER BY asked_at"""
"""Erasures that nobody of the organisation asked for, and whose rows are there still: a replay that was killed."""


class NotReplayed(AllconnectsError):
    """The database holds people who were erased; nothing may serve from it."""

    code = "not_replayed"


@dataclass(frozen=True, slots=True)
class Replayed:
    """How many were erased again; of ``waiting`` something is there still, and the worker goes on with it."""

    done: int
    waiting: int


def check() -> None:
    """Refuse to start on a database that was put back from before an erasure.

    Costs nothing while nobody was ever erased. Raises NotReplayed, DatabaseUnavailable, VaultError.
    """
    if not marks.ledger().path.exists():
        return
    with from_settings() as vault, db.connect("owner", autocommit=True) as raw:
        count = len(returned(raw, vault)) or len(raw.execute(_BEGUN).fetchall()) or _organisations(raw, vault)
    if count:
        raise NotReplayed(
            f"this database was put back from a backup that still holds people who were erased since ({count}): "
            "run 'allconnects privacy replay' first"
        )


def replay() -> Replayed:
    """Erase again whom the database holds although the ledger says that they were erased. Does no harm done twice.

    Raises DatabaseUnavailable, VaultError; then it is to be run again.
    """
    with from_settings() as vault, db.connect("owner", autocommit=True) as raw:
        wanted = dict.fromkeys(_ask(raw, subject) for subject in returned(raw, vault))
        rooms.load()
        wanted |= dict.fromkeys((row[0], row[1]) for row in raw.execute(_BEGUN).fetchall())
        states = [engine.run(organisation, erasure, vault=vault) for organisation, erasure in wanted]
        states += offboarding().replay(raw, vault)
    return Replayed(states.count("done"), len(states) - states.count("done"))


def returned(raw: Raw, vault: Vault) -> list[Subject]:
    """Whom the ledger names and the database has all the same. ``raw``: of the role ``owner``."""
    left = marks.unreplayed(raw, vault)
    if not left:
        return []
    rooms.load()
    return [subject for subject in _subjects(raw) if marks.main_tag(vault, subject) in left]


def offboarding() -> Any:
    """What has organisations leave; it stands on this, so it is looked up when it is needed."""
    from allconnects.privacy.offboarding import replay as found

    return found


def _organisations(raw: Raw, vault: Vault) -> int:
    if not marks.unreplayed(raw, vault):
        return 0
    rooms.load()
    return len(offboarding().returned(raw, vault))


def _subjects(raw: Raw) -> Iterator[Subject]:
    """Everybody of every organisation: persons of the registers, then members."""
    for organisation, person in raw.execute(f"SELECT organisation_id, id FROM {root('person')}".encode()).fetchall():
        yield Subject(organisation, person)
    for organisation, account in raw.execute(_MEMBERS).fetchall():
        yield Subject(organisation, None, account)


def _ask(raw: Raw, subject: Subject) -> tuple[int, UUID]:
    """The same as somebody asking for it, once: the organisation and the erasure."""
    organisation = subject.organisation
    with raw.transaction(), raw.cursor() as cursor:
        cursor.execute("SELECT set_config('app.organisation', %s, true)", (str(organisation),))
        subject = resolved(cursor, subject)
        if row := cursor.execute(_SAME, (organisation, subject.person, subject.account)).fetchone():
            return organisation, row[0]
        number, case = uuid4(), uuid4()
        cursor.execute(_ADD, (organisation, number, case, subject.person, subject.account, clock.now()))
        audit.record(cursor, organisation, WHO, "erasure.replayed", f"erasure:{number}", {"case": str(case)})
    return organisation, number
