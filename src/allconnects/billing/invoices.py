"""Invoices and credit notes: numbered without gaps, never changed once they are there."""

from __future__ import annotations

from dataclasses import asdict
from datetime import date, timedelta
from decimal import Decimal
from typing import Any
from uuid import uuid4

from django.utils.translation import gettext as _
from psycopg.types.json import Jsonb

from allconnects.billing import customers
from allconnects.billing.catalog import Seller, catalogue, tax_for
from allconnects.billing.errors import BillingRefused
from allconnects.billing.money import Amount, months_after, structured_reference, tax_on
from allconnects.billing.store import Connection, one, rows
from allconnects.kit.errors import NotFound

_NUMBER = """
    INSERT INTO billing_number AS n (year, kind, last) VALUES (%s, %s, 1)
    ON CONFLICT (year, kind) DO UPDATE SET last = n.last + 1 RETURNING last"""
_DUE = """
    SELECT * FROM billing_subscription WHERE invoiced_to <= %(day)s AND (ends IS NULL OR ends > invoiced_to)
    ORDER BY created_at FOR UPDATE"""
_PUT = """
    INSERT INTO billing_invoice (year, number, id, organisation_id, kind, corrects, issued, due, seller, buyer, lines,
                                 tax, currency, net, vat, gross, payment_reference, state)
    VALUES (%(year)s, %(number)s, %(id)s, %(organisation)s, %(kind)s, %(corrects)s, %(issued)s, %(due)s, %(seller)s,
            %(buyer)s, %(lines)s, %(tax)s, %(currency)s, %(net)s, %(vat)s, %(gross)s, %(reference)s, %(state)s)"""
_BUYER = ("name", "vat_number", "email", "street", "postcode", "city", "country", "language", "reference")
_PREFIX = {"invoice": "F", "credit": "C"}


def issue_due(connection: Connection, organisation: int, day: date) -> list[str]:
    """Invoice every period that has begun, in advance; asked twice, it does it once. Returns the new numbers."""
    made = []
    for subscription in rows(connection, _DUE, {"day": day}):
        start = subscription["invoiced_to"]
        while start <= day and (subscription["ends"] is None or subscription["ends"] > start):
            number = _periods(subscription, start)
            end = months_after(subscription["anchor"], number)
            quantity = subscription["next_quantity"]
            line = _line(subscription, quantity, Decimal(1), start, end)
            made.append(_issue(connection, organisation, [line], subscription["currency"], day))
            connection.execute(
                "UPDATE billing_subscription SET invoiced_to = %s, quantity = %s WHERE id = %s",
                (end, quantity, subscription["id"]),
            )
            start = end
    return made


def _periods(subscription: dict[str, Any], start: date) -> int:
    """Months from the anchor to the end of the period that begins at ``start``."""
    anchor = subscription["anchor"]
    months: int = (start.year - anchor.year) * 12 + start.month - anchor.month + subscription["months"]
    return months


def issue_extra(
    connection: Connection, organisation: int, subscription: dict[str, Any], more: int, share: Decimal, day: date
) -> str:
    """Invoice what was added in the middle of a period."""
    line = _line(subscription, more, share, day, subscription["invoiced_to"])
    return _issue(connection, organisation, [line], subscription["currency"], day)


def _line(subscription: dict[str, Any], quantity: int, share: Decimal, start: date, end: date) -> dict[str, Any]:
    amount = Amount(quantity, subscription["price"], share)
    plan = catalogue().plans.get(subscription["plan"])
    return {
        "text": plan.name if plan else subscription["plan"],
        "unit": plan.unit if plan else "flat",
        "quantity": quantity,
        "price": str(amount.unit_price),
        "net": str(amount.net),
        "from": start.isoformat(),
        "to": (end - timedelta(days=1)).isoformat(),
    }


def credit(connection: Connection, organisation: int, number: str, day: date) -> str:
    """A credit note for all of an invoice. Raises NotFound and BillingRefused."""
    old = invoice(connection, number, lock=True)
    if old["kind"] != "invoice" or old["state"] == "credited":
        raise BillingRefused(_("This was corrected already."))
    made = _put(
        connection, organisation, "credit", day, day,
        {
            "corrects": number, "buyer": old["buyer"], "lines": old["lines"], "tax": old["tax"],
            "currency": old["currency"], "net": old["net"], "vat": old["vat"], "gross": old["gross"],
        },
    )  # fmt: skip
    connection.execute(
        "UPDATE billing_invoice SET state = 'credited' WHERE year = %s AND number = %s", (old["year"], number)
    )
    return made


def _issue(connection: Connection, organisation: int, lines: list[dict[str, Any]], currency: str, day: date) -> str:
    buyer = customers.customer(connection)
    if buyer is None:
        raise BillingRefused(_("Fill in who is billed first."))
    seller = catalogue().seller
    tax = tax_for(seller.country, buyer["country"], buyer["vat_number"], day)
    net = sum((Decimal(line["net"]) for line in lines), Decimal(0))
    vat = tax_on(net, tax.percent)
    about = {
        "corrects": "", "buyer": {name: buyer[name] for name in _BUYER}, "lines": lines, "tax": tax.as_json(),
        "currency": currency, "net": net, "vat": vat, "gross": net + vat,
    }  # fmt: skip
    return _put(connection, organisation, "invoice", day, day + timedelta(days=seller.days_to_pay), about)


def _put(connection: Connection, organisation: int, kind: str, issued: date, due: date, about: dict[str, Any]) -> str:
    """The number is taken in the transaction that keeps the invoice, so none is ever missing."""
    connection.execute("SELECT billing_make_year(%s)", (issued.year,))
    row = one(connection, _NUMBER, (issued.year, kind))
    assert row is not None
    number = f"{_PREFIX[kind]}{issued.year}-{row['last']:05d}"
    values = {
        **about, "year": issued.year, "number": number, "id": uuid4(), "organisation": organisation, "kind": kind,
        "issued": issued, "due": due, "seller": Jsonb(_seller()), "buyer": Jsonb(about["buyer"]),
        "lines": Jsonb(about["lines"]), "tax": Jsonb(about["tax"]),
        "reference": structured_reference(issued.year * 10**6 + row["last"]),
        "state": "settled" if kind == "credit" or about["gross"] == 0 else "open",
    }  # fmt: skip
    connection.execute(_PUT, values)
    return number


def _seller() -> dict[str, Any]:
    seller: Seller = catalogue().seller
    return asdict(seller)


def invoice(connection: Connection, number: str, *, lock: bool = False) -> dict[str, Any]:
    """One of the organisation's. Raises NotFound."""
    query = "SELECT * FROM billing_invoice WHERE year = %s AND number = %s" + (" FOR UPDATE" if lock else "")
    found = one(connection, query, (_year(number), number))
    if found is None:
        raise NotFound(_("There is no such invoice."))
    return found


def _year(number: str) -> int:
    text = number[1:5]
    return int(text) if text.isascii() and text.isdigit() else 0


def listed(connection: Connection, limit: int = 100) -> list[dict[str, Any]]:
    """The newest invoices and credit notes."""
    query = "SELECT * FROM billing_invoice ORDER BY issued DESC, number DESC LIMIT %s"
    return rows(connection, query, (limit,))


def mark_sent(connection: Connection, number: str, at: Any) -> None:
    """Note that the customer has it."""
    connection.execute(
        "UPDATE billing_invoice SET sent_at = %s WHERE year = %s AND number = %s AND sent_at IS NULL",
        (at, _year(number), number),
    )
