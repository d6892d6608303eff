"""``allconnects privacy``: what a data protection officer and an auditor ask of the server."""

from __future__ import annotations

import argparse
import json
import sys
from pathlib import Path
from typing import Any

from allconnects.kit import db, rooms
from allconnects.privacy.breaches import cli as breaches
from allconnects.privacy.consents import cli as consents
from allconnects.privacy.masking import cli as masking

Commands = Any
"""What ``argparse`` returns from ``add_subparsers``; its class is not public."""


def add_commands(commands: Commands) -> None:
    """Add ``privacy audit|documents|cases|replay``."""
    text = "audit, registers and documents of data protection"
    privacy = commands.add_parser("privacy", help=text, description=text)
    actions = privacy.add_subparsers(title="commands", metavar="COMMAND", required=True)
    text = "check the audit chains against their key and the heads written down"
    audit = actions.add_parser("audit", help=text, description=text)
    audit.add_argument("--heads", action="store_true", help="write the heads down and print them as JSON lines")
    audit.set_defaults(run=_audit)
    text = "write notices, records and schedules from inventory and registry"
    papers = actions.add_parser("documents", help=text, description=text)
    papers.add_argument("folder", metavar="FOLDER", type=Path, nargs="?", default=Path("docs/privacy"))
    papers.add_argument("--check", action="store_true", help="write nothing; exit code 1 when a file is not up to date")
    papers.set_defaults(run=_documents)
    consents.add_commands(actions)
    breaches.add_commands(actions)
    masking.add_commands(actions)
    text = "list requests of data subjects whose last day is over; exit code 1 when there are any"
    cases = actions.add_parser("cases", help=text, description=text)
    cases.set_defaults(run=_cases)
    text = "after a restore: erase again whom the backup brought back"
    actions.add_parser("replay", help=text, description=text).set_defaults(run=_replay)


def _audit(arguments: argparse.Namespace) -> int:
    from allconnects.privacy.audit import service

    with db.connect("owner", autocommit=True) as connection:
        if arguments.heads:
            service.write_heads(connection)
            for head in service.heads(connection):
                print(json.dumps({"chain": head.organisation, "number": head.number, "mac": head.mac.hex()}))
            return 0
        found = service.verify(connection)
    for fault in found:
        print(f"chain {fault.organisation}, entry {fault.number}: {fault.what}", file=sys.stderr)
    print("the audit chains are not what they were" if found else "the audit chains are whole")
    return 1 if found else 0


def _cases(_arguments: argparse.Namespace) -> int:
    rooms.load()
    from allconnects.privacy.requests.upkeep import overdue

    with db.connect("owner", autocommit=True) as connection:
        found = overdue(connection)
    for organisation, reference, due, right, state in found:
        print(f"{due}  {reference}  {organisation}  {right or '-'}  {state}")
    print(f"{len(found)} overdue" if found else "no request is overdue")
    return 1 if found else 0


def _replay(_arguments: argparse.Namespace) -> int:
    from allconnects.privacy.erasure import replay
    from allconnects.privacy.vault.cli import database

    with database():
        found = replay.replay()
    print(f"erased again: {found.done}; begun, and carried on by the worker: {found.waiting}")
    return 0


def _documents(arguments: argparse.Namespace) -> int:
    rooms.load()
    from allconnects.privacy import documents

    if arguments.check:
        changed = [name for name, text in documents.documents() if documents.is_stale(arguments.folder / name, text)]
    else:
        changed = documents.write(arguments.folder)
    for name in changed:
        print(name)
    return 1 if arguments.check and changed else 0
