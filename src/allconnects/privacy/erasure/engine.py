"""Carries an erasure out, step by step; killed at any moment, it is taken up where it stood and ends the same.

1. fence: nothing of the person is recorded any more, late data neither;
2. mark: keyed hashes in the database and in the ledger outside backups, so that nothing brings the person back;
3. stop: what runs for the person ends;
4. rows: deleted, stripped or kept as each label says;
5. keys: destroyed;
6. clear: caches, files, live state;
7. tell: processors and recipients, each until it confirms;
8. verify: nothing is found that ought to be gone;
9. close: the erasure itself forgets whom it was about.

What fails leaves it ``partial``, never done; it is tried again. Sources: GDPR art. 17, 19; EDPB on erasure in backups.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

import psycopg
import structlog

from allconnects.kit import clock, db
from allconnects.kit.errors import AllconnectsError
from allconnects.kit.pace import Pace
from allconnects.privacy.audit import service as audit
from allconnects.privacy.erasure import marks, ports
from allconnects.privacy.erasure.rows import Rows, params_of
from allconnects.privacy.erasure.steps import NotAll, alone, is_done, noted, told
from allconnects.privacy.subjects import Subject, reach, resolved
from allconnects.privacy.subjects.subject import only_here
from allconnects.privacy.vault import CLASSES, Vault, open_vault
from allconnects.privacy.vault import person as key_of

log = structlog.get_logger()
WHO = "process:erasure"
_KIND = 5
_READ = """
    SELECT case_id, person, account, asked_by, state, steps, attempts FROM privacy_erasure
    WHERE organisation_id = %s AND id = %s"""
_BEGIN = """
    UPDATE privacy_erasure SET state = 'running', tried_at = %s, attempts = attempts + 1
    WHERE organisation_id = %s AND id = %s"""
_SAVE = "UPDATE privacy_erasure SET steps = %s, kept = %s, state = %s WHERE organisation_id = %s AND id = %s"
_SUBJECT = "UPDATE privacy_erasure SET person = %s, account = %s, mark = %s WHERE organisation_id = %s AND id = %s"
_CLOSE = """
    UPDATE privacy_erasure SET state = 'done', person = NULL, account = NULL, done_at = %s
    WHERE organisation_id = %s AND id = %s"""
_HELD = """
    SELECT DISTINCT unnest(classes) FROM privacy_withheld
    WHERE organisation_id = %s AND mode = 'held' AND ended_at IS NULL AND (person = %s OR account = %s)"""
_FREE = """
    DELETE FROM privacy_withheld WHERE organisation_id = %s AND (person = %s OR account = %s)
      AND (mode = 'restricted' OR ended_at IS NOT NULL)"""
STEPS = ("fence", "mark", "stop", "rows", "keys", "clear", "tell", "verify", "close")
AGAIN_EACH_TIME = frozenset({"rows", "verify"})
"""Cheap when there is nothing to do; what came in meanwhile goes too."""


@dataclass(slots=True)
class Run:
    """One attempt at one erasure."""

    connection: psycopg.Connection[Any]
    organisation: int
    id: UUID
    case: UUID
    subject: Subject
    asked_by: int | None
    vault: Vault
    steps: list[dict[str, Any]]
    held: frozenset[str] = frozenset()
    kept: list[dict[str, Any]] = field(default_factory=list)
    state: str = "running"
    pace: Pace = field(default_factory=Pace)

    def done(self, name: str) -> bool:
        """Whether a step was done before."""
        return is_done(self.steps, name)

    def note(self, name: str, state: str, count: int = 0, what: str = "") -> None:
        """Write down how a step ended; durable at once."""
        self.steps = noted(self.steps, name, state, count, what)
        self.save()

    def save(self) -> None:
        """Write the state down."""
        self.connection.execute(
            _SAVE, (json.dumps(self.steps), json.dumps(self.kept), self.state, self.organisation, self.id)
        )

    def work(self) -> ports.Work:
        """What effects of rooms get."""
        email = self.rows().params["email"] or ""
        return ports.Work(self.connection, self.vault, self.subject, self.held, email, self.pace)

    def rows(self) -> Rows:
        """The rows of the subject, as they are found now."""
        with self.connection.cursor() as cursor:
            elsewhere = self.subject.account is None or not only_here(cursor, self.subject)
        params = params_of(self.connection, self.subject, elsewhere)
        return Rows(self.connection, reach(self.connection), params, self.held, self.pace)


def run(organisation: int, erasure: UUID, *, vault: Vault | None = None) -> str:
    """Carry an erasure on as far as it goes. Returns its state; ``running`` when another process is at it.

    Raises DatabaseUnavailable.
    """
    vault = vault or open_vault()
    with (
        db.connect("rights", autocommit=True, application="allconnects-erasure") as connection,
        alone(connection, f"erasure {organisation} {erasure}", _KIND) as free,
    ):
        return _run(connection, organisation, erasure, vault) if free else "running"


def _run(connection: psycopg.Connection[Any], organisation: int, erasure: UUID, vault: Vault) -> str:
    connection.execute("SELECT set_config('app.organisation', %s, false)", (str(organisation),))
    row = connection.execute(_READ, (organisation, erasure)).fetchone()
    if row is None or row[4] == "done":
        return "done"
    case, person, account, asked_by, _, steps, _ = row
    connection.execute(_BEGIN, (clock.now(), organisation, erasure))
    with connection.cursor() as cursor:
        subject = resolved(cursor, Subject(organisation, person, account))
    one = Run(connection, organisation, erasure, case, subject, asked_by, vault, steps)
    one.held = _held(one)
    for name in STEPS:
        if one.done(name) and name not in AGAIN_EACH_TIME:
            continue
        if not _step(one, name):
            return one.state
    return "done"


def _held(one: Run) -> frozenset[str]:
    found = one.connection.execute(_HELD, (one.organisation, one.subject.person, one.subject.account))
    return frozenset(row[0] for row in found)


def _step(one: Run, name: str) -> bool:
    """Do one step. False when the erasure stays ``partial`` for now."""
    try:
        count = _ACTIONS[name](one)
    except NotAll as error:
        return _partial(one, name, error.message)
    except (psycopg.Error, AllconnectsError, OSError) as error:
        if isinstance(error, psycopg.OperationalError) and one.connection.closed:
            raise db.DatabaseUnavailable("the database does not answer") from error
        log.error("erasure.step_failed", step=name, error=type(error).__name__)
        return _partial(one, name, type(error).__name__)
    if name != "close":
        one.note(name, "done", count)
    return True


def _partial(one: Run, name: str, what: str) -> bool:
    one.state = "partial"
    one.note(name, "waiting" if what == "hold" else "failed", 0, what)
    if what != "hold":
        log.error("erasure.partial", step=name, reason=what)
    return False


def _fence(one: Run) -> int:
    return sum(function(one.work()) for _, function in ports.effects("fence"))


def _mark(one: Run) -> int:
    tag = marks.main_tag(one.vault, one.subject)
    values: list[tuple[Any, object]] = [("person", one.subject.person), ("account", one.subject.account)]
    work = one.work()
    values += [("email", work.email), *ports.identities(work)]
    with one.connection.transaction(), one.connection.cursor() as cursor:
        marks.put(cursor, one.vault, one.organisation, [(kind, value) for kind, value in values if value])
        cursor.execute(_SUBJECT, (one.subject.person, one.subject.account, tag, one.organisation, one.id))
    marks.note(one.vault, tag)  # after the database: a mark that only the ledger has says that a backup was put back
    return 1


def _stop(one: Run) -> int:
    return sum(function(one.work()) for _, function in ports.effects("stop"))


def _rows(one: Run) -> int:
    rows = one.rows()
    count = sum(rows.erase(found) for found in rows.tables())
    one.kept = list(rows.kept())
    one.save()
    return count


def _keys(one: Run) -> int:
    if one.subject.person is None:
        return 0
    who, reason = WHO, str(one.id)
    gone = 0
    subject = key_of(one.subject.person)
    if not one.held & set(CLASSES):
        return int(one.vault.destroy(one.organisation, subject, who=who, reason=reason))
    for klass in CLASSES:
        if klass not in one.held:
            gone += one.vault.destroy(one.organisation, subject, who=who, reason=reason, klass=klass)
    return gone


def _clear(one: Run) -> int:
    return sum(function(one.work()) for _, function in ports.effects("clear"))


def _tell(one: Run) -> int:
    """Each processor by itself: one that does not answer holds up no other."""
    failed = []
    for name, teller in ports.processor.all():
        step = f"tell:{name}"
        if one.done(step):
            continue
        try:
            teller(one.organisation, one.case, one.subject)
        except Exception as error:
            failed.append(name)
            one.note(step, "failed", 0, type(error).__name__)
            log.error("erasure.processor_away", processor=name, error=type(error).__name__)
        else:
            one.note(step, "done")
    if failed:
        raise NotAll("processor")
    return 0


def _verify(one: Run) -> int:
    rows = one.rows()
    left = sorted(found.table.name for found in rows.tables() if rows.left(found))
    one.kept = list(rows.kept())
    if left:
        log.error("erasure.left", tables=left)
        raise NotAll("left")
    if one.held:
        raise NotAll("hold")
    return 0


def _close(one: Run) -> int:
    subject, organisation = one.subject, one.organisation
    one.state = "done"
    steps = noted(told(one.steps), "close", "done")
    with one.connection.transaction(), one.connection.cursor() as cursor:
        cursor.execute(_FREE, (organisation, subject.person, subject.account))
        cursor.execute(_CLOSE, (clock.now(), organisation, one.id))
        cursor.execute(
            "UPDATE privacy_erasure SET steps = %s, kept = %s WHERE organisation_id = %s AND id = %s",
            (json.dumps(steps), json.dumps(one.kept), organisation, one.id),
        )
        details = {"case": str(one.case), "kept": len(one.kept)}
        audit.record(cursor, organisation, WHO, "erasure.done", f"erasure:{one.id}", details)
    return 0


_ACTIONS: dict[str, Callable[[Run], int]] = {
    "fence": _fence, "mark": _mark, "stop": _stop, "rows": _rows, "keys": _keys, "clear": _clear, "tell": _tell,
    "verify": _verify, "close": _close,
}  # fmt: skip
