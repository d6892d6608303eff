"""``allconnects billing``: licence codes, payments by transfer, credit notes, old books; for the operator."""

from __future__ import annotations

import argparse
from collections.abc import Callable
from datetime import date
from typing import Any

from allconnects.billing import catalog, invoices, licences, payments
from allconnects.billing.processor import processor
from allconnects.billing.store import NOBODY, one, session
from allconnects.kit import db, rooms
from allconnects.kit.errors import InvalidInput

Commands = Any


def add_commands(commands: Commands) -> None:
    """Add ``billing licence|paid|credit|forget``."""
    text = "licence codes, invoices and payments, where ALLCONNECTS_BILLING_FILE is set"
    parser = commands.add_parser("billing", help=text, description=text)
    actions = parser.add_subparsers(title="commands", metavar="COMMAND", required=True)
    licence = _add(actions, "licence", "make licence codes, printed this once", _licence)
    licence.add_argument("--plan", required=True)
    licence.add_argument("--months", type=int, default=12)
    licence.add_argument("--quantity", type=int, default=1, help="vehicles or units of the plan")
    licence.add_argument("--count", type=int, default=1, help="how many codes")
    licence.add_argument("--expires", type=date.fromisoformat, metavar="DAY", help="last day to redeem them")
    withdraw = _add(actions, "withdraw", "withdraw codes that nobody has redeemed", _withdraw)
    withdraw.add_argument("tail", help="their last four signs")
    paid = _add(actions, "paid", "an invoice was paid by transfer", _paid)
    paid.add_argument("organisation", type=int)
    paid.add_argument("number")
    paid.add_argument("reference", help="of the bank's statement")
    note = _add(actions, "credit", "correct an invoice with a credit note, and pay back what was paid", _credit)
    note.add_argument("organisation", type=int)
    note.add_argument("number")
    forget = _add(actions, "forget", "drop the books of a year that need not be kept any more", _forget)
    forget.add_argument("year", type=int)


def _add(actions: Commands, name: str, text: str, run: Callable[[argparse.Namespace], None]) -> argparse.ArgumentParser:
    parser: argparse.ArgumentParser = actions.add_parser(name, help=text, description=text)

    def call(arguments: argparse.Namespace) -> int:
        db.set_process_role("web")
        rooms.load()
        catalog.catalogue()
        run(arguments)
        return 0

    parser.set_defaults(run=call)
    return parser


def _licence(arguments: argparse.Namespace) -> None:
    for _ in range(arguments.count):
        print(licences.issue(arguments.plan, arguments.months, arguments.quantity, arguments.expires))


def _withdraw(arguments: argparse.Namespace) -> None:
    print(f"{licences.revoke(arguments.tail)} withdrawn")


def _paid(arguments: argparse.Namespace) -> None:
    payments.mark_paid(arguments.organisation, arguments.number, arguments.reference)
    print(f"{arguments.number} is paid")


def _credit(arguments: argparse.Namespace) -> None:
    found = processor()
    if found is None:
        with session(arguments.organisation) as connection:
            note = invoices.credit(connection, arguments.organisation, arguments.number, catalog.today())
    else:
        note = payments.give_back(found, arguments.organisation, arguments.number, catalog.today())
    print(f"{note} corrects {arguments.number}")


def _forget(arguments: argparse.Namespace) -> None:
    years, today = catalog.books_years(), catalog.today()
    if date(arguments.year + 1 + years, 1, 1) > today:
        raise InvalidInput(f"the books of {arguments.year} must be kept until the end of {arguments.year + years}")
    with session(NOBODY) as connection:
        found = one(connection, "SELECT billing_drop_year(%s, %s, %s) AS gone", (arguments.year, years, today))
    print(f"{found['gone'] if found else 0} invoices of {arguments.year} are gone")
