"""``allconnects privacy masked-dump`` and ``masked-load``: production's structure for a test, without its people."""

from __future__ import annotations

import argparse
import getpass
import sys
from pathlib import Path
from typing import Any

from allconnects.kit import rooms
from allconnects.kit.errors import InvalidInput


def add_commands(actions: Any) -> None:
    """Add ``privacy masked-dump|masked-load``."""
    text = "copy the database to a file with all that is personal masked, for a test installation"
    dump = actions.add_parser("masked-dump", help=text, description=text)
    dump.add_argument("file", metavar="FILE", type=Path)
    dump.set_defaults(run=_dump)
    text = "load a masked dump into a new, migrated database"
    load = actions.add_parser("masked-load", help=text, description=text)
    load.add_argument("file", metavar="FILE", type=Path)
    text = "ask for a password (or read a line from standard input) that every account gets, to sign in with"
    load.add_argument("--password", action="store_true", help=text)
    load.set_defaults(run=_load)


def _dump(arguments: argparse.Namespace) -> int:
    rooms.load()
    from allconnects.privacy.masking.dump import dump
    from allconnects.privacy.vault.cli import database

    with database():
        rows = dump(arguments.file)
    print(f"{sum(rows.values())} rows of {len(rows)} tables, masked: still data of people that nobody is named in")
    return 0


def _load(arguments: argparse.Namespace) -> int:
    rooms.load()
    from allconnects.privacy.masking.load import load
    from allconnects.privacy.vault.cli import database

    password = _password() if arguments.password else ""
    with database():
        rows, people = load(arguments.file, password)
    print(f"{sum(rows.values())} rows of {len(rows)} tables loaded")
    for organisation, email in people if password else ():
        print(f"{organisation}: sign in as {email}")
    return 0


def _password() -> str:
    given = getpass.getpass("Password of every account: ") if sys.stdin.isatty() else sys.stdin.readline().rstrip("\n")
    if not given:
        raise InvalidInput("no password was given; nothing was loaded")
    return given
