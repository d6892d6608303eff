"""Asking for an erasure, and how far one is."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal
from uuid import UUID, uuid4

from django.db import connection
from django.utils.translation import gettext as _

from allconnects.kit import clock, jobs
from allconnects.kit.errors import NotFound
from allconnects.privacy.audit import service as audit
from allconnects.privacy.subjects import Subject, resolved

State = Literal["waiting", "running", "partial", "done"]
_ADD = """
    INSERT INTO privacy_erasure (organisation_id, id, case_id, person, account, asked_by, asked_at)
    VALUES (%s, %s, %s, %s, %s, %s, %s) ON CONFLICT (organisation_id, case_id) DO NOTHING"""
_OF_CASE = "SELECT id FROM privacy_erasure WHERE organisation_id = %s AND case_id = %s"
_READ = """
    SELECT state, steps, kept, asked_at, done_at, attempts FROM privacy_erasure
    WHERE organisation_id = %s AND id = %s"""
_OPEN = "SELECT id FROM privacy_erasure WHERE organisation_id = %s AND state <> 'done' ORDER BY asked_at"


@dataclass(frozen=True, slots=True)
class Step:
    """One step: ``state`` is ``done``, ``failed`` or ``waiting``; ``rows`` that went; ``what`` keeps it, in a word."""

    name: str
    state: str
    rows: int
    tries: int
    what: str = ""


@dataclass(frozen=True, slots=True)
class Kept:
    """What stays: ``until`` a day (ISO), at the latest; empty while a hold is on it."""

    table: str
    rows: int
    klass: str
    why: str
    until: str


@dataclass(frozen=True, slots=True)
class Progress:
    """How far an erasure is. ``partial``: something is still there, and it goes on by itself."""

    state: State
    steps: tuple[Step, ...]
    kept: tuple[Kept, ...]
    asked_at: datetime
    done_at: datetime | None
    attempts: int

    @property
    def gone(self) -> int:
        """Rows, files and entries that went."""
        return sum(step.rows for step in self.steps)


def begin(subject: Subject, *, case: UUID, by: int) -> UUID:
    """Ask for an erasure in the current transaction, which speaks for the organisation; a job carries it out.

    Asking twice for the same case is asking once. ``by``: the account that decided. Returns the erasure's id.
    """
    organisation, number = subject.organisation, uuid4()
    with connection.cursor() as cursor:
        subject = resolved(cursor, subject)
        cursor.execute(_ADD, (organisation, number, case, subject.person, subject.account, by, clock.now()))
        cursor.execute(_OF_CASE, (organisation, case))
        found = UUID(str(cursor.fetchone()[0]))
        if found == number:
            audit.record(
                cursor, organisation, f"account:{by}", "erasure.asked", f"erasure:{found}", {"case": str(case)}
            )
    jobs.defer("privacy.erase", organisation=organisation, erasure=found, key=str(found))
    return found


def status(erasure: UUID, *, organisation: int | None = None) -> Progress:
    """How far an erasure is; ``organisation``: that of the transaction by default. Raises NotFound."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT coalesce(%s::integer, current_setting('app.organisation')::integer)", (organisation,))
        (here,) = cursor.fetchone()
        cursor.execute(_READ, (here, erasure))
        row = cursor.fetchone()
    if row is None:
        raise NotFound(_("There is no such erasure."))
    state, steps, kept, asked_at, done_at, attempts = row
    return Progress(state, _steps(steps), _kept(kept), asked_at, done_at, attempts)


def _steps(found: Any) -> tuple[Step, ...]:
    return tuple(
        Step(one["step"], one["state"], one["rows"], one["tries"], one.get("what", "")) for one in _parsed(found)
    )


def _kept(found: Any) -> tuple[Kept, ...]:
    return tuple(Kept(one["table"], one["rows"], one["class"], one["why"], one["until"]) for one in _parsed(found))


def _parsed(found: Any) -> Any:
    import json

    return json.loads(found) if isinstance(found, str) else found


def unfinished(organisation: int) -> list[UUID]:
    """Erasures that are not done, the oldest first."""
    with connection.cursor() as cursor:
        cursor.execute(_OPEN, (organisation,))
        return [UUID(str(row[0])) for row in cursor.fetchall()]
