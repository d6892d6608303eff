"""``allconnects privacy``: what a data protection officer and an auditor ask of the server."""

from __future__ import annotations

import argparse
import json
import sys
from typing import Any

from allconnects.kit import db

Commands = Any
"""What ``argparse`` returns from ``add_subparsers``; its class is not public."""


def add_commands(commands: Commands) -> None:
    """Add ``privacy audit verify|heads``."""
    text = "audit, registers and documents of data protection"
    privacy = commands.add_parser("privacy", help=text, description=text)
    actions = privacy.add_subparsers(title="commands", metavar="COMMAND", required=True)
    text = "check the audit chains against their key and the heads written down"
    audit = actions.add_parser("audit", help=text, description=text)
    audit.add_argument("--heads", action="store_true", help="write the heads down and print them as JSON lines")
    audit.set_defaults(run=_audit)


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
