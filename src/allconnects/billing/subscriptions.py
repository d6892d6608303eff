"""What an organisation has chosen to pay for, from when to when."""

from __future__ import annotations

from datetime import date
from typing import Any
from uuid import uuid4

from django.utils.translation import gettext as _

from allconnects.billing import customers, invoices
from allconnects.billing.catalog import FREE, Plan, catalogue
from allconnects.billing.errors import BillingRefused
from allconnects.billing.money import period_of, share_of
from allconnects.billing.store import Connection, one
from allconnects.kit import clock

_CURRENT = "SELECT * FROM billing_subscription WHERE ends IS NULL OR ends > %s ORDER BY created_at DESC LIMIT 1"
_LOCKED = _CURRENT.replace("LIMIT 1", "LIMIT 1 FOR UPDATE")
_BEGIN = """
    INSERT INTO billing_subscription (id, organisation_id, plan, price, currency, months, quantity, next_quantity,
                                      anchor, invoiced_to, created_at)
    VALUES (%(id)s, %(organisation)s, %(plan)s, %(price)s, %(currency)s, %(months)s, %(quantity)s, %(quantity)s,
            %(day)s, %(day)s, %(now)s)"""
MOST = 1_000_000


def current(connection: Connection, day: date) -> dict[str, Any] | None:
    """The subscription on a day; None: the free plan."""
    return one(connection, _CURRENT, (day,))


def subscribe(connection: Connection, organisation: int, code: str, quantity: int, day: date) -> None:
    """Begin a plan today; its first period is invoiced at once. Raises BillingRefused."""
    plan = _plan(code)
    _check(quantity)
    if customers.customer(connection) is None:
        raise BillingRefused(_("Fill in who is billed first."))
    connection.execute("SELECT 1 FROM billing_customer FOR UPDATE")
    if one(connection, _LOCKED, (day,)) is not None:
        raise BillingRefused(_("A plan runs already: change its number of vehicles, or end it first."))
    connection.execute(
        _BEGIN,
        {
            "id": uuid4(), "organisation": organisation, "plan": plan.code, "price": plan.price,
            "currency": plan.currency, "months": plan.months, "quantity": 1 if plan.unit == "flat" else quantity,
            "day": day, "now": clock.now(),
        },
    )  # fmt: skip
    invoices.issue_due(connection, organisation, day)


def change_quantity(connection: Connection, organisation: int, quantity: int, day: date) -> None:
    """More at once, for the days that are left of the period; fewer from the next period on. Raises BillingRefused."""
    _check(quantity)
    running = one(connection, _LOCKED, (day,))
    if running is None or running["ends"] is not None:
        raise BillingRefused(_("No plan runs whose number could change."))
    more = quantity - running["quantity"]
    if more > 0 and running["invoiced_to"] > day:
        start, end = period_of(running["anchor"], running["months"], day)
        invoices.issue_extra(connection, organisation, running, more, share_of(start, end, day), day)
    connection.execute(
        "UPDATE billing_subscription SET quantity = greatest(quantity, %(n)s), next_quantity = %(n)s WHERE id = %(id)s",
        {"n": quantity, "id": running["id"]},
    )


def cancel(connection: Connection, day: date) -> date:
    """End the plan when what is paid for ends; returns that day. Raises BillingRefused."""
    running = one(connection, _LOCKED, (day,))
    if running is None or running["ends"] is not None:
        raise BillingRefused(_("No plan runs that could end."))
    ends: date = max(running["invoiced_to"], day)
    connection.execute(
        "UPDATE billing_subscription SET ends = %s, cancelled_at = %s WHERE id = %s", (ends, clock.now(), running["id"])
    )
    return ends


def go_on(connection: Connection, day: date) -> None:
    """Take an end back that has not come yet. Raises BillingRefused."""
    running = one(connection, _LOCKED, (day,))
    if running is None or running["ends"] is None:
        raise BillingRefused(_("No plan is about to end."))
    connection.execute(
        "UPDATE billing_subscription SET ends = NULL, cancelled_at = NULL WHERE id = %s", (running["id"],)
    )


def _plan(code: str) -> Plan:
    plan = catalogue().plans.get(code)
    if plan is None or code == FREE or plan.free:
        raise BillingRefused(_("There is no such plan."))
    return plan


def _check(quantity: int) -> None:
    if not 1 <= quantity <= MOST:
        raise BillingRefused(_("Say a number of vehicles from 1 on."))
