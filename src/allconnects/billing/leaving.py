"""What an organisation that leaves ends here, and what the books keep of it."""

from __future__ import annotations

from contextlib import suppress

from allconnects.billing import catalog
from allconnects.billing.errors import BillingRefused
from allconnects.billing.store import one, session
from allconnects.billing.subscriptions import cancel
from allconnects.privacy.offboarding.ports import Stays, at_end
from allconnects.privacy.retention import RULES


@at_end("billing")
def ended(organisation: int) -> list[Stays]:
    """The plan ends; invoices stay for as long as the law says, counted from the end of the year of the last one."""
    if not catalog.on():
        return []
    with session(organisation) as connection:
        with suppress(BillingRefused):
            cancel(connection, catalog.today())
        last = one(connection, "SELECT max(year) AS year FROM billing_invoice")
    if last is None or last["year"] is None:
        return []
    return [Stays("invoices", RULES["billing"].ground, f"{last['year'] + 10}-12-31")]
