"""Payments of invoices over the processor's page. Its messages are believed only after asking it back."""

from __future__ import annotations

from datetime import date
from typing import Any
from uuid import UUID, uuid4

import structlog
from django.utils.translation import gettext as _

from allconnects.billing import invoices
from allconnects.billing.errors import BillingRefused
from allconnects.billing.processor import STATES, Processor, Told
from allconnects.billing.store import Connection, one, rows, session
from allconnects.kit import clock
from allconnects.kit.errors import NotFound

log = structlog.get_logger()
_FINAL = ("paid", "failed", "canceled", "expired", "refunded")
_PUT = """
    INSERT INTO billing_payment (year, id, organisation_id, invoice, processor, reference, amount, currency, state,
                                 created_at, changed_at)
    VALUES (%(year)s, %(id)s, %(organisation)s, %(invoice)s, %(processor)s, %(reference)s, %(amount)s, %(currency)s,
            %(state)s, %(now)s, %(now)s)
    ON CONFLICT (year, processor, reference) DO NOTHING"""
_FIND = "SELECT * FROM billing_payment WHERE year = %s AND id = %s FOR UPDATE"
_MOVE = """
    UPDATE billing_payment SET state = %(state)s, card_brand = %(brand)s, card_last4 = nullif(%(last4)s, ''),
        changed_at = %(now)s WHERE year = %(year)s AND id = %(id)s"""


def start(processor: Processor, organisation: int, number: str, *, back_url: str, hook_url: str, language: str) -> str:
    """Begin to pay an invoice; returns the address of the processor's page.

    ``hook_url`` holds ``{payment}`` for the number of the payment. Pressed twice, both lead to one
    payment at the processor. Raises BillingRefused, NotFound and ProcessorDown; then nothing was begun.
    """
    with session(organisation) as connection:
        invoice = invoices.invoice(connection, number, lock=True)
        if invoice["kind"] != "invoice" or invoice["state"] != "open":
            raise BillingRefused(_("There is nothing to pay for it."))
        running = _running(connection, invoice)
        payment = running["id"] if running else uuid4()
        told = processor.look(running["reference"]) if running else None
        if running and told and told.state in ("open", "pending") and told.checkout_url:
            return told.checkout_url
        if running and told:
            _note(connection, running, told)
            if told.state == "paid":
                raise BillingRefused(_("It is paid already."))
            payment = uuid4()
        told = processor.create(
            key=str(payment), amount=invoice["gross"], currency=invoice["currency"], text=number, back_url=back_url,
            hook_url=hook_url.replace("{payment}", f"{invoice['year']}/{payment}"), language=language,
        )  # fmt: skip
        connection.execute(_PUT.encode(), _row(organisation, invoice, payment, processor.name, told))
        return told.checkout_url


def _running(connection: Connection, invoice: dict[str, Any]) -> dict[str, Any] | None:
    query = (
        "SELECT * FROM billing_payment WHERE year = %s AND invoice = %s AND state IN ('open', 'pending') "
        "ORDER BY created_at DESC LIMIT 1"
    )
    return one(connection, query, (invoice["year"], invoice["number"]))


def _row(organisation: int, invoice: dict[str, Any], payment: UUID, processor: str, told: Told) -> dict[str, Any]:
    return {
        "year": invoice["year"], "id": payment, "organisation": organisation, "invoice": invoice["number"],
        "processor": processor, "reference": told.reference, "amount": invoice["gross"],
        "currency": invoice["currency"], "state": told.state, "now": clock.now(),
    }  # fmt: skip


def told_about(processor: Processor, organisation: int, year: int, payment: UUID) -> str:
    """A message came that a payment changed: ask the processor what became of it. Returns its state.

    Who sends the message is unknown and does not matter: it holds nothing that is believed. Twice is as once.
    """
    with session(organisation) as connection:
        row = one(connection, _FIND, (year, payment))
        if row is None:
            raise NotFound(_("There is no such payment."))
        _note(connection, row, processor.look(row["reference"]))
        again = one(connection, _FIND, (year, payment))
        assert again is not None
        return str(again["state"])


def _note(connection: Connection, row: dict[str, Any], told: Told) -> None:
    """What is paid stays paid unless it is paid back; an amount that is not ours is not taken for payment."""
    if told.reference != row["reference"] or told.state not in STATES:
        log.warning("billing.processor_says_nonsense", processor=row["processor"])
        return
    if told.state == "paid" and (told.amount, told.currency) != (row["amount"], row["currency"]):
        log.warning("billing.other_amount", processor=row["processor"])
        return
    if row["state"] in _FINAL and not (row["state"] == "paid" and told.state == "refunded"):
        return
    connection.execute(
        _MOVE.encode(),
        {
            "state": told.state, "brand": told.card_brand[:30], "last4": _last4(told.card_last4), "now": clock.now(),
            "year": row["year"], "id": row["id"],
        },
    )  # fmt: skip
    if told.state == "paid":
        connection.execute(
            "UPDATE billing_invoice SET state = 'paid' WHERE year = %s AND number = %s AND state = 'open'",
            (row["year"], row["invoice"]),
        )


def _last4(text: str) -> str:
    """The last four digits, whatever a processor sends."""
    digits = "".join(sign for sign in text if sign.isdigit())
    return digits[-4:] if len(digits) >= 4 else ""


def mark_paid(organisation: int, number: str, reference: str) -> None:
    """Money came by transfer, says the operator; ``reference`` is that of the bank's statement."""
    with session(organisation) as connection:
        invoice = invoices.invoice(connection, number, lock=True)
        if invoice["state"] != "open":
            raise BillingRefused(_("There is nothing to pay for it."))
        told = Told(reference, "paid", invoice["gross"], invoice["currency"])
        connection.execute(_PUT.encode(), _row(organisation, invoice, uuid4(), "transfer", told))
        connection.execute(
            "UPDATE billing_invoice SET state = 'paid' WHERE year = %s AND number = %s", (invoice["year"], number)
        )


def give_back(processor: Processor, organisation: int, number: str, day: date) -> str:
    """A credit note for an invoice; what was paid over the processor is paid back. Returns the number of the note."""
    with session(organisation) as connection:
        invoice = invoices.invoice(connection, number, lock=True)
        paid = rows(
            connection,
            "SELECT * FROM billing_payment WHERE year = %s AND invoice = %s AND state = 'paid' AND processor = %s "
            "FOR UPDATE",
            (invoice["year"], number, processor.name),
        )
        note = invoices.credit(connection, organisation, number, day)
        for payment in paid:
            processor.refund(
                payment["reference"], key=f"refund-{payment['id']}", amount=payment["amount"],
                currency=payment["currency"],
            )  # fmt: skip
            connection.execute(
                "UPDATE billing_payment SET state = 'refunded', changed_at = %s WHERE year = %s AND id = %s",
                (clock.now(), payment["year"], payment["id"]),
            )
        return note
