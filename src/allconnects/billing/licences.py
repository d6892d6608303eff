"""Licence codes: sold or given apart from the server, redeemed by an organisation, kept only as hashes."""

from __future__ import annotations

import hashlib
import secrets
from datetime import date
from typing import Any
from uuid import uuid4

from django.utils.translation import gettext as _

from allconnects.billing.catalog import catalogue
from allconnects.billing.errors import BillingRefused
from allconnects.billing.money import months_after
from allconnects.billing.store import NOBODY, Connection, one, rows, session
from allconnects.kit import clock

ALPHABET = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
"""Crockford's base 32: no letter that looks like another or like a digit."""
_LIKE = str.maketrans("OILU", "011V")
_ISSUE = """
    INSERT INTO billing_licence (id, code_hash, tail, plan, months, quantity, issued_at, expires)
    VALUES (%(id)s, %(hash)s, %(tail)s, %(plan)s, %(months)s, %(quantity)s, %(now)s, %(expires)s)"""
_REDEEM = """
    UPDATE billing_licence SET organisation_id = %(organisation)s, redeemed_at = %(now)s, valid_from = %(from)s,
        valid_to = %(to)s WHERE id = %(id)s"""


def new_code() -> str:
    """Twenty signs, the last of which checks the others: 95 bits that nobody guesses, and slips are noticed."""
    body = "".join(secrets.choice(ALPHABET) for _ in range(19))
    return _grouped(body + check_sign(body))


def check_sign(body: str) -> str:
    """Weighted sum by 31: any one sign changed, or two neighbours swapped, is noticed."""
    total = sum((place + 1) * ALPHABET.index(sign) for place, sign in enumerate(body))
    return ALPHABET[total % 31]


def _grouped(text: str) -> str:
    return "-".join(text[at : at + 5] for at in range(0, len(text), 5))


def normal(code: str) -> str:
    """A code as somebody typed it, without dashes and with letters that look alike made one. Raises BillingRefused."""
    text = "".join(code.upper().split()).replace("-", "").translate(_LIKE)
    if len(text) != 20 or any(sign not in ALPHABET for sign in text) or check_sign(text[:19]) != text[19]:
        raise BillingRefused(_("This is not a licence code: look for a sign that was mistyped."))
    return text


def _hash(text: str) -> bytes:
    return hashlib.sha256(text.encode()).digest()


def issue(plan: str, months: int, quantity: int, expires: date | None = None) -> str:
    """A new code, shown this once. Raises BillingRefused."""
    if plan not in catalogue().plans or not 1 <= months <= 120 or quantity < 1:
        raise BillingRefused(_("There is no such plan."))
    code = new_code()
    text = normal(code)
    values = {
        "id": uuid4(), "hash": _hash(text), "tail": text[-4:], "plan": plan, "months": months, "quantity": quantity,
        "now": clock.now(), "expires": expires,
    }  # fmt: skip
    with session(NOBODY) as connection:
        connection.execute(_ISSUE.encode(), values)
    return code


def redeem(connection: Connection, organisation: int, code: str, day: date) -> dict[str, Any]:
    """Use a code; it counts from today, or from the end of another of the same plan. Raises BillingRefused."""
    query = "SELECT * FROM billing_licence WHERE code_hash = %s FOR UPDATE"
    found = one(connection, query, (_hash(normal(code)),))
    if found is None:  # used by others, or never issued: who asks does not learn which
        raise BillingRefused(_("This code is unknown, used or withdrawn."))
    if found["organisation_id"] is not None:
        raise BillingRefused(_("You have redeemed this code already."))
    if found["revoked_at"] or (found["expires"] and found["expires"] < day):
        raise BillingRefused(_("This code is unknown, used or withdrawn."))
    last = one(
        connection,
        "SELECT max(valid_to) AS last FROM billing_licence WHERE plan = %s AND organisation_id IS NOT NULL "
        "AND revoked_at IS NULL",
        (found["plan"],),
    )
    start = max(day, last["last"]) if last and last["last"] else day
    end = months_after(start, found["months"])
    connection.execute(
        _REDEEM.encode(),
        {"organisation": organisation, "now": clock.now(), "from": start, "to": end, "id": found["id"]},
    )
    return {**found, "valid_from": start, "valid_to": end}


def listed(connection: Connection) -> list[dict[str, Any]]:
    """What the organisation has redeemed, newest first."""
    query = "SELECT * FROM billing_licence WHERE organisation_id IS NOT NULL ORDER BY redeemed_at DESC"
    return rows(connection, query)


def revoke(tail: str) -> int:
    """Withdraw codes that nobody has redeemed, by their last four signs. Returns how many."""
    with session(NOBODY) as connection:
        done = connection.execute(
            "UPDATE billing_licence SET revoked_at = %s WHERE tail = %s AND organisation_id IS NULL "
            "AND revoked_at IS NULL",
            (clock.now(), tail.upper()),
        )
        return done.rowcount
