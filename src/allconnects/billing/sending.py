"""Invoices by e-mail, as PDF for people and as UBL for programs."""

from __future__ import annotations

from typing import Any

import structlog
from django.core.mail import EmailMessage
from django.utils.translation import gettext as _
from django.utils.translation import override

from allconnects.accounts.mail import FAILURES
from allconnects.billing import invoices, paper, ubl
from allconnects.billing.store import rows, session
from allconnects.kit import clock, config

log = structlog.get_logger()


def send_waiting(organisation: int) -> int:
    """Send what was not sent yet, each in a transaction of its own. Returns how many went.

    A mail that went just before a power cut may go again: twice the same invoice is better than none.
    """
    if not config.current().email_url:
        return 0
    with session(organisation) as connection:
        waiting = rows(connection, "SELECT number FROM billing_invoice WHERE sent_at IS NULL ORDER BY year, number")
    return sum(_send(organisation, row["number"]) for row in waiting)


def _send(organisation: int, number: str) -> bool:
    with session(organisation) as connection:
        row = invoices.invoice(connection, number, lock=True)
        if row["sent_at"] is not None:
            return False
        try:
            _message(row).send()
        except FAILURES:
            log.warning("billing.not_sent", organisation=organisation)
            return False
        invoices.mark_sent(connection, number, clock.now())
        return True


def _message(row: dict[str, Any]) -> EmailMessage:
    with override(row["buyer"]["language"]):
        title = _("Credit note") if row["kind"] == "credit" else _("Invoice")
        body = _("Attached: %(title)s %(number)s, as PDF and as an electronic invoice (UBL).") % {
            "title": title, "number": row["number"],
        }  # fmt: skip
        message = EmailMessage(
            f"{title} {row['number']}", f"{body}\n\n{row['seller']['name']}\n", to=[row["buyer"]["email"]]
        )
    message.attach(f"{row['number']}.pdf", paper.write(row), "application/pdf")
    message.attach(f"{row['number']}.xml", ubl.write(row), "application/xml")
    return message
