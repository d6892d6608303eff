"""``allconnects privacy mailing``, ``subscribers`` and ``withdraw``."""

from __future__ import annotations

import argparse
import sys
import tomllib
from pathlib import Path

from allconnects.kit import db, rooms
from allconnects.kit.errors import InvalidInput


def add_commands(actions: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Add them to the commands of ``privacy``."""
    text = "send a mail to everybody who agreed to its purpose"
    mailing = actions.add_parser("mailing", help=text, description=text)
    mailing.add_argument("file", metavar="FILE", type=Path, help="TOML: purpose, and subject and text by language")
    mailing.set_defaults(run=_mailing)
    text = "bring subscribers along from an earlier list, with what shows their consent"
    moving = actions.add_parser("subscribers", help=text, description=text)
    moving.add_argument("file", metavar="FILE", type=Path, help="CSV: email, language, purpose, given_on, words")
    moving.set_defaults(run=_subscribers)
    text = "end every consent of the addresses on standard input, one a line"
    actions.add_parser("withdraw", help=text, description=text).set_defaults(run=_withdraw)


def _set_up() -> None:
    db.set_process_role("web")
    rooms.load()


def _mailing(arguments: argparse.Namespace) -> int:
    _set_up()
    from allconnects.accounts.tenancy import speaking_for
    from allconnects.privacy.consents import mailing

    try:
        texts = tomllib.loads(arguments.file.read_text("utf-8"))
        purpose = str(texts.pop("purpose", ""))
    except (OSError, ValueError):
        raise InvalidInput("the file cannot be read as TOML") from None
    with speaking_for(None):
        _made, count = mailing.make(purpose, texts)
    print(f"{count} copies wait; the worker sends them")
    return 0


def _subscribers(arguments: argparse.Namespace) -> int:
    _set_up()
    from allconnects.accounts.tenancy import speaking_for
    from allconnects.privacy.consents import moving

    try:
        with arguments.file.open(encoding="utf-8-sig", newline="") as file, speaking_for(None):
            counts = moving.move_in(file)
    except (OSError, UnicodeDecodeError):
        raise InvalidInput("the file cannot be read") from None
    print(", ".join(f"{word}: {count}" for word, count in sorted(counts.items())) or "nothing")
    return 0


def _withdraw(_arguments: argparse.Namespace) -> int:
    _set_up()
    from allconnects.accounts.tenancy import speaking_for
    from allconnects.privacy.consents import addresses, newsletter
    from allconnects.privacy.consents.models import Method

    ended = 0
    for line in sys.stdin:
        if line.strip():
            with speaking_for(None):
                ended += newsletter.withdraw(
                    addresses.hashed(line), None, method=Method.STAFF, origin="console", language="en"
                )
    print(f"{ended} ended")
    return 0
