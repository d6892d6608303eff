"""Who is billed: the details that go on invoices, given by the organisation's owner."""

from __future__ import annotations

import re
from typing import Any
from uuid import uuid4

import psycopg
from django.utils.translation import gettext as _

from allconnects.billing import numbers
from allconnects.billing.errors import BillingRefused
from allconnects.billing.store import Connection, one
from allconnects.kit import clock

FIELDS = (
    "name", "vat_number", "email", "phone", "street", "postcode", "city", "country", "language", "reference",
)  # fmt: skip
REQUIRED = ("name", "email", "street", "postcode", "city", "country")
_EMAIL = re.compile(r"[^@\s]+@[^@\s]+\.[^@\s]+")
_PUT = f"""
    INSERT INTO billing_customer (organisation_id, id, {", ".join(FIELDS)}, changed_at)
    VALUES (%(organisation)s, %(id)s, {", ".join(f"%({name})s" for name in FIELDS)}, %(now)s)
    ON CONFLICT (organisation_id) DO UPDATE SET {", ".join(f"{name} = excluded.{name}" for name in FIELDS)},
        changed_at = excluded.changed_at"""


def customer(connection: Connection) -> dict[str, Any] | None:
    """The details of the organisation that the session speaks for."""
    return one(connection, "SELECT * FROM billing_customer")


def set_customer(connection: Connection, organisation: int, given: dict[str, str]) -> None:
    """Keep new details; invoices that were sent keep the old ones. Raises BillingRefused."""
    wanted = {name: " ".join(given.get(name, "").split()) for name in FIELDS}
    wanted["country"] = wanted["country"].upper()
    wanted["vat_number"] = numbers.kept(wanted["vat_number"], wanted["country"])
    wanted["language"] = wanted["language"] or "en"
    if any(not wanted[name] for name in REQUIRED):
        raise BillingRefused(_("An invoice needs a name, an address and an e-mail address."))
    if not _EMAIL.fullmatch(wanted["email"]):
        raise BillingRefused(_("This is not an e-mail address."))
    if wanted["vat_number"] and not numbers.vat_number(wanted["vat_number"], wanted["country"]):
        raise BillingRefused(_("This is not a VAT number of that country."))
    try:
        with connection.transaction():
            connection.execute(
                _PUT.encode(), {**wanted, "organisation": organisation, "id": uuid4(), "now": clock.now()}
            )
    except psycopg.errors.CheckViolation:
        raise BillingRefused(
            _("A detail is too long, or looks like the number of a card. Never enter one here.")
        ) from None
