"""Carries the leaving of an organisation out, step by step; killed at any moment, it goes on where it stood.

1. ways: nobody signs in for it any more, tokens and devices are refused, nothing is sent out;
2. mark: a keyed hash in the ledger outside backups, so that a restore does not bring it back;
3. ends: what runs for it elsewhere ends, such as its subscription; what a law keeps is said;
4. keys: destroyed, so that copies of sealed positions are unreadable at once;
5. rows: of every labelled table of organisations;
6. accounts: of people who are a member nowhere else;
7. verify, answer, close: the leaving itself forgets who asked for it.

What fails leaves it ``partial``; it is tried again. Sources: GDPR art. 5(1)(e), 17, 28(3)(g).
"""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import asdict, dataclass, field
from typing import Any

import psycopg
import structlog

from allconnects.kit import clock, db
from allconnects.kit.errors import AllconnectsError
from allconnects.privacy.audit import service as audit
from allconnects.privacy.erasure import marks
from allconnects.privacy.erasure.rows import Rows
from allconnects.privacy.erasure.steps import NotAll, alone, is_done, noted, told
from allconnects.privacy.offboarding import answer, copies, ports, tables
from allconnects.privacy.subjects import reach
from allconnects.privacy.vault import Vault, open_vault
from allconnects.privacy.vault import organisation as key_of

log = structlog.get_logger()
WHO = "process:offboarding"
Raw = psycopg.Connection[Any]
_KIND = 7
_READ = "SELECT id, state, due_at, steps, kept, accounts FROM privacy_offboarding WHERE organisation_id = %s"
_SAVE = "UPDATE privacy_offboarding SET state = %s, steps = %s, kept = %s WHERE organisation_id = %s"
_ONLY_HERE = """
    SELECT m.account_id FROM accounts_membership m WHERE m.organisation_id = %(organisation)s
    AND NOT EXISTS (SELECT FROM accounts_membership o WHERE o.account_id = m.account_id
                    AND o.organisation_id <> %(organisation)s)
    AND NOT EXISTS (SELECT FROM accounts_supporter s WHERE s.account_id = m.account_id) ORDER BY 1"""
_NOTE_ACCOUNTS = "UPDATE privacy_offboarding SET accounts = %s, ended_at = %s WHERE organisation_id = %s"
_WAYS = (
    "DELETE FROM accounts_session WHERE account_id = ANY(%(accounts)s)",
    "DELETE FROM accounts_apitoken WHERE organisation_id = %(organisation)s",
    "DELETE FROM accounts_invitation WHERE organisation_id = %(organisation)s",
    "DELETE FROM accounts_membership WHERE organisation_id = %(organisation)s",
    "DELETE FROM accounts_supportvisit WHERE organisation_id = %(organisation)s",
    "DELETE FROM accounts_supportgrant WHERE organisation_id = %(organisation)s",
    "DELETE FROM forwarding_target WHERE organisation_id = %(organisation)s",
    "DELETE FROM procrastinate_jobs WHERE status = 'todo' AND args ->> 'organisation' = %(text)s "
    "AND task_name NOT LIKE 'offboarding.%%'",
)
_REFUSED = """
    UPDATE telemetry_device SET identifier = 'left-' || id, secret_hash = ''
    WHERE organisation_id = %s AND identifier <> 'left-' || id"""
_EMAIL = "SELECT email FROM accounts_account WHERE id = %s"
_CLOSE = """
    UPDATE privacy_offboarding SET state = 'done', asked_by = NULL, agreed_by = NULL, answer_to = '', accounts = '{}',
        done_at = %s, copy_state = '', steps = %s, kept = %s WHERE organisation_id = %s"""


@dataclass(slots=True)
class Run:
    """One attempt."""

    connection: Raw
    organisation: int
    vault: Vault
    id: Any
    steps: list[dict[str, Any]]
    kept: list[dict[str, Any]]
    accounts: list[int] = field(default_factory=list)

    def done(self, name: str) -> bool:
        """Whether a step was done before."""
        return is_done(self.steps, name)

    def note(self, name: str, state: str, rows: int = 0, what: str = "") -> None:
        """Write down how a step ended; durable at once."""
        self.steps = noted(self.steps, name, state, rows, what)
        now = "partial" if state == "failed" else "erasing"
        self.connection.execute(_SAVE, (now, json.dumps(self.steps), json.dumps(self.kept), self.organisation))


def run(organisation: int, *, vault: Vault | None = None, now: bool = False) -> str:
    """Carry it as far as it goes, if its day has come (or ``now``). Returns the state; never twice at once.

    Raises DatabaseUnavailable, VaultError.
    """
    with (
        db.connect("rights", autocommit=True, application="allconnects-offboarding") as connection,
        alone(connection, f"offboarding {organisation}", _KIND) as free,
    ):
        return _run(connection, organisation, vault, now) if free else "running"


def _run(connection: Raw, organisation: int, vault: Vault | None, now: bool) -> str:
    connection.execute("SELECT set_config('app.organisation', %s, false)", (str(organisation),))
    row = connection.execute(_READ, (organisation,)).fetchone()
    if row is None:
        return "none"
    number, state, due_at, steps, kept, accounts = row
    if state in ("proposed", "done") or (state == "waiting" and not now and clock.now() < due_at):
        return str(state)
    one = Run(connection, organisation, vault or open_vault(), number, steps, kept, accounts)
    for name, action in _STEPS.items():
        if one.done(name) and name not in _AGAIN:
            continue
        if not _step(one, name, action):
            return "partial"
    return "done"


def _step(one: Run, name: str, action: Callable[[Run], int]) -> bool:
    """Do one step. False when it stays ``partial`` for now."""
    try:
        count = action(one)
    except (psycopg.Error, AllconnectsError, OSError) as error:
        if one.connection.closed:
            raise db.DatabaseUnavailable("the database does not answer") from error
        what = error.message if isinstance(error, NotAll) else type(error).__name__
        one.note(name, "failed", what=what)
        log.error("offboarding.step_failed", step=name, reason=what)
        return False
    if name != "close":
        one.note(name, "done", count)
    return True


def _ways(one: Run) -> int:
    """All in one transaction: from its commit on nobody and nothing comes in."""
    values = {"organisation": one.organisation, "text": str(one.organisation)}
    with one.connection.transaction():
        one.connection.execute(_SAVE, ("erasing", json.dumps(one.steps), json.dumps(one.kept), one.organisation))
        found = [row[0] for row in one.connection.execute(_ONLY_HERE, values)]
        one.accounts = sorted({*one.accounts, *found})
        one.connection.execute(_NOTE_ACCOUNTS, (one.accounts, clock.now(), one.organisation))
        count = sum(one.connection.execute(sql.encode(), {**values, "accounts": found}).rowcount for sql in _WAYS)
        return count + one.connection.execute(_REFUSED, (one.organisation,)).rowcount


def tag_of(vault: Vault, organisation: int) -> bytes:
    """The mark of an organisation in the ledger."""
    return vault.tag("erased", organisation, "organisation", str(organisation))


def _mark(one: Run) -> int:
    tag = tag_of(one.vault, one.organisation)
    one.connection.execute(
        "UPDATE privacy_offboarding SET mark = %s WHERE organisation_id = %s", (tag, one.organisation)
    )
    marks.note(one.vault, tag)
    return 1


def _ends(one: Run) -> int:
    one.kept = [asdict(stays) for _, end in ports.at_end.all() for stays in end(one.organisation)]
    return 0


def _keys(one: Run) -> int:
    return int(one.vault.destroy(one.organisation, key_of(one.organisation), who=WHO, reason=str(one.id)))


def _rows(one: Run) -> int:
    """Table by table; what something of a circle still refers to is taken in the next round."""
    waiting, total = tables.ordered(one.connection), 0
    while waiting:
        again = []
        for table in waiting:
            try:
                total += tables.delete(one.connection, table, one.organisation)
            except psycopg.errors.ForeignKeyViolation:
                again.append(table)
        if len(again) == len(waiting):
            raise NotAll("referred")
        waiting = again
    return total


def _accounts(one: Run) -> int:
    """People who are a member nowhere else have no account any more."""
    found, total = reach(one.connection), 0
    for account in one.accounts:
        row = one.connection.execute(_EMAIL, (account,)).fetchone()
        if row is None:
            continue
        params = {
            "organisation": one.organisation, "person": None, "account": account, "email": row[0], "elsewhere": False,
        }  # fmt: skip
        rows = Rows(one.connection, found, params, frozenset())
        total += sum(rows.erase(table) for table in rows.tables())
    return total


def _verify(one: Run) -> int:
    if found := tables.left(one.connection, one.organisation):
        log.error("offboarding.left", tables=sorted(found))
        raise NotAll("left")
    return 0


def _answer(one: Run) -> int:
    copies.remove(one.id)
    return answer.send(one.connection, one.organisation, one.steps, one.kept)


def _close(one: Run) -> int:
    """The organisation itself goes in the transaction in which its leaving is done."""
    steps = told(one.steps)
    with one.connection.transaction(), one.connection.cursor() as cursor:
        cursor.execute(f"DELETE FROM {tables.ORGANISATIONS} WHERE id = %s", (one.organisation,))
        cursor.execute(_CLOSE, (clock.now(), json.dumps(steps), json.dumps(one.kept), one.organisation))
        details = {"organisation": one.organisation, "rows": sum(step["rows"] for step in steps)}
        audit.record(cursor, audit.OPERATOR, WHO, "organisation.left", f"offboarding:{one.id}", details)
    return 0


_STEPS: dict[str, Callable[[Run], int]] = {
    "ways": _ways, "mark": _mark, "ends": _ends, "keys": _keys, "rows": _rows, "accounts": _accounts,
    "verify": _verify, "answer": _answer, "close": _close,
}  # fmt: skip
_AGAIN = frozenset({"ways", "rows", "verify"})
"""Cheap when there is nothing to do; what a request under way made meanwhile goes too."""
