"""``allconnects privacy unwrapped``: whose keys an account opened, in one command."""

from __future__ import annotations

import argparse
import json
from datetime import UTC, datetime
from typing import Any

from allconnects.kit import rooms
from allconnects.kit.errors import InvalidInput


def add_commands(actions: Any) -> None:
    """Add ``privacy unwrapped``."""
    text = "list whose data an account, token or process opened in a period, for a breach"
    ask = actions.add_parser("unwrapped", help=text, description=text)
    ask.add_argument("--account", metavar="WHO", required=True, help="account:7 (or 7), token:3 or process:web")
    ask.add_argument("--from", metavar="MOMENT", required=True, dest="begin", help="ISO 8601; UTC without a zone")
    ask.add_argument("--to", metavar="MOMENT", required=True, dest="end")
    ask.add_argument("--json", action="store_true", help="one JSON object a line")
    ask.set_defaults(run=_unwrapped)


def _moment(text: str) -> datetime:
    try:
        found = datetime.fromisoformat(text)
    except ValueError:
        raise InvalidInput("a moment is ISO 8601, such as 2026-01-31T14:00") from None
    return found if found.tzinfo else found.replace(tzinfo=UTC)


def _unwrapped(arguments: argparse.Namespace) -> int:
    rooms.load()
    from allconnects.privacy.breaches import reach

    found = reach.reached(arguments.account, _moment(arguments.begin), _moment(arguments.end))
    for one in found:
        first, last = (moment.astimezone(UTC).isoformat(timespec="minutes") for moment in (one.first, one.last))
        row = {
            "organisation": one.organisation, "kind": one.kind, "subject": one.subject, "class": one.klass,
            "purposes": one.purposes, "times": one.times, "first": first, "last": last,
        }  # fmt: skip
        print(json.dumps(row) if arguments.json else "  ".join(str(value) for value in row.values()))
    if not arguments.json:
        said = ", ".join(reach.categories(found)) or "none"
        print(f"{reach.subjects(found)} subjects; categories: {said}")
    return 0
