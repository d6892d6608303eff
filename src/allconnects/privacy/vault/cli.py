"""``allconnects vault``: state, backup, restore and a new root key, for the operator."""

from __future__ import annotations

import argparse
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import psycopg

from allconnects.kit import clock, config, db
from allconnects.privacy.vault import backup as backups
from allconnects.privacy.vault.identity import identify
from allconnects.privacy.vault.rotate import rotate
from allconnects.privacy.vault.rows import CLASSES, COLUMNS, Connection, KeyRow, bound
from allconnects.privacy.vault.service import Vault, from_settings
from allconnects.privacy.vault.states import STATES

Commands = Any
"""What ``argparse`` returns from ``add_subparsers``; its class is not public."""


def add_commands(commands: Commands) -> None:
    """Add ``vault status|backup|restore|rotate-root``."""
    text = "the keys under which personal data are sealed"
    vault = commands.add_parser("vault", help=text, description=text)
    actions = vault.add_subparsers(title="commands", metavar="COMMAND", required=True)
    _add(actions, "status", "how many keys there are, whether the root key opens them, and the last backup", _status)
    text = "write the wrapped keys to a file that only the root key opens"
    _add(actions, "backup", text, _backup).add_argument("file", metavar="FILE", type=Path)
    text = "put the keys of a backup back, without those that were destroyed since"
    _add(actions, "restore", text, _restore).add_argument("file", metavar="FILE", type=Path)
    text = "make a new root key and wrap every organisation's key with it; earlier backups become useless"
    _add(actions, "rotate-root", text, _rotate)


def _add(
    actions: Commands, name: str, text: str, action: Callable[[Vault, argparse.Namespace], None]
) -> argparse.ArgumentParser:
    parser: argparse.ArgumentParser = actions.add_parser(name, help=text, description=text)
    parser.set_defaults(run=_run(action))
    return parser


def _run(action: Callable[[Vault, argparse.Namespace], None]) -> Callable[[argparse.Namespace], int]:
    def run(arguments: argparse.Namespace) -> int:
        with database(), from_settings() as vault:
            action(vault, arguments)
        return 0

    return run


@contextmanager
def database() -> Iterator[None]:
    """The embedded database is started for the command when the platform does not run."""
    from allconnects.kit.postgres import EmbeddedPostgres

    settings = config.current()
    if settings.database_url or not (settings.home / "postgres").is_dir() or _answers():
        yield
        return
    with EmbeddedPostgres(settings.home):
        yield


def _answers() -> bool:
    """Whether the embedded database runs; the folder of its socket stays when it is stopped."""
    from allconnects.kit.postgres import DatabaseError

    try:
        psycopg.connect(db.admin_conninfo()).close()
    except (DatabaseError, psycopg.OperationalError):
        return False
    return True


def _say(text: str) -> None:
    print(text)


def _status(vault: Vault, _arguments: argparse.Namespace) -> None:
    with vault.session() as connection:
        identity = identify(connection, vault.root)
        _say(f"vault         {identity.vault}")
        _say(f"root key      {vault.root.where}: copy it to a safe place; without it nothing sealed can be read")
        if len(vault.root.roots(identity.vault)) > 1:
            _say("              a rotation was interrupted: run 'allconnects vault rotate-root' again")
        _say(f"organisations {_open_organisations(connection, vault)} open with this root key")
        _counts(connection)
        erased = _one(connection, "SELECT count(*) FROM vault_erased")
        _say(f"ledger        {vault.ledger.path}: {len(vault.ledger.tags(identity.vault))} of {erased} destructions")
        _last_backup(connection)


def _open_organisations(connection: Connection, vault: Vault) -> int:
    """Unwraps every one: raises Damaged or RootMissing for one that does not open."""
    identity = identify(connection, vault.root)
    found = connection.execute(
        f"SELECT {COLUMNS} FROM vault_key WHERE kind = 'organisation' AND wrapped IS NOT NULL".encode()
    )
    rows = [KeyRow(*row) for row in found]
    for row in rows:
        vault.root.unwrap(identity.vault, row.parent, row.wrapped or b"", bound(identity.vault, row))
    return len(rows)


def _counts(connection: Connection) -> None:
    found = connection.execute("SELECT class, state, count(*) FROM vault_key GROUP BY class, state")
    counts = {(row[0], row[1]): row[2] for row in found}
    for klass in ("*", *CLASSES):
        said = ", ".join(f"{counts.get((klass, state), 0)} {state}" for state in STATES)
        _say(f"{'wrapping keys' if klass == '*' else klass:<16}{said}")


def _last_backup(connection: Connection) -> None:
    at = _one(connection, "SELECT max(at) FROM vault_backup")
    if at is None:
        _say("last backup   none: run 'allconnects vault backup FILE'")
        return
    since = _one(connection, "SELECT count(*) FROM vault_key WHERE created_at > %s", at)
    days = (clock.now() - at).days
    _say(f"last backup   {at.isoformat(timespec='minutes')}, {days} days ago; {since} keys were made since")


def _one(connection: Connection, statement: str, *values: object) -> Any:
    row = connection.execute(statement.encode(), values).fetchone()
    return row[0] if row else None


def _backup(vault: Vault, arguments: argparse.Namespace) -> None:
    with vault.session() as connection:
        count = backups.backup(connection, vault.root, arguments.file)
    _say(f"{count} keys; the file opens only with the root key in {vault.root.where}, so keep that apart from it")


def _restore(vault: Vault, arguments: argparse.Namespace) -> None:
    with vault.session() as connection:
        done = backups.restore(connection, vault.root, vault.ledger, arguments.file)
    _say(
        f"{done.added} keys added, {done.kept} were there, {done.dead} stay destroyed; "
        f"the backup is of {done.made.isoformat(timespec='minutes')}"
    )


def _rotate(vault: Vault, _arguments: argparse.Namespace) -> None:
    with vault.session() as connection:
        done = rotate(connection, vault.root)
    finished = "an interrupted rotation is finished: " if done.resumed else ""
    _say(
        f"{finished}{done.organisations} organisations have the new root key in {vault.root.where}. "
        "Copy the file to its safe place and make a backup now: earlier ones cannot be opened any more"
    )
